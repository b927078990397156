//! Crontab files: what is understood, and what is told instead of being passed over.

use std::path::Path;

use super::{Crontab, CrontabKind, parse_crontab, skipped_name};

fn known(user: &str) -> bool {
    ["root", "www-data"].contains(&user)
}

fn read(kind: CrontabKind, text: &str) -> Crontab {
    parse_crontab("f", text.as_bytes(), kind, &known).unwrap_or_else(|faults| panic!("{faults:?}"))
}

fn told(kind: CrontabKind, text: &str) -> Vec<String> {
    parse_crontab("f", text.as_bytes(), kind, &known).unwrap_err().iter().map(ToString::to_string).collect()
}

#[test]
fn the_systems_files_have_a_user_and_settings_count_for_what_follows() {
    let crontab = read(
        CrontabKind::System,
        "# a comment\n\n*/5 * * * * root early\nSHELL=/bin/bash\nPATH = \"/usr/bin:/bin\"\n'A'='b c'\nCRON_TZ=Europe/Paris\n\
         A=last\n  0 0 1,15\t*  *  www-data   cd /code && ./dump \"a  b\" # no comment\n@daily root x\n",
    );
    let [early, dump, daily] = crontab.entries.as_slice() else { panic!("{crontab:?}") };
    assert_eq!((early.line, early.shell.as_str(), early.environment.len()), (3, "/bin/sh", 0));
    assert_eq!(dump.schedule.to_string(), "0 0 1,15 * *");
    assert_eq!((dump.user.as_deref(), dump.shell.as_str()), (Some("www-data"), "/bin/bash"));
    assert_eq!(dump.command, "cd /code && ./dump \"a  b\" # no comment");
    assert_eq!(dump.timezone.as_deref(), Some("Europe/Paris"));
    let pairs = [("SHELL", "/bin/bash"), ("PATH", "/usr/bin:/bin"), ("A", "last")];
    assert_eq!(dump.environment, pairs.map(|(name, value)| (name.to_owned(), value.to_owned())));
    assert_eq!(daily.schedule.to_string(), "@daily");
    assert!(crontab.notes.is_empty());
}

#[test]
fn a_users_own_file_has_no_user() {
    let crontab = read(CrontabKind::User, "MAILTO=\n0 4 * * mon-fri ls -l\n@reboot echo hi\n");
    assert_eq!(crontab.entries[0].command, "ls -l");
    assert_eq!(crontab.entries[0].user, None);
    assert!(crontab.entries[1].schedule.is_at_start());
    let noted = read(CrontabKind::User, "MAILTO=ops@example.org\n0 4 * * * root ls\n");
    let notes: Vec<&str> = noted.notes.iter().map(|note| note.message.as_str()).collect();
    assert!(notes[0].starts_with("MAILTO is not obeyed: no mail is sent"), "{notes:?}");
    assert!(notes[1].starts_with("the command is `root`"), "{notes:?}");
}

#[test]
fn a_zone_for_commands_is_not_taken_for_that_of_their_times() {
    let notes = |text: &str| read(CrontabKind::User, text).notes;
    let alone = notes("\nTZ=Europe/Paris\n0 4 * * * x\n");
    assert_eq!(alone[0].line, 2);
    assert!(alone[0].message.starts_with("TZ is for the commands"), "{alone:?}");
    assert_eq!(notes("CRON_TZ=Europe/Paris\nTZ=Europe/Paris\n0 4 * * * x\n"), []);
}

#[test]
fn percent_signs_are_newlines_and_input() {
    let parts = |command: &str| {
        let crontab = read(CrontabKind::User, &format!("* * * * * {command}\n"));
        let entry = crontab.entries.into_iter().next().unwrap();
        (entry.command, entry.input)
    };
    assert_eq!(parts("cat%one%two"), ("cat".to_owned(), Some("one\ntwo\n".to_owned())));
    assert_eq!(parts("date +\\%F"), ("date +%F".to_owned(), None));
    assert_eq!(parts("cat%100\\%%"), ("cat".to_owned(), Some("100%\n".to_owned())));
    assert_eq!(parts("echo \\n%"), ("echo \\n".to_owned(), Some(String::new())));
    assert_eq!(parts("cat%a\\\\%"), ("cat".to_owned(), Some("a\\%\n".to_owned())));
    assert_eq!(parts("cat%%"), ("cat".to_owned(), Some("\n".to_owned())));
    assert_eq!(
        parts("echo \\\\%x"),
        ("echo \\\\".to_owned(), Some("x\n".to_owned())),
        "a backslash of its own"
    );
}

#[test]
fn what_cron_would_pass_over_is_told_with_its_line() {
    let faults = told(
        CrontabKind::System,
        "* * * * root x\n60 * * * * root x\n* * * * * nobody-here x\n* * * * * root\n* * * * * root x\r\n@sometimes root x\n\
         * * *\nCRON_TZ=Mars/Base\n0 0 31 2 * root x\n* * * * * root last",
    );
    for (fault, part) in faults.iter().zip([
        "f:1: \"root\" in the weekday: neither a number nor a name",
        "f:2: \"60\" in the minute: not within 0 to 59",
        "f:3: there is no user \"nobody-here\"",
        "f:4: no command, or no user before the command \"root\"",
        "f:5: a carriage return",
        "f:6: \"@sometimes\" is none of",
        "f:7: 3 words where five say when",
        "f:8: \"Mars/Base\" is no time zone",
        "f:9: it is never due",
        "f:10: no newline at the end of the file",
    ]) {
        assert!(fault.contains(part), "{part}\n{fault}");
    }
    assert_eq!(faults.len(), 10);
    assert_eq!(told(CrontabKind::User, "* * * * *\n"), ["f:1: no command"]);
    let bytes = parse_crontab("f", b"* * * * * \xff\n", CrontabKind::User, &known).unwrap_err();
    assert_eq!(bytes[0].to_string(), "f:1: not UTF-8");
}

#[test]
fn names_that_cron_passes_over_are_known() {
    for name in ["backup", "e2scrub_all", "a-b"] {
        assert_eq!(skipped_name(name), None, "{name}");
    }
    for name in ["backup.sh", "job.cron", "a b"] {
        assert_eq!(skipped_name(name), Some(true), "{name}");
    }
    for name in [".placeholder", "backup~", "job.dpkg-dist", ".job.swp"] {
        assert_eq!(skipped_name(name), Some(false), "{name}");
    }
    assert_eq!(CrontabKind::of(Path::new("/etc/cron.d/job")), CrontabKind::System);
    assert_eq!(CrontabKind::of(Path::new("/code/crontab")), CrontabKind::User);
}
