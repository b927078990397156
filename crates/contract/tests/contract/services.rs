//! What is looked after: `services:` and `sentinels:`.

use std::time::Duration;

use preflight_contract::{
    BackoffRange, CommandLine, Contract, GiveUpBudget, OutputForm, OverlapRule, RestartPolicy, SignalName,
    parse, show_json, show_markdown, show_text,
};

use crate::VOCABULARY;

const SECTIONS: &str = "\
render: [{ source: config.py.ctmpl, destination: /code/config.py }]
services:
  web:
    command: [uwsgi, '/etc/${NAME}.ini']
    enabled_if: { CONTAINER_NAME: 'listenbrainz-web-${DEPLOY_ENV}', ROLE: [web, all-*] }
    depends_on: [migrate]
    ready: { http: 'http://127.0.0.1:3031/health', timeout: 30s }
    health: { tcp: '127.0.0.1:3031', interval: 20s, failures: 2 }
    restart: { policy: always, backoff: 500ms..30s, give_up: 5 in 60s }
    reload: { on: [config.py], signal: SIGHUP, splay: 5s }
    stop: { signal: TERM, grace: 30s }
    critical: true
    user: www-data
    folder: /code
    environment: { UWSGI_THREADS: 4, API_TOKEN: hushhush, HOME: '/home/${NAME}' }
    finish: [/etc/notify]
    exit_codes: { 15: consul-template could not start, 22: uwsgi could not load the app }
    output: raw
  migrate: { command: [./manage.py, migrate], restart: { policy: never }, once: true, timeout: 5m, description: the schema }
  dumps:
    command: exec /code/admin/create-dumps.sh full ${SHELL_OWN}
    schedule: \"0 0 1,15 * *\"
    timezone: Europe/Paris
    overlap: queue
    timeout: 6h
    jitter: 30s
";

fn read(sections: &str) -> Contract {
    let text = format!("organization: Org\nteam: Team\n{sections}");
    parse("preflight.yaml", &text, VOCABULARY).unwrap_or_else(|faults| panic!("{faults}"))
}

fn told(sections: &str) -> String {
    let text = format!("organization: Org\nteam: Team\n{sections}");
    parse("preflight.yaml", &text, VOCABULARY).unwrap_err().to_string()
}

fn told_of(rules: &str) -> String {
    told(&format!("services:\n  web: {{ command: [x], {rules} }}\n"))
}

#[test]
fn every_key_is_understood_in_the_order_of_the_file() {
    let contract = read(SECTIONS);
    let [web, migrate, dumps] = contract.services.as_slice() else { panic!("{:?}", contract.services) };
    assert_eq!((web.name.as_str(), migrate.name.as_str(), dumps.name.as_str()), ("web", "migrate", "dumps"));
    assert_eq!((web.line, web.critical, web.user.as_deref()), (5, true, Some("www-data")));
    let restart = web.restart.as_ref().unwrap();
    assert_eq!(restart.policy, RestartPolicy::Always);
    let range = BackoffRange { first: Duration::from_millis(500), longest: Duration::from_secs(30) };
    assert_eq!(restart.backoff, Some(range));
    assert_eq!(restart.give_up, Some(GiveUpBudget { times: 5, within: Duration::from_secs(60) }));
    let reload = web.reload.as_ref().unwrap();
    assert_eq!((reload.signal.as_ref(), reload.restart), (Some(&SignalName("HUP".to_owned())), false));
    assert_eq!(web.environment["UWSGI_THREADS"], "4");
    assert_eq!(web.exit_codes["22"], "uwsgi could not load the app");
    assert_eq!(web.output, Some(OutputForm::Raw));
    assert_eq!((migrate.once, migrate.timeout), (true, Some(Duration::from_secs(300))));
    assert_eq!((dumps.overlap, dumps.jitter), (Some(OverlapRule::Queue), Some(Duration::from_secs(30))));
    assert!(matches!(&dumps.command, CommandLine::Shell(line) if line.contains("create-dumps")));
}

#[test]
fn variables_are_filled_in_except_for_the_shell() {
    let contract = read(SECTIONS);
    let filled = |index: usize| {
        contract.services[index].interpolated(|name| (name == "NAME").then(|| "app".to_owned()))
    };
    let web = filled(0).unwrap();
    assert!(matches!(&web.command, CommandLine::Words(words) if words[1] == "/etc/app.ini"));
    assert_eq!(web.environment["HOME"], "/home/app");
    assert_eq!(filled(2).unwrap().command, contract.services[2].command);
    assert_eq!(contract.services[0].interpolated(|_| None).unwrap_err().names, ["NAME"]);
}

#[test]
fn a_service_is_enabled_by_variables() {
    let contract = read(SECTIONS);
    let judged = |values: &[(&str, &str)]| {
        let lookup =
            |name: &str| values.iter().find(|(key, _)| *key == name).map(|(_, value)| (*value).to_owned());
        contract.services[0].enabled(lookup).map_err(|disabled| disabled.reason)
    };
    let prod = [("DEPLOY_ENV", "prod"), ("CONTAINER_NAME", "listenbrainz-web-prod"), ("ROLE", "all-in-one")];
    assert_eq!(judged(&prod), Ok(()));
    assert_eq!(
        judged(&[("DEPLOY_ENV", "test"), prod[1], prod[2]]),
        Err("CONTAINER_NAME is \"listenbrainz-web-prod\", not \"listenbrainz-web-test\"".to_owned())
    );
    assert_eq!(judged(&prod[..2]), Err("ROLE is not set, not \"web\" or \"all-*\"".to_owned()));
    assert_eq!(
        judged(&prod[1..]),
        Err("CONTAINER_NAME is \"listenbrainz-web-prod\", not listenbrainz-web-${DEPLOY_ENV} (DEPLOY_ENV not set)".to_owned())
    );
    let secret = read("services: { a: { command: [x], enabled_if: { API_TOKEN: hushhush } } }\n");
    let reason = secret.services[0].enabled(|_| Some("othersecret".to_owned())).unwrap_err().reason;
    assert_eq!(reason, "API_TOKEN is another one, not what it must be");
    let shown = show_text(&secret, VOCABULARY) + &show_json(&secret, VOCABULARY).to_string();
    assert!(shown.contains("if API_TOKEN is [redacted]") && !shown.contains("hushhush"), "{shown}");
}

#[test]
fn all_is_shown_without_secrets() {
    let contract = read(SECTIONS);
    let (text, markdown) = (show_text(&contract, VOCABULARY), show_markdown(&contract, VOCABULARY));
    let json = show_json(&contract, VOCABULARY);
    for shown in [&text, &markdown, &json.to_string()] {
        assert!(!shown.contains("hushhush"), "{shown}");
        assert!(shown.contains("create-dumps.sh") && shown.contains("0 0 1,15 * *"), "{shown}");
    }
    assert!(text.contains("  migrate  ./manage.py migrate; at most 5m; once; never restarted\n"), "{text}");
    for rule in [
        "; as www-data; in /code; with API_TOKEN, HOME, UWSGI_THREADS; ",
        "; ready when http://127.0.0.1:3031/health answers within 30s; ",
        "; restarted unless 127.0.0.1:3031 accepts every 20s; ",
        "; always restarted; waits 500ms..30s; gives up after 5 in 1m; HUP on config.py; ",
        "; stopped with TERM within 30s; then /etc/notify; output raw; 15 means consul-template could not start; 22 means uwsgi could not load the app\n",
        "; at 0 0 1,15 * * Europe/Paris; up to 30s later; waits for the run before; at most 6h\n",
    ] {
        assert!(text.contains(rule), "{rule:?} is not in\n{text}");
    }
    let task = "| `migrate` | `./manage.py migrate` | at most 5m; once; never restarted | the schema |\n";
    assert!(markdown.contains(task), "{markdown}");
    assert!(markdown.contains("| `dumps` |"), "{markdown}");
    assert_eq!(json["services"][0]["restart"]["backoff"], "500ms..30s");
    assert_eq!(json["services"][0]["environment"]["API_TOKEN"], "[redacted]");
    assert_eq!(json["sentinels"]["keys"][0], "KEYDOESNOTEXIST");
}

#[test]
fn each_way_to_be_ready_is_shown() {
    for (way, words) in [
        ("tcp: '127.0.0.1:80'", "127.0.0.1:80 accepts"),
        ("command: [test, -e, up]", "test -e up ends with 0"),
        ("notify: 3", "it writes a line to descriptor 3"),
        ("sd_notify: true", "it says READY=1 to NOTIFY_SOCKET"),
        ("file: /run/up", "/run/up is there"),
    ] {
        let contract = read(&format!("services: {{ a: {{ command: [x], ready: {{ {way} }} }} }}\n"));
        let shown = show_text(&contract, VOCABULARY);
        assert!(shown.contains(&format!("  a  x; ready when {words}\n")), "{shown}");
    }
}

#[test]
fn all_faults_are_told_at_once_with_their_places() {
    let told = told(
        "services:\n  web:\n    comand: x\n    depends_on: [migrat]\n  migrate: { command: [x], schedule: '0 0 30 2 *' }\n  \
         a: { command: [x], depends_on: [b] }\n  b: { command: [x], depends_on: [a] }\n  \
         c: { command: [x], timezone: Europe/Pariss, schedule: '@daily', ready: { tcp: 'x:1' } }\n",
    );
    for part in [
        "preflight.yaml:5:5: unknown key `comand`",
        "did you mean `command`?",
        "the key `command` is missing",
        "preflight.yaml:7:38: \"0 0 30 2 *\" is no schedule: it is never due",
        "preflight.yaml:8:35: services wait for each other: a -> b -> a",
        "\"Europe/Pariss\" is no time zone",
        "`ready` is for a service that stays; this one runs on a schedule and ends",
    ] {
        assert!(told.contains(part), "{part}\n{told}");
    }
    assert_eq!(told.matches("wait for each other").count(), 1, "{told}");
}

#[test]
fn who_has_forgotten_the_map_is_told_how_it_looks() {
    let told = told("services:\n  web: uwsgi\n");
    assert!(told.contains("this is \"uwsgi\"; a map like { command: … } was expected"), "{told}");
    let told = self::told("services:\n  - web\n");
    assert!(told.contains("this is a list; a map of names, like `name: …`, was expected"), "{told}");
}

#[test]
fn what_is_depended_on_must_be_there_and_start_by_itself() {
    let told = told(
        "services:\n  web: { command: [x], depends_on: [migrat, job, web] }\n  migrate: { command: [x] }\n  \
         job: { command: [x], schedule: '@daily' }\n",
    );
    for part in [
        "preflight.yaml:4:37: there is no service \"migrat\"",
        "did you mean `migrate`?",
        "preflight.yaml:4:45: job runs on a schedule, so nothing can wait for it",
        "web depends on itself",
        "preflight.yaml: 3 faults",
    ] {
        assert!(told.contains(part), "{part}\n{told}");
    }
}

#[test]
fn rules_that_contradict_each_other_are_told() {
    for (rules, why) in [
        ("schedule: '@daily', restart: {}", "`restart` is for a service that stays"),
        ("schedule: '@daily', critical: true", "would end the container with every run"),
        ("schedule: '@daily', once: true", "`once` and `schedule` exclude each other"),
        ("overlap: skip", "`overlap` needs a `schedule`"),
        ("jitter: 1s, timezone: UTC", "`timezone` needs a `schedule`"),
        ("timeout: 1s", "`timeout` needs a `schedule` or `once: true`"),
        ("once: true, restart: { policy: always }", "restarts it always, although it runs once"),
        ("once: true, ready: { sd_notify: true }", "this one runs once"),
        ("ready: { timeout: 5s }", "`ready` says nothing that is tried"),
        ("ready: { tcp: 'a:1', notify: 3 }", "`notify` is a second way; `tcp` is the first"),
        ("ready: { notify: 2 }", "2 is less than 3"),
        ("ready: { http: 'https://127.0.0.1/' }", "a probe speaks plain http"),
        ("ready: { http: 'localhost' }", "\"localhost\" is no URL"),
        ("health: { tcp: localhost }", "\"localhost\" is no host:port"),
        ("health: { tcp: 'a:1', interval: 0 }", "`interval` must be longer than nothing"),
        ("reload: { on: [a] }", "`reload` does not say how"),
        ("reload: { on: [a], signal: HUP, restart: true }", "by a signal or restarted, not both"),
        ("reload: { on: [], signal: HUP }", "at least 1 item"),
        ("stop: { signal: HUPP }", "not a signal; write it like HUP"),
        ("restart: { backoff: 30s..1s }", "not the first and the longest wait"),
        ("restart: { give_up: 0 in 60s }", "not a number of ends in a time"),
        ("restart: { policy: sometimes }", "is not one of always, on-failure, never"),
        ("exit_codes: { 256: much }", "\"256\" is no exit code"),
        ("environment: { 'A B': x }", "\"A B\" is no name of a variable"),
        ("enabled_if: { $ROLE: x }", "write ROLE"),
        ("overlap: allow", "is not one of skip, queue, replace"),
        ("schedule: '61 * * * *'", "\"61\" in the minute: not within 0 to 59"),
        ("finish: ''", "`finish` names no program"),
    ] {
        let told = told_of(rules);
        assert!(told.contains(why), "{rules}\n{told}");
    }
    assert!(told("services: { 'a/b': { command: [x] } }\n").contains("\"a/b\" is no name for a service"));
}

#[test]
fn a_misspelt_file_that_is_rendered_is_told() {
    let rendered = "render: [{ source: a, destination: /code/config.py }]\n";
    let service = |on: &str| {
        format!(
            "{rendered}services: {{ web: {{ command: [x], reload: {{ on: [{on}], restart: true }} }} }}\n"
        )
    };
    assert!(told(&service("confg.py")).contains("did you mean `config.py`?"));
    read(&service("config.py"));
    read(&service("/code/config.py"));
    // It may come from consul-template's own configuration.
    read(&service("uwsgi.ini"));
}

#[test]
fn variables_in_a_schedule_wait_for_their_values() {
    let contract = read("services: { a: { command: [x], schedule: '${WHEN}', timezone: '${ZONE:-UTC}' } }\n");
    let filled = contract.services[0].interpolated(|_| Some("@daily".to_owned())).unwrap();
    assert_eq!(filled.schedule.as_deref(), Some("@daily"));
}

#[test]
fn sentinels_have_defaults_and_patterns() {
    let contract = read("sentinels: { keys: [NOKEY, '/MISSING_[A-Z]+/'] }\n");
    assert_eq!(contract.sentinels.keys, ["NOKEY", "/MISSING_[A-Z]+/"]);
    assert_eq!(contract.sentinels.services, ["SERVICEDOESNOTEXIST"]);
    assert!(told("sentinels: { keys: ['', '/(/'] }\n").contains("an empty text stands in every file"));
    assert!(told("sentinels: { keys: ['/(/'] }\n").contains("not a regular expression"));
    assert!(told("sentinels: { key: [a] }\n").contains("did you mean `keys`?"));
}
