//! `time.Time`, `time.Duration`, `time.Month` and `time.Weekday` as templates see them, with the methods that templates use.

use std::sync::{Arc, LazyLock};

use preflight_gotemplate::{
    Call, Field, IntKind, NamedType, Signature, Struct, Type, TypeBuilder, UintKind, Value,
};

use super::format::{day_name, month_name};
use super::{Time, Zone, format_duration};
use crate::table::Given as _;

static TIME: LazyLock<Arc<NamedType>> = LazyLock::new(|| {
    let ty = NamedType::declare("time.Time");
    ty.define(arithmetic(readings(NamedType::structure("time.Time", fields()))));
    ty
});

/// The fields of Go's struct, which templates cannot see but `spew` shows.
fn fields() -> [Field; 3] {
    let location = Type::pointer(NamedType::structure("time.Location", []).build());
    [
        Field::new("wall", Type::Uint(UintKind::Uint64)),
        Field::new("ext", Type::Int(IntKind::Int64)),
        Field::new("loc", location),
    ]
}

static DURATION: LazyLock<Arc<NamedType>> = LazyLock::new(|| {
    let number = |value: &Value| value.as_i64().unwrap_or_default();
    let in_units =
        |unit: f64| move |_: &Call<'_>, given: &[Value]| Ok(Value::from(units(given.int(0), unit)));
    let whole = |unit: i64| move |_: &Call<'_>, given: &[Value]| Ok(Value::from(given.int(0) / unit));
    let float = || Signature::new([]).returns(Type::FLOAT64);
    let integer = || Signature::new([]).returns(Type::INT64);
    let builder = NamedType::new("time.Duration", Type::INT64)
        .stringer(move |value| format_duration(number(value)).into_bytes())
        .method("Hours", float(), in_units(3.6e12))
        .method("Minutes", float(), in_units(6e10))
        .method("Seconds", float(), in_units(1e9))
        .method("Milliseconds", integer(), whole(1_000_000))
        .method("Microseconds", integer(), whole(1_000))
        .method("Nanoseconds", integer(), whole(1));
    let ty = NamedType::declare("time.Duration");
    ty.define(builder);
    ty
});

/// A duration in a larger unit; whole units and the rest apart, so that nothing is lost.
#[expect(
    clippy::cast_possible_truncation,
    clippy::cast_precision_loss,
    reason = "units are whole, rests are small"
)]
fn units(nanoseconds: i64, unit: f64) -> f64 {
    let whole = unit as i64;
    (nanoseconds / whole) as f64 + (nanoseconds % whole) as f64 / unit
}

static MONTH: LazyLock<Arc<NamedType>> = LazyLock::new(|| enumeration("time.Month", month_name));
static WEEKDAY: LazyLock<Arc<NamedType>> = LazyLock::new(|| enumeration("time.Weekday", day_name));

fn enumeration(name: &str, name_of: fn(u32) -> &'static str) -> Arc<NamedType> {
    let describe = move |value: &Value| {
        let number = value.as_i64().and_then(|number| u32::try_from(number).ok()).unwrap_or(u32::MAX);
        name_of(number).as_bytes().to_vec()
    };
    let ty = NamedType::declare(name);
    ty.define(NamedType::new(name, Type::INT).stringer(describe));
    ty
}

/// The type `time.Time`.
pub(crate) fn type_of() -> Type {
    Type::Named(Arc::clone(&TIME))
}

/// The type `time.Duration`.
pub(crate) fn duration_type() -> Type {
    Type::Named(Arc::clone(&DURATION))
}

/// A time as a value.
pub(crate) fn to_value(time: Time) -> Value {
    // The fields take part in comparing times with `eq`.
    let fields = [Value::from(u64::from(time.nanoseconds)), Value::from(time.seconds)];
    Value::from(Struct::new(type_of(), fields).with_native(Arc::new(time)))
}

/// The time that a value is, pointers to one included.
pub(crate) fn of_value(value: &Value) -> Option<Time> {
    let structure = value.indirect().as_struct()?;
    if *structure.type_of() != type_of() {
        return None;
    }
    Some(structure.native::<Time>().cloned().unwrap_or_else(Time::zero))
}

/// The time that an argument of type `time.Time` is.
pub(crate) fn from_value(value: &Value) -> Time {
    of_value(value).unwrap_or_else(Time::zero)
}

/// A duration as a value.
pub(crate) fn duration(nanoseconds: i64) -> Value {
    Value::named(&DURATION, Value::from(nanoseconds))
}

fn this(given: &[Value]) -> Time {
    from_value(given.value(0))
}

/// Methods that read calendar and clock.
fn readings(builder: TypeBuilder) -> TypeBuilder {
    let int = || Signature::new([]).returns(Type::INT);
    let int64 = || Signature::new([]).returns(Type::INT64);
    let reading = |read: fn(super::Civil) -> i64| {
        move |_: &Call<'_>, given: &[Value]| Ok(Value::int(read(this(given).civil())))
    };
    let named = |ty: &'static LazyLock<Arc<NamedType>>, read: fn(super::Civil) -> u32| {
        move |_: &Call<'_>, given: &[Value]| {
            Ok(Value::named(ty, Value::int(i64::from(read(this(given).civil())))))
        }
    };
    let since_1970 = |unit: i128| {
        move |_: &Call<'_>, given: &[Value]| {
            Ok(Value::from(i64::try_from(this(given).total().div_euclid(unit)).unwrap_or_default()))
        }
    };
    builder
        .stringer(|value| from_value(value).describe())
        .method("Year", int(), reading(|civil| civil.year))
        .method("Day", int(), reading(|civil| i64::from(civil.day)))
        .method("YearDay", int(), reading(|civil| i64::from(civil.year_day)))
        .method("Hour", int(), reading(|civil| i64::from(civil.hour)))
        .method("Minute", int(), reading(|civil| i64::from(civil.minute)))
        .method("Second", int(), reading(|civil| i64::from(civil.second)))
        .method("Nanosecond", int(), |_, given| Ok(Value::int(i64::from(this(given).nanoseconds))))
        .method(
            "Month",
            Signature::new([]).returns(Type::Named(Arc::clone(&MONTH))),
            named(&MONTH, |civil| civil.month),
        )
        .method(
            "Weekday",
            Signature::new([]).returns(Type::Named(Arc::clone(&WEEKDAY))),
            named(&WEEKDAY, |civil| civil.weekday),
        )
        .method("Unix", int64(), since_1970(1_000_000_000))
        .method("UnixMilli", int64(), since_1970(1_000_000))
        .method("UnixMicro", int64(), since_1970(1_000))
        .method("UnixNano", int64(), since_1970(1))
        .method("IsZero", Signature::new([]).returns(Type::Bool), |_, given| Ok(this(given).is_zero().into()))
        .method("Format", Signature::new([Type::String]).returns(Type::String), |_, given| {
            Ok(this(given).format(given.text(1)).into())
        })
}

/// Methods that take or give other times.
fn arithmetic(builder: TypeBuilder) -> TypeBuilder {
    let time = || Type::Named(NamedType::declare("time.Time"));
    let comparison = |compare: fn(i64) -> bool| {
        move |_: &Call<'_>, given: &[Value]| {
            Ok(Value::Bool(compare(this(given).since(&from_value(given.value(1))))))
        }
    };
    let compared = || Signature::new([time()]).returns(Type::Bool);
    let shown = || Signature::new([]).returns(time());
    let length = || Type::Named(Arc::clone(&DURATION));
    builder
        .method("UTC", shown(), |_, given| Ok(to_value(this(given).within(Zone::Utc))))
        .method("Local", shown(), |_, given| Ok(to_value(this(given).within(Zone::local(None)))))
        .method("Add", Signature::new([length()]).returns(time()), |_, given| {
            Ok(to_value(this(given).plus(given.int(1))))
        })
        .method("AddDate", Signature::new([Type::INT, Type::INT, Type::INT]).returns(time()), |_, given| {
            let (time, civil) = (this(given), this(given).civil());
            let date = (
                civil.year.saturating_add(given.int(1)),
                i64::from(civil.month).saturating_add(given.int(2)),
                i64::from(civil.day).saturating_add(given.int(3)),
            );
            let clock = i64::from((civil.hour * 60 + civil.minute) * 60 + civil.second);
            Ok(to_value(Time::at(date, clock, time.nanoseconds, time.zone)))
        })
        .method("Sub", Signature::new([time()]).returns(length()), |_, given| {
            Ok(duration(this(given).since(&from_value(given.value(1)))))
        })
        .method("After", compared(), comparison(|distance| distance > 0))
        .method("Before", compared(), comparison(|distance| distance < 0))
        .method("Equal", compared(), comparison(|distance| distance == 0))
        .method("Truncate", Signature::new([length()]).returns(time()), |_, given| Ok(truncate(given)))
}

/// Cuts a time down to a multiple of a duration since Go's zero time.
fn truncate(given: &[Value]) -> Value {
    let (time, unit) = (this(given), given.int(1));
    if unit <= 0 {
        return to_value(time);
    }
    let surplus = (time.total() - Time::zero().total()).rem_euclid(i128::from(unit));
    to_value(time.plus(-i64::try_from(surplus).unwrap_or_default()))
}
