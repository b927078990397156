//! Prints any value in any verb: the scalar forms at the leaves, Go's punctuation around them.

use super::Argument;
use super::float::{append_complex, append_float};
use super::number::{Whole, append_address, append_bool, append_whole};
use super::spec::Spec;
use super::text::append_text;
use crate::strconv::FloatSize;
use crate::types::Type;
use crate::value::{ComplexKind, FloatKind, Kind, List, Map, Struct, Value};

/// Values nested deeper than this are cut off: Go would run out of stack, later.
const DEEPEST: usize = 10_000;

/// Writes values to `out`.
pub(super) struct Printer<'a> {
    pub(super) out: &'a mut Vec<u8>,
    /// Within an error text no method of a value is asked.
    erroring: bool,
    /// The maps around the value at hand, by address: only they can hold themselves.
    open_maps: Vec<usize>,
}

/// Where a value stands.
#[derive(Clone, Copy)]
struct Place<'a> {
    depth: usize,
    /// The declared type of the element or field, which a nil interface shows in Go syntax.
    declared: Option<&'a Type>,
    /// Whether methods may be asked: not those of what an unexported field holds.
    exported: bool,
}

impl<'a> Place<'a> {
    const TOP: Self = Self { depth: 0, declared: None, exported: true };

    fn within<'b>(self, declared: Option<&'b Type>) -> Place<'b> {
        Place { depth: self.depth + 1, declared, exported: self.exported }
    }
}

impl<'a> Printer<'a> {
    pub(super) fn new(out: &'a mut Vec<u8>) -> Self {
        Self { out, erroring: false, open_maps: Vec::new() }
    }

    /// Prints an argument.
    pub(super) fn argument(&mut self, spec: Spec, value: &Value, verb: char) {
        match (value, verb) {
            (Value::Nil, 'v' | 'T') => spec.pad(self.out, b"<nil>"),
            (Value::Nil, _) => self.bad_verb(spec, value, verb),
            (_, 'T') => {
                append_text(self.out, &spec, value.type_name().as_bytes(), 's');
            }
            (_, 'p') => self.reference(spec, value, 'p'),
            _ => self.value(spec, value, verb, Place::TOP),
        }
    }

    /// `%!d(BADINDEX)`
    pub(super) fn fault(&mut self, verb: char, what: &[u8]) {
        self.fault_begins(verb);
        self.out.extend_from_slice(what);
        self.out.push(b')');
    }

    /// `%!(EXTRA int=1, string=a)`
    pub(super) fn extra<A: Argument>(&mut self, arguments: &[A]) {
        self.out.extend_from_slice(b"%!(EXTRA ");
        for (index, argument) in arguments.iter().map(Argument::value).enumerate() {
            if index > 0 {
                self.out.extend_from_slice(b", ");
            }
            if !matches!(argument, Value::Nil) {
                self.out.extend_from_slice(argument.type_name().as_bytes());
                self.out.push(b'=');
            }
            self.argument(Spec::default(), argument, 'v');
        }
        self.out.push(b')');
    }

    fn fault_begins(&mut self, verb: char) {
        self.out.extend_from_slice(b"%!");
        self.out.extend_from_slice(verb.encode_utf8(&mut [0; 4]).as_bytes());
        self.out.push(b'(');
    }

    /// `%!d(string=hi)`
    fn bad_verb(&mut self, spec: Spec, value: &Value, verb: char) {
        self.fault_begins(verb);
        if matches!(value, Value::Nil) {
            self.out.extend_from_slice(b"<nil>");
        } else {
            self.out.extend_from_slice(value.type_name().as_bytes());
            self.out.push(b'=');
            let outer = std::mem::replace(&mut self.erroring, true);
            self.value(spec, value, 'v', Place::TOP);
            self.erroring = outer;
        }
        self.out.push(b')');
    }

    fn value(&mut self, spec: Spec, value: &Value, verb: char, place: Place<'_>) {
        if self.described(spec, value, verb, place) {
            return;
        }
        let done = match value.underlying() {
            Value::Nil | Value::Named(_) => {
                self.nil_interface(spec, place);
                true
            }
            Value::Bool(truth) if matches!(verb, 't' | 'v') => {
                append_bool(self.out, &spec, *truth);
                true
            }
            Value::Bool(_) => false,
            Value::Int(_, number) => append_whole(self.out, &spec, Whole::from(*number), verb),
            Value::Uint(_, number) => self.unsigned(spec, *number, verb),
            Value::Float(kind, number) => append_float(self.out, &spec, *number, float_size(*kind), verb),
            Value::Complex(kind, parts) => {
                append_complex(self.out, &spec, (parts[0], parts[1]), part_size(*kind), verb)
            }
            Value::String(text) => append_text(self.out, &spec, text, verb),
            _ if place.depth > DEEPEST => {
                self.fault(verb, b"TOO DEEP");
                true
            }
            _ => {
                crate::deep(|| self.compound(spec, value, verb, place));
                true
            }
        };
        if !done {
            self.bad_verb(spec, value, verb);
        }
    }

    fn compound(&mut self, spec: Spec, value: &Value, verb: char, place: Place<'_>) {
        match value.underlying() {
            Value::List(list) => self.list(spec, value, list, verb, place),
            Value::Map(map) => self.map(spec, value, map, verb, place),
            Value::Struct(structure) => self.structure(spec, structure, verb, place),
            Value::Pointer(pointer) => match pointer.target() {
                Some(target) if place.depth == 0 && is_shown_behind_pointer(target) => {
                    self.out.push(b'&');
                    self.value(spec, target, verb, place.within(None));
                }
                _ => self.reference(spec, value, verb),
            },
            _ => self.reference(spec, value, verb),
        }
    }

    /// Lets the value's `Error` or `String` method speak, if it has one and the verb takes text.
    fn described(&mut self, spec: Spec, value: &Value, verb: char, place: Place<'_>) -> bool {
        let may_have_methods = matches!(value, Value::Struct(_) | Value::Named(_) | Value::Pointer(_));
        if self.erroring || !place.exported {
            return false;
        }
        let is_bytes = || {
            place.depth == 0 && matches!(value, Value::List(list) if *list.type_of() == Type::byte_slice())
        };
        if verb == 'w' && !is_bytes() {
            // only Errorf wraps, and nothing here is Errorf
            self.bad_verb(spec, value, verb);
            return true;
        }
        if !may_have_methods || spec.sharp_v || !matches!(verb, 'v' | 's' | 'x' | 'X' | 'q') {
            return false;
        }
        match value.describe() {
            Some(text) => append_text(self.out, &spec, &text, verb),
            None if is_nil_with_method(value) => {
                self.out.extend_from_slice(b"<nil>");
                true
            }
            None => false,
        }
    }

    fn nil_interface(&mut self, spec: Spec, place: Place<'_>) {
        if !spec.sharp_v {
            return self.out.extend_from_slice(b"<nil>");
        }
        let declared = place.declared.unwrap_or(&Type::Any);
        self.out.extend_from_slice(format!("{declared}(nil)").as_bytes());
    }

    fn unsigned(&mut self, spec: Spec, number: u64, verb: char) -> bool {
        if verb == 'v' && spec.sharp_v {
            append_address(self.out, &spec, number, true);
            return true;
        }
        append_whole(self.out, &spec, Whole::from(number), verb)
    }

    fn list(&mut self, spec: Spec, value: &Value, list: &List, verb: char, place: Place<'_>) {
        if matches!(verb, 's' | 'q' | 'x' | 'X') && list.elem().kind() == Kind::Uint8 {
            let collected: Vec<u8>;
            let bytes = if let Some(bytes) = list.as_bytes() {
                bytes
            } else {
                collected = list.iter().map(|item| byte_of(&item)).collect();
                &collected
            };
            append_text(self.out, &spec, bytes, verb);
            return;
        }
        if spec.sharp_v {
            let is_bytes = place.depth == 0 && verb == 'v' && value.type_of() == Some(Type::byte_slice());
            self.go_type(if is_bytes { "[]byte".to_owned() } else { value.type_name() });
            if list.is_nil() {
                return self.out.extend_from_slice(b"(nil)");
            }
        }
        self.out.push(if spec.sharp_v { b'{' } else { b'[' });
        let inner = place.within(Some(list.elem()));
        match list.as_values() {
            Some(items) => self.items(spec, items.iter(), verb, inner),
            None => self.items(spec, list.iter(), verb, inner),
        }
        self.out.push(if spec.sharp_v { b'}' } else { b']' });
    }

    fn items<V: std::borrow::Borrow<Value>>(
        &mut self,
        spec: Spec,
        items: impl Iterator<Item = V>,
        verb: char,
        place: Place<'_>,
    ) {
        for (index, item) in items.enumerate() {
            self.separator(spec, index);
            self.value(spec, item.borrow(), verb, place);
        }
    }

    fn map(&mut self, spec: Spec, value: &Value, map: &Map, verb: char, place: Place<'_>) {
        if spec.sharp_v {
            self.go_type(value.type_name());
            if map.is_nil() {
                return self.out.extend_from_slice(b"(nil)");
            }
        }
        let address = std::ptr::from_ref(map) as usize;
        if self.open_maps.contains(&address) {
            return self.fault(verb, b"CYCLE");
        }
        self.open_maps.push(address);
        self.out.extend_from_slice(if spec.sharp_v { b"{" } else { b"map[" });
        for (index, (key, element)) in map.entries().iter().enumerate() {
            self.separator(spec, index);
            self.value(spec, &key.0, verb, place.within(Some(map.key())));
            self.out.push(b':');
            self.value(spec, element, verb, place.within(Some(map.elem())));
        }
        self.out.push(if spec.sharp_v { b'}' } else { b']' });
        self.open_maps.pop();
    }

    fn structure(&mut self, spec: Spec, structure: &Struct, verb: char, place: Place<'_>) {
        let ty = structure.type_of();
        if spec.sharp_v {
            self.go_type(ty.to_string());
        }
        self.out.push(b'{');
        for (index, (field, value)) in
            ty.fields().unwrap_or_default().iter().zip(structure.fields()).enumerate()
        {
            self.separator(spec, index);
            if spec.plus_v || spec.sharp_v {
                self.out.extend_from_slice(field.name.as_bytes());
                self.out.push(b':');
            }
            let inner = place.within(Some(&field.ty));
            self.value(spec, value, verb, Place { exported: place.exported && field.is_exported(), ..inner });
        }
        self.out.push(b'}');
    }

    fn separator(&mut self, spec: Spec, index: usize) {
        if index > 0 {
            self.out.extend_from_slice(if spec.sharp_v { b", " } else { b" " });
        }
    }

    fn go_type(&mut self, name: String) {
        self.out.extend_from_slice(name.as_bytes());
    }

    /// Pointers and everything else that is known by its address.
    fn reference(&mut self, spec: Spec, value: &Value, verb: char) {
        if !matches!(value.kind(), Kind::Chan | Kind::Func | Kind::Map | Kind::Pointer | Kind::Slice) {
            return self.bad_verb(spec, value, verb);
        }
        let address = value.address() as u64;
        match verb {
            'v' if spec.sharp_v => {
                self.go_type(format!("({})(", value.type_name()));
                if address == 0 {
                    self.out.extend_from_slice(b"nil");
                } else {
                    append_address(self.out, &spec, address, true);
                }
                self.out.push(b')');
            }
            'v' if address == 0 => spec.pad(self.out, b"<nil>"),
            'v' | 'p' => append_address(self.out, &spec, address, !spec.sharp),
            'b' | 'o' | 'd' | 'x' | 'X' => {
                append_whole(self.out, &spec, Whole::from(address), verb);
            }
            _ => self.bad_verb(spec, value, verb),
        }
    }
}

fn is_shown_behind_pointer(target: &Value) -> bool {
    matches!(target.underlying(), Value::List(_) | Value::Struct(_) | Value::Map(_))
}

/// A nil pointer whose method wants what it points to.
fn is_nil_with_method(value: &Value) -> bool {
    let Value::Pointer(pointer) = value else { return false };
    let is_described = |method| pointer.type_of().find_describing_method(method).is_some();
    pointer.is_nil() && (is_described("Error") || is_described("String"))
}

fn byte_of(value: &Value) -> u8 {
    value.as_u64().and_then(|number| u8::try_from(number).ok()).unwrap_or_default()
}

fn float_size(kind: FloatKind) -> FloatSize {
    match kind {
        FloatKind::Float32 => FloatSize::F32,
        FloatKind::Float64 => FloatSize::F64,
    }
}

fn part_size(kind: ComplexKind) -> FloatSize {
    match kind {
        ComplexKind::Complex64 => FloatSize::F32,
        ComplexKind::Complex128 => FloatSize::F64,
    }
}
