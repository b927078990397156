//! `add`, `subtract` and the like, over integers, unsigned integers and floats, and mixtures of them.

use preflight_gotemplate::{CallError, Type, Value, fmt};

use crate::table::{Given as _, Table, fail};

/// A number of any width.
#[derive(Clone, Copy, Debug)]
enum Number {
    Int(i64),
    Uint(u64),
    Float(f64),
}

/// Two numbers of one kind: integers if neither is a float, unsigned only if both are.
enum Pair {
    Int(i64, i64),
    Uint(u64, u64),
    Float(f64, f64),
}

impl Number {
    fn of(value: &Value) -> Option<Self> {
        match value.underlying() {
            Value::Int(_, number) => Some(Self::Int(*number)),
            Value::Uint(_, number) => Some(Self::Uint(*number)),
            Value::Float(_, number) => Some(Self::Float(*number)),
            _ => None,
        }
    }

    #[expect(clippy::cast_precision_loss, reason = "Go converts so")]
    fn float(self) -> f64 {
        match self {
            Self::Int(number) => number as f64,
            Self::Uint(number) => number as f64,
            Self::Float(number) => number,
        }
    }

    fn value(self) -> Value {
        match self {
            Self::Int(number) => number.into(),
            Self::Uint(number) => number.into(),
            Self::Float(number) => number.into(),
        }
    }
}

#[expect(clippy::cast_possible_wrap, reason = "Go converts an unsigned number beside a signed one so")]
fn pair(left: Number, right: Number) -> Pair {
    match (left, right) {
        (Number::Int(left), Number::Int(right)) => Pair::Int(left, right),
        (Number::Int(left), Number::Uint(right)) => Pair::Int(left, right as i64),
        (Number::Uint(left), Number::Int(right)) => Pair::Int(left as i64, right),
        (Number::Uint(left), Number::Uint(right)) => Pair::Uint(left, right),
        _ => Pair::Float(left.float(), right.float()),
    }
}

/// What an operation makes of two numbers.
type Operation = fn(Pair) -> Result<Value, CallError>;

pub(super) fn register(table: &mut Table<'_>) {
    let operations: [(&'static str, Operation); 4] =
        [("add", add), ("subtract", subtract), ("multiply", multiply), ("divide", divide)];
    for (name, operation) in operations {
        table.add(name, [Type::Any, Type::Any], Type::Any, move |_, given| {
            let (left, right) = numbers(name, given)?;
            operation(pair(left, right))
        });
    }
    table.add("modulo", [Type::Any, Type::Any], Type::Any, |_, given| {
        let (left, right) = numbers("modulo", given)?;
        modulo(left, right, given)
    });
    for (name, wants_less) in [("minimum", true), ("maximum", false)] {
        table.add(name, [Type::Any, Type::Any], Type::Any, move |_, given| {
            let (left, right) = numbers(name, given)?;
            let left_wins = match pair(left, right) {
                Pair::Int(a, b) => {
                    if wants_less {
                        a < b
                    } else {
                        a > b
                    }
                }
                Pair::Uint(a, b) => {
                    if wants_less {
                        a < b
                    } else {
                        a > b
                    }
                }
                Pair::Float(a, b) => {
                    if wants_less {
                        a < b
                    } else {
                        a > b
                    }
                }
            };
            Ok(if left_wins { left } else { right }.value())
        });
    }
}

/// Both arguments as numbers: the second one is the left operand, as it is what comes out of a pipe.
fn numbers(name: &str, given: &[Value]) -> Result<(Number, Number), CallError> {
    let number = |value: &Value| Number::of(value).ok_or_else(|| unknown(name, value));
    let left = number(given.value(1))?;
    Ok((left, number(given.value(0))?))
}

/// Go prints the value with `%q`, which for what is no text is a character or a complaint.
fn unknown(name: &str, value: &Value) -> CallError {
    let shown = match value {
        Value::Nil => "<invalid reflect.Value>".into(),
        value => String::from_utf8_lossy(&fmt::sprintf("%q", std::slice::from_ref(value))).into_owned(),
    };
    CallError::new(format!("{name}: unknown type for {shown} ({})", value.type_name()))
}

#[expect(clippy::unnecessary_wraps, reason = "one signature for all operations")]
fn add(pair: Pair) -> Result<Value, CallError> {
    Ok(match pair {
        Pair::Int(left, right) => left.wrapping_add(right).into(),
        Pair::Uint(left, right) => left.wrapping_add(right).into(),
        Pair::Float(left, right) => (left + right).into(),
    })
}

#[expect(clippy::unnecessary_wraps, reason = "one signature for all operations")]
fn subtract(pair: Pair) -> Result<Value, CallError> {
    Ok(match pair {
        Pair::Int(left, right) => left.wrapping_sub(right).into(),
        Pair::Uint(left, right) => left.wrapping_sub(right).into(),
        Pair::Float(left, right) => (left - right).into(),
    })
}

#[expect(clippy::unnecessary_wraps, reason = "one signature for all operations")]
fn multiply(pair: Pair) -> Result<Value, CallError> {
    Ok(match pair {
        Pair::Int(left, right) => left.wrapping_mul(right).into(),
        Pair::Uint(left, right) => left.wrapping_mul(right).into(),
        Pair::Float(left, right) => (left * right).into(),
    })
}

fn divide(pair: Pair) -> Result<Value, CallError> {
    match pair {
        Pair::Int(_, 0) | Pair::Uint(_, 0) => by_zero(),
        Pair::Int(left, right) => Ok(left.wrapping_div(right).into()),
        Pair::Uint(left, right) => Ok((left / right).into()),
        Pair::Float(left, right) => Ok((left / right).into()),
    }
}

fn modulo(left: Number, right: Number, given: &[Value]) -> Result<Value, CallError> {
    match (pair(left, right), left) {
        (Pair::Int(_, 0) | Pair::Uint(_, 0), _) => by_zero(),
        (Pair::Int(left, right), _) => Ok(left.wrapping_rem(right).into()),
        (Pair::Uint(left, right), _) => Ok((left % right).into()),
        (Pair::Float(..), Number::Float(_)) => Err(unknown("modulo", given.value(1))),
        (Pair::Float(..), _) => Err(unknown("modulo", given.value(0))),
    }
}

fn by_zero() -> Result<Value, CallError> {
    fail("runtime error: integer divide by zero")
}
