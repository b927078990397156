//! On a terminal a line shows what is still being waited for; elsewhere there is none.

use std::net::{Ipv4Addr, TcpListener};
use std::process::Command;

use crate::support::{Run, preflight};

fn waiting(port: u16) -> Run {
    preflight()
        .contract("checked_environment_variables: [AMQP_SLOW_ADDRESS]\ntimeout: 1500ms\n")
        .env("AMQP_SLOW_ADDRESS", format!("127.0.0.1:{port}"))
}

#[test]
fn a_terminal_is_told_what_is_waited_for_and_is_left_clean() {
    let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).expect("a port");
    let run = waiting(listener.local_addr().expect("its address").port());
    let program = run.command();
    let mut terminal = Command::new("script");
    terminal.args(["-qec", env!("CARGO_BIN_EXE_preflight"), "/dev/null"]);
    terminal.current_dir(program.get_current_dir().expect("a folder")).env("TERM", "xterm");
    terminal.envs(program.get_envs().filter_map(|(name, value)| Some((name, value?))));
    let output = terminal.output().expect("script (bsdutils) gives the program a terminal");
    let text = String::from_utf8_lossy(&output.stdout);
    assert!(text.contains("waiting for 1 (") && text.contains("amqp SLOW"), "{text:?}");
    let cleared = text.rfind("\r\u{1b}[K").expect("the line is cleared");
    assert!(cleared < text.rfind("FAILED").expect("the verdict"), "{text:?}");
    assert!(text.contains("\u{1b}[1;31mFAIL\u{1b}[0m"), "colour on a terminal: {text:?}");
}

#[test]
fn a_log_gets_no_progress_line() {
    let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).expect("a port");
    let run = waiting(listener.local_addr().expect("its address").port());
    run.run().exits(1).never_says("waiting for").never_says("\r");
}
