//! Real services: both programs of the name `sv` say the same of them, whoever looks after them.

use std::{
    fmt::Debug,
    fs,
    path::Path,
    thread::{scope, sleep},
    time::{Duration, Instant},
};

use super::{
    Said, Sv, alone, is_installed,
    place::script,
    supervisors::{Supervisors, Who},
};

/// Nothing takes longer, on however busy a machine.
const LONG: Duration = Duration::from_secs(30);

/// A day in the life of services.
const SCRIPT: &[&str] = &[
    "status web",
    "-w 20 check web",
    "status web broken idle nothing",
    "up web",
    "-v up web",
    "restart web",
    "pause web",
    "-w 20 -v pause web",
    "status web",
    "-v cont web",
    "-w 20 stop web",
    "status web",
    "start web",
    "-v once web",
    "status web",
    "-w 20 kill web",
    "check web",
    "-w 20 start web",
    "start idle",
    "status idle web",
    "stop idle",
    "status idle",
    "-w 1 -v down deaf",
    "-w 1 force-stop deaf",
    "-w 20 check deaf",
    "status deaf",
    "try-restart web",
    "-w 20 force-restart web",
    "reload web",
    "exit idle",
    "-w 20 shutdown web",
    "status web",
    "up web",
    "-v exit web",
    "stop nothing web",
];

#[test]
fn a_days_work_reads_the_same_whoever_looks_after_the_services_and_whoever_asks() {
    if !is_installed() {
        return;
    }
    let _alone = alone();
    let combinations =
        [(Sv::Runit, Who::Runsv), (Sv::Ours, Who::Runsv), (Sv::Runit, Who::Ours), (Sv::Ours, Who::Ours)];
    let mut difference = None;
    for patience in PATIENCE {
        let days: Vec<Vec<Said>> = scope(|scope| {
            let days = combinations.map(|(sv, who)| scope.spawn(move || day(sv, who, patience)));
            days.into_iter().map(|day| day.join().unwrap()).collect()
        });
        assert!(days.iter().all(|day| day.len() == SCRIPT.len()));
        difference = (1..days.len())
            .flat_map(|which| (0..SCRIPT.len()).map(move |line| (which, line)))
            .find_map(|(which, line)| {
                let (expected, said) = (&days[0][line], &days[which][line]);
                let told =
                    || format!("sv {}: {:?}: {said:?}, not {expected:?}", SCRIPT[line], combinations[which]);
                (said != expected).then(told)
            });
        if difference.is_none() {
            break;
        }
    }
    assert_eq!(difference, None);
}

/// What follows from a command takes a moment, and on a busy machine what lies between two states is seen. Who looks again
/// waits longer.
const PATIENCE: [u32; 3] = [1, 3, 8];

/// What is seen of the one and of the other must be the same, in one of three looks.
fn alike<Seen: PartialEq + Debug + Send>(look: impl Fn(Who, u32) -> Seen + Sync) -> Seen {
    let mut seen = None;
    for patience in PATIENCE {
        let (theirs, ours) = scope(|scope| {
            let theirs = scope.spawn(|| look(Who::Runsv, patience));
            let ours = look(Who::Ours, patience);
            (theirs.join().unwrap(), ours)
        });
        if theirs == ours {
            return ours;
        }
        seen = Some((theirs, ours));
    }
    panic!("theirs and ours differ: {seen:#?}");
}

fn day(sv: Sv, who: Who, patience: u32) -> Vec<Said> {
    let folder = tempfile::tempdir().unwrap();
    let base = folder.path().join("services");
    let services = ["web", "idle", "deaf"];
    // A signal that ends a service may be seen before or after its end.
    for (name, run) in services.iter().zip([
        "trap '' HUP; exec sleep 1000",
        "exec sleep 1000",
        "trap '' TERM; while :; do sleep 0.1; done",
    ]) {
        fs::create_dir_all(base.join(name)).unwrap();
        script(&base.join(name).join("run"), run);
    }
    script(&base.join("web/check"), "exit 0");
    fs::create_dir(base.join("web/log")).unwrap();
    script(&base.join("web/log/run"), "exec cat");
    fs::write(base.join("idle/down"), "").unwrap();
    let supervisors = Supervisors::start(who, &base, &services);
    // Nobody looks after this one.
    fs::create_dir(folder.path().join("broken")).unwrap();
    for service in ["web", "web/log", "deaf"] {
        until_it_runs(&base.join(service));
    }
    sleep(Duration::from_millis(300) * patience);
    let said = SCRIPT
        .iter()
        .map(|line| {
            let words: Vec<String> =
                line.split(' ').map(|word| resolved(folder.path(), &base, word)).collect();
            let (text, code) = sv.say(&words.iter().map(String::as_str).collect::<Vec<_>>());
            // What becomes of a letter takes a moment.
            sleep(Duration::from_millis(250) * patience);
            (text.replace(folder.path().to_str().unwrap(), "S"), code)
        })
        .collect();
    supervisors.end(&base, &services);
    said
}

fn until_it_runs(folder: &Path) {
    let began = Instant::now();
    while fs::read_to_string(folder.join("supervise/stat")).is_ok_and(|stat| stat != "run\n") {
        assert!(began.elapsed() < LONG, "{folder:?} never runs");
        sleep(Duration::from_millis(10));
    }
}

fn until_it_says(file: &Path, text: &str) {
    let began = Instant::now();
    while !fs::read_to_string(file).is_ok_and(|said| said == text) {
        assert!(began.elapsed() < LONG, "{file:?} never says {text:?}");
        sleep(Duration::from_millis(10));
    }
}

fn resolved(outside: &Path, base: &Path, word: &str) -> String {
    match word {
        "web" | "idle" | "deaf" | "nothing" => base.join(word).display().to_string(),
        "broken" => outside.join(word).display().to_string(),
        word => word.to_owned(),
    }
}

#[test]
fn finish_is_told_the_same() {
    if !is_installed() {
        return;
    }
    let _alone = alone();
    let ours = alike(|who, _| endings(who));
    assert_eq!(ours[0], "good: 0 0 finish");
}

/// What `finish` was told first, for different ends of `run`.
fn endings(who: Who) -> Vec<String> {
    let base = tempfile::tempdir().unwrap();
    let runs = [
        ("good", "exit 0"),
        ("bad", "exit 3"),
        ("high", "exit 255"),
        ("killed", "kill -9 $$"),
        ("aborted", "ulimit -c 0; kill -6 $$"),
        ("refused", ""),
        ("missing", ""),
    ];
    let names = runs.map(|(name, _)| name);
    for (name, run) in runs {
        let folder = base.path().join(name);
        fs::create_dir(&folder).unwrap();
        script(&folder.join("finish"), "echo \"$* ${0#./}\" >> told");
        match name {
            "refused" => fs::write(folder.join("run"), "").unwrap(),
            "missing" => {}
            _ => script(&folder.join("run"), run),
        }
    }
    let supervisors = Supervisors::start(who, base.path(), &names);
    let told = names.map(|name| {
        let told = base.path().join(name).join("told");
        let began = Instant::now();
        loop {
            if let Some((first, _)) = fs::read_to_string(&told).unwrap_or_default().split_once('\n') {
                break format!("{name}: {first}");
            }
            assert!(began.elapsed() < LONG, "{name} is never told");
            sleep(Duration::from_millis(10));
        }
    });
    supervisors.end(base.path(), &names);
    told.into()
}

#[test]
fn the_pipe_to_the_log_survives_both_ends() {
    let _alone = alone();
    let base = tempfile::tempdir().unwrap();
    let web = base.path().join("web");
    fs::create_dir_all(web.join("log")).unwrap();
    script(
        &web.join("run"),
        "n=$(cat n 2>/dev/null || echo 0); n=$((n+1)); echo $n > n; echo line $n; exec sleep 1000",
    );
    script(&web.join("log/run"), "exec cat >> ../logged");
    let supervisors = Supervisors::start(Who::Ours, base.path(), &["web"]);
    let say = |words: &[&str], of: &Path| {
        let words: Vec<&str> = words.iter().copied().chain([of.to_str().unwrap()]).collect();
        let said = Sv::Ours.say(&words);
        assert_eq!(said.1, 0, "{said:?}");
    };
    until_it_says(&web.join("logged"), "line 1\n");
    say(&["-v", "-w", "20", "kill"], &web.join("log"));
    until_it_runs(&web.join("log"));
    say(&["-v", "-w", "20", "down"], &web.join("log"));
    say(&["-w", "20", "restart"], &web);
    until_it_says(&web.join("n"), "2\n");
    say(&["-v", "-w", "20", "up"], &web.join("log"));
    say(&["-w", "20", "shutdown"], &web);
    supervisors.end(base.path(), &["web"]);
    assert_eq!(fs::read_to_string(web.join("logged")).unwrap(), "line 1\nline 2\n");
}

#[test]
fn hooks_are_run_alike() {
    if !is_installed() {
        return;
    }
    let _alone = alone();
    let ours = alike(hooks);
    let stopped = "t run, want down\nd\nfinish 3 0\n";
    assert!(ours[0].0.ends_with(stopped), "{ours:?}");
}

/// A command, and how many lines there are after it when `t` fails, so that the service gets its `TERM`, and when not.
const STEPS: [(&str, [usize; 2]); 7] = [
    ("hup", [3, 3]),
    ("1", [4, 4]),
    ("pause", [5, 5]),
    ("cont", [5, 5]),
    ("once", [5, 5]),
    ("up", [5, 5]),
    ("term", [9, 6]),
];

/// What the programs in `control/` were run for and what they saw, and what `sv` said after each command; once when `t`
/// fails, and once when it replaces the signal.
fn hooks(who: Who, patience: u32) -> [(String, Vec<Said>); 2] {
    let base = tempfile::tempdir().unwrap();
    let names = ["fails", "replaces"];
    for (code, name) in (0..2).rev().zip(names) {
        hooked(&base.path().join(name), code);
    }
    let supervisors = Supervisors::start(who, base.path(), &names);
    let lines = [0, 1].map(|which| {
        let folder = base.path().join(names[which]);
        wrote(&folder, 2, patience);
        // The throttle of a second is kept in another way.
        sleep(Duration::from_secs(1));
        let said = STEPS.map(|(command, lines)| {
            Sv::Runit.say(&[command, folder.to_str().unwrap()]);
            wrote(&folder, lines[which], patience);
            let (text, code) = Sv::Runit.say(&["status", folder.to_str().unwrap()]);
            (text.replace(base.path().to_str().unwrap(), "S"), code)
        });
        Sv::Runit.say(&["down", folder.to_str().unwrap()]);
        (wrote(&folder, [12, 8][which], patience), said.into())
    });
    supervisors.end(base.path(), &names);
    lines
}

/// A service with hooks, each of which takes its time: what does not wait for it is seen.
fn hooked(folder: &Path, code_of_t: i32) {
    fs::create_dir_all(folder.join("control")).unwrap();
    let run = "echo run >> lines; trap '' HUP; trap 'exit 3' TERM; while :; do sleep 0.05; done";
    script(&folder.join("run"), run);
    script(&folder.join("finish"), "echo finish $* >> lines");
    for (letter, code) in [('u', 1), ('t', code_of_t), ('h', 1), ('1', 0), ('p', 0), ('d', 0), ('o', 0)] {
        // What has got its TERM ends beside `d`, sooner or later.
        let stat = if code_of_t == 1 && letter == 'd' { "" } else { "$(cat supervise/stat)" };
        let takes = if letter == 't' { "0.6" } else { "0.2" };
        let line = format!("sleep {takes}; echo {letter} {stat} >> lines; exit {code}");
        script(&folder.join(format!("control/{letter}")), &line);
    }
}

/// The lines, when there are so many of them and no more seem to come.
fn wrote(folder: &Path, lines: usize, patience: u32) -> String {
    let read = || fs::read_to_string(folder.join("lines")).unwrap_or_default();
    let began = Instant::now();
    while read().lines().count() < lines && began.elapsed() < LONG {
        sleep(Duration::from_millis(10));
    }
    sleep(Duration::from_millis(500) * patience);
    read()
}

#[test]
fn a_finish_program_is_seen_alike_and_does_its_work_to_its_end() {
    if !is_installed() {
        return;
    }
    let _alone = alone();
    let ours = alike(finishing);
    assert!(
        ours.0.starts_with("asked\ndone\n") && ours.1[0].0.starts_with("finish: S (pid N) Ns"),
        "{ours:?}"
    );
}

/// What `finish` wrote, and what `sv` said while it ran. The number that it says is that of `finish`.
fn finishing(who: Who, patience: u32) -> (String, Vec<Said>) {
    let base = tempfile::tempdir().unwrap();
    let web = base.path().join("web");
    fs::create_dir_all(&web).unwrap();
    script(&web.join("run"), "exec sleep 1000");
    let finish = "trap 'echo signal >> lines' TERM HUP USR1; echo asked >> lines; echo $$ > number; \
                  while ! test -e ended; do sleep 0.05; done; echo done >> lines";
    script(&web.join("finish"), finish);
    let supervisors = Supervisors::start(who, base.path(), &["web"]);
    until_it_runs(&web);
    let folder = web.to_str().unwrap();
    Sv::Runit.say(&["kill", folder]);
    wrote(&web, 1, patience);
    let status = || {
        let number = fs::read_to_string(web.join("number")).unwrap();
        let (text, code) = Sv::Runit.say(&["status", folder]);
        assert_eq!(fs::read_to_string(web.join("supervise/pid")).unwrap(), number);
        (text.replace(folder, "S").replace("S:", "S"), code)
    };
    let mut said = vec![status()];
    for command in ["term", "hup", "1", "down"] {
        Sv::Runit.say(&[command, folder]);
        sleep(Duration::from_millis(300) * patience);
        said.push(status());
    }
    fs::write(web.join("ended"), "").unwrap();
    let lines = wrote(&web, 2, patience);
    said.push({
        let (text, code) = Sv::Runit.say(&["status", folder]);
        (text.replace(folder, "S"), code)
    });
    supervisors.end(base.path(), &["web"]);
    (lines, said)
}

#[test]
fn what_is_left_at_the_end_reads_the_same() {
    if !is_installed() {
        return;
    }
    let _alone = alone();
    let ours = alike(|who, _| left_at_the_end(who));
    assert_eq!(ours[..2], ["down\n", ""]);
}

/// The files in `supervise/`, of the service and of its log service, and what `sv` says, when nobody is there any more.
fn left_at_the_end(who: Who) -> Vec<String> {
    let base = tempfile::tempdir().unwrap();
    let web = base.path().join("web");
    fs::create_dir_all(web.join("log")).unwrap();
    script(&web.join("run"), "exec sleep 1000");
    script(&web.join("log/run"), "exec cat >/dev/null");
    let supervisors = Supervisors::start(who, base.path(), &["web"]);
    for folder in [&web, &web.join("log")] {
        until_it_runs(folder);
    }
    let folder = web.to_str().unwrap();
    supervisors.end(base.path(), &["web"]);
    let mut left = Vec::new();
    for folder in ["supervise", "log/supervise"].map(|folder| web.join(folder)) {
        left.extend(["stat", "pid"].map(|name| fs::read_to_string(folder.join(name)).unwrap()));
        // All but the time.
        left.push(format!("{:?}", &fs::read(folder.join("status")).unwrap()[12..]));
    }
    left.push(Sv::Runit.say(&["status", folder]).0.replace(folder, "S"));
    left
}

#[test]
fn a_service_whose_link_goes_ends_as_if_it_were_there() {
    if !is_installed() {
        return;
    }
    let _alone = alone();
    let base = tempfile::tempdir().unwrap();
    let (all, services) = (base.path().join("sv"), base.path().join("service"));
    for name in ["linked", "moved"] {
        fs::create_dir_all(all.join(name)).unwrap();
        script(&all.join(name).join("run"), "exec sleep 1000");
        script(&all.join(name).join("finish"), "echo finished >> lines");
    }
    fs::create_dir(&services).unwrap();
    std::os::unix::fs::symlink("../sv/linked", services.join("linked")).unwrap();
    fs::rename(all.join("moved"), services.join("moved")).unwrap();
    let supervisors = Supervisors::start(Who::Ours, &services, &["linked", "moved"]);
    for name in ["linked", "moved"] {
        let folder = services.join(name);
        Sv::Ours.say(&["-w", "20", "start", folder.to_str().unwrap()]);
    }
    fs::remove_file(services.join("linked")).unwrap();
    fs::rename(services.join("moved"), services.join(".moved")).unwrap();
    assert_eq!(wrote(&all.join("linked"), 1, 1), "finished\n");
    for folder in [all.join("linked"), services.join(".moved")] {
        until_it_says(&folder.join("supervise/stat"), "down\n");
    }
    supervisors.end(&services, &[]);
}
