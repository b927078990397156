//! The page, in a real browser: what it shows, that it stays fresh, that it can be read by everybody. Its pictures are kept in
//! `target/tmp/status-page`.

use serde_json::Value;

use crate::browser::{Browser, program};
use crate::run::{Run, start_with};

const SECRET: &str = "correct-horse-battery-staple";

const CONTRACT: &str = "checked_environment_variables:
  - { name: PREFLIGHT_TEST_TOKEN, secret: true }
  - { name: LOG_LEVEL, one_of: [debug, info], required: false }
services:
  web:
    command: 'n=0; while :; do n=$((n+1)); echo \"request $n took 3 ms, token $PREFLIGHT_TEST_TOKEN\"; sleep 0.5; done'
    depends_on: [migrate]
  worker:
    command: 'echo loading; echo \"Traceback (most recent call last): <script>document.title=1</script>\" >&2; sleep 2; exit 15'
    restart: { policy: always, backoff: 1s..2s }
    exit_codes: { 15: could not load the application }
  migrate: { command: 'echo 14 migrations applied', once: true, restart: { policy: never } }
  cache: { command: [sleep, '600'], ready: { command: ['false'], timeout: 600s, interval: 60s } }
  search: { command: [sleep, '600'], depends_on: [cache] }
  mailer: { command: [/opt/mailer/bin/mailer], restart: { policy: always, backoff: 30s..60s } }
  reports: { command: [sleep, '1'], enabled_if: { PREFLIGHT_TEST_ROLE: reports } }
  dumps: { command: [sleep, '1'], schedule: '0 0 1,15 * *', timezone: UTC }
";

fn running() -> Run {
    let run = start_with(CONTRACT, &["--listen", "127.0.0.1:0"], &[("PREFLIGHT_TEST_TOKEN", SECRET)]);
    run.service("worker", |service| service["restarts"].as_u64() >= Some(1));
    run.service("web", |service| service["last_lines"].as_array().is_some_and(|lines| lines.len() > 3));
    run
}

/// The contrast of every visible text with what is behind it (<https://www.w3.org/TR/WCAG22/#contrast-minimum>): those below
/// the least one.
const FAINT: &str = "(() => {
  const parts = (color) => color.match(/[\\d.]+/g).map(Number);
  const light = (color) => {
    const [r, g, b] = parts(color).slice(0, 3).map((v) => v / 255).map((v) => v <= 0.04045 ? v / 12.92 : ((v + 0.055) / 1.055) ** 2.4);
    return 0.2126 * r + 0.7152 * g + 0.0722 * b;
  };
  const behind = (element) => {
    for (let at = element; at; at = at.parentElement) {
      const color = getComputedStyle(at).backgroundColor;
      if ((parts(color)[3] ?? 1) === 1) return color;
    }
    return 'rgb(255, 255, 255)';
  };
  const faint = [];
  const walker = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT);
  while (walker.nextNode()) {
    const element = walker.currentNode.parentElement;
    if (!walker.currentNode.data.trim() || !element.checkVisibility({ visibilityProperty: true })) continue;
    const [a, b] = [light(getComputedStyle(element).color), light(behind(element))];
    const ratio = (Math.max(a, b) + 0.05) / (Math.min(a, b) + 0.05);
    if (ratio < 4.5) faint.push(`${walker.currentNode.data.trim()}: ${ratio.toFixed(2)}`);
  }
  return faint;
})()";

#[test]
fn it_is_complete_readable_and_stays_fresh() {
    let Some(program) = program() else { return };
    let run = running();
    let address = format!("http://{}/", run.address());
    let mut browser = Browser::start(&program);
    for (name, width, scheme) in [
        ("light", 1200, "light"),
        ("dark", 1200, "dark"),
        ("narrow", 360, "light"),
        ("narrow-dark", 360, "dark"),
    ] {
        browser.visit(&address, width, scheme);
        browser.value("document.querySelectorAll('details').forEach((details, number) => { details.open = number < 2; })");
        let picture = browser.picture(name);
        assert_eq!(picture.size().0, width, "{name}");
        assert!(picture.size().1 > 500 && picture.shows_something(), "{name}");
        assert_eq!(browser.value(FAINT), serde_json::json!([]), "{name}: too faint to be read");
        let wide = browser.value("document.documentElement.scrollWidth");
        assert_eq!(wide, width, "{name}: it must be scrolled sideways");
    }
    shows_what_there_is(&mut browser);
    stays_fresh(&mut browser);
    assert_eq!(browser.complaints, Vec::<String>::new());
}

fn shows_what_there_is(browser: &mut Browser) {
    let text = browser.value("document.body.innerText").as_str().expect("text").to_owned();
    for part in [
        "Not ready",
        "worker",
        "exit code 15 (could not load the application)",
        "waits for cache",
        "disabled",
        "scheduled",
        "(0 0 1,15 * *)",
        "MyCompanyName",
        "All passed",
        "could not be started",
        "14 migrations applied",
    ] {
        assert!(text.contains(part), "{part}: {text}");
    }
    let markup = browser.value("document.documentElement.outerHTML");
    assert!(!markup.as_str().expect("markup").contains(SECRET), "the secret is on the page");
    assert_eq!(browser.value("document.querySelectorAll('script').length"), 1);
    assert_ne!(browser.value("document.title"), "1");
    // Even as cards it is a table, for whoever hears it.
    let tree = browser.call("Accessibility.getFullAXTree", serde_json::json!({}));
    let nodes = tree["nodes"].as_array().expect("nodes");
    let named = |role: &str, name: &str| {
        nodes.iter().any(|node| {
            node["role"]["value"] == role
                && node["name"]["value"].as_str().is_some_and(|found| found.starts_with(name))
        })
    };
    for (role, name) in [
        ("columnheader", "Restarts"),
        ("rowheader", "worker"),
        ("status", ""),
        ("table", ""),
        ("button", "Pause"),
    ] {
        assert!(named(role, name), "no {role} {name:?}");
    }
}

/// The script changes what has changed, in place: what somebody has opened or is at stays.
fn stays_fresh(browser: &mut Browser) {
    browser.value(
        "window.stayed = document.querySelector('tbody'); document.getElementById('lines-0').open = true;
         document.querySelector('#lines-0 summary').focus()",
    );
    let last = "document.querySelector('#lines-0 li:last-child code').textContent";
    let before = browser.value(last);
    browser.wait_for(&format!("{last} !== {before}"));
    for holds in [
        "window.stayed?.isConnected",
        "document.getElementById('lines-0').open",
        "document.activeElement === document.querySelector('#lines-0 summary')",
    ] {
        assert_eq!(browser.value(holds), true, "{holds}");
    }
    browser.value("document.querySelector('#live button').click()");
    browser.wait_for("document.getElementById('live').textContent.includes('paused')");
    let paused = browser.value(last);
    // Nothing is waited for here but that nothing happens.
    std::thread::sleep(std::time::Duration::from_secs(3));
    assert_eq!(browser.value(last), paused);
    browser.value("document.querySelector('#live button').click()");
    browser.wait_for(&format!("{last} !== {paused}"));
}

#[test]
fn without_scripts_it_is_complete_and_loads_itself_anew() {
    let Some(program) = program() else { return };
    let run = running();
    let mut browser = Browser::start(&program);
    browser.call("Emulation.setScriptExecutionDisabled", serde_json::json!({ "value": true }));
    browser.visit(&format!("http://{}/", run.address()), 1200, "light");
    let first = browser.value("document.querySelector('footer time').textContent");
    assert!(first.as_str().is_some_and(|time| time.contains(':')), "{first}");
    assert_eq!(browser.value("document.querySelectorAll('tbody').length"), 8);
    assert_eq!(browser.value("document.querySelectorAll('#live button').length"), 0);
    browser.wait_for(&format!("document.querySelector('footer time')?.textContent !== {first} && document.querySelectorAll('tbody').length === 8"));
    assert_eq!(browser.complaints, Vec::<String>::new());
}

#[test]
fn when_the_run_is_gone_the_page_says_so() {
    let Some(program) = program() else { return };
    let run = running();
    let mut browser = Browser::start(&program);
    browser.visit(&format!("http://{}/", run.address()), 1200, "light");
    drop(run);
    browser.wait_for("document.getElementById('live').textContent.includes('No answer')");
    assert_eq!(browser.value("document.querySelectorAll('tbody').length"), Value::from(8));
}
