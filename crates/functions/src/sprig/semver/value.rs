//! `semver` and `semverCompare`, and a version as templates see it.

use std::sync::{Arc, LazyLock};

use preflight_gotemplate::{CallError, NamedType, Signature, Struct, Type, TypeBuilder, UintKind, Value};

use super::constraint::Constraints;
use super::version::Version;
use crate::table::{Given as _, Table};

static VERSION: LazyLock<Type> =
    LazyLock::new(|| increments(readings(NamedType::structure("semver.Version", []))).build());

pub(in crate::sprig) fn register(table: &mut Table<'_>) {
    table.add("semver", [Type::String], Type::pointer(VERSION.clone()), |_, given| {
        Ok(value(parse(given.text(0))?).pointer())
    });
    table.add("semverCompare", [Type::String, Type::String], Type::Bool, |_, given| {
        let constraints = Constraints::parse(&String::from_utf8_lossy(given.text(0)))?;
        Ok(constraints.hold_for(&parse(given.text(1))?).into())
    });
}

fn parse(text: &[u8]) -> Result<Version, CallError> {
    Version::parse(&String::from_utf8_lossy(text)).map_err(|fault| CallError::new(fault.to_string()))
}

fn value(version: Version) -> Value {
    Value::from(Struct::new(VERSION.clone(), []).with_native(Arc::new(version)))
}

fn of(value: &Value) -> Version {
    value.indirect().as_struct().and_then(Struct::native::<Version>).cloned().unwrap_or_default()
}

fn readings(builder: TypeBuilder) -> TypeBuilder {
    let number = || Signature::new([]).returns(Type::Uint(UintKind::Uint64));
    let text = || Signature::new([]).returns(Type::String);
    let compared = |result: Type| {
        Signature::new([Type::pointer(Type::Named(NamedType::declare("semver.Version")))]).returns(result)
    };
    builder
        .stringer(|version| of(version).text().into_bytes())
        .method("Major", number(), |_, given| Ok(of(given.value(0)).major.into()))
        .method("Minor", number(), |_, given| Ok(of(given.value(0)).minor.into()))
        .method("Patch", number(), |_, given| Ok(of(given.value(0)).patch.into()))
        .method("Prerelease", text(), |_, given| Ok(of(given.value(0)).prerelease.into()))
        .method("Metadata", text(), |_, given| Ok(of(given.value(0)).metadata.into()))
        .pointer_method("Original", text(), |_, given| Ok(of(given.value(0)).original.into()))
        .pointer_method("Compare", compared(Type::INT), |_, given| {
            Ok(Value::int(of(given.value(0)).order(&of(given.value(1))) as i64))
        })
        .pointer_method("Equal", compared(Type::Bool), |_, given| {
            Ok(of(given.value(0)).order(&of(given.value(1))).is_eq().into())
        })
        .pointer_method("LessThan", compared(Type::Bool), |_, given| {
            Ok(of(given.value(0)).order(&of(given.value(1))).is_lt().into())
        })
        .pointer_method("GreaterThan", compared(Type::Bool), |_, given| {
            Ok(of(given.value(0)).order(&of(given.value(1))).is_gt().into())
        })
}

fn increments(builder: TypeBuilder) -> TypeBuilder {
    let next = || Signature::new([]).returns(Type::Named(NamedType::declare("semver.Version")));
    builder
        .method("IncMajor", next(), |_, given| {
            let version = of(given.value(0));
            Ok(value(version.next((version.major.wrapping_add(1), 0, 0))))
        })
        .method("IncMinor", next(), |_, given| {
            let version = of(given.value(0));
            Ok(value(version.next((version.major, version.minor.wrapping_add(1), 0))))
        })
        .method("IncPatch", next(), |_, given| {
            let version = of(given.value(0));
            // The release follows its own prereleases.
            let step = u64::from(version.prerelease.is_empty());
            Ok(value(version.next((version.major, version.minor, version.patch.wrapping_add(step)))))
        })
}
