//! The three scenes.

use super::claim::{Broken, claim};
use super::payments::Payments;
use super::play::{Play, fetch};
use super::stage::{Stage, url_in};
use std::time::{Duration, Instant};

/// What the entrypoint says between preflight and the service.
const STARTING: &str = "YOU SHOULD NOT SEE ME IF preflight FAILS";
/// What the service says when it is up.
const LISTENING: &str = "listening on ";
/// How the line of a failed check begins, for whoever must fix it.
const FAILED: &str = "[MyCompanyName:DevOps] FAIL ";
/// How long the payments service stays down in the second scene.
const DOWN_FOR: Duration = Duration::from_millis(2500);

/// Everything that is missing is listed at once, and the service is not started.
pub(super) fn nothing_configured(stage: &Stage) -> Result<(), Broken> {
    heading(
        "1 of 3: nothing is configured",
        "every missing variable is listed in one pass, with a hint for whoever reads it; the last\n\
         line says that the service was not started.",
    );
    let began = Instant::now();
    let mut play = Play::start(&mut stage.entrypoint())?;
    let code = play.end()?;
    let others = ["MOCK_SERVICE_CONFIG", "HTTP_CATALOG_URL", "HTTP_PAYMENTS_URL"];
    let variables: Vec<&str> = others.into_iter().chain(stage.database_variables()).collect();
    println!();
    claim(
        &format!("all {} missing variables are listed, each with the audience's tag", variables.len()),
        variables.iter().all(|name| play.said_together(&[FAILED, name, "[env.missing]"])),
    )?;
    claim("it did not wait for what cannot heal", began.elapsed() < Duration::from_secs(5))?;
    claim("the service was not started", !play.said(STARTING) && !play.said(LISTENING))?;
    claim("the exit code is 1", code == Some(1))
}

/// A dependency that is down is waited for, and the service starts when it is there.
pub(super) fn one_dependency_heals(stage: &Stage) -> Result<(), Broken> {
    heading(
        "2 of 3: one dependency is down, and comes back",
        "the payments service opens 2.5 s late. preflight says once what it waits for, tries again (the\n\
         contract's  wait  says for how long), and the service starts as soon as everything is there.",
    );
    let payments = Payments::somewhere()?;
    let began = Instant::now();
    let late = payments.clone();
    let opening = std::thread::spawn(move || {
        std::thread::sleep(DOWN_FOR);
        late.open()
    });
    let mut play = Play::start(&mut stage.configured_entrypoint(&payments.url()))?;
    play.until(LISTENING)?;
    let waited = began.elapsed();
    play.until("payments is well")?;
    opening.join().map_err(|_| Broken::Claim { claim: "the payments service opens".to_owned() })??;
    play.terminate()?;
    let code = play.end()?;
    println!();
    claim("preflight said what it was waiting for", play.said("[tcp.refused]"))?;
    claim("the service started only when payments was there", waited >= DOWN_FOR)?;
    claim("and soon after that", waited < DOWN_FOR + Duration::from_secs(5))?;
    claim("told to stop, it ended well: the exit code is 0", code == Some(0))
}

/// The page is served, the last request is finished, and the task is finalized.
pub(super) fn all_well(stage: &Stage) -> Result<(), Broken> {
    heading(
        "3 of 3: all is well",
        "a healthy start is short. The page is fetched; then SIGTERM comes, as from docker stop, while a\n\
         slow request is being answered: it is finished, and  preflight finalize  has the last word.",
    );
    let payments = Payments::somewhere()?;
    payments.open()?;
    let mut play = Play::start(&mut stage.configured_entrypoint(&payments.url()))?;
    let url = url_in(&play.until(LISTENING)?).to_owned();
    let page = fetch(&url)?;
    let slow_url = format!("{url}api/slow?milliseconds=1000");
    let slow = std::thread::spawn(move || fetch(&slow_url));
    play.until("GET / ")?;
    std::thread::sleep(Duration::from_millis(400));
    play.terminate()?;
    let slow =
        slow.join().map_err(|_| Broken::Claim { claim: "the slow request is answered".to_owned() })??;
    let code = play.end()?;
    println!("\n  The page at {url}, without its tags:");
    text_of(&page).iter().for_each(|line| println!("  > {line}"));
    println!();
    claim("the page was served", page.starts_with("HTTP/1.1 200 OK"))?;
    claim(
        "it says that nothing is missing",
        page.contains("pickles: all is well") && !page.contains("MISSING"),
    )?;
    claim("the visit was kept in the database", page.contains("<h2>1 visit</h2>"))?;
    claim("the request in flight was finished", slow.starts_with("HTTP/1.1 200 OK"))?;
    claim(
        "preflight finalize had the last word",
        play.last_line().contains("[MyCompanyName:DevOps] finalize"),
    )?;
    claim("the exit code is 0", code == Some(0))
}

fn heading(title: &str, look_at: &str) {
    println!("\n{title}\n{}\nLook at: {look_at}\n", "=".repeat(title.len()));
}

/// What a reader of the page sees: its body, a row a line, without tags.
fn text_of(page: &str) -> Vec<String> {
    let body = page.split_once("<main>").map_or(page, |(_, main)| main);
    body.lines().map(without_tags).filter(|line| !line.is_empty()).collect()
}

fn without_tags(line: &str) -> String {
    let mut text = String::new();
    for piece in line.split('<') {
        let outside = piece.split_once('>').map_or(piece, |(_, outside)| outside);
        if !outside.is_empty() {
            text.push_str(outside);
            text.push(' ');
        }
    }
    let text = text.replace("&lt;", "<").replace("&gt;", ">").replace("&quot;", "\"").replace("&amp;", "&");
    text.trim().to_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_page_without_tags_is_what_a_reader_sees() {
        let page = "HTTP/1.1 200 OK\r\n\r\n<title>x</title><main>\n<h1>a &amp; b</h1>\n<tr><th>c</th><td>d</td></tr>\n";
        assert_eq!(text_of(page), ["a & b", "c d"]);
    }
}
