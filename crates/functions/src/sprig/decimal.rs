//! Decimal arithmetic on floats: `addf`, `divf` and the like, exact but for a quotient, which has 16 decimal places.

use num_bigint::{BigInt, Sign};
use preflight_gotemplate::strconv::{FloatSize, format_float, parse_float};

/// Decimal places of a quotient.
const PLACES: i64 = 16;

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Operation {
    Add,
    Subtract,
    Multiply,
    Divide,
}

/// Applies an operation to a number and all others in turn.
///
/// # Errors
/// A number that is not finite, or a division by zero; the text is Go's.
pub(super) fn calculate(
    first: f64,
    others: impl Iterator<Item = f64>,
    operation: Operation,
) -> Result<f64, String> {
    let mut result = Decimal::new(first)?;
    for other in others {
        let other = Decimal::new(other)?;
        result = match operation {
            Operation::Add => result.add(other),
            Operation::Subtract => result.add(Decimal { digits: -other.digits, ..other }),
            Operation::Multiply => {
                Decimal { digits: result.digits * other.digits, exponent: result.exponent + other.exponent }
            }
            Operation::Divide => result.divide(&other)?,
        };
    }
    Ok(result.float())
}

/// `digits` times ten to the power of `exponent`.
struct Decimal {
    digits: BigInt,
    exponent: i64,
}

impl Decimal {
    /// The shortest decimal number that reads as this float.
    fn new(number: f64) -> Result<Self, String> {
        if !number.is_finite() {
            let shown = format_float(number, b'g', None, FloatSize::F64);
            return Err(format!("Cannot create a Decimal from {shown}"));
        }
        let text = format_float(number, b'e', None, FloatSize::F64);
        let (mantissa, exponent) = text.split_once('e').unwrap_or((&text, "0"));
        let (whole, fraction) = mantissa.split_once('.').unwrap_or((mantissa, ""));
        let digits = format!("{whole}{fraction}").parse().unwrap_or_default();
        let exponent: i64 = exponent.parse().unwrap_or_default();
        let places = i64::try_from(fraction.len()).unwrap_or_default();
        Ok(Self { digits, exponent: exponent - places })
    }

    fn add(self, other: Self) -> Self {
        let exponent = self.exponent.min(other.exponent);
        let digits = self.digits_at(exponent) + other.digits_at(exponent);
        Self { digits, exponent }
    }

    /// The digits with a smaller exponent.
    fn digits_at(&self, exponent: i64) -> BigInt {
        &self.digits * power_of_ten(self.exponent - exponent)
    }

    fn divide(&self, other: &Self) -> Result<Self, String> {
        if other.digits.sign() == Sign::NoSign {
            return Err("decimal division by 0".to_owned());
        }
        let shift = self.exponent - other.exponent + PLACES;
        let dividend = &self.digits * power_of_ten(shift);
        let divisor = &other.digits * power_of_ten(-shift);
        let (mut quotient, remainder) = (&dividend / &divisor, &dividend % &divisor);
        // Halves are rounded away from zero.
        if remainder.magnitude() * 2u32 >= *divisor.magnitude() {
            let negative = (dividend.sign() == Sign::Minus) != (divisor.sign() == Sign::Minus);
            quotient += if negative { -1 } else { 1 };
        }
        Ok(Self { digits: quotient, exponent: -PLACES })
    }

    fn float(&self) -> f64 {
        let text = format!("{}e{}", self.digits, self.exponent);
        // What is too large for a float is told as infinite.
        parse_float(text, FloatSize::F64).unwrap_or(f64::INFINITY)
    }
}

/// Ten to a power; one if that is negative.
fn power_of_ten(power: i64) -> BigInt {
    BigInt::from(10).pow(u32::try_from(power).unwrap_or(0))
}
