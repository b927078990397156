//! No function panics, whatever it is given, and nothing is so deep that the stack ends.

use std::panic::{AssertUnwindSafe, catch_unwind};

use preflight_functions::{Scratch, Surroundings, register, sprig};
use preflight_gotemplate::{Functions, Options, Template, Value};

#[derive(Default)]
struct Quiet(Scratch);

impl Surroundings for Quiet {
    fn scratch(&self) -> &Scratch {
        &self.0
    }

    fn print(&self, _: &[u8]) {}

    fn addresses(&self, _: &str) -> Vec<std::net::IpAddr> {
        Vec::new()
    }
}

fn functions() -> Functions {
    let mut functions = Functions::new();
    register::<Quiet>(&mut functions);
    sprig::register::<Quiet>(&mut functions);
    functions
}

/// A sequence of numbers that is the same each time.
struct Dice(u64);

impl Dice {
    fn below(&mut self, end: usize) -> usize {
        self.0 = self.0.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        (self.0 >> 33) as usize % end
    }
}

fn awkward_values() -> Vec<Value> {
    let nested = Value::map([("a", Value::map([("b", Value::any_list([Value::Nil, 1.5.into()]))]))]);
    let mut values: Vec<Value> = [
        "",
        " ",
        "a",
        "\u{0}",
        "é",
        "ß ǆ",
        "a,b",
        "1",
        "-1",
        "0x",
        "1e999",
        "true",
        "{\"a\":[1]}",
        "[",
        "a: &a *a",
        "- x\n -y",
        "(?P<",
        "[[:",
        "\\",
        "a{2",
        "$1 ${",
        "2006-01-02",
        "Mon _2 .000 Z07:00",
        "1h-",
        ">=1.x || ^",
        "http://[::1%25",
        "//@:",
        "GetAllInterfaces | math \"mask\" \"9\"",
        "%v %[2]*d %!",
        "YWE=",
        "=",
        "long text with several words in it, and more",
    ]
    .into_iter()
    .map(Value::from)
    .collect();
    values.push(Value::string(b"\xff\xfe\x80"));
    values.extend([i64::MIN, -300, -1, 0, 1, 2, 7, 64, i64::MAX].map(Value::int));
    values.extend([f64::NAN, f64::INFINITY, -0.0, 1e300, -2.5].map(Value::from));
    values.extend([Value::Nil, true.into(), u64::MAX.into(), 0u64.into()]);
    values.extend([
        Value::any_list([]),
        Value::strings(["x", ""]),
        Value::any_list([Value::Nil, "a".into(), nested.clone()]),
    ]);
    values.extend([
        nested,
        Value::map::<&str>([]),
        Value::string_map([("k", "v")]),
        Value::bytes(b"\x00\xff"),
    ]);
    values
}

/// These take long on purpose, or make keys.
const SLOW: [&str; 5] = ["sprig_bcrypt", "sprig_htpasswd", "sprig_derivePassword", "sprig_randBytes", "loop"];

#[test]
fn no_function_panics() {
    let functions = functions();
    let (values, mut dice) = (awkward_values(), Dice(7));
    for name in functions.names() {
        if SLOW.contains(&name) || name.starts_with("sprig_gen") || name.starts_with("sprig_rand") {
            continue;
        }
        let signature = functions.find(name).expect("it is there").signature();
        let required = signature.parameters().len() - usize::from(signature.is_variadic());
        for _ in 0..150 {
            let count = required + if signature.is_variadic() { dice.below(4) } else { 0 };
            let given: Vec<Value> = (0..count).map(|_| values[dice.below(values.len())].clone()).collect();
            let arguments: Vec<String> = (0..count).map(|index| format!("(index . {index})")).collect();
            let text = format!("{{{{ {name} {} }}}}", arguments.join(" "));
            let template =
                Template::parse("hostile", &text, &functions, &Options::default()).expect("it parses");
            let data = Value::any_list(given.clone());
            let run = catch_unwind(AssertUnwindSafe(|| template.execute(&data, &Quiet::default())));
            assert!(run.is_ok(), "{name} panics on {given:?}");
        }
    }
}

fn outcome(text: &str, data: &Value) -> Result<String, String> {
    let template = Template::parse("deep", text, &functions(), &Options::default()).expect("it parses");
    let output = template.execute(data, &Quiet::default()).map_err(|fault| fault.to_string())?;
    Ok(String::from_utf8_lossy(&output).into_owned())
}

#[test]
fn deep_nesting_ends_in_an_error_or_in_text() {
    let deep = Value::from("[".repeat(290) + &"]".repeat(290));
    for text in [
        "{{ parseJSON . | toJSON }}",
        "{{ parseJSON . | toYAML }}",
        "{{ parseJSON . | toTOML }}",
        "{{ parseJSON . }}",
    ] {
        assert_eq!(outcome(text, &deep).err(), None, "{text}");
        let one_more =
            text.replace(". |", ". | sprig_list |").replace(". }}", ". | sprig_list | sprig_list }}");
        assert!(outcome(&one_more, &deep).is_ok());
    }
    assert!(outcome("{{ parseJSON . | spew_sdump | len }}", &deep).is_ok());
    assert!(outcome("{{ parseJSON . | sprig_deepCopy | sprig_deepEqual (parseJSON .) }}", &deep).is_ok());
    let too_deep = Value::from("[".repeat(301));
    assert!(outcome("{{ parseJSON . }}", &too_deep).expect_err("refused").contains("exceeded max depth"));
    assert!(outcome("{{ parseYAML . }}", &too_deep).is_err());
    let slashes = Value::from("/".repeat(100_000));
    assert!(
        outcome("{{ explodeMap (sprig_dict . 1) }}", &slashes)
            .expect_err("refused")
            .contains("nested too deeply")
    );
}

#[test]
fn a_map_that_holds_itself_is_no_end_of_the_program() {
    let set = "{{ $_ := sprig_set $d \"self\" $d }}{{ $_ := sprig_set $d \"again\" (sprig_list $d $d) }}";
    let make = format!("{{{{ $d := sprig_dict }}}}{set}");
    for call in ["toJSON $d", "toYAML $d", "toTOML $d"] {
        assert!(outcome(&format!("{make}{{{{ {call} }}}}"), &Value::Nil).is_err(), "{call}");
    }
    for call in
        ["spew_sdump $d | len", "sprig_deepCopy $d | len", "mergeMap $d $d | len", "sprig_deepEqual $d $d"]
    {
        assert!(outcome(&format!("{make}{{{{ {call} }}}}"), &Value::Nil).is_ok(), "{call}");
    }
}

#[test]
fn aliases_cannot_blow_a_text_up() {
    let mut text = "a: &a [x,x,x,x,x,x,x,x,x,x]\n".to_owned();
    for (name, before) in ('b'..='j').zip('a'..) {
        let aliases = vec![format!("*{before}"); 10].join(",");
        text.push_str(&format!("{name}: &{name} [{aliases}]\n"));
    }
    let fault = outcome("{{ parseYAML . | len }}", &Value::from(text)).expect_err("refused");
    assert!(fault.contains("document contains excessive aliasing"), "{fault}");
}

#[test]
fn a_loop_has_an_end() {
    let fault = outcome("{{ range loop 9223372036854775807 }}x{{ end }}", &Value::Nil).expect_err("refused");
    assert!(fault.contains("more than 1000000 steps"), "{fault}");
}
