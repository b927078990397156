//! A death as an event of Sentry. Pure.
//!
//! The fields are those of <https://develop.sentry.dev/sdk/data-model/event-payloads/>.

use std::{
    hash::{BuildHasher, Hasher, RandomState},
    time::SystemTime,
};

use preflight_logging::Redactor;
use preflight_processes::ExitStatus;
use serde_json::{Map, Value, json};

use super::{Death, How};
use crate::output::{LastLine, Stream};

/// The last lines in an event have at most so many bytes together; the newest ones stay.
const MOST_LINES: usize = 64 * 1024;
/// Sentry's limits.
const LONGEST_TAG: usize = 200;
const LONGEST_ENVIRONMENT: usize = 64;

/// What all events of one container have in common. Made without secrets.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Context {
    server_name: Option<String>,
    release: Option<String>,
    environment: Option<String>,
    tags: Vec<(String, String)>,
}

/// A death and what the service said before it. Made without secrets.
#[derive(Debug, Clone, PartialEq)]
pub struct Report {
    /// With `kind`, what makes events the same.
    service: String,
    kind: String,
    message: String,
    fatal: bool,
    tags: Vec<(String, String)>,
    facts: Map<String, Value>,
    last_lines: Vec<LastLine>,
    at: SystemTime,
}

impl Context {
    /// Host, release and environment are left out of events when they are `None` or empty; further tags say where we are.
    pub fn new(
        server_name: Option<&str>,
        release: Option<&str>,
        environment: Option<&str>,
        tags: impl IntoIterator<Item = (String, String)>,
        redactor: &Redactor,
    ) -> Self {
        let clean = |text: &str, longest| {
            let text = cut(&redactor.clean(text.trim()), longest).to_owned();
            (!text.is_empty()).then_some(text)
        };
        Self {
            server_name: server_name.and_then(|name| clean(name, LONGEST_TAG)),
            release: release.and_then(|release| clean(release, LONGEST_TAG)),
            environment: environment
                .and_then(|name| clean(&name.replace(['/', ' ', '\n'], "-"), LONGEST_ENVIRONMENT)),
            tags: tags
                .into_iter()
                .filter_map(|(name, value)| Some((tag_name(&name), clean(&value, LONGEST_TAG)?)))
                .collect(),
        }
    }
}

impl Report {
    /// Takes the secrets out of everything; the last lines have none already.
    pub fn new(death: &Death, last_lines: Vec<LastLine>, at: SystemTime, redactor: &Redactor) -> Self {
        let clean = |text: &str| redactor.clean(text);
        let mut tags = vec![("service".to_owned(), clean(&death.service)), ("kind".to_owned(), death.kind())];
        match death.status() {
            Some(ExitStatus::Code(code)) => tags.push(("exit_code".into(), code.to_string())),
            Some(ExitStatus::Signal { signal, core }) => {
                tags.push(("signal".into(), signal.to_string()));
                tags.push(("core_dumped".into(), core.to_string()));
            }
            Some(ExitStatus::Lost) | None => {}
        }
        if death.out_of_memory {
            tags.push(("out_of_memory".into(), "true".into()));
        }
        Self {
            service: clean(&death.service),
            kind: death.kind(),
            message: clean(&death.to_string()),
            fatal: death.is_fatal(),
            tags,
            facts: facts(death, redactor),
            last_lines,
            at,
        }
    }

    /// Events with the same one are one problem.
    pub(super) fn fingerprint(&self) -> [&str; 3] {
        ["preflight-service", &self.service, &self.kind]
    }

    /// The event; `discarded` and `repeated` are how many were not sent before it, in all and of its fingerprint.
    pub(super) fn event(&self, id: &str, context: &Context, repeated: u64, discarded: u64) -> Value {
        let mut extra = self.facts.clone();
        if repeated > 0 {
            extra.insert("repeated_before".into(), repeated.into());
        }
        if discarded > 0 {
            extra.insert("events_discarded_before".into(), discarded.into());
        }
        let mut event = json!({
            "event_id": id,
            "timestamp": crate::output::rfc3339(self.at),
            "platform": "other",
            "level": if self.fatal { "fatal" } else { "error" },
            "logger": "preflight.run",
            "logentry": { "formatted": self.message },
            "fingerprint": self.fingerprint(),
            "tags": self.all_tags(context),
            "extra": extra,
            "breadcrumbs": { "values": self.breadcrumbs() },
            "sdk": { "name": "preflight", "version": env!("CARGO_PKG_VERSION") },
        });
        let parts = [
            ("server_name", &context.server_name),
            ("release", &context.release),
            ("environment", &context.environment),
        ];
        for (name, value) in parts {
            if let Some(value) = value {
                event[name] = value.as_str().into();
            }
        }
        event
    }

    fn all_tags(&self, context: &Context) -> Value {
        let tags = context.tags.iter().chain(&self.tags);
        Value::Object(
            tags.map(|(name, value)| (name.clone(), cut(value, LONGEST_TAG).into())).collect::<Map<_, _>>(),
        )
    }

    /// The last lines in the order in which they were said.
    fn breadcrumbs(&self) -> Vec<Value> {
        let mut room = MOST_LINES;
        let mut values: Vec<Value> = Vec::new();
        for line in self.last_lines.iter().rev() {
            let Some(left) = room.checked_sub(line.text.len()) else { break };
            room = left;
            let (category, level) = match line.stream {
                Stream::Output => ("stdout", "info"),
                Stream::Error => ("stderr", "error"),
            };
            values.push(json!({
                "timestamp": crate::output::rfc3339(line.time),
                "category": category,
                "level": level,
                "message": line.text,
            }));
        }
        values.reverse();
        values
    }
}

/// A number by which Sentry knows an event twice sent: 32 hexadecimal digits of a random UUID (RFC 9562, version 4).
pub(super) fn event_id() -> String {
    // Keyed by the system's randomness: many containers that start in the same moment have different ones.
    let random = || RandomState::new().build_hasher().finish();
    let bits = (u128::from(random()) << 64) | u128::from(random());
    let id = (bits & !(0xf << 76) & !(0x3 << 62)) | (0x4 << 76) | (0x2 << 62);
    format!("{id:032x}")
}

fn facts(death: &Death, redactor: &Redactor) -> Map<String, Value> {
    let mut facts = Map::new();
    let seconds = |duration: std::time::Duration| Value::from(duration.as_secs_f64());
    if let Some(uptime) = death.uptime {
        facts.insert("uptime_seconds".into(), seconds(uptime));
    }
    facts.insert("restarts".into(), death.restarts.into());
    if let Some(next) = death.next {
        facts.insert("next_start_in_seconds".into(), seconds(next));
    }
    if let Some(meaning) = &death.meaning {
        facts.insert("meaning".into(), redactor.clean(meaning).into());
    }
    if let How::NotStarted { reason } | How::NotBooted { reason } = &death.how {
        facts.insert("reason".into(), redactor.clean(reason).into());
    }
    facts
}

/// At most 32 of the characters that Sentry takes.
fn tag_name(name: &str) -> String {
    let allowed = |letter: char| letter.is_ascii_alphanumeric() || "_.:-".contains(letter);
    name.chars().take(32).map(|letter| if allowed(letter) { letter } else { '_' }).collect()
}

fn cut(text: &str, longest: usize) -> &str {
    &text[..text.floor_char_boundary(longest)]
}

#[cfg(test)]
mod tests {
    use std::{collections::BTreeSet, time::Duration};

    use preflight_processes::{Program, Signal};

    use super::*;
    use crate::{Exited, Happened, Service};

    fn report(redactor: &Redactor, lines: Vec<LastLine>) -> Report {
        let service = Service::new("web", Program::Direct(vec!["web".into()]));
        let exited = Exited {
            pid: 7,
            status: ExitStatus::Signal { signal: Signal::KILL, core: false },
            out_of_memory: true,
            uptime: Duration::from_millis(1500),
            restarts: 2,
            expected: false,
            failure: Some(crate::Failure::Unhealthy { evidence: "token hunter2".into() }),
            next: Some(Duration::from_secs(1)),
        };
        let death = Death::of(&service, &Happened::Exited(exited)).unwrap();
        Report::new(&death, lines, SystemTime::UNIX_EPOCH + Duration::from_secs(1_795_283_100), redactor)
    }

    fn line(text: String) -> LastLine {
        LastLine { time: SystemTime::UNIX_EPOCH, stream: Stream::Error, text }
    }

    #[test]
    fn an_event_has_what_sentry_asks_for_and_no_secret() {
        let redactor = Redactor::new(["hunter2"]);
        let tags = [("task arn".to_owned(), "task/hunter2/x".to_owned()), ("empty".into(), String::new())];
        let context =
            Context::new(Some("ip-10-0-0-1"), Some("web@1.2"), Some("prod/eu west"), tags, &redactor);
        let event = report(&redactor, vec![line("boom".into())]).event(
            "00ff00ff00ff40ff80ff00ff00ff00ff",
            &context,
            3,
            0,
        );
        let expected = json!({
            "event_id": "00ff00ff00ff40ff80ff00ff00ff00ff",
            "timestamp": "2026-11-21T17:45:00.000Z",
            "platform": "other",
            "level": "error",
            "logger": "preflight.run",
            "logentry": { "formatted":
                "web was stopped, unhealthy (token [redacted]): killed by SIGKILL (out of memory) after 1.5 s; restart 3 in 1 s" },
            "fingerprint": ["preflight-service", "web", "unhealthy"],
            "tags": {
                "task_arn": "task/[redacted]/x",
                "service": "web",
                "kind": "unhealthy",
                "signal": "SIGKILL",
                "core_dumped": "false",
                "out_of_memory": "true",
            },
            "extra": { "uptime_seconds": 1.5, "restarts": 2, "next_start_in_seconds": 1.0, "repeated_before": 3 },
            "breadcrumbs": { "values": [
                { "timestamp": "1970-01-01T00:00:00.000Z", "category": "stderr", "level": "error", "message": "boom" },
            ] },
            "sdk": { "name": "preflight", "version": env!("CARGO_PKG_VERSION") },
            "server_name": "ip-10-0-0-1",
            "release": "web@1.2",
            "environment": "prod-eu-west",
        });
        assert_eq!(event, expected);
    }

    #[test]
    fn only_the_newest_lines_go_when_there_are_too_many() {
        let lines = (0..200).map(|at| line(format!("{at} {}", "x".repeat(1000)))).collect();
        let context = Context::new(None, None, None, [], &Redactor::default());
        let event = report(&Redactor::default(), lines).event("0", &context, 0, 0);
        let kept = event["breadcrumbs"]["values"].as_array().unwrap();
        assert!(kept.last().unwrap()["message"].as_str().unwrap().starts_with("199 "));
        assert!(event.to_string().len() < 80_000);
        assert!(event.get("release").is_none());
    }

    #[test]
    fn ids_are_random_uuids() {
        let ids: BTreeSet<String> = (0..1000).map(|_| event_id()).collect();
        assert_eq!(ids.len(), 1000);
        for id in ids {
            assert_eq!((id.len(), &id[12..13]), (32, "4"));
            assert!("89ab".contains(&id[16..17]), "{id}");
        }
    }
}
