//! Types printed as Go's reflect prints them.

use std::fmt;

use super::{ChanDirection, ChanType, Field, StructType, Type};
use crate::function::Signature;

impl fmt::Display for Type {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Any => formatter.write_str("interface {}"),
            Self::Reflect => formatter.write_str("reflect.Value"),
            Self::Bool => formatter.write_str("bool"),
            Self::Int(kind) => formatter.write_str(kind.name()),
            Self::Uint(kind) => formatter.write_str(kind.name()),
            Self::Float(kind) => formatter.write_str(kind.name()),
            Self::Complex(kind) => formatter.write_str(kind.name()),
            Self::String => formatter.write_str("string"),
            Self::Slice(elem) => write!(formatter, "[]{elem}"),
            Self::Array(array) => write!(formatter, "[{}]{}", array.length, array.elem),
            Self::Map(map) => write!(formatter, "map[{}]{}", map.key, map.elem),
            Self::Pointer(elem) => write!(formatter, "*{elem}"),
            Self::Struct(structure) => structure.fmt(formatter),
            Self::Func(signature) => signature.fmt(formatter),
            Self::Chan(chan) => chan.fmt(formatter),
            Self::Interface(interface) => formatter.write_str(&interface.name),
            Self::Named(named) => formatter.write_str(named.name()),
        }
    }
}

impl fmt::Display for ChanType {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        let receive_only =
            |ty: &Type| matches!(ty, Type::Chan(inner) if inner.direction == ChanDirection::Receive);
        match self.direction {
            // Without the parentheses it would read as a channel that can only be sent to.
            ChanDirection::Both if receive_only(&self.elem) => write!(formatter, "chan ({})", self.elem),
            ChanDirection::Both => write!(formatter, "chan {}", self.elem),
            ChanDirection::Receive => write!(formatter, "<-chan {}", self.elem),
            ChanDirection::Send => write!(formatter, "chan<- {}", self.elem),
        }
    }
}

impl fmt::Display for StructType {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        if self.fields.is_empty() {
            return formatter.write_str("struct {}");
        }
        formatter.write_str("struct { ")?;
        for (index, field) in self.fields.iter().enumerate() {
            if index > 0 {
                formatter.write_str("; ")?;
            }
            field.fmt(formatter)?;
        }
        formatter.write_str(" }")
    }
}

impl fmt::Display for Field {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        if !self.embedded {
            write!(formatter, "{} ", self.name)?;
        }
        self.ty.fmt(formatter)?;
        if !self.tag.is_empty() {
            write!(formatter, " {:?}", self.tag)?;
        }
        Ok(())
    }
}

impl fmt::Display for Signature {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str("func(")?;
        let last = self.parameters().len().saturating_sub(1);
        for (index, parameter) in self.parameters().iter().enumerate() {
            if index > 0 {
                formatter.write_str(", ")?;
            }
            if self.is_variadic() && index == last {
                formatter.write_str("...")?;
            }
            parameter.fmt(formatter)?;
        }
        formatter.write_str(")")?;
        match self.results() {
            [] => Ok(()),
            [result] => write!(formatter, " {result}"),
            results => {
                let results: Vec<String> = results.iter().map(ToString::to_string).collect();
                write!(formatter, " ({})", results.join(", "))
            }
        }
    }
}
