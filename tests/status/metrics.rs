//! `/metrics`, read as strictly as the format is written:
//! <https://prometheus.io/docs/instrumenting/exposition_formats/#text-format-details>.

use std::collections::{BTreeMap, BTreeSet};

use crate::run::{project, start, wait_until};

/// Samples by name and labels.
type Samples = BTreeMap<(String, BTreeMap<String, String>), f64>;

/// A page of metrics, or the line that is none.
struct Page {
    samples: Samples,
    kinds: BTreeMap<String, String>,
}

fn read(text: &str) -> Result<Page, String> {
    let mut page = Page { samples: Samples::new(), kinds: BTreeMap::new() };
    let (mut helped, mut finished, mut current) = (BTreeSet::new(), BTreeSet::new(), String::new());
    let rest = text.strip_suffix('\n').ok_or("the last line does not end")?;
    for line in rest.split('\n') {
        let wrong = |why: &str| Err(format!("{why}: {line:?}"));
        if let Some(help) = line.strip_prefix("# HELP ") {
            let (name, words) = help.split_once(' ').ok_or("no help")?;
            if !is_name(name) || words.is_empty() || !helped.insert(name.to_owned()) {
                return wrong("help");
            }
            continue;
        }
        if let Some(kind) = line.strip_prefix("# TYPE ") {
            let (name, kind) = kind.split_once(' ').ok_or("no type")?;
            if !["counter", "gauge"].contains(&kind)
                || !helped.contains(name)
                || name.ends_with("_total") != (kind == "counter")
            {
                return wrong("type");
            }
            finished.insert(std::mem::replace(&mut current, name.to_owned()));
            if finished.contains(name) || page.kinds.insert(name.to_owned(), kind.to_owned()).is_some() {
                return wrong("a metric that is not in one piece");
            }
            continue;
        }
        let (name, labels, value) = sample(line).ok_or_else(|| format!("no sample: {line:?}"))?;
        if name != current {
            return wrong("a sample without its type");
        }
        if page.samples.insert((name, labels), value).is_some() {
            return wrong("twice");
        }
    }
    Ok(page)
}

fn is_name(name: &str) -> bool {
    let is_letter = |letter: char| letter.is_ascii_alphabetic() || letter == '_';
    name.starts_with(is_letter) && name.chars().all(|letter| is_letter(letter) || letter.is_ascii_digit())
}

fn sample(line: &str) -> Option<(String, BTreeMap<String, String>, f64)> {
    let end = line.find(['{', ' '])?;
    let (name, mut rest) = line.split_at(end);
    let mut labels = BTreeMap::new();
    if let Some(inner) = rest.strip_prefix('{') {
        rest = inner;
        loop {
            let (label, after) = rest.split_once("=\"")?;
            let (value, after) = quoted(after)?;
            if !is_name(label) || labels.insert(label.to_owned(), value).is_some() {
                return None;
            }
            match after.strip_prefix(',') {
                Some(more) => rest = more,
                None => {
                    rest = after.strip_prefix('}')?;
                    break;
                }
            }
        }
    }
    let value = rest.strip_prefix(' ')?;
    let number = match value {
        "NaN" => f64::NAN,
        "+Inf" => f64::INFINITY,
        "-Inf" => f64::NEG_INFINITY,
        number if number.starts_with(|first: char| first.is_ascii_digit() || first == '-') => {
            number.parse().ok()?
        }
        _ => return None,
    };
    is_name(name).then(|| (name.to_owned(), labels, number))
}

/// A label's value to its closing quote, and what follows.
fn quoted(text: &str) -> Option<(String, &str)> {
    let mut value = String::new();
    let mut letters = text.char_indices();
    while let Some((at, letter)) = letters.next() {
        match letter {
            '"' => return Some((value, &text[at + 1..])),
            '\\' => value.push(match letters.next()?.1 {
                '\\' => '\\',
                '"' => '"',
                'n' => '\n',
                _ => return None,
            }),
            other => value.push(other),
        }
    }
    None
}

impl Page {
    fn of(&self, name: &str, labels: &[(&str, &str)]) -> Option<f64> {
        let labels = labels.iter().map(|(label, value)| ((*label).to_owned(), (*value).to_owned())).collect();
        self.samples.get(&(name.to_owned(), labels)).copied()
    }
}

#[test]
fn the_reader_is_strict() {
    let good = "# HELP a_total x\n# TYPE a_total counter\na_total{b=\"c\\\"\\\\\\n\"} 1\n";
    assert_eq!(read(good).map(|page| page.samples.len()), Ok(1));
    for bad in [
        "a 1\n",
        "# HELP a x\n# TYPE a gauge\na 1",
        "# HELP a x\n# TYPE a gauge\na{b=\"c} 1\n",
        "# HELP a x\n# TYPE a gauge\na 1\na 2\n",
        "# HELP a x\n# TYPE a counter\na 1\n",
        "# HELP a x\n# TYPE a gauge\na one\n",
        "# HELP a x\n# TYPE a gauge\na 1\n# HELP b x\n# TYPE b gauge\nb 1\na 1\n",
        "# HELP a x\n# TYPE a gauge\na  1\n",
    ] {
        assert!(read(bad).is_err(), "{bad:?}");
    }
}

fn services() -> crate::run::Run {
    start(
        "services:
  web: { command: [sleep, '600'] }
  flaky: { command: 'exit 15', restart: { policy: always, backoff: 30s..60s } }
  killed: { command: 'kill -KILL $$', restart: { policy: never } }
  restarted: { command: 'test -e again && exec sleep 600; touch again; sleep 1.1; exit 1' }
  dumps: { command: ['true'], schedule: '@yearly' }
",
    )
}

#[test]
fn numbers_say_what_the_document_says() {
    let run = services();
    run.service("restarted", |service| service["restarts"] == 1 && service["state"] == "running");
    run.service("flaky", |service| service["state"] == "backing_off");
    run.service("killed", |service| service["state"] == "failed");
    let answer = run.get("/metrics");
    assert_eq!(answer.field("Content-Type"), Some("text/plain; version=0.0.4; charset=utf-8"));
    let page = read(&answer.body).unwrap_or_else(|why| panic!("{why}\n{}", answer.body));
    let of = |name: &str, service: &str| page.of(name, &[("service", service)]);
    assert_eq!(of("preflight_service_up", "web"), Some(1.0));
    assert_eq!(of("preflight_service_up", "flaky"), Some(0.0));
    assert_eq!(of("preflight_service_ready", "web"), Some(1.0));
    assert_eq!(of("preflight_service_wanted", "dumps"), Some(0.0));
    assert_eq!(of("preflight_service_restarts_total", "restarted"), Some(1.0));
    assert_eq!(of("preflight_service_last_exit_code", "flaky"), Some(15.0));
    assert_eq!(of("preflight_service_last_exit_code", "killed"), Some(137.0));
    assert_eq!(of("preflight_service_last_exit_code", "web"), None);
    assert!(
        of("preflight_service_next_try_time_seconds", "flaky")
            > of("preflight_service_last_exit_time_seconds", "flaky")
    );
    assert!(of("preflight_service_next_due_time_seconds", "dumps").is_some());
    assert_eq!(
        page.of("preflight_service_state", &[("service", "flaky"), ("state", "backing_off")]),
        Some(1.0)
    );
    assert_eq!(page.of("preflight_service_state", &[("service", "flaky"), ("state", "running")]), Some(0.0));
    assert_eq!(page.of("preflight_build_info", &[("version", env!("CARGO_PKG_VERSION"))]), Some(1.0));
    assert_eq!(page.of("preflight_ready", &[]), Some(0.0));
    let began = page.of("process_start_time_seconds", &[]).expect("a beginning");
    let started = of("preflight_service_start_time_seconds", "web").expect("a start");
    assert!(began > 1.7e9 && started >= began && started < began + 600.0, "{began} {started}");
    for name in
        ["process_cpu_seconds_total", "process_resident_memory_bytes", "process_open_fds", "process_max_fds"]
    {
        assert!(page.of(name, &[]).is_some_and(|value| value > 0.0), "{name}");
    }
}

#[test]
fn every_metric_is_in_the_documentation_and_nothing_else() {
    let run = services();
    wait_until("all are there", || {
        let body = run.get("/metrics").body;
        ["next_try_time", "last_exit_code", "next_due"].iter().all(|part| body.contains(part))
    });
    let page = read(&run.get("/metrics").body).expect("metrics");
    let text = project("docs/status.md");
    let documented: BTreeMap<String, String> = text
        .lines()
        .filter_map(|line| line.strip_prefix("| `"))
        .filter_map(|row| row.split_once("` | "))
        .filter(|(name, _)| name.starts_with("preflight_") || name.starts_with("process_"))
        .map(|(name, rest)| (name.to_owned(), rest.split(" |").next().unwrap_or_default().to_owned()))
        .collect();
    // Those of a check are there only when there was one.
    let mut seen = page.kinds;
    for name in [
        "preflight_checks",
        "preflight_checks_waited",
        "preflight_check_warnings",
        "preflight_check_duration_seconds",
    ] {
        seen.entry(name.to_owned()).or_insert_with(|| "gauge".to_owned());
    }
    assert_eq!(documented, seen);
}
