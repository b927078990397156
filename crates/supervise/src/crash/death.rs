//! Why a service died, in one line. Pure.

use std::{collections::BTreeMap, fmt, time::Duration};

use preflight_logging::{Redactor, Tag};
use preflight_processes::ExitStatus;

use super::words;
use crate::{Failure, Happened, Name, Policy, Service};

/// One that ends well sooner than this has hardly done anything.
const SOON: Duration = Duration::from_secs(1);
const FOREGROUND: &str = "does it go to the background? It must stay in the foreground";

/// A service's end that nobody wanted. Its text is one line, not redacted yet: see [`Death::line`].
#[derive(Debug, Clone, PartialEq)]
pub struct Death {
    /// Who.
    pub service: Name,
    /// In which way.
    pub how: How,
    /// What its exit code means, as the service says, or else by the habits of shells.
    pub meaning: Option<String>,
    /// The kernel killed something of it for want of memory.
    pub out_of_memory: bool,
    /// We stopped it for this.
    pub failure: Option<Failure>,
    /// How long it ran; `None` when it did not.
    pub uptime: Option<Duration>,
    /// How often it was started again before.
    pub restarts: u64,
    /// When it is started again; `None`: not, or not known yet.
    pub next: Option<Duration>,
    /// This is the end of the whole container, unless it is started again.
    pub critical: bool,
}

/// In which way a service died.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum How {
    /// Its program ended.
    Ended(ExitStatus),
    /// Its program could not be started.
    NotStarted {
        /// The cause.
        reason: String,
    },
    /// What is run before services failed, and none of them is started.
    NotBooted {
        /// What failed, and how.
        reason: String,
    },
    /// It is not tried any more.
    GaveUp {
        /// So many ends …
        times: u32,
        /// … within this time.
        within: Duration,
        /// The last one; `None`: it could not be started.
        last: Option<ExitStatus>,
    },
}

impl Death {
    /// The death that this was; `None` when it was none: nobody died, the end was wanted, or a task is done.
    pub fn of(service: &Service, happened: &Happened) -> Option<Self> {
        let death = |how| Self::plain(service.name.clone(), how, service.critical);
        match happened {
            Happened::Exited(exited) => {
                let done =
                    exited.status.is_success() && (service.once || service.restart.policy != Policy::Always);
                (!exited.expected && !done).then(|| Self {
                    meaning: meaning(&service.exit_codes, exited.status),
                    out_of_memory: exited.out_of_memory,
                    failure: exited.failure.clone(),
                    uptime: Some(exited.uptime),
                    // Each run of a job is one of its own.
                    restarts: if service.schedule.is_some() { 0 } else { exited.restarts },
                    next: exited.next,
                    ..death(How::Ended(exited.status))
                })
            }
            Happened::NotStarted { reason, next } => {
                Some(Self { next: *next, ..death(How::NotStarted { reason: reason.clone() }) })
            }
            Happened::GaveUp { times, within, status, failure } => Some(Self {
                meaning: status.and_then(|status| meaning(&service.exit_codes, status)),
                failure: failure.clone(),
                ..death(How::GaveUp { times: *times, within: *within, last: *status })
            }),
            _ => None,
        }
    }

    /// What is run before services failed, and that was the end.
    pub fn of_boot(reason: impl Into<String>) -> Self {
        Self::plain("boot".into(), How::NotBooted { reason: reason.into() }, true)
    }

    fn plain(service: Name, how: How, critical: bool) -> Self {
        Self {
            service,
            how,
            meaning: None,
            out_of_memory: false,
            failure: None,
            uptime: None,
            restarts: 0,
            next: None,
            critical,
        }
    }

    /// The whole line: tagged, without secrets.
    pub fn line(&self, tag: &Tag, redactor: &Redactor) -> String {
        tag.line(&redactor.clean(&self.to_string()))
    }

    /// What makes deaths the same: `code-15`, `SIGSEGV`, `not-started`, `not-ready`, `unhealthy`, `too-long`; `gave-up-code-15`,
    /// `gave-up-not-ready` and the like.
    pub fn kind(&self) -> String {
        let ended = |status: ExitStatus| match &self.failure {
            Some(Failure::NotReady { .. }) => "not-ready".into(),
            Some(Failure::Unhealthy { .. }) => "unhealthy".into(),
            Some(Failure::TooLong { .. }) => "too-long".into(),
            None => kind(status),
        };
        match &self.how {
            How::NotStarted { .. } => "not-started".into(),
            How::NotBooted { .. } => "not-booted".into(),
            How::GaveUp { last: Some(status), .. } => format!("gave-up-{}", ended(*status)),
            How::GaveUp { last: None, .. } => "gave-up".into(),
            How::Ended(status) => ended(*status),
        }
    }

    /// How it ended, when it did.
    pub fn status(&self) -> Option<ExitStatus> {
        match &self.how {
            How::Ended(status) => Some(*status),
            How::GaveUp { last, .. } => *last,
            How::NotStarted { .. } | How::NotBooted { .. } => None,
        }
    }

    /// True when it is more than a service that takes its time to come back.
    pub fn is_fatal(&self) -> bool {
        matches!(self.how, How::GaveUp { .. }) || (self.critical && self.next.is_none())
    }

    fn ending(&self, status: ExitStatus) -> String {
        ending(status, self.meaning.as_deref(), self.out_of_memory)
    }

    /// What we stopped it for.
    fn reason(&self) -> Option<String> {
        Some(match self.failure.as_ref()? {
            Failure::NotReady { timeout, evidence } => {
                let evidence = evidence.as_ref().map(|evidence| format!(" ({evidence})")).unwrap_or_default();
                format!("not ready within {}{evidence}", words::duration(*timeout))
            }
            Failure::Unhealthy { evidence } => format!("unhealthy ({evidence})"),
            Failure::TooLong { limit } => format!("not done within {}", words::duration(*limit)),
        })
    }

    /// The first sign of a program that goes to the background, which looks like one that is done.
    fn is_gone_at_once(&self) -> bool {
        let is_soon = self.uptime.is_some_and(|uptime| uptime < SOON);
        let is_success = self.status().is_some_and(|status| status.is_success());
        is_soon && is_success && self.failure.is_none() && self.restarts == 0 && self.next.is_some()
    }

    fn prospects(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match (self.next, self.restarts) {
            (Some(next), restarts) if next.is_zero() => write!(f, "; restart {} now", restarts + 1),
            (Some(next), restarts) => write!(f, "; restart {} in {}", restarts + 1, words::duration(next)),
            (None, 0) => Ok(()),
            (None, 1) => f.write_str("; it was restarted once"),
            (None, restarts) => write!(f, "; it was restarted {restarts} times"),
        }
    }
}

impl fmt::Display for Death {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} ", self.service)?;
        match &self.how {
            How::Ended(status) => {
                match self.reason() {
                    Some(reason) => write!(f, "was stopped, {reason}: ")?,
                    None => f.write_str("died: ")?,
                }
                f.write_str(&self.ending(*status))?;
                if let Some(uptime) = self.uptime {
                    write!(f, " after {}", words::duration(uptime))?;
                }
                self.prospects(f)?;
                if self.is_gone_at_once() { write!(f, " — hint: {FOREGROUND}") } else { Ok(()) }
            }
            How::NotStarted { reason } => {
                write!(f, "could not be started: {reason}")?;
                self.next.map_or(Ok(()), |next| write!(f, "; next try in {}", words::duration(next)))
            }
            How::NotBooted { reason } => write!(f, "failed, and services were not started: {reason}"),
            How::GaveUp { times, within, last } => {
                let times = if *times == 1 { "once".to_owned() } else { format!("{times} times") };
                write!(f, "is given up: it ended {times} within {}, ", words::duration(*within))?;
                match last {
                    Some(status) => {
                        f.write_str("the last time: ")?;
                        self.reason().map_or(Ok(()), |reason| write!(f, "{reason}: "))?;
                        f.write_str(&self.ending(*status))
                    }
                    None => f.write_str("and could not be started the last time"),
                }
            }
        }
    }
}

/// How a program ended, for people: `exit code 15 (could not load the app)`, `killed by SIGSEGV (invalid memory access,
/// core dumped)`. `exit_codes` is what the service says of its own ones. Not redacted yet.
pub fn describe(exit_codes: &BTreeMap<i32, String>, status: ExitStatus, out_of_memory: bool) -> String {
    ending(status, meaning(exit_codes, status).as_deref(), out_of_memory)
}

fn ending(status: ExitStatus, meaning: Option<&str>, out_of_memory: bool) -> String {
    let mut remarks: Vec<&str> = Vec::new();
    let what = match status {
        ExitStatus::Code(code) => format!("exit code {code}"),
        ExitStatus::Signal { signal, core } => {
            remarks.extend(words::signal(signal));
            remarks.extend(core.then_some("core dumped"));
            format!("killed by {signal}")
        }
        ExitStatus::Lost => "its status is not known".to_owned(),
    };
    remarks.extend(meaning);
    remarks.extend(out_of_memory.then_some("out of memory"));
    if remarks.is_empty() { what } else { format!("{what} ({})", remarks.join(", ")) }
}

fn kind(status: ExitStatus) -> String {
    match status {
        ExitStatus::Code(code) => format!("code-{code}"),
        ExitStatus::Signal { signal, .. } => signal.to_string(),
        ExitStatus::Lost => "lost".into(),
    }
}

fn meaning(exit_codes: &BTreeMap<i32, String>, status: ExitStatus) -> Option<String> {
    match status {
        ExitStatus::Code(code) => exit_codes.get(&code).cloned().or_else(|| words::code(code)),
        ExitStatus::Signal { .. } | ExitStatus::Lost => None,
    }
}

#[cfg(test)]
mod tests {
    use preflight_processes::{Program, Signal};

    use super::*;
    use crate::{Exited, Restart};

    fn service() -> Service {
        Service {
            exit_codes: [(15, "consul-template could not start".to_owned())].into(),
            ..Service::new("web", Program::Direct(vec!["web".into()]))
        }
    }

    fn exited(status: ExitStatus) -> Exited {
        Exited {
            pid: 7,
            status,
            out_of_memory: false,
            uptime: Duration::from_millis(3250),
            restarts: 3,
            expected: false,
            failure: None,
            next: Some(Duration::from_secs(2)),
        }
    }

    fn text(service: &Service, happened: &Happened) -> Option<String> {
        Death::of(service, happened).map(|death| death.to_string())
    }

    #[test]
    fn a_line_says_what_how_long_and_what_comes() {
        let signal = |signal, core| ExitStatus::Signal { signal, core };
        let cases = [
            (
                exited(ExitStatus::Code(15)),
                "web died: exit code 15 (consul-template could not start) after 3.2 s; restart 4 in 2 s",
            ),
            (
                Exited { next: None, ..exited(signal(Signal::SEGV, true)) },
                "web died: killed by SIGSEGV (invalid memory access, core dumped) after 3.2 s; it was restarted 3 times",
            ),
            (
                Exited {
                    out_of_memory: true,
                    next: Some(Duration::ZERO),
                    ..exited(signal(Signal::KILL, false))
                },
                "web died: killed by SIGKILL (out of memory) after 3.2 s; restart 4 now",
            ),
            (
                Exited { restarts: 0, next: None, ..exited(ExitStatus::Code(137)) },
                "web died: exit code 137 (as of SIGKILL) after 3.2 s",
            ),
            (
                Exited {
                    failure: Some(Failure::NotReady {
                        timeout: Duration::from_secs(30),
                        evidence: Some("connection refused".to_owned()),
                    }),
                    ..exited(signal(Signal::TERM, false))
                },
                "web was stopped, not ready within 30 s (connection refused): killed by SIGTERM after 3.2 s; restart 4 in 2 s",
            ),
            (
                Exited {
                    failure: Some(Failure::NotReady { timeout: Duration::from_secs(30), evidence: None }),
                    ..exited(signal(Signal::TERM, false))
                },
                "web was stopped, not ready within 30 s: killed by SIGTERM after 3.2 s; restart 4 in 2 s",
            ),
        ];
        for (exited, expected) in cases {
            assert_eq!(text(&service(), &Happened::Exited(exited)).as_deref(), Some(expected));
        }
    }

    #[test]
    fn starts_that_fail_and_giving_up_are_deaths() {
        let happened =
            Happened::NotStarted { reason: "no such file".into(), next: Some(Duration::from_secs(1)) };
        assert_eq!(
            text(&service(), &happened).unwrap(),
            "web could not be started: no such file; next try in 1 s"
        );
        let happened = Happened::GaveUp {
            times: 5,
            within: Duration::from_secs(60),
            status: Some(ExitStatus::Code(127)),
            failure: None,
        };
        assert_eq!(
            text(&service(), &happened).unwrap(),
            "web is given up: it ended 5 times within 1 min, the last time: exit code 127 (a command was not found)"
        );
        let death = Death::of(&service(), &happened).unwrap();
        assert_eq!((death.is_fatal(), death.kind().as_str()), (true, "gave-up-code-127"));
    }

    #[test]
    fn giving_up_says_what_it_was_stopped_for() {
        let timeout = Duration::from_secs(2);
        let failure = Some(Failure::NotReady { timeout, evidence: Some("refused".into()) });
        let status = Some(ExitStatus::Signal { signal: Signal::TERM, core: false });
        let happened = Happened::GaveUp { times: 1, within: Duration::from_secs(60), status, failure };
        let death = Death::of(&service(), &happened).unwrap();
        assert_eq!(
            death.to_string(),
            "web is given up: it ended once within 1 min, the last time: not ready within 2 s (refused): killed by SIGTERM"
        );
        assert_eq!(death.kind(), "gave-up-not-ready");
    }

    #[test]
    fn one_that_is_gone_at_once_though_nothing_failed_may_have_gone_to_the_background() {
        let hint = "does it go to the background?";
        let soon = Exited { restarts: 0, uptime: Duration::from_millis(30), ..exited(ExitStatus::Code(0)) };
        let told = |exited: &Exited| text(&service(), &Happened::Exited(exited.clone())).unwrap();
        assert!(told(&soon).contains(hint), "{}", told(&soon));
        for other in [
            Exited { restarts: 1, ..soon.clone() },
            Exited { status: ExitStatus::Code(1), ..soon.clone() },
            Exited { uptime: Duration::from_secs(3), ..soon.clone() },
            Exited { next: None, ..soon.clone() },
        ] {
            assert!(!told(&other).contains(hint), "{}", told(&other));
        }
    }

    #[test]
    fn a_boot_that_fails_is_fatal() {
        let death = Death::of_boot("run /etc/rc.local: exit code 3");
        let text = "boot failed, and services were not started: run /etc/rc.local: exit code 3";
        assert_eq!((death.to_string().as_str(), death.kind().as_str()), (text, "not-booted"));
        assert!(death.is_fatal() && death.status().is_none());
    }

    #[test]
    fn what_was_wanted_or_is_done_is_no_death() {
        let done = exited(ExitStatus::Code(0));
        assert!(
            text(&service(), &Happened::Exited(done.clone())).is_some(),
            "a server has no reason to be done"
        );
        let task = Service { once: true, ..service() };
        assert_eq!(text(&task, &Happened::Exited(done.clone())), None);
        let never = Service { restart: Restart::never(), ..service() };
        assert_eq!(text(&never, &Happened::Exited(done)), None);
        let wanted = Exited { expected: true, ..exited(ExitStatus::Code(1)) };
        assert_eq!(text(&service(), &Happened::Exited(wanted)), None);
        assert_eq!(text(&service(), &Happened::Killed), None);
    }

    #[test]
    fn the_line_is_tagged_and_holds_no_secret() {
        let happened = Happened::NotStarted { reason: "bad token hunter2\nx".into(), next: None };
        let line = Death::of(&service(), &happened)
            .unwrap()
            .line(&Tag::new("Org", "Team"), &Redactor::new(["hunter2"]));
        assert_eq!(line, "[Org:Team] web could not be started: bad token [redacted]\\nx");
    }

    #[test]
    fn kinds_tell_deaths_apart() {
        let kind = |exited| Death::of(&service(), &Happened::Exited(exited)).unwrap().kind();
        assert_eq!(kind(exited(ExitStatus::Code(3))), "code-3");
        assert_eq!(kind(exited(ExitStatus::Signal { signal: Signal::ABRT, core: true })), "SIGABRT");
        let failure = Some(Failure::Unhealthy { evidence: "502".into() });
        assert_eq!(kind(Exited { failure, ..exited(ExitStatus::Code(3)) }), "unhealthy");
    }
}
