//! Arithmetic over anything that can be taken for a number.

use preflight_gotemplate::strconv::parse_int;
use preflight_gotemplate::{CallError, Type, Value, fmt};

use super::decimal::{self, Operation};
use super::loose::{float, int};
use crate::table::{Given as _, Table, fail};

/// A division of integers.
type Divide = fn(i64, i64) -> i64;
/// One of two floats.
type Choose = fn(f64, f64) -> f64;

pub(super) fn register(table: &mut Table<'_>) {
    table.add("atoi", [Type::String], Type::INT, |_, given| Ok(Value::int(atoi(given.text(0)))));
    table.add("int", [Type::Any], Type::INT, |_, given| Ok(Value::int(int(given.value(0)))));
    table.add("int64", [Type::Any], Type::INT64, |_, given| Ok(int(given.value(0)).into()));
    table.add("float64", [Type::Any], Type::FLOAT64, |_, given| Ok(float(given.value(0)).into()));
    table.add("toDecimal", [Type::Any], Type::INT64, |_, given| {
        let text = fmt::sprint(&given[..1.min(given.len())]);
        Ok(parse_int(text, 8, 64).unwrap_or(0).into())
    });
    register_integers(table);
    register_floats(table);
    for (name, operation) in [
        ("addf", Operation::Add),
        ("subf", Operation::Subtract),
        ("mulf", Operation::Multiply),
        ("divf", Operation::Divide),
    ] {
        if operation == Operation::Add {
            table.add_variadic(name, [], Type::Any, Type::FLOAT64, move |_, given| {
                calculate(&Value::from(0.0), given, operation)
            });
        } else {
            table.add_variadic(name, [Type::Any], Type::Any, Type::FLOAT64, move |_, given| {
                calculate(given.value(0), given.rest(1), operation)
            });
        }
    }
    table.add("add1f", [Type::Any], Type::FLOAT64, |_, given| {
        calculate(given.value(0), &[Value::int(1)], Operation::Add)
    });
}

fn register_integers(table: &mut Table<'_>) {
    table.add("add1", [Type::Any], Type::INT64, |_, given| Ok(int(given.value(0)).wrapping_add(1).into()));
    table.add_variadic("add", [], Type::Any, Type::INT64, |_, given| {
        Ok(given.iter().fold(0i64, |sum, value| sum.wrapping_add(int(value))).into())
    });
    table.add_variadic("mul", [Type::Any], Type::Any, Type::INT64, |_, given| {
        Ok(given.iter().fold(1i64, |product, value| product.wrapping_mul(int(value))).into())
    });
    table.add("sub", [Type::Any, Type::Any], Type::INT64, |_, given| {
        Ok(int(given.value(0)).wrapping_sub(int(given.value(1))).into())
    });
    let divisions: [(&str, Divide); 2] = [("div", i64::wrapping_div), ("mod", i64::wrapping_rem)];
    for (name, divide) in divisions {
        table.add(name, [Type::Any, Type::Any], Type::INT64, move |_, given| match int(given.value(1)) {
            0 => fail("runtime error: integer divide by zero"),
            divisor => Ok(divide(int(given.value(0)), divisor).into()),
        });
    }
    table.add_variadic("max", [Type::Any], Type::Any, Type::INT64, |_, given| {
        Ok(given.iter().map(int).max().unwrap_or_default().into())
    });
    table.alias(&["biggest"], "max");
    table.add_variadic("min", [Type::Any], Type::Any, Type::INT64, |_, given| {
        Ok(given.iter().map(int).min().unwrap_or_default().into())
    });
}

fn register_floats(table: &mut Table<'_>) {
    // Nothing is larger or smaller than what is not a number.
    let choices: [(&str, Choose); 2] = [("maxf", f64::max), ("minf", f64::min)];
    for (name, choose) in choices {
        table.add_variadic(name, [Type::Any], Type::Any, Type::FLOAT64, move |_, given| {
            let chosen = given.iter().map(float).reduce(|one, other| {
                if one.is_nan() || other.is_nan() { f64::NAN } else { choose(one, other) }
            });
            Ok(chosen.unwrap_or_default().into())
        });
    }
    table.add("ceil", [Type::Any], Type::FLOAT64, |_, given| Ok(float(given.value(0)).ceil().into()));
    table.add("floor", [Type::Any], Type::FLOAT64, |_, given| Ok(float(given.value(0)).floor().into()));
    table.add_variadic("round", [Type::Any, Type::INT], Type::FLOAT64, Type::FLOAT64, |_, given| {
        let round_up_from = given.get(2).and_then(Value::as_f64).unwrap_or(0.5);
        let scale = 10f64.powi(i32::try_from(given.int(1)).unwrap_or(i32::MAX));
        let digits = scale * float(given.value(0));
        let rounded = if digits.fract() >= round_up_from { digits.ceil() } else { digits.floor() };
        Ok((rounded / scale).into())
    });
}

/// What does not fit is the largest or smallest number, as Go's `Atoi` returns beside its fault.
fn atoi(text: &[u8]) -> i64 {
    use preflight_gotemplate::strconv::NumberFault;
    parse_int(text, 10, 64).unwrap_or_else(|fault| match fault.fault {
        NumberFault::Range if text.starts_with(b"-") => i64::MIN,
        NumberFault::Range => i64::MAX,
        _ => 0,
    })
}

fn calculate(first: &Value, others: &[Value], operation: Operation) -> Result<Value, CallError> {
    let others = others.iter().map(float);
    decimal::calculate(float(first), others, operation).map(Into::into).map_err(CallError::new)
}
