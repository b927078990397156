//! What an embedder sees, and what Go itself does not survive.

use std::cell::RefCell;

use super::*;
use crate::{CallError, Function, Signature, Type};

/// What the functions of these tests have been asked for.
type Asked = RefCell<Vec<(String, usize)>>;

#[derive(Debug, PartialEq, thiserror::Error)]
#[error("{0} is pending")]
struct Pending(String);

fn functions() -> Functions {
    let key =
        Function::new(Signature::new([Type::String]).returns(Type::String).fallible(), |call, arguments| {
            let key = arguments[0].as_str().unwrap_or_default().to_owned();
            if let Some(asked) = call.host::<Asked>() {
                asked.borrow_mut().push((format!("{} {}", call.file(), call.template()), call.line()));
            }
            if key == "late" { Err(CallError::caused_by(Pending(key))) } else { Ok(Value::from(key)) }
        });
    let execute_template = Function::new(
        Signature::new([Type::String]).variadic(Type::Any).returns(Type::String).fallible(),
        |call, arguments| {
            let data = arguments.get(1).cloned().unwrap_or_default();
            call.execute_template(arguments[0].as_str().unwrap_or_default(), &data).map(Value::from)
        },
    );
    let nest = Function::new(Signature::new([Type::Any]), |_, arguments| {
        Ok(Value::any_list([arguments[0].clone()]))
    });
    Functions::new().with("key", key).with("executeTemplate", execute_template).with("nest", nest)
}

fn parse(text: &str) -> Template {
    Template::parse("main", text, &functions(), &Options::default()).unwrap()
}

fn run(text: &str) -> Result<String, ExecError> {
    parse(text).execute(&Value::Nil, &()).map(|output| String::from_utf8(output).unwrap())
}

#[test]
fn a_function_learns_who_asks_and_from_where() {
    let template =
        parse("{{ key `a` }}\n{{ define `inner` }}\n  {{ key . }}{{ end }}{{ template `inner` `b` }}");
    let asked = Asked::default();
    assert_eq!(template.execute(&Value::Nil, &asked).unwrap(), b"a\n\n  b");
    assert_eq!(asked.into_inner(), [("main main".to_owned(), 1), ("main inner".to_owned(), 3)]);
}

#[test]
fn the_embedder_gets_its_own_error_back_from_within_templates_within_functions() {
    let direct = run("{{ key `late` }}").unwrap_err();
    assert_eq!(direct.find(), Some(&Pending("late".to_owned())));
    let nested = run("{{ define `x` }}{{ key `late` }}{{ end }}{{ executeTemplate `x` }}").unwrap_err();
    assert_eq!(nested.find(), Some(&Pending("late".to_owned())));
    assert_eq!(
        nested.to_string(),
        "template: main:1:44: executing \"main\" at <executeTemplate `x`>: error calling executeTemplate: \
         template: main:1:19: executing \"x\" at <key `late`>: error calling key: late is pending"
    );
    assert_eq!(run("{{ key nil }}").unwrap_err().find::<Pending>(), None);
}

#[test]
fn a_template_that_is_not_there_is_told_as_go_tells_it() {
    let error = run("{{ executeTemplate `gone` }}").unwrap_err().to_string();
    assert!(error.ends_with(r#"template: no template "gone" associated with template "main""#), "{error}");
    let error = parse("").execute_named("gone", &Value::Nil, &()).unwrap_err().to_string();
    assert_eq!(error, r#"template: no template "gone" associated with template "main""#);
    let empty = Template::new("empty", &functions(), &Options::default());
    let error = empty.execute(&Value::Nil, &()).unwrap_err().to_string();
    assert_eq!(error, r#"template: empty: "empty" is an incomplete or empty template"#);
}

#[test]
fn further_texts_join_the_set_but_blank_ones_replace_nothing() {
    let mut template = parse("{{ template `part` }}");
    template.add("part", "first").unwrap();
    template.add("part", "second").unwrap();
    template.add("part", " \n").unwrap();
    assert_eq!(template.execute(&Value::Nil, &()).unwrap(), b"second");
    assert!(template.add("part", "{{ if }}").is_err());
    assert_eq!(template.execute(&Value::Nil, &()).unwrap(), b"second");
    assert_eq!(template.defined_templates().collect::<Vec<_>>(), ["main", "part"]);
}

#[test]
fn what_was_printed_before_a_failure_stays() {
    let mut output = b"> ".to_vec();
    assert!(parse("before {{ key `late` }}").execute_into(&mut output, &Value::Nil, &()).is_err());
    assert_eq!(output, b"> before ");
}

#[test]
fn functions_and_templates_that_call_each_other_end_with_an_error() {
    let error =
        run("{{ define `x` }}{{ executeTemplate `x` }}{{ end }}{{ executeTemplate `x` }}").unwrap_err();
    assert!(error.to_string().ends_with("exceeded maximum template depth (1000)"));
}

#[test]
fn nesting_has_limits_and_below_them_no_end_of_stack() {
    let parens = |depth: usize| format!("{{{{ {}1{} }}}}", "(".repeat(depth), ")".repeat(depth));
    assert_eq!(run(&parens(10_000)).unwrap(), "1");
    let refused =
        |text: &str| Template::parse("t", text, &functions(), &Options::default()).unwrap_err().message;
    assert_eq!(refused(&parens(10_001)), "max expression depth exceeded");
    assert!(
        run(&parens(9_000).replace('1', "nil")).unwrap_err().to_string().ends_with("nil is not a command")
    );

    let control = |word: &str, depth| format!("{}x{}", word.repeat(depth), "{{ end }}".repeat(depth));
    for word in ["{{ if 1 }}", "{{ with 1 }}", "{{ range 1 }}"] {
        assert_eq!(run(&control(word, 9_999)).unwrap(), "x");
        assert_eq!(refused(&control(word, 10_001)), "max nesting depth exceeded");
    }
    assert_eq!(refused(&"{{ if 1 }}".repeat(100_000)), "max nesting depth exceeded");
    let branches = format!("{{{{ if 0 }}}}{}{{{{ else }}}}x{{{{ end }}}}", "{{ else if 0 }}".repeat(100_000));
    assert_eq!(run(&branches).unwrap(), "x");
}

#[test]
fn values_nested_without_end_are_dropped() {
    let text = "{{ $x := 1 }}{{ range 100000 }}{{ $x = nest $x }}{{ end }}{{ len $x }}";
    assert_eq!(run(text).unwrap(), "1");
    let anything = crate::Pointer::new(Type::Any, Value::Nil);
    let pointers =
        (0..100_000).fold(Value::from(anything), |target, _| crate::Pointer::new(Type::Any, target).into());
    drop(pointers);
    let maps = (0..100_000).fold(Value::int(1), |value, _| Value::map([("k", value)]));
    drop(maps);
}

#[test]
fn many_variables_and_templates_take_no_time() {
    let variables: String =
        (0..50_000).map(|index| format!("{{{{ $v{index} := {index} }}}}{{{{ $v{index} }}}}")).collect();
    assert_eq!(run(&variables).unwrap().len(), (0..50_000).map(|index: usize| index.to_string().len()).sum());
    let templates: String =
        (0..50_000).map(|index| format!("{{{{ define `t{index}` }}}}x{{{{ end }}}}")).collect();
    assert_eq!(run(&templates).unwrap(), "");
}

#[test]
fn a_range_goes_over_functions_that_yield() {
    let numbers = Function::sequence(Type::INT, |step| {
        let _ = (1..=3).all(|number| step(Value::int(number)));
    });
    let pairs = Function::sequence_of_pairs(Type::String, Type::INT, |step| {
        let _ =
            [("a", 1), ("b", 2)].into_iter().all(|(key, number)| step(Value::from(key), Value::int(number)));
    });
    let none = Function::sequence(Type::INT, |_| {});
    let data =
        Value::map([("numbers", numbers.into()), ("pairs", pairs.into()), ("none", Value::from(none))]);
    let run = |text: &str| parse(text).execute(&data, &()).map(|output| String::from_utf8(output).unwrap());
    assert_eq!(run("{{ range .numbers }}{{ . }},{{ end }}").unwrap(), "1,2,3,");
    assert_eq!(
        run("{{ range $n := .numbers }}{{ if eq $n 2 }}{{ break }}{{ end }}{{ $n }}{{ end }}").unwrap(),
        "1"
    );
    assert_eq!(run("{{ range .pairs }}{{ . }}{{ end }}").unwrap(), "ab");
    assert_eq!(run("{{ range $k := .pairs }}{{ $k }}{{ end }}").unwrap(), "ab");
    assert_eq!(
        run("{{ range $k, $v := .pairs }}{{ $k }}={{ $v }} {{ . }};{{ end }}").unwrap(),
        "a=1 1;b=2 2;"
    );
    assert_eq!(run("{{ range .none }}x{{ else }}nothing{{ end }}").unwrap(), "nothing");
    assert!(run("{{ range .numbers }}{{ key `late` }}{{ end }}").unwrap_err().find::<Pending>().is_some());
    let error = run("{{ range $i, $n := .numbers }}{{ end }}").unwrap_err().to_string();
    assert!(error.ends_with(" iterate over more than one variable"), "{error}");
}

#[test]
fn changes_of_a_map_are_seen_by_all_but_the_range_under_way() {
    let set = Function::new(Signature::new([Type::any_map(), Type::String, Type::Any]), |_, arguments| {
        if let Some(map) = arguments[0].as_map() {
            map.insert(arguments[1].clone(), arguments[2].clone())?;
        }
        Ok(Value::from(""))
    });
    let text =
        "{{ $d := . }}{{ range $k, $v := . }}{{ set $d (print $k `x`) 1 }}{{ $k }}{{ end }} {{ len . }}";
    let template = Template::parse("t", text, &functions().with("set", set), &Options::default()).unwrap();
    let data = Value::map([("a", Value::int(1)), ("b", Value::int(2))]);
    assert_eq!(template.execute(&data, &()).unwrap(), b"ab 4");
    assert_eq!(data.len(), Some(4));
}

#[test]
fn one_template_runs_on_several_threads() {
    fn shared<T: Send + Sync>(_: &T) {}
    shared(&parse("{{ key `a` }}"));
    shared(&Value::Nil);
    shared(&functions());
}
