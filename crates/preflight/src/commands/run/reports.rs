//! What dies is reported to Sentry, where a DSN is set: beside everything else, so that no restart waits for it.
//!
//! Nothing is made before the first death, or before an event that an earlier run has left: no thread, no folder, and no
//! certificates are read.

mod context;
mod places;
mod scripts;
mod transport;

use std::io::{IsTerminal, stderr, stdout};
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::{Duration, Instant, SystemTime};

use preflight_contract::Environment;
use preflight_identity::Identity;
use preflight_logging::Tag;
use preflight_supervise::crash::{Death, Dsn, DsnError, Flushed, Notice, Report, Reporter, Settings};
use preflight_supervise::output::Output;
use preflight_supervise::{Happened, Listener, Service};
use tokio::sync::mpsc::{Receiver, Sender, WeakSender, channel};
use tokio::sync::watch;
use tokio::task::JoinHandle;
use tokio::time::timeout;

pub(super) use self::scripts::Said;
use self::transport::Web;
use super::voice::Voice;
use crate::secrets::Secrets;

/// What a service said just before its end is waited for so long, where our own reader is slow.
const LAST_WORDS: Duration = Duration::from_millis(200);
/// So many deaths wait for their reports at most, while a slow reader holds up what was said before them.
const MOST_WAITING: usize = 256;
/// Who we are is waited for so long.
const IDENTITY: Duration = Duration::from_secs(1);

/// Where reports are to go, by the variables of this process.
pub(super) struct Wanted {
    dsn: Result<Option<Dsn>, DsnError>,
    environment: Environment,
}

/// What reports are made of.
pub(super) struct Materials {
    pub(super) output: Output,
    pub(super) voice: Voice,
    pub(super) tag: Tag,
    pub(super) secrets: Arc<Secrets>,
    pub(super) identity: watch::Receiver<Option<Arc<Identity>>>,
}

/// The reports of one run; none, where nobody wants any.
pub(super) struct Reports(Option<Open>);

struct Open {
    heard: Sender<Heard>,
    desk: JoinHandle<Option<Reporter>>,
    voice: Voice,
    left_out: Arc<AtomicUsize>,
}

/// Hears deaths, for the desk, which is done when its owner says so, whoever still has an ear.
struct Ear {
    heard: Option<WeakSender<Heard>>,
    left_out: Arc<AtomicUsize>,
}

struct Heard {
    death: Death,
    at: SystemTime,
    /// What was said before, when the output does not know it.
    said: Option<Said>,
}

/// Makes reports of deaths, one after the other.
struct Desk {
    dsn: Dsn,
    environment: Environment,
    spool: Vec<std::path::PathBuf>,
    materials: Materials,
    /// Deaths for which there was no place.
    left_out: Arc<AtomicUsize>,
}

impl Wanted {
    /// As the environment says it; a variable may stand in a file, as for any other.
    pub(super) fn by(environment: Environment) -> Self {
        Self { dsn: Dsn::from_variables(|name| variable(&environment, name)), environment }
    }

    /// Whether output that goes on untouched has to pass through us, so that its last lines are known. A terminal is worth
    /// more than they are.
    pub(super) fn keeps_raw(&self) -> bool {
        matches!(self.dsn, Ok(Some(_))) && !stdout().is_terminal() && !stderr().is_terminal()
    }
}

impl Reports {
    /// Within the runtime. A DSN that is none is told, and nothing is reported.
    pub(super) fn start(wanted: Wanted, materials: Materials) -> Self {
        let dsn = match wanted.dsn {
            Ok(Some(dsn)) => dsn,
            Ok(None) => return Self(None),
            Err(error) => {
                let hint = "SENTRY_DSN is https://KEY@HOST/PROJECT, as the project's settings show it";
                materials.voice.say(&format!("deaths are not reported: {error} — hint: {hint}"));
                return Self(None);
            }
        };
        let (heard, hears) = channel(MOST_WAITING);
        let left_out = Arc::<AtomicUsize>::default();
        let voice = materials.voice.clone();
        let spool = places::of(&dsn, |name| variable(&wanted.environment, name));
        let desk =
            Desk { dsn, environment: wanted.environment, spool, materials, left_out: Arc::clone(&left_out) };
        let desk = tokio::spawn(desk.work(hears));
        Self(Some(Open { heard, desk, voice, left_out }))
    }

    /// For the supervisor.
    pub(super) fn ear(&self) -> impl Listener + 'static {
        let left_out = self.0.as_ref().map(|open| Arc::clone(&open.left_out)).unwrap_or_default();
        Ear { heard: self.0.as_ref().map(|open| open.heard.downgrade()), left_out }
    }

    /// What is run before services failed, after it had said that.
    pub(super) fn not_booted(&self, reason: &str, said: Said) {
        if let Some(open) = &self.0 {
            // The desk is there until the flush.
            let _ = open.heard.try_send(Heard {
                death: Death::of_boot(reason),
                at: SystemTime::now(),
                said: Some(said),
            });
        }
    }

    /// Sends what is not sent yet, as far as it can be done within that time.
    pub(super) async fn flush(self, within: Duration) {
        let Some(Open { heard, desk, voice, .. }) = self.0 else { return };
        drop(heard);
        let deadline = Instant::now() + within;
        let reporter = match timeout(within, desk).await {
            Ok(Ok(Some(reporter))) => reporter,
            Ok(Ok(None)) => return,
            // Neither happens by itself: the desk waits for nothing as long as that.
            Ok(Err(_)) | Err(_) => return voice.say("the last crash reports were not made in time"),
        };
        let flushed = reporter.flush(deadline.saturating_duration_since(Instant::now())).await;
        if let Some(words) = left_over(flushed) {
            voice.say(&words);
        }
    }
}

fn left_over(flushed: Option<Flushed>) -> Option<String> {
    let count =
        |count| if count == 1 { "1 crash report".to_owned() } else { format!("{count} crash reports") };
    match flushed {
        Some(Flushed { kept: 0, lost: 0 }) => None,
        Some(Flushed { kept, lost: 0 }) => {
            Some(format!("{} could not be sent, for the next start to send", count(kept)))
        }
        Some(Flushed { kept, lost }) => {
            Some(format!("{} could not be sent, {lost} of them for ever", count(kept + lost)))
        }
        None => Some("crash reports could not be sent in time".to_owned()),
    }
}

impl Desk {
    /// Ends when nobody hears deaths any more.
    async fn work(self, mut heard: Receiver<Heard>) -> Option<Reporter> {
        let mut reporter = None;
        let waiting = self.spool.iter().any(|folder| preflight_supervise::crash::has_waiting(folder));
        if waiting {
            reporter = self.open().await;
        }
        while let Some(Heard { death, at, said }) = heard.recv().await {
            let Materials { output, secrets, voice, .. } = &self.materials;
            let redactor = secrets.redactor();
            let lines = match said {
                Some(said) => said.lines(&redactor),
                None => output.last_words(&death.service, LAST_WORDS, &redactor).await,
            };
            if reporter.is_none() {
                reporter = self.open().await;
            }
            let report = Report::new(&death, lines, at, &redactor);
            if reporter.as_ref().is_some_and(|reporter| !reporter.report(report)) {
                voice.say(&format!("a crash report of {} is left out: too many wait", death.service));
            }
            match self.left_out.swap(0, Ordering::Relaxed) {
                0 => {}
                count => voice.say(&format!("{count} crash reports are left out: too many wait")),
            }
        }
        reporter
    }

    /// The thread that sends; `None` when the system has none, which is told.
    async fn open(&self) -> Option<Reporter> {
        let Materials { voice, tag, secrets, identity, .. } = &self.materials;
        let mut identity = identity.clone();
        let known = timeout(IDENTITY, identity.wait_for(Option::is_some)).await;
        let known = known.ok().and_then(|known| known.ok()?.clone()).unwrap_or_default();
        let variable = |name: &str| variable(&self.environment, name);
        let context = context::of(&known, tag, variable, &secrets.redactor());
        let settings = Settings { spool: self.spool.clone(), ..Settings::new(self.dsn.clone(), context) };
        let transport = Arc::new(Web::to(&self.dsn, variable));
        let teller = voice.clone();
        let tell = move |notice: &Notice| teller.say(&told(notice));
        Reporter::start(settings, transport, tell)
            .inspect_err(|error| voice.say(&format!("deaths cannot be reported: {error}")))
            .ok()
    }
}

fn told(notice: &Notice) -> String {
    let hint = notice.hint().map(|hint| format!(" — hint: {hint}"));
    format!("{notice}{}", hint.unwrap_or_default())
}

impl Listener for Ear {
    fn hear(&mut self, service: &Service, happened: &Happened) {
        if let Some(heard) = self.heard.as_ref().and_then(WeakSender::upgrade)
            && let Some(death) = Death::of(service, happened)
            && heard.try_send(Heard { death, at: SystemTime::now(), said: None }).is_err()
        {
            self.left_out.fetch_add(1, Ordering::Relaxed);
        }
    }
}

/// A variable that is set and not empty.
fn variable(environment: &Environment, name: &str) -> Option<String> {
    environment.lookup(name).ok().flatten().map(|found| found.value).filter(|value| !value.is_empty())
}

#[cfg(test)]
mod tests {
    use preflight_processes::Program;

    use super::*;

    #[test]
    fn what_nobody_has_time_for_is_counted_and_not_kept() {
        let (heard, mut hears) = channel(1);
        let mut ear = Ear { heard: Some(heard.downgrade()), left_out: Arc::default() };
        let web = Service::new("web", Program::Direct(vec!["x".into()]));
        for _ in 0..3 {
            ear.hear(
                &web,
                &Happened::GaveUp { times: 1, within: Duration::ZERO, status: None, failure: None },
            );
        }
        assert_eq!(ear.left_out.load(Ordering::Relaxed), 2);
        assert!(hears.try_recv().is_ok() && hears.try_recv().is_err());
    }

    #[test]
    fn what_is_left_over_is_counted() {
        let words = |kept, lost| left_over(Some(Flushed { kept, lost }));
        assert_eq!(words(0, 0), None);
        assert_eq!(
            words(1, 0).as_deref(),
            Some("1 crash report could not be sent, for the next start to send")
        );
        assert_eq!(words(1, 2).as_deref(), Some("3 crash reports could not be sent, 2 of them for ever"));
        assert!(left_over(None).is_some());
    }
}
