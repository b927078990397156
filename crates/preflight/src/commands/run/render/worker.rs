//! The engine on a thread of its own: a template that computes for long, or a slow disk, holds nothing else up.

use std::io;
use std::pin::pin;
use std::sync::Arc;
use std::time::Duration;

use preflight_processes::Processes;
use preflight_render::config::Settings;
use preflight_render::{Change, Engine, EngineError, Journal, Templates};
use tokio::runtime::{Builder, Runtime};
use tokio::sync::mpsc::{UnboundedReceiver, UnboundedSender, unbounded_channel};
use tokio::sync::oneshot;
use tokio::time::timeout;

/// At the end, the engine is waited for so long. It is at once where it should be, unless it computes.
const PATIENCE: Duration = Duration::from_millis(20);

/// In bytes.
const STACK: usize = 8 * 1024 * 1024;

/// What the engine tells.
pub(super) enum News {
    /// Files have settled or changed.
    Change(Change),
    /// It has ended.
    Over(Result<(), EngineError>),
}

/// Everything that an engine is made of.
pub(super) struct Materials {
    pub(super) settings: Arc<Settings>,
    pub(super) templates: Templates,
    pub(super) processes: Processes,
    pub(super) journal: Arc<dyn Journal>,
}

/// Ends the engine and the commands that it runs.
pub(in super::super) struct Finish {
    stop: oneshot::Sender<()>,
    over: oneshot::Receiver<()>,
}

/// The engine's end of [`Finish`].
pub(super) struct Ends {
    stopped: oneshot::Receiver<()>,
    _over: oneshot::Sender<()>,
}

impl Finish {
    pub(super) fn new() -> (Self, Ends) {
        let (stop, stopped) = oneshot::channel();
        let (told, over) = oneshot::channel();
        (Self { stop, over }, Ends { stopped, _over: told })
    }

    /// Nothing is rendered any more when this has ended, unless the engine cannot be interrupted.
    pub(in super::super) async fn now(self) {
        drop(self.stop);
        // Either it has ended, or it will with this process.
        let _ = timeout(PATIENCE, self.over).await;
    }
}

/// Begins to render.
///
/// # Errors
/// When the system gives no thread or no event queue.
pub(super) fn begin(materials: Materials, ends: Ends) -> io::Result<UnboundedReceiver<News>> {
    let runtime = Builder::new_current_thread().enable_all().build()?;
    let (told, news) = unbounded_channel();
    std::thread::Builder::new()
        .name("render".to_owned())
        // As much as the main thread has: templates may nest deeply.
        .stack_size(STACK)
        .spawn(move || work(&runtime, materials, ends, &told))?;
    Ok(news)
}

fn work(
    runtime: &Runtime,
    materials: Materials,
    Ends { stopped, _over }: Ends,
    told: &UnboundedSender<News>,
) {
    runtime.block_on(async {
        tokio::select! {
            // Nobody stops it by a word: the other end is gone.
            _ = stopped => {}
            () = render(materials, told) => {}
        }
    });
}

/// Renders until it is over. Whoever does not hear any more is about to end as well.
async fn render(materials: Materials, told: &UnboundedSender<News>) {
    let Materials { settings, templates, processes, journal } = materials;
    let (mut engine, mut changes) = Engine::new(settings, templates, processes, journal, false);
    let mut running = pin!(engine.run());
    loop {
        tokio::select! {
            biased;
            Some(change) = changes.recv() => drop(told.send(News::Change(change))),
            result = &mut running => {
                while let Ok(change) = changes.try_recv() {
                    let _ = told.send(News::Change(change));
                }
                return drop(told.send(News::Over(result)));
            }
        }
    }
}
