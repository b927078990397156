//! The report on a made-up container, as text and as JSON.

use std::path::Path;

use clap::Parser;
use preflight_identity::AskInstance;
use schemars::generate::SchemaSettings;
use tempfile::TempDir;

use super::*;

const ID: &str = "4f3e9c0a1b2c3d4e5f60718293a4b5c6d7e8f90123456789abcdef0123456789";
const SECRET: &str = "p@ss/w:rd+1";

#[derive(Debug, Parser)]
struct CommandLine {
    #[command(flatten)]
    arguments: FinalizeArguments,
}

fn arguments(line: &[&str]) -> Result<FinalizeArguments, clap::Error> {
    Ok(CommandLine::try_parse_from([&["finalize"], line].concat())?.arguments)
}

fn write(root: &Path, path: &str, content: &str) {
    let path = root.join(path);
    std::fs::create_dir_all(path.parent().unwrap()).unwrap();
    std::fs::write(path, content).unwrap();
}

/// A container that started 1812 s ago, with a limit of 512 MiB.
fn container() -> TempDir {
    let root = tempfile::tempdir().unwrap();
    for (path, content) in [
        ("proc/self/cgroup", format!("0::/system.slice/docker-{ID}.scope\n")),
        ("proc/1/stat", "1 (service) S 0 1 1 0 -1 0 0 0 0 0 0 0 0 0 0 0 0 0 100 0 0".to_owned()),
        ("proc/uptime", "1813.00 9".to_owned()),
        ("proc/sys/kernel/hostname", "4f3e9c0a1b2c\n".to_owned()),
        ("sys/fs/cgroup/cgroup.controllers", "cpu memory".to_owned()),
        ("sys/fs/cgroup/memory.max", "536870912".to_owned()),
        ("sys/fs/cgroup/cpu.max", "25000 100000".to_owned()),
        ("sys/fs/cgroup/memory.peak", "73400320".to_owned()),
        ("sys/fs/cgroup/memory.events", "oom 0\noom_kill 0\n".to_owned()),
        ("sys/fs/cgroup/cpu.stat", "usage_usec 1234567\nthrottled_usec 0\n".to_owned()),
    ] {
        write(root.path(), path, &content);
    }
    root
}

async fn finalize(root: &TempDir, line: &[&str], variables: &[(&str, &str)], verbose: bool) -> String {
    let variables: Vec<(String, String)> =
        variables.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())).collect();
    let sources = Sources {
        environment: Box::new(move |name| {
            variables.iter().find(|(known, _)| known == name).map(|(_, value)| value.clone())
        }),
        root: root.path().to_owned(),
        now: Box::new(|| "2026-11-21T12:00:12Z".parse().unwrap()),
        instance_metadata: AskInstance::Never,
        instance_metadata_base: String::new(),
    };
    let (tag, redactor) = (Tag::new("MyCompanyName", "DevOps"), Redactor::new([SECRET]));
    let context = FinalizeContext { sources: &sources, tag: &tag, redactor: &redactor, verbose };
    let mut output = Vec::new();
    run(&arguments(line).unwrap(), &context, &mut output).await;
    String::from_utf8(output).unwrap()
}

#[tokio::test]
async fn three_tagged_lines_say_what_it_was() {
    let text = finalize(
        &container(),
        &["--exit-code", "137"],
        &[("CONTAINER_IMAGE", "registry.test/pickles:1.4.2")],
        false,
    )
    .await;
    let version = env!("CARGO_PKG_VERSION");
    let expected = format!(
        "[MyCompanyName:DevOps] preflight {version} finalize — image pickles:1.4.2, container 4f3e9c0a1b2c, started 2026-11-21T11:30:00Z\n\
         [MyCompanyName:DevOps] finalize: lived 30 min 12 s, exit code 137 (SIGKILL), peak memory 70.0 MiB of 512.0 MiB, CPU time 1.23 s\n\
         [MyCompanyName:DevOps] finalize: platform container, image registry.test/pickles:1.4.2, container id {ID}, host 4f3e9c0a1b2c, \
         cpu limit 0.25 cores, memory limit 512.0 MiB\n"
    );
    assert_eq!(text, expected);
}

#[tokio::test]
async fn a_kill_for_want_of_memory_comes_with_a_hint() {
    let root = container();
    write(root.path(), "sys/fs/cgroup/memory.events", "oom_kill 2\n");
    let text = finalize(&root, &[], &[], false).await;
    assert!(text.contains("2 killed for want of memory — hint: raise the memory limit"), "{text}");
    assert!(!text.contains("exit code"), "none was given");
}

#[tokio::test]
async fn where_nothing_is_known_it_says_so_and_does_not_fail() {
    let empty = tempfile::tempdir().unwrap();
    let text = finalize(&empty, &[], &[("ECS_CONTAINER_METADATA_URI_V4", "nonsense")], true).await;
    assert!(text.contains("unknown task (ECS)") && text.contains("lived for an unknown time"), "{text}");
    assert!(text.contains("finalize: not known: ECS container metadata"), "{text}");
    assert!(text.lines().all(|line| line.starts_with("[MyCompanyName:DevOps] ")), "{text}");
}

#[tokio::test]
async fn the_json_document_has_every_figure() {
    let text = finalize(&container(), &["--exit-code", "0", "--format", "json"], &[], false).await;
    assert_eq!(text.lines().count(), 1);
    let document: Value = serde_json::from_str(&text).unwrap();
    assert_eq!((document["version"].as_u64(), document["kind"].as_str()), (Some(1), Some("finalize")));
    assert_eq!(document["tag"], "[MyCompanyName:DevOps]");
    assert_eq!((document["lived_seconds"].as_f64(), document["exit_code"].as_u64()), (Some(1812.0), Some(0)));
    assert_eq!(document["identity"]["platform"], "container");
    assert_eq!(document["identity"]["started_at"], "2026-11-21T11:30:00Z");
    assert_eq!(document["identity"]["limits"]["memory"], 512 << 20);
    assert_eq!(document["usage"]["peak_memory"], 70 << 20);
    assert_eq!(document["usage"]["cpu_time"], 1.234_567);
}

#[tokio::test]
async fn no_secret_and_no_control_character_gets_out() {
    let root = container();
    write(root.path(), "proc/sys/kernel/hostname", &format!("a\n[X:Y] forged\u{1b}[2J\u{202e}{SECRET}"));
    let image = format!("user:{SECRET}@registry.test/x:{SECRET}");
    for format in ["text", "json"] {
        let text = finalize(&root, &["--format", format], &[("CONTAINER_IMAGE", &image)], true).await;
        assert!(!text.contains(SECRET), "{text}");
        assert!(!text.contains(['\u{1b}', '\u{202e}']), "{text}");
        let forged = text.lines().any(|line| line.starts_with("[X:Y]"));
        assert!(!forged && text.contains("forged"), "{text}");
    }
}

#[test]
fn an_exit_code_is_a_number_of_one_byte() {
    assert_eq!(arguments(&["--exit-code", "255"]).unwrap().exit_code, Some(255));
    assert_eq!(arguments(&[]).unwrap().format, FinalizeFormat::Text);
    for wrong in
        [&["--exit-code", "256"][..], &["--exit-code", "-1"], &["--exit-code", ""], &["--format", "xml"]]
    {
        assert_eq!(arguments(wrong).unwrap_err().exit_code(), 2, "{wrong:?}");
    }
}

#[test]
fn a_closed_output_is_no_failure() {
    struct Closed;
    impl Write for Closed {
        fn write(&mut self, _: &[u8]) -> std::io::Result<usize> {
            Err(std::io::ErrorKind::BrokenPipe.into())
        }
        fn flush(&mut self) -> std::io::Result<()> {
            Err(std::io::ErrorKind::BrokenPipe.into())
        }
    }
    let mut sources = Sources::system();
    sources.root = std::path::PathBuf::from("/nowhere");
    sources.environment = Box::new(|_| None);
    let (tag, redactor) = (Tag::new("a", "b"), Redactor::new([""]));
    let context = FinalizeContext { sources: &sources, tag: &tag, redactor: &redactor, verbose: true };
    let runtime = tokio::runtime::Builder::new_current_thread().build().unwrap();
    runtime.block_on(run(&arguments(&[]).unwrap(), &context, &mut Closed));
}

#[test]
fn spans_and_sizes_are_in_units_people_read() {
    assert_eq!(
        [0.0, 59.994, 60.0, 1812.4, 3600.0, 90_000.0].map(span),
        ["0.00 s", "59.99 s", "1 min 0 s", "30 min 12 s", "1 h 0 min", "1 d 1 h"]
    );
    assert_eq!(span(f64::MAX), span(1e300), "too long is still a text");
    assert_eq!(
        [0, 1023, 1024, 73_400_320, 3 << 30].map(size),
        ["0 B", "1023 B", "1.0 KiB", "70.0 MiB", "3.0 GiB"]
    );
}

/// The published schema is the one the types give. `PREFLIGHT_WRITE_DOCS=1` writes it anew.
#[test]
fn the_published_schema_is_up_to_date() {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../docs/finalize.schema.json");
    let generated = format!("{:#}\n", schema());
    if std::env::var_os("PREFLIGHT_WRITE_DOCS").is_some() {
        std::fs::write(&path, &generated).unwrap();
    }
    let published = std::fs::read_to_string(&path).unwrap();
    assert_eq!(published, generated, "run the tests with PREFLIGHT_WRITE_DOCS=1");
}

#[tokio::test]
async fn documents_keep_to_the_schema() {
    let schema = schema();
    let empty = tempfile::tempdir().unwrap();
    for (root, line) in
        [(container(), vec!["--exit-code", "137", "--format", "json"]), (empty, vec!["--format", "json"])]
    {
        let image = ("CONTAINER_IMAGE", "a/b:c@sha256:d");
        let text =
            finalize(&root, &line, &[image, ("KUBERNETES_SERVICE_HOST", "x"), ("POD_IP", "10.0.0.1")], true)
                .await;
        assert_fits(&serde_json::from_str(&text).unwrap(), &schema, &schema, "");
    }
}

fn schema() -> Value {
    let mut schema = SchemaSettings::draft2020_12()
        .for_serialize()
        .into_generator()
        .into_root_schema_for::<FinalizeReport>();
    schema.insert("title".to_owned(), "preflight finalize --format json".into());
    schema.to_value()
}

/// As much of JSON Schema as the generated one uses: references, types, properties, items, constants.
fn assert_fits(value: &Value, schema: &Value, root: &Value, at: &str) {
    if let Some(reference) = schema["$ref"].as_str() {
        let target = root
            .pointer(reference.trim_start_matches('#'))
            .unwrap_or_else(|| panic!("{reference} is missing"));
        return assert_fits(value, target, root, at);
    }
    let choices = ["anyOf", "oneOf"].iter().find_map(|key| schema[*key].as_array());
    if let Some(choices) = choices {
        let fits = |choice: &Value| {
            choice["const"] == *value
                || choice["$ref"].is_string()
                || choice["enum"].as_array().is_some_and(|all| all.contains(value))
        };
        let choice = choices
            .iter()
            .find(|choice| fits(choice))
            .unwrap_or_else(|| panic!("{at}: {value} is none of {choices:?}"));
        return assert_fits(value, choice, root, at);
    }
    let types = match &schema["type"] {
        Value::String(one) => vec![one.as_str()],
        Value::Array(several) => several.iter().filter_map(Value::as_str).collect(),
        _ => panic!("{at}: the schema {schema} has no type"),
    };
    let fits = match value {
        Value::String(_) => types.contains(&"string"),
        Value::Number(number) => types.contains(&"number") || types.contains(&"integer") && number.is_u64(),
        Value::Array(_) => types.contains(&"array"),
        Value::Object(_) => types.contains(&"object"),
        Value::Bool(_) | Value::Null => false,
    };
    assert!(fits, "{at}: {value} is no {types:?}");
    assert!(schema["const"].is_null() || schema["const"] == *value, "{at}: {value}");
    for (key, field) in value.as_object().into_iter().flatten() {
        let known =
            schema["properties"].get(key).unwrap_or_else(|| panic!("{at}: {key} is not in the schema"));
        assert_fits(field, known, root, &format!("{at}/{key}"));
    }
    for item in value.as_array().into_iter().flatten() {
        assert_fits(item, &schema["items"], root, &format!("{at}[]"));
    }
    for key in schema["required"].as_array().into_iter().flatten().filter_map(Value::as_str) {
        assert!(value.get(key).is_some(), "{at}: {key} is missing");
    }
}
