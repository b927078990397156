//! Templates that were damaged at random: whatever they are, they parse or not, run or not, within their bounds, and
//! nothing panics. `GOTEMPLATE_FUZZ_CASES` asks for more of them than the usual 5,000.

use std::time::{Duration, Instant};

use preflight_gotemplate::{
    Field, Function, Functions, MissingKey, NamedType, Options, Signature, Template, Type, Value,
};
use proptest::prelude::*;
use proptest::test_runner::{Config, TestRunner};

/// What the damage begins with: every feature of the language is here.
const CORPUS: &[&str] = &[
    "plain text",
    "a {{- /* comment */ -}} b {{ .name }} {{ .list }} {{ $ }} {{ . }}",
    "{{ if .name }}yes{{ else if eq .count 3 }}three{{ else }}no{{ end }}",
    "{{ range $index, $item := .list }}{{ $index }}={{ $item }}{{ if eq $index 2 }}{{ break }}{{ end }},{{ else }}none{{ end }}",
    "{{ range $key, $value := .map }}{{ if eq $key \"b\" }}{{ continue }}{{ end }}{{ $key }}:{{ $value }};{{ end }}",
    "{{ range 5 }}{{ . }}{{ end }}{{ range $i := .count }}{{ $i }}{{ end }}",
    "{{ with .point }}{{ .X }} {{ .Y }} {{ .Sum 1 }}{{ else with .name }}{{ . }}{{ end }}",
    "{{ define \"one\" }}[{{ . }}]{{ end }}{{ template \"one\" .name }}{{ block \"two\" .list }}{{ len . }}{{ end }}",
    "{{ define \"again\" }}{{ if . }}{{ template \"again\" (slice . 1) }}{{ end }}.{{ end }}{{ template \"again\" .name }}",
    "{{ define \"forever\" }}{{ template \"forever\" . }}{{ end }}{{ template \"forever\" . }}",
    "{{ $x := 1 }}{{ $x = 2.5 }}{{ $x }}{{ $y := \"s\" }}{{ printf \"%s %v %5.2f|%-8q|\" $y .map $x $y }}",
    "{{ printf \"%[2]*[1]d %+v %#v %T %x\" 42 8 .point .map .list \"hex\" }}",
    "{{ index .map \"a\" }} {{ index .list 1 }} {{ index .nested \"inner\" 0 }} {{ slice .name 1 3 }} {{ len .map }}",
    "{{ and .name .count 0 }} {{ or 0 \"\" .name }} {{ not true }} {{ eq 1 1 2 }} {{ lt 1 2 }} {{ ge 1.5 1.0 }} {{ ne `a` \"b\" }}",
    "{{ html \"<a>\" }} {{ js \"it's\" }} {{ urlquery \"a b\" }} {{ print 1 2 \"x\" }} {{ println .name }}",
    "{{ .name | upper | printf \"%q\" | join \"-\" \"x\" }} {{ call .function 1 2 }} {{ (index .list 0) | printf \"%03d\" }}",
    "{{ 1_000 }} {{ 0x1F }} {{ 1e3 }} {{ 'a' }} {{ 2i }} {{ -5 }} {{ true }} {{ nil }} {{ \"\\u00e4\\n\" }} {{ `raw` }} {{ .5 }}",
    "{{ (.point).X }} {{ .nested.inner }} {{ $.name }} {{ .missing.deeper }} {{ .map.a }} {{ .pointer.X }} {{ .none }}",
    "{{ try }} {{ fail \"no\" }}",
    "{{- range .list }}\n  - {{ . -}}\n{{ end -}}\n",
];

/// What is put between the pieces.
const PIECES: &[&str] = &[
    "{{",
    "}}",
    "{{-",
    "-}}",
    "(",
    ")",
    "|",
    ":=",
    "=",
    ",",
    ".",
    "$",
    "$x",
    "\"",
    "`",
    "'",
    "/*",
    "*/",
    "end",
    "if ",
    "else ",
    "range ",
    "with ",
    "define ",
    "template ",
    "block ",
    "break",
    "continue",
    "nil",
    "true",
    "and ",
    "or ",
    "index ",
    "printf ",
    "slice ",
    "len ",
    "call ",
    ".name",
    ".list",
    ".map",
    "0",
    "-1",
    "9223372036854775808",
    "1e400",
    "0x",
    "1i",
    "%*d",
    "%[",
    "\0",
    "é",
    " ",
    "\n",
    "{{end}}",
    "{{else}}",
    "{{if .}}",
    "{{range .}}",
    "{{with $}}",
    "{{template \"one\" .}}",
    "{{define \"x\"}}",
    "99999999999999999999",
];

/// One change to a text, made of numbers so that a failing case can be made smaller.
#[derive(Clone, Debug)]
enum Damage {
    Remove { at: usize, length: usize },
    Insert { at: usize, piece: usize },
    Byte { at: usize, byte: u8 },
    Repeat { at: usize, length: usize, times: usize },
    Splice { at: usize, from: usize, start: usize, length: usize },
}

fn damage() -> impl Strategy<Value = Damage> {
    let (at, small) = (any::<usize>(), 0..12usize);
    prop_oneof![
        (at, small.clone()).prop_map(|(at, length)| Damage::Remove { at, length }),
        (at, 0..PIECES.len()).prop_map(|(at, piece)| Damage::Insert { at, piece }),
        (at, any::<u8>()).prop_map(|(at, byte)| Damage::Byte { at, byte }),
        (at, 1..30usize, 1..40usize).prop_map(|(at, length, times)| Damage::Repeat { at, length, times }),
        (at, 0..CORPUS.len(), any::<usize>(), 1..40usize)
            .prop_map(|(at, from, start, length)| Damage::Splice { at, from, start, length }),
    ]
}

fn apply(text: &mut Vec<u8>, damage: &Damage) {
    let place = |at: usize, length: usize| at % (length + 1);
    match *damage {
        Damage::Remove { at, length } => {
            let start = place(at, text.len());
            text.drain(start..text.len().min(start + length));
        }
        Damage::Insert { at, piece } => {
            let start = place(at, text.len());
            text.splice(start..start, PIECES[piece].bytes());
        }
        Damage::Byte { at, byte } => {
            let start = place(at, text.len());
            text.splice(start..text.len().min(start + 1), [byte]);
        }
        Damage::Repeat { at, length, times } => {
            let start = place(at, text.len());
            let piece = text[start..text.len().min(start + length)].repeat(times);
            text.splice(start..start, piece);
        }
        Damage::Splice { at, from, start, length } => {
            let source = CORPUS[from].as_bytes();
            let first = place(start, source.len());
            let piece = source[first..source.len().min(first + length)].to_vec();
            let start = place(at, text.len());
            text.splice(start..start, piece);
        }
    }
}

#[test]
fn damaged_templates_end_without_a_panic() {
    let cases =
        std::env::var("GOTEMPLATE_FUZZ_CASES").ok().and_then(|text| text.parse().ok()).unwrap_or(5_000);
    let mut runner = TestRunner::new(Config { failure_persistence: None, ..Config::with_cases(cases) });
    let (data, functions) = (data(), functions());
    let strategy = (0..CORPUS.len(), prop::collection::vec(damage(), 0..6), 0..3usize);
    let outcome = runner.run(&strategy, |(seed, changes, missing)| {
        let mut text = CORPUS[seed].as_bytes().to_vec();
        changes.iter().for_each(|change| apply(&mut text, change));
        keep_numbers_small(&mut text);
        let missing_key = [MissingKey::Default, MissingKey::Zero, MissingKey::Error][missing];
        let options = Options { missing_key, ..Options::default() };
        let begun = Instant::now();
        let length = run(&text, &functions, &options, &data);
        // nothing here loops more than a few thousand times: seconds would mean a blow-up
        prop_assert!(begun.elapsed() < Duration::from_secs(5), "{:?}", text.escape_ascii().to_string());
        prop_assert!(length < 64 << 20, "{length} bytes: {:?}", text.escape_ascii().to_string());
        Ok(())
    });
    outcome.expect("every template ends");
}

/// Parses and, if that went well, runs; the length of what was printed. Errors have a text, too.
fn run(text: &[u8], functions: &Functions, options: &Options, data: &Value) -> usize {
    match Template::parse("fuzz", text, functions, options) {
        Ok(_) if may_take_forever(text) => 0,
        Ok(template) => match template.execute(data, &()) {
            Ok(output) => output.len(),
            Err(error) => error.to_string().len(),
        },
        Err(error) => error.to_string().len(),
    }
}

/// Whoever writes `range 9999999999` asked for it, so loops are kept short here.
fn keep_numbers_small(text: &mut Vec<u8>) {
    if !text.windows(5).any(|window| window == b"range") {
        return;
    }
    let mut digits = 0;
    text.retain(|byte| {
        digits = if byte.is_ascii_alphanumeric() || *byte == b'_' { digits + 1 } else { 0 };
        digits <= 2 || !byte.is_ascii_digit()
    });
}

/// Loops within loops, templates that call themselves more than once, quotes quoted again and again: legal, and
/// as endless in Go.
fn may_take_forever(text: &[u8]) -> bool {
    let text = String::from_utf8_lossy(text);
    let count = |word: &str| text.matches(word).count();
    let calls = count("template") + count("block");
    let quotes = count("printf") + count("js") + count("%q");
    quotes > 10 || count("range") > 3 || calls > 2 || calls > 0 && count("range") > 0
}

#[test]
fn the_undamaged_templates_are_templates() {
    let (data, functions) = (data(), functions());
    for text in CORPUS {
        let parsed = Template::parse("corpus", text, &functions, &Options::default());
        let known_faults = ["{{ try }}", "{{ nil }}"];
        if !known_faults.iter().any(|fault| text.contains(fault)) {
            parsed.unwrap_or_else(|error| panic!("{text}: {error}")).execute(&data, &()).map_or_else(
                |error| assert!(text.contains("forever") || text.contains("missing"), "{text}: {error}"),
                |output| assert!(!output.is_empty()),
            );
        }
    }
}

#[test]
fn long_inputs_take_time_in_proportion() {
    let (data, functions) = (data(), functions());
    let shapes: [(&str, &str, &str); 8] = [
        ("", "{{ .name }}", ""),
        ("", "{{ if .name }}x{{ end }}", ""),
        ("{{ .name", " | upper", " }}"),
        ("{{ print", " 1", " }}"),
        ("{{/*", " * ", "*/}}"),
        ("", "{{ $x := 1 }}", ""),
        ("", "{{- /* c */ -}}   ", ""),
        ("{{ \"", "\\n", "\" }}"),
    ];
    for (before, repeated, after) in shapes {
        let time = |times: usize| {
            let text = [before, &repeated.repeat(times), after].concat();
            let begun = Instant::now();
            run(text.as_bytes(), &functions, &Options::default(), &data);
            begun.elapsed()
        };
        // On a busy machine less than this says nothing.
        let small = time(2_000).max(Duration::from_millis(20));
        let large = time(20_000);
        assert!(large < small * 40, "{repeated:?}: ten times as long took {small:?} and then {large:?}");
    }
}

#[test]
fn deep_inputs_are_refused_or_run() {
    let (data, functions) = (data(), functions());
    let depth = 100_000;
    for (open, close) in
        [("(", ")"), ("{{if .}}", "{{end}}"), ("{{range .list}}", "{{end}}"), ("{{with .}}", "{{end}}")]
    {
        let text = if open == "(" {
            format!("{{{{ {}1{} }}}}", open.repeat(depth), close.repeat(depth))
        } else {
            open.repeat(depth) + &close.repeat(depth)
        };
        run(text.as_bytes(), &functions, &Options::default(), &data);
        run(open.repeat(depth).as_bytes(), &functions, &Options::default(), &data);
    }
    let chain = format!("{{{{ {} }}}}", ".a".repeat(depth));
    run(chain.as_bytes(), &functions, &Options::default(), &data);
    let elses = "{{if .none}}".to_owned() + &"{{else if .none}}".repeat(depth) + "{{end}}";
    run(elses.as_bytes(), &functions, &Options::default(), &data);
}

fn data() -> Value {
    let fields = [Field::new("X", Type::INT), Field::new("Y", Type::String)];
    let sum = Signature::new([Type::INT]).returns(Type::INT);
    let point = NamedType::structure("fuzz.Point", fields)
        .method("Sum", sum, |_, given| {
            let number = given.get(1).and_then(Value::as_i64).unwrap_or_default();
            Ok(Value::int(number.wrapping_add(1)))
        })
        .build();
    let made = || Value::structure(&point, [Value::int(3), Value::from("why")]);
    let adder = Signature::new([Type::INT, Type::INT]).returns(Type::INT);
    Value::map([
        ("name", Value::from("na\u{ef}ve \u{4e16}")),
        ("count", Value::int(3)),
        ("list", Value::any_list([Value::int(1), Value::from("two"), Value::from(3.5), Value::Nil])),
        ("map", Value::map([("a", Value::int(1)), ("b", Value::from(true)), ("c", Value::bytes(b"bytes"))])),
        ("nested", Value::map([("inner", Value::any_list([Value::from("deep")]))])),
        ("point", made()),
        ("pointer", made().pointer()),
        (
            "function",
            Value::from(Function::new(adder, |_, given| {
                let sum = given.iter().filter_map(Value::as_i64).fold(0, i64::wrapping_add);
                Ok(Value::int(sum))
            })),
        ),
    ])
}

fn functions() -> Functions {
    let upper = Signature::new([Type::String]).returns(Type::String);
    let join = Signature::new([Type::String]).variadic(Type::Any).returns(Type::String);
    let fail = Signature::new([Type::String]).returns(Type::String);
    Functions::new()
        .with(
            "upper",
            Function::new(upper, |_, given| {
                Ok(Value::from(given[0].to_text().unwrap_or_default().to_uppercase()))
            }),
        )
        .with(
            "join",
            Function::new(join, |_, given| {
                let parts: Vec<String> = given[1..].iter().map(Value::to_string).collect();
                Ok(Value::from(parts.join(&given[0].to_text().unwrap_or_default())))
            }),
        )
        .with(
            "fail",
            Function::new(fail, |_, given| Err(given[0].to_text().unwrap_or_default().into_owned().into())),
        )
}
