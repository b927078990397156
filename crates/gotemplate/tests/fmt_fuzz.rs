//! Any format with any values ends, without a panic, in a length that its widths explain.

use preflight_gotemplate::{Type, Value, fmt, strconv};
use proptest::prelude::*;

fn scalar() -> impl Strategy<Value = Value> {
    prop_oneof![
        Just(Value::Nil),
        any::<bool>().prop_map(Value::from),
        any::<i64>().prop_map(Value::int),
        any::<u64>().prop_map(Value::from),
        any::<u8>().prop_map(Value::from),
        any::<f64>().prop_map(Value::from),
        any::<f32>().prop_map(Value::float32),
        (any::<f64>(), any::<f64>()).prop_map(|(real, imaginary)| Value::complex(real, imaginary)),
        "\\PC{0,8}".prop_map(Value::from),
        prop::collection::vec(any::<u8>(), 0..8).prop_map(Value::from),
        prop::collection::vec(any::<u8>(), 0..8).prop_map(Value::bytes),
        any::<i8>().prop_map(|number| Value::int(number.into())),
    ]
}

fn value() -> impl Strategy<Value = Value> {
    scalar().prop_recursive(3, 12, 4, |inner| {
        prop_oneof![
            prop::collection::vec(inner.clone(), 0..4).prop_map(Value::any_list),
            prop::collection::vec(("[a-c]{0,2}", inner.clone()), 0..4).prop_map(Value::map),
            prop::collection::vec((scalar(), inner.clone()), 0..4).prop_map(|entries| Value::typed_map(
                Type::Any,
                Type::Any,
                entries
            )),
            inner.clone().prop_map(Value::pointer),
        ]
    })
}

/// Formats made of what formats are made of, and of anything.
fn format() -> impl Strategy<Value = Vec<u8>> {
    let directive = "%[-+# 0]{0,3}(\\[[0-9-]{0,2}\\]?)?([0-9]{0,3}|\\*)(\\.([0-9]{0,3}|\\*|\\[[0-9]\\]\\*?))?(\\[[0-9]\\])?[a-zA-Z%!é]?";
    let piece = prop_oneof![
        8 => directive.prop_map(String::into_bytes),
        1 => "[%*\\[\\].0-9# vdsx+-]{0,6}".prop_map(String::into_bytes),
        1 => prop::collection::vec(any::<u8>(), 0..6),
    ];
    prop::collection::vec(piece, 0..6).prop_map(|pieces| pieces.concat())
}

fn cases(normally: u32) -> ProptestConfig {
    let cases = std::env::var("GOTEMPLATE_FUZZ_CASES").ok().and_then(|text| text.parse().ok());
    ProptestConfig { failure_persistence: None, ..ProptestConfig::with_cases(cases.unwrap_or(normally)) }
}

proptest! {
    #![proptest_config(cases(5_000))]

    #[test]
    fn no_format_panics_or_grows_beyond_its_widths(
        format in format(),
        arguments in prop::collection::vec(value(), 0..4),
    ) {
        let plain = fmt::sprint(&arguments).len();
        let printed = fmt::sprintf(&format, &arguments).len();
        let directives = format.iter().filter(|byte| **byte == b'%').count() + 1;
        // a width taken from an argument reaches a million; others have a few digits here
        let widths = if format.contains(&b'*') { 1_100_000 } else { 4_000 };
        let items = 2 + plain;
        prop_assert!(printed <= format.len() * 4 + directives * items * (widths + 500), "{printed} bytes");
    }

    #[test]
    fn what_is_quoted_is_read_back(text in prop::collection::vec(any::<u8>(), 0..40)) {
        prop_assert_eq!(strconv::unquote(strconv::quote(&text).as_bytes()), Ok(text.clone()));
        prop_assert_eq!(strconv::unquote(strconv::quote_to_ascii(&text).as_bytes()), Ok(text));
    }

    #[test]
    fn the_shortest_form_of_a_float_is_read_back(value in any::<f64>()) {
        for verb in [b'e', b'g', b'f', b'x', b'G', b'X'] {
            let text = strconv::format_float(value, verb, None, strconv::FloatSize::F64);
            let read = strconv::parse_float(&text, strconv::FloatSize::F64);
            if !value.is_nan() {
                prop_assert_eq!(read.map(f64::to_bits), Ok(value.to_bits()), "{}", text);
            }
        }
    }

    #[test]
    fn nothing_read_panics(text in "[-+_0-9a-fpx.iIntyNA\"'\\\\]{0,12}", base in -2i64..40, bits in -2i64..70) {
        let _ = strconv::parse_float(&text, strconv::FloatSize::F64);
        let _ = strconv::parse_float(&text, strconv::FloatSize::F32);
        let _ = strconv::parse_int(&text, base, bits);
        let _ = strconv::parse_uint(&text, base, bits);
        let _ = strconv::unquote(text.as_bytes());
        let _ = strconv::parse_bool(&text);
    }
}
