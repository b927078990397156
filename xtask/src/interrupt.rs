//! What happens when somebody presses ctrl-C or ends the command from outside.

use crate::failure::Failure;
use tokio::signal::unix::{SignalKind, signal};

/// Calls `last_act` when SIGINT, SIGTERM or SIGHUP comes, then ends this process with 128 + the signal's number.
///
/// # Errors
/// When signals cannot be listened for.
pub fn on_interrupt(last_act: impl FnOnce() + Send + 'static) -> Result<(), Failure> {
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()
        .map_err(Failure::io("listen for", "signals"))?;
    std::thread::spawn(move || {
        // Without signals the command still works; it only leaves its servers to `servers stop`.
        let Ok(number) = runtime.block_on(first_signal()) else { return };
        eprintln!("interrupted: stopping what was started");
        last_act();
        std::process::exit(128 + number);
    });
    Ok(())
}

async fn first_signal() -> std::io::Result<i32> {
    let mut interrupt = signal(SignalKind::interrupt())?;
    let mut terminate = signal(SignalKind::terminate())?;
    let mut hang_up = signal(SignalKind::hangup())?;
    let kind = tokio::select! {
        _ = interrupt.recv() => SignalKind::interrupt(),
        _ = terminate.recv() => SignalKind::terminate(),
        _ = hang_up.recv() => SignalKind::hangup(),
    };
    Ok(kind.as_raw_value())
}
