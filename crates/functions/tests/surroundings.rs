//! What functions learn of their surroundings: clock, time zone, environment, where to print; and denied functions.

use std::sync::Mutex;
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use preflight_functions::{Scratch, Surroundings, deny, register, sprig};
use preflight_gotemplate::{Functions, Options, Template, Value};

struct Fixed {
    scratch: Scratch,
    zone: &'static str,
    printed: Mutex<Vec<u8>>,
}

impl Fixed {
    fn new(zone: &'static str) -> Self {
        Self { scratch: Scratch::new(), zone, printed: Mutex::default() }
    }
}

impl Surroundings for Fixed {
    fn process_variable(&self, name: &[u8]) -> Option<Vec<u8>> {
        (name == b"TZ").then(|| self.zone.into())
    }

    /// Friday, 2021-02-05 23:30:15.25 UTC.
    fn now(&self) -> SystemTime {
        UNIX_EPOCH + Duration::from_millis(1_612_567_815_250)
    }

    fn scratch(&self) -> &Scratch {
        &self.scratch
    }

    fn print(&self, text: &[u8]) {
        self.printed.lock().expect("one thread").extend_from_slice(text);
    }
}

fn functions() -> Functions {
    let mut functions = Functions::new();
    register::<Fixed>(&mut functions);
    sprig::register::<Fixed>(&mut functions);
    functions
}

fn run(text: &str, host: &Fixed) -> String {
    let template = Template::parse("here", text, &functions(), &Options::default()).expect("it parses");
    String::from_utf8(template.execute(&Value::Nil, host).expect("it runs")).expect("text")
}

#[test]
fn timestamps_are_utc_whatever_the_zone() {
    let host = Fixed::new("Asia/Tokyo");
    assert_eq!(run("{{ timestamp }}", &host), "2021-02-05T23:30:15Z");
    assert_eq!(run("{{ timestamp \"unix\" }}", &host), "1612567815");
    assert_eq!(
        run("{{ timestamp \"Mon, 02 Jan 2006 15:04:05.000 MST\" }}", &host),
        "Fri, 05 Feb 2021 23:30:15.250 UTC"
    );
}

#[test]
fn dates_are_in_the_zone_of_the_process() {
    let tokyo = Fixed::new("Asia/Tokyo");
    assert_eq!(run("{{ sprig_date \"2006-01-02 15:04 MST\" sprig_now }}", &tokyo), "2021-02-06 08:30 JST");
    assert_eq!(run("{{ sprig_now }}", &tokyo), "2021-02-06 08:30:15.25 +0900 JST");
    assert_eq!(
        run("{{ sprig_toDate \"2006-01-02 15:04\" \"2021-07-01 00:00\" | sprig_unixEpoch }}", &tokyo),
        "1625065200"
    );
    assert_eq!(run("{{ sprig_htmlDate sprig_now }}", &Fixed::new("")), "2021-02-05");
    assert_eq!(run("{{ sprig_htmlDate sprig_now }}", &Fixed::new("No/Such")), "2021-02-05");
    assert_eq!(run("{{ sprig_ago 1612567000 }} {{ sprig_durationRound sprig_now }}", &tokyo), "13m35s 0s");
}

#[test]
fn hours_that_a_clock_skips_or_repeats_are_what_go_makes_of_them() {
    let read = |zone: &'static str, text: &str| {
        run(&format!("{{{{ sprig_toDate \"2006-01-02 15:04\" \"{text}\" }}}}"), &Fixed::new(zone))
    };
    assert_eq!(read("Europe/Berlin", "2021-03-28 02:30"), "2021-03-28 03:30:00 +0200 CEST");
    assert_eq!(read("Europe/Berlin", "2021-10-31 02:30"), "2021-10-31 02:30:00 +0100 CET");
    assert_eq!(read("America/New_York", "2021-03-14 02:30"), "2021-03-14 01:30:00 -0500 EST");
    assert_eq!(read("America/New_York", "2021-11-07 01:30"), "2021-11-07 01:30:00 -0400 EDT");
    assert_eq!(read("Europe/London", "2021-10-31 01:30"), "2021-10-31 01:30:00 +0000 GMT");
}

#[test]
fn debugging_prints_where_it_is_told_to() {
    let host = Fixed::new("");
    assert_eq!(run("[{{ spew_dump 1 \"x\" }}{{ spew_printf \"%#v\" 2 }}]", &host), "[]");
    let printed = host.printed.lock().expect("one thread");
    assert_eq!(String::from_utf8_lossy(&printed), "(int) 1\n(string) (len=1) \"x\"\n(int)2");
}

#[test]
fn the_scratch_lives_as_long_as_its_run() {
    let text = "{{ scratch.Key \"a\" }}{{ scratch.Set \"a\" 1 }}{{ scratch.Key \"a\" }}";
    assert_eq!(run(text, &Fixed::new("")), "falsetrue");
    assert_eq!(run(text, &Fixed::new("")), "falsetrue");
}

#[test]
fn denied_functions_parse_and_fail() {
    let mut functions = functions();
    deny(&mut functions, ["env", "noSuchFunction"]);
    assert!(functions.find("noSuchFunction").is_none());
    let template =
        Template::parse("here", "{{ env \"HOME\" }}", &functions, &Options::default()).expect("it parses");
    let fault = template.execute(&Value::Nil, &Fixed::new("")).expect_err("denied");
    assert!(fault.to_string().ends_with("error calling env: function is disabled"), "{fault}");
}

#[test]
fn a_host_of_another_type_is_told() {
    let template =
        Template::parse("here", "{{ env \"HOME\" }}", &functions(), &Options::default()).expect("it parses");
    let fault = template.execute(&Value::Nil, &()).expect_err("no surroundings");
    assert!(fault.to_string().ends_with("the template is run without its surroundings"), "{fault}");
}
