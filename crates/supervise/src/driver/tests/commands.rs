//! Commands and hooks, with real processes.

use std::{
    collections::BTreeMap,
    os::unix::fs::PermissionsExt,
    path::{Path, PathBuf},
    time::{Duration, Instant},
};

use preflight_processes::Signal;
use tokio::time::sleep;

use super::{LONG, Scene, one, shell};
use crate::{Command, Hook, Phase, Service, Stop};

/// A service in that folder with these programs in `control/`.
fn hooked(folder: &str, run: &str, programs: &[(char, &str)]) -> Service {
    let control = Path::new(folder).join("control");
    std::fs::create_dir(&control).unwrap();
    let hook = |(letter, line): &(char, &str)| {
        let path: PathBuf = control.join(letter.to_string());
        std::fs::write(&path, format!("#!/bin/sh\n{line}\n")).unwrap();
        std::fs::set_permissions(&path, std::fs::Permissions::from_mode(0o755)).unwrap();
        (Hook(*letter), path)
    };
    let hooks: BTreeMap<Hook, PathBuf> = programs.iter().map(hook).collect();
    Service { hooks, folder: Some(folder.into()), ..shell("web", run) }
}

/// A letter of `proc(5)`; `None` when there is no such process.
fn state(pid: i32) -> Option<char> {
    let stat = std::fs::read_to_string(format!("/proc/{pid}/stat")).ok()?;
    stat.rsplit_once(") ")?.1.chars().next()
}

async fn until(what: &str, mut holds: impl FnMut() -> bool) {
    let started = Instant::now();
    while !holds() {
        assert!(started.elapsed() < LONG, "never: {what}");
        sleep(Duration::from_millis(5)).await;
    }
}

#[tokio::test]
async fn hooks_run_one_after_the_other_and_the_service_ends_between_them() {
    let programs = [
        ('t', "sleep 0.3; echo t >>order; exit 1"),
        ('x', "until grep -q term order; do sleep 0.02; done; echo x >>order"),
    ];
    let run = "trap 'echo term >>order; exit 0' TERM; echo on >on; while :; do sleep 0.02; done";
    let scene = Scene::new(|folder| one(hooked(folder, run, &programs)));
    scene.file("on").await;
    scene.handle.shutdown(None, Duration::from_secs(10));
    let folder = scene.folder.path().to_owned();
    let ending = tokio::time::timeout(LONG, scene.ending).await.unwrap().unwrap();
    assert_eq!((ending.code, ending.killed.len()), (0, 0));
    assert_eq!(std::fs::read_to_string(folder.join("order")).unwrap(), "t\nterm\nx\n");
}

#[tokio::test]
async fn a_hook_that_hangs_holds_no_shutdown_and_is_not_left() {
    let programs = [('t', "trap '' TERM; echo $$ >hook; while :; do sleep 0.05; done")];
    let stop = Stop { grace: Duration::from_millis(300), ..Stop::default() };
    let scene = Scene::new(|folder| one(Service { stop, ..hooked(folder, "exec sleep 1000", &programs) }));
    scene.until("web", &Phase::Running).await;
    scene.handle.command("web", Command::Down);
    let hook: i32 = scene.file("hook").await.trim().parse().unwrap();
    scene.until("web", &Phase::Down).await;
    assert!(state(hook).is_none_or(|state| state == 'Z'));
    let ending = scene.end().await;
    assert_eq!(ending.code, 0, "it was killed before the shutdown");
}

#[tokio::test]
async fn a_start_that_is_prepared_is_not_made_when_all_ends() {
    let programs = [('u', "echo $$ >hook; exec sleep 1000")];
    let scene = Scene::new(|folder| one(hooked(folder, "echo on >on; exec sleep 1000", &programs)));
    let hook: i32 = scene.file("hook").await.trim().parse().unwrap();
    let folder = scene.folder.path().to_owned();
    // The folder goes with the scene.
    let on = folder.join("on");
    assert_eq!(scene.end().await.code, 0);
    assert!(!on.exists() && state(hook).is_none());
}

#[tokio::test]
async fn one_that_is_paused_stands_still_goes_on_and_can_be_stopped() {
    let scene = Scene::new(|_| one(shell("web", "exec sleep 1000")));
    let pid = scene.until("web", &Phase::Running).await;
    scene.handle.command("web", Command::Pause);
    until("it stands still", || state(pid) == Some('T')).await;
    assert!(scene.handle.snapshot().service("web").unwrap().paused);
    scene.handle.command("web", Command::Continue);
    until("it goes on", || state(pid) == Some('S')).await;
    scene.handle.command("web", Command::Pause);
    until("it stands still again", || state(pid) == Some('T')).await;
    let ending = scene.end().await;
    assert_eq!((ending.code, ending.killed.len()), (0, 0), "it was continued, and obeyed");
}

#[tokio::test]
async fn once_runs_to_its_end_and_exit_removes_it_and_nothing_is_left_of_either() {
    let scene =
        Scene::new(|folder| one(Service { folder: Some(folder.into()), ..shell("web", "exec cat wait") }));
    // A fifo: it runs until somebody writes.
    let fifo = scene.folder.path().join("wait");
    let made = std::process::Command::new("mkfifo").arg(&fifo).status().unwrap();
    assert!(made.success());
    let pid = scene.until("web", &Phase::Running).await;
    scene.handle.command("web", Command::Once);
    scene.handle.command("web", Command::Signal(Signal::KILL));
    scene.until("web", &Phase::Failed).await;
    until("it is reaped", || state(pid).is_none()).await;
    scene.handle.command("web", Command::Exit);
    until("it is removed", || scene.handle.snapshot().service("web").is_none()).await;
    assert_eq!(scene.end().await.code, 0);
}

#[tokio::test]
async fn a_finish_program_leaves_no_zombie() {
    let scene = Scene::new(|folder| {
        let finish = crate::Finish {
            program: preflight_processes::Program::Shell("echo $$ >finish".into()),
            timeout: None,
        };
        one(Service { finish: Some(finish), folder: Some(folder.into()), ..shell("web", "exec sleep 1000") })
    });
    scene.until("web", &Phase::Running).await;
    scene.handle.command("web", Command::Down);
    let finish: i32 = scene.file("finish").await.trim().parse().unwrap();
    scene.until("web", &Phase::Down).await;
    until("it is reaped", || state(finish).is_none()).await;
    scene.end().await;
}
