//! Plugins under way: each program runs once for the data it is called with.

use std::future::Future;
use std::pin::Pin;
use std::time::Duration;

use futures_util::StreamExt;
use futures_util::stream::FuturesUnordered;
use preflight_processes::{Input, Output, Processes, Program, RunError, Spec};

use crate::commands::words;
use crate::effects::PluginCall;

/// How long a plugin may take, as in consul-template.
const LIMIT: Duration = Duration::from_secs(30);

/// How much a plugin may print, in bytes.
const MOST: usize = 16 << 20;

type Running = Pin<Box<dyn Future<Output = (usize, PluginCall, Result<String, String>)> + Send>>;

/// The plugins that run now.
pub(crate) struct PluginRuns {
    processes: Processes,
    calls: Vec<(usize, PluginCall)>,
    running: FuturesUnordered<Running>,
}

impl PluginRuns {
    pub(crate) fn new(processes: Processes) -> Self {
        Self { processes, calls: Vec::new(), running: FuturesUnordered::new() }
    }

    /// Runs a plugin for a template, unless the same call is under way already.
    pub(crate) fn start(&mut self, index: usize, call: PluginCall) {
        let key = (index, call);
        if self.calls.contains(&key) {
            return;
        }
        self.calls.push(key.clone());
        let (index, call) = key;
        let processes = self.processes.clone();
        self.running.push(Box::pin(async move {
            let output = output_of(&processes, &call).await;
            (index, call, output)
        }));
    }

    /// The next one that ends, with what it printed; waits for ever while none runs.
    pub(crate) async fn next(&mut self) -> Option<(usize, PluginCall, Result<String, String>)> {
        let ended = self.running.next().await?;
        self.calls.retain(|(index, call)| (*index, call) != (ended.0, &ended.1));
        Some(ended)
    }
}

/// Its standard output without space around it. Its standard error is ours.
async fn output_of(processes: &Processes, call: &PluginCall) -> Result<String, String> {
    let argv = std::iter::once(&call.program).chain(&call.arguments).map(Into::into).collect();
    let spec = Spec {
        input: Input::Inherited,
        output: Output::StandardCaptured,
        ..Spec::new(Program::Direct(argv))
    };
    let program = preflight_gotemplate::strconv::quote(call.program.as_bytes());
    match processes.run(&spec, Some(LIMIT), MOST).await {
        Ok(finished) if finished.is_cut => Err(format!("exec {program}: it printed more than {MOST} bytes")),
        Ok(finished) if finished.status.is_success() => {
            Ok(String::from_utf8_lossy(&finished.output).trim().to_owned())
        }
        Ok(finished) => {
            let output = String::from_utf8_lossy(&finished.output);
            Err(format!("exec {program}: it {}\n\nstdout:\n\n{output}", finished.status))
        }
        Err(RunError::TooLong { .. }) => {
            Err(format!("exec {program}: did not finish in {}s", LIMIT.as_secs()))
        }
        Err(error) => Err(format!("exec {program}: {}", words(&error))),
    }
}
