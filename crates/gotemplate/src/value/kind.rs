//! Kinds of values and of their types, as Go's reflect tells them apart.

/// What a value is at bottom, whatever its type is called.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
#[expect(missing_docs, reason = "each is the kind of that name in Go")]
pub enum Kind {
    Invalid,
    Bool,
    Int,
    Int8,
    Int16,
    Int32,
    Int64,
    Uint,
    Uint8,
    Uint16,
    Uint32,
    Uint64,
    Uintptr,
    Float32,
    Float64,
    Complex64,
    Complex128,
    Array,
    Chan,
    Func,
    Interface,
    Map,
    Pointer,
    Slice,
    String,
    Struct,
}

impl Kind {
    /// `reflect.Kind.String`: lower case, `ptr` for a pointer.
    pub fn name(self) -> &'static str {
        match self {
            Self::Invalid => "invalid",
            Self::Bool => "bool",
            Self::Int => "int",
            Self::Int8 => "int8",
            Self::Int16 => "int16",
            Self::Int32 => "int32",
            Self::Int64 => "int64",
            Self::Uint => "uint",
            Self::Uint8 => "uint8",
            Self::Uint16 => "uint16",
            Self::Uint32 => "uint32",
            Self::Uint64 => "uint64",
            Self::Uintptr => "uintptr",
            Self::Float32 => "float32",
            Self::Float64 => "float64",
            Self::Complex64 => "complex64",
            Self::Complex128 => "complex128",
            Self::Array => "array",
            Self::Chan => "chan",
            Self::Func => "func",
            Self::Interface => "interface",
            Self::Map => "map",
            Self::Pointer => "ptr",
            Self::Slice => "slice",
            Self::String => "string",
            Self::Struct => "struct",
        }
    }

    /// Whether values of this kind may be nil.
    pub fn is_nilable(self) -> bool {
        matches!(
            self,
            Self::Invalid
                | Self::Chan
                | Self::Func
                | Self::Interface
                | Self::Map
                | Self::Pointer
                | Self::Slice
        )
    }

    /// Whether it is a signed or unsigned integer.
    pub fn is_integer(self) -> bool {
        (Self::Int..=Self::Uintptr).contains(&self)
    }
}

/// The signed integer types. `int` has 64 bits.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[expect(missing_docs, reason = "each is the type of that name in Go")]
pub enum IntKind {
    Int,
    Int8,
    Int16,
    Int32,
    Int64,
}

impl IntKind {
    /// The kind of its values.
    pub fn kind(self) -> Kind {
        match self {
            Self::Int => Kind::Int,
            Self::Int8 => Kind::Int8,
            Self::Int16 => Kind::Int16,
            Self::Int32 => Kind::Int32,
            Self::Int64 => Kind::Int64,
        }
    }

    /// Its name in Go.
    pub fn name(self) -> &'static str {
        self.kind().name()
    }

    /// Cuts a number to its width, as Go's conversion does.
    #[expect(clippy::cast_possible_truncation, reason = "that is what the conversion is for")]
    pub fn wrap(self, number: i64) -> i64 {
        match self {
            Self::Int | Self::Int64 => number,
            Self::Int8 => i64::from(number as i8),
            Self::Int16 => i64::from(number as i16),
            Self::Int32 => i64::from(number as i32),
        }
    }
}

/// The unsigned integer types. `uint` and `uintptr` have 64 bits.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[expect(missing_docs, reason = "each is the type of that name in Go")]
pub enum UintKind {
    Uint,
    Uint8,
    Uint16,
    Uint32,
    Uint64,
    Uintptr,
}

impl UintKind {
    /// The kind of its values.
    pub fn kind(self) -> Kind {
        match self {
            Self::Uint => Kind::Uint,
            Self::Uint8 => Kind::Uint8,
            Self::Uint16 => Kind::Uint16,
            Self::Uint32 => Kind::Uint32,
            Self::Uint64 => Kind::Uint64,
            Self::Uintptr => Kind::Uintptr,
        }
    }

    /// Its name in Go.
    pub fn name(self) -> &'static str {
        self.kind().name()
    }

    /// Cuts a number to its width, as Go's conversion does.
    #[expect(clippy::cast_possible_truncation, reason = "that is what the conversion is for")]
    pub fn wrap(self, number: u64) -> u64 {
        match self {
            Self::Uint | Self::Uint64 | Self::Uintptr => number,
            Self::Uint8 => u64::from(number as u8),
            Self::Uint16 => u64::from(number as u16),
            Self::Uint32 => u64::from(number as u32),
        }
    }
}

/// The floating-point types.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[expect(missing_docs, reason = "each is the type of that name in Go")]
pub enum FloatKind {
    Float32,
    Float64,
}

impl FloatKind {
    /// The kind of its values.
    pub fn kind(self) -> Kind {
        match self {
            Self::Float32 => Kind::Float32,
            Self::Float64 => Kind::Float64,
        }
    }

    /// Its name in Go.
    pub fn name(self) -> &'static str {
        self.kind().name()
    }

    /// Rounds a number to its precision.
    #[expect(clippy::cast_possible_truncation, reason = "that is what the conversion is for")]
    pub fn round(self, number: f64) -> f64 {
        match self {
            Self::Float32 => f64::from(number as f32),
            Self::Float64 => number,
        }
    }
}

/// The complex types.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[expect(missing_docs, reason = "each is the type of that name in Go")]
pub enum ComplexKind {
    Complex64,
    Complex128,
}

impl ComplexKind {
    /// The kind of its values.
    pub fn kind(self) -> Kind {
        match self {
            Self::Complex64 => Kind::Complex64,
            Self::Complex128 => Kind::Complex128,
        }
    }

    /// Its name in Go.
    pub fn name(self) -> &'static str {
        self.kind().name()
    }

    /// The type of its two parts.
    pub fn part(self) -> FloatKind {
        match self {
            Self::Complex64 => FloatKind::Float32,
            Self::Complex128 => FloatKind::Float64,
        }
    }
}
