//! A panic is a fault of this program; its message may hold anything, so only its place is printed.

use std::io::Write;

/// Prints the place of a panic and nothing of its message. A panicking checker becomes a failed check; anything
/// else ends the program with 101.
pub(crate) fn report_without_secrets() {
    std::panic::set_hook(Box::new(|panic| {
        let place =
            panic.location().map_or_else(String::new, |at| format!(" at {}:{}", at.file(), at.line()));
        // Where standard error is closed, a panic within the panic would hide the code.
        let _ = writeln!(std::io::stderr(), "preflight: a fault of this program{place}; please report it");
    }));
}
