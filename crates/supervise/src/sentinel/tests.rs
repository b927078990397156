//! What is found in files, and what it is called.

use super::{EXIT_KEYS, EXIT_SERVICES, Finding, Missing, Sentinels, WIDEST, exit_code};

fn sentinels() -> Sentinels {
    Sentinels::new(&["KEYDOESNOTEXIST".to_owned()], &["SERVICEDOESNOTEXIST".to_owned()]).unwrap()
}

fn told(text: &str) -> Vec<(usize, String, Option<String>)> {
    sentinels()
        .scan(text.as_bytes())
        .into_iter()
        .map(|finding| (finding.line, finding.word, finding.name))
        .collect()
}

fn one(text: &str) -> Finding {
    let [finding] = <[Finding; 1]>::try_from(sentinels().scan(text.as_bytes())).unwrap();
    finding
}

#[test]
fn each_missing_key_is_named_by_what_it_is_assigned_to() {
    for (text, name) in [
        ("SECRET_KEY = '''KEYDOESNOTEXIST'''", Some("SECRET_KEY")),
        ("  secret: KEYDOESNOTEXIST", Some("secret")),
        ("{\"a\": 1, \"db.password\": \"KEYDOESNOTEXIST\"}", Some("db.password")),
        ("config['KEY'] = \"KEYDOESNOTEXIST\"", Some("KEY")),
        ("export TOKEN=KEYDOESNOTEXIST", Some("TOKEN")),
        ("uri = \"postgresql://user:KEYDOESNOTEXIST@host\"", Some("uri")),
        ("server SERVICEDOESNOTEXIST;", None),
        ("KEYDOESNOTEXIST", None),
        ("= KEYDOESNOTEXIST", None),
    ] {
        assert_eq!(one(text).name.as_deref(), name, "{text}");
    }
}

#[test]
fn a_sentinel_may_carry_the_name_of_its_key() {
    assert_eq!(one("x = 'KEYDOESNOTEXIST_app/secret_key'").word, "KEYDOESNOTEXIST_app/secret_key");
    assert_eq!(one("host: SERVICEDOESNOTEXIST-pg-master.").word, "SERVICEDOESNOTEXIST-pg-master");
    assert_eq!(one("a=http://KEYDOESNOTEXIST:80/").word, "KEYDOESNOTEXIST");
}

#[test]
fn what_stands_beside_a_sentinel_may_be_a_secret_and_is_not_part_of_its_word() {
    for text in [
        "password = 'hunter2KEYDOESNOTEXIST'",
        "password = 'KEYDOESNOTEXISThunter2'",
        "hook = https://KEYDOESNOTEXIST/services/T0/hunter2",
        "hook = https://hooks.hunter2.KEYDOESNOTEXIST.hunter2/",
        "uri = mysql://pat:hunter2-KEYDOESNOTEXIST@host",
    ] {
        assert_eq!(one(text).word, "KEYDOESNOTEXIST", "{text}");
    }
}

#[test]
fn every_line_is_told_and_the_same_only_once() {
    assert_eq!(
        told("A=KEYDOESNOTEXIST\nfine = 1\nB=KEYDOESNOTEXIST KEYDOESNOTEXIST\nA=KEYDOESNOTEXIST\n"),
        [
            (1, "KEYDOESNOTEXIST".to_owned(), Some("A".to_owned())),
            (3, "KEYDOESNOTEXIST".to_owned(), Some("B".to_owned()))
        ]
    );
    assert_eq!(told("all = 'is well'\n"), []);
    assert_eq!(told(""), []);
}

#[test]
fn keys_come_before_services_in_the_exit_code() {
    assert_eq!(exit_code([]), None);
    assert_eq!(exit_code([Missing::Service]), Some(EXIT_SERVICES));
    assert_eq!(exit_code([Missing::Service, Missing::Key]), Some(EXIT_KEYS));
}

#[test]
fn patterns_may_be_expressions_and_files_anything() {
    let named = Sentinels::new(&["/MISSING_[A-Z]+/".to_owned(), String::new()], &[]).unwrap();
    let found = named.scan(b"\xff\xfe\0 MISSING_A MISSING_b\n");
    assert_eq!(found.iter().map(|finding| finding.word.as_str()).collect::<Vec<_>>(), ["MISSING_A"]);
    assert!(Sentinels::new(&["/(/".to_owned()], &[]).is_err());
    assert!(named.scan(b"KEYDOESNOTEXIST").is_empty());
    let long = format!("x = KEYDOESNOTEXIST{}", "y".repeat(1_000_000));
    let finding = one(&long);
    assert!(finding.text.chars().count() <= WIDEST && finding.word.len() <= WIDEST);
}
