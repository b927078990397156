//! Crontabs as they are read at the start.

use std::os::unix::fs::PermissionsExt;
use std::path::Path;

use preflight_supervise::{Overlap, Wanted};
use rustix::process::geteuid;

use super::*;

fn accounts() -> Accounts {
    let own = geteuid().as_raw();
    Accounts::new(
        format!("me:x:{own}:0::/tmp:\nother:x:{}:7::/nonexistent:\n", own + 1),
        "root:x:0:\n".to_owned(),
    )
}

fn written(texts: &[(&str, &str)]) -> tempfile::TempDir {
    let folder = tempfile::tempdir().expect("a folder");
    for (name, text) in texts {
        write(&folder.path().join(name), text);
    }
    folder
}

fn write(path: &Path, text: &str) {
    std::fs::write(path, text).expect("written");
    std::fs::set_permissions(path, std::fs::Permissions::from_mode(0o644)).expect("set");
}

fn read(path: &Path) -> Crontabs {
    Crontabs::read(&[path.to_owned()], &accounts()).expect("good")
}

#[test]
fn a_line_is_a_job_with_all_variables_in_its_home() {
    let text = "A=b\nMAILTO=ops\nCRON_TZ=UTC\n\n0 4 * * * me tar cf - x%one\n";
    let folder = written(&[("backup", text)]);
    let mut crontabs = read(folder.path());
    assert!(crontabs.notes()[0].contains("backup:2: MAILTO is not obeyed"), "{:?}", crontabs.notes());
    let environment = Environment::exactly(vec!["A=a".to_owned(), "C=c".to_owned()]);
    let fleet = crontabs.join(Fleet::default(), &environment).expect("good");
    let job = fleet.service("backup:5").expect("there");
    assert_eq!(job.program.to_string(), "/bin/sh -c tar cf - x");
    let variables = job.environment.variables([]);
    for (name, value) in [("A", "b"), ("C", "c"), ("HOME", "/tmp"), ("USER", "me"), ("SHELL", "/bin/sh")] {
        assert!(variables.contains(&(name.into(), value.into())), "{name}: {variables:?}");
    }
    assert_eq!((job.folder.as_deref(), &job.user), (Some(Path::new("/tmp")), &None));
    assert_eq!((job.wanted, job.once, job.limit), (Wanted::Down, true, None));
    let schedule = job.schedule.as_ref().expect("scheduled");
    assert_eq!((schedule.timezone.as_deref(), schedule.overlap), (Some("UTC"), Overlap::Skip));
}

#[test]
fn jobs_are_due_by_the_zone_that_boot_scripts_leave() {
    let folder = written(&[("a", "0 4 * * * me x\nCRON_TZ=UTC\n0 4 * * * me y\n")]);
    let zones = |variables: &[&str]| -> Vec<Option<String>> {
        let variables = variables.iter().map(|variable| (*variable).to_owned()).collect();
        let fleet = read(folder.path()).join(Fleet::default(), &Environment::exactly(variables));
        let services = fleet.expect("good").into_services().into_iter();
        services.map(|job| job.schedule.expect("scheduled").timezone).collect()
    };
    let named = |name: &str| Some(name.to_owned());
    assert_eq!(zones(&["TZ=:Europe/Lisbon"]), [named("Europe/Lisbon"), named("UTC")]);
    assert_eq!(zones(&["TZ=no/such"]), [None, named("UTC")]);
    assert_eq!(zones(&[]), [None, named("UTC")]);
}

#[test]
fn two_files_of_one_name_are_two_and_one_that_is_named_twice_is_wrong() {
    let line = "@daily me x\n";
    let (one, two) = (written(&[("jobs", line)]), written(&[("jobs", line)]));
    let paths = [one.path().to_owned(), two.path().to_owned()];
    let mut crontabs = Crontabs::read(&paths, &accounts()).expect("good");
    let fleet = crontabs.join(Fleet::default(), &Environment::default()).expect("good");
    let long = two.path().join("jobs:1").display().to_string();
    assert!(fleet.service("jobs:1").is_some() && fleet.service(&long).is_some());
    let faults = Crontabs::read(&[paths[0].clone(), paths[0].clone(), paths[0].clone()], &accounts());
    assert!(faults.expect_err("twice")[0].ends_with("jobs:1: the file is named twice"));
}

#[test]
fn everything_that_is_wrong_is_told_with_its_place() {
    let folder =
        written(&[("a", "* * * * me x\n* * * * * nobody-here x\n"), ("b.sh", ""), ("c", "* * * * * me x")]);
    let paths = [folder.path().to_owned(), "/no/such/file".into()];
    let faults = Crontabs::read(&paths, &accounts()).expect_err("wrong");
    let told = faults.join("\n");
    for part in ["a:1: ", "a:2: ", "b.sh:1: ", "c:1: no newline", "/no/such/file:1: cannot be read"] {
        assert!(told.contains(part), "{part}: {told}");
    }
    let early = Crontabs::early_faults(&paths, &accounts()).join("\n");
    assert!(early.contains("unless a boot script mends it: ") && early.contains("a:1: "), "{early}");
    assert!(!early.contains("/no/such/file"), "it is for a boot script to make: {early}");
}

#[test]
fn a_users_own_file_runs_as_that_user() {
    let folder = tempfile::tempdir().expect("a folder");
    let spool = folder.path().join("cron/crontabs");
    std::fs::create_dir_all(&spool).expect("made");
    write(&spool.join("me"), "@daily x\n");
    for path in [spool.clone(), spool.join("me")] {
        let crontabs = read(&path);
        let line = &crontabs.lines[0];
        assert_eq!((&*line.name, line.job.entry.user.as_deref()), ("me:1", Some("me")));
    }
    write(&spool.join("gone"), "@daily x\n");
    let faults = Crontabs::read(&[spool], &accounts()).expect_err("wrong");
    assert!(faults[0].contains("gone:1: there is no user \"gone\" — hint: "), "{faults:?}");
}

#[test]
fn another_user_needs_root() {
    let folder = written(&[("a", "* * * * * other x\n")]);
    let crontabs = Crontabs::read(&[folder.path().to_owned()], &accounts());
    if geteuid().is_root() {
        let mut crontabs = crontabs.expect("root may");
        let fleet = crontabs.join(Fleet::default(), &Environment::default()).expect("good");
        let job = &fleet.services()[0];
        assert_eq!(job.user.as_ref().map(|user| (user.user, user.group)), Some((1, 7)));
        assert_eq!(job.folder, None, "a home that is not there");
    } else {
        assert!(crontabs.expect_err("only root")[0].contains("a:1: only root"));
    }
}
