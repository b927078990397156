//! The functions that every template has.

mod collection;
mod compare;
mod invoke;
pub mod text;

pub(crate) use invoke::call;

use std::sync::LazyLock;

use crate::error::CallError;
use crate::exec::Held;
use crate::fmt;
use crate::function::{Function, Signature};
use crate::types::Type;
use crate::value::Value;

/// A builtin function.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Builtin {
    And,
    Call,
    Eq,
    Ge,
    Gt,
    Html,
    Index,
    Js,
    Le,
    Len,
    Lt,
    Ne,
    Not,
    Or,
    Print,
    Printf,
    Println,
    Slice,
    UrlQuery,
}

/// What the builtin functions take.
struct Signatures {
    one: Signature,
    two: Signature,
    one_and_more: Signature,
    anything: Signature,
    format: Signature,
    nothing: Function,
}

static SIGNATURES: LazyLock<Signatures> = LazyLock::new(|| Signatures {
    one: Signature::new([Type::Reflect]),
    two: Signature::new([Type::Reflect, Type::Reflect]),
    one_and_more: Signature::new([Type::Reflect]).variadic(Type::Reflect),
    anything: Signature::new([]).variadic(Type::Any),
    format: Signature::new([Type::String]).variadic(Type::Any),
    nothing: Function::nil(Signature::new([])),
});

impl Builtin {
    /// The function of that name.
    pub(crate) fn find(name: &str) -> Option<Self> {
        Some(match name {
            "and" => Self::And,
            "call" => Self::Call,
            "eq" => Self::Eq,
            "ge" => Self::Ge,
            "gt" => Self::Gt,
            "html" => Self::Html,
            "index" => Self::Index,
            "js" => Self::Js,
            "le" => Self::Le,
            "len" => Self::Len,
            "lt" => Self::Lt,
            "ne" => Self::Ne,
            "not" => Self::Not,
            "or" => Self::Or,
            "print" => Self::Print,
            "printf" => Self::Printf,
            "println" => Self::Println,
            "slice" => Self::Slice,
            "urlquery" => Self::UrlQuery,
            _ => return None,
        })
    }

    pub(crate) fn signature(self) -> &'static Signature {
        match self {
            Self::Len | Self::Not => &SIGNATURES.one,
            Self::Ge | Self::Gt | Self::Le | Self::Lt | Self::Ne => &SIGNATURES.two,
            Self::And | Self::Call | Self::Eq | Self::Index | Self::Or | Self::Slice => {
                &SIGNATURES.one_and_more
            }
            Self::Html | Self::Js | Self::Print | Self::Println | Self::UrlQuery => &SIGNATURES.anything,
            Self::Printf => &SIGNATURES.format,
        }
    }

    /// A function that stands where a builtin one is called.
    pub(crate) fn nothing(self) -> &'static Function {
        &SIGNATURES.nothing
    }

    /// For `and` and `or`: the truth that ends the evaluation.
    pub(crate) fn short_circuits_at(self) -> Option<bool> {
        match self {
            Self::And => Some(false),
            Self::Or => Some(true),
            _ => None,
        }
    }

    /// Runs it on arguments that fit its signature. `and`, `or` and `call` need the evaluator.
    pub(crate) fn run(self, arguments: &[Held]) -> Result<Held, CallError> {
        let bool = |value: bool| Held::plain(Value::Bool(value));
        Ok(match (self, arguments) {
            (Self::Eq, [first, others @ ..]) => bool(compare::eq(first, others)?),
            (Self::Ne, [first, second]) => bool(compare::ne(first, second)?),
            (Self::Lt, [first, second]) => bool(compare::lt(first, second)?),
            (Self::Le, [first, second]) => bool(compare::le(first, second)?),
            (Self::Gt, [first, second]) => bool(compare::gt(first, second)?),
            (Self::Ge, [first, second]) => bool(compare::ge(first, second)?),
            (Self::Not, [only]) => bool(!only.value.is_true()),
            (Self::Len, [only]) => Held::plain(collection::len(only)?),
            (Self::Index, [item, indexes @ ..]) => collection::index(item, indexes)?,
            (Self::Slice, [item, indexes @ ..]) => collection::slice(item, indexes)?,
            _ => Held::plain(self.text(arguments)),
        })
    }

    fn text(self, arguments: &[Held]) -> Value {
        text::string_value(|out| match (self, arguments) {
            (Self::Print, values) => fmt::append_printed(out, values),
            (Self::Println, values) => fmt::append_printed_line(out, values),
            (Self::Printf, [format, values @ ..]) => {
                fmt::append_formatted(out, format.value.as_bytes().unwrap_or_default(), values);
            }
            (Self::Html, values) => text::append_escaped(out, values, text::append_html),
            (Self::Js, values) => text::append_escaped(out, values, text::append_js),
            (Self::UrlQuery, values) => text::append_escaped(out, values, text::append_url_query),
            _ => {}
        })
    }
}
