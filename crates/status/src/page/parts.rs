//! The page around the table of services.

use super::html::Html;
use crate::document::{Document, Service, State};
use crate::table::{until, up};

/// How it is as a whole.
pub(super) struct Verdict {
    pub(super) words: &'static str,
    class: &'static str,
    sign: &'static str,
    /// A picture of it for the browser's tab.
    pub(super) icon: &'static str,
}

const GOOD: &str = "data:image/svg+xml,%3Csvg xmlns='http://www.w3.org/2000/svg' viewBox='0 0 16 16'%3E%3Ccircle cx='8' cy='8' r='7' fill='%231a7f4b'/%3E%3Cpath d='M4.5 8.2l2.4 2.4 4.6-5' fill='none' stroke='%23fff' stroke-width='1.8'/%3E%3C/svg%3E";
const BUSY: &str = "data:image/svg+xml,%3Csvg xmlns='http://www.w3.org/2000/svg' viewBox='0 0 16 16'%3E%3Ccircle cx='8' cy='8' r='6' fill='none' stroke='%23b26a00' stroke-width='2.5' stroke-dasharray='5 3'/%3E%3C/svg%3E";
const BAD: &str = "data:image/svg+xml,%3Csvg xmlns='http://www.w3.org/2000/svg' viewBox='0 0 16 16'%3E%3Crect x='1' y='1' width='14' height='14' rx='3' fill='%23c02637'/%3E%3Cpath d='M5 5l6 6M11 5l-6 6' stroke='%23fff' stroke-width='1.8'/%3E%3C/svg%3E";

/// How it is as a whole: given up or failed is worse than not ready yet.
pub(super) fn verdict(document: &Document) -> Verdict {
    let busy = |words| Verdict { words, class: "busy", sign: "…", icon: BUSY };
    match document.state.as_str() {
        "checking" => busy("Checking"),
        "starting" => busy("Starting"),
        "stopping" => busy("Stopping"),
        _ if document.ready => Verdict { words: "Ready", class: "good", sign: "✓", icon: GOOD },
        _ if document.services.iter().any(is_in_trouble) => {
            Verdict { words: "Not ready", class: "bad", sign: "✕", icon: BAD }
        }
        _ => busy("Not ready yet"),
    }
}

/// It will not become ready by itself, or has died.
fn is_in_trouble(service: &Service) -> bool {
    let is_bad = matches!(
        service.state,
        State::Held | State::Blocked | State::Failed | State::GaveUp | State::BackingOff
    );
    service.counts && is_bad
}

/// The top of the page.
pub(super) fn banner(html: &mut Html, document: &Document) {
    let Verdict { words, class, sign, .. } = verdict(document);
    html.within("<header class=\"banner ", class, "\"><div class=\"verdict\">");
    html.within("<span class=\"sign\" aria-hidden=\"true\">", sign, "</span>");
    html.within("<div role=\"status\"><h1>", words, "</h1><p>");
    html.text(&counts(&document.services));
    html.raw("</p></div></div><dl class=\"facts\">");
    if let Some(contract) = &document.contract {
        fact(html, "Service of", &format!("{} · {}", contract.organization, contract.team));
    }
    if let Some(identity) = &document.identity {
        fact(html, "Where", &identity.summary);
    }
    html.raw("<div><dt>Running for</dt><dd>");
    html.moment(&document.since, &up(document.uptime_seconds));
    html.raw("</dd></div></dl></header>");
}

/// `3 of 5 ready, 1 job, 1 disabled`.
fn counts(services: &[Service]) -> String {
    let count = |holds: &dyn Fn(&Service) -> bool| services.iter().filter(|service| holds(service)).count();
    let disabled = count(&|service| service.state == State::Disabled);
    let wanted = count(&|service| service.counts);
    let ready = count(&|service| service.counts && service.ready);
    let jobs = count(&|service| service.schedule.is_some());
    let down = services.len() - wanted - jobs - disabled;
    let mut parts = match wanted {
        0 => Vec::new(),
        1 => vec![if ready == 1 { "1 service, ready".to_owned() } else { "1 service, not ready".to_owned() }],
        _ => vec![format!("{ready} of {wanted} services ready")],
    };
    let some = [(jobs, if jobs == 1 { "job" } else { "jobs" }), (disabled, "disabled"), (down, "down")];
    parts.extend(
        some.into_iter().filter(|(count, _)| *count > 0).map(|(count, what)| format!("{count} {what}")),
    );
    if parts.is_empty() { "no services yet".to_owned() } else { parts.join(" · ") }
}

/// What the check before the start found.
pub(super) fn checks(html: &mut Html, document: &Document) {
    let Some(checks) = &document.checks else { return };
    html.raw("<section class=\"panel\" aria-labelledby=\"h-checks\" data-key=\"checks\"><h2 id=\"h-checks\">Checks</h2>");
    let (class, sign, words) = match checks.outcome.as_str() {
        "passed" => ("good", "✓", "All passed"),
        "failed" => ("bad", "✕", "Failed"),
        "interrupted" => ("quiet", "–", "Interrupted"),
        _ => ("busy", "…", "Being checked"),
    };
    html.within("<p><span class=\"pill ", class, "\"><span aria-hidden=\"true\">");
    html.within("", sign, "</span> ");
    html.within("", words, "</span></p>");
    if checks.at.is_some() {
        html.raw("<dl class=\"numbers\">");
        for (label, count) in [
            ("passed", checks.passed),
            ("failed", checks.failed),
            ("skipped", checks.skipped),
            ("waited for", checks.waited),
            ("warnings", checks.warnings),
        ] {
            html.within("<div><dt>", label, "</dt>");
            html.within("<dd>", &count.to_string(), "</dd></div>");
        }
        html.raw("</dl>");
    }
    if !checks.lines.is_empty() {
        html.raw("<details id=\"report\"><summary><span class=\"label\">The report</span></summary><ol class=\"log\" tabindex=\"0\" aria-label=\"The report\">");
        checks.lines.iter().for_each(|line| html.within("<li><code>", line, "</code></li>"));
        html.raw("</ol></details>");
    }
    html.raw("</section>");
}

/// The files that are rendered.
pub(super) fn rendering(html: &mut Html, document: &Document) {
    let Some(rendering) = &document.rendering else { return };
    html.raw("<section class=\"panel\" aria-labelledby=\"h-files\" data-key=\"files\"><h2 id=\"h-files\">Rendered files</h2><p>");
    if rendering.complete {
        html.raw("<span class=\"pill good\"><span aria-hidden=\"true\">✓</span> complete</span></p>");
    } else {
        html.raw("<span class=\"pill busy\"><span aria-hidden=\"true\">…</span> not complete</span></p>");
    }
    if !rendering.waits_for.is_empty() {
        html.raw("<ul class=\"plain\">");
        rendering.waits_for.iter().for_each(|what| html.within("<li>", what, "</li>"));
        html.raw("</ul>");
    }
    html.raw("<dl class=\"pairs\">");
    for file in &rendering.files {
        html.within("<div><dt><code>", &file.path, "</code></dt><dd>");
        match file.changed_at.as_deref().and_then(|at| until(at, &document.at).map(|ago| (at, ago))) {
            Some((at, ago)) => html.moment(at, &format!("{} ago", up(ago.as_secs_f64()))),
            None => html.raw("not changed"),
        }
        if file.state != "complete" {
            html.within(" · ", &file.state, "");
        }
        html.raw("</dd></div>");
    }
    html.raw("</dl></section>");
}

/// Whose contract it is.
pub(super) fn contract(html: &mut Html, document: &Document) {
    let Some(contract) = &document.contract else { return };
    html.raw("<section class=\"panel\" aria-labelledby=\"h-contract\" data-key=\"contract\"><h2 id=\"h-contract\">Contract</h2><dl class=\"pairs\">");
    fact(html, "Organization", &contract.organization);
    fact(html, "Team", &contract.team);
    if let Some(path) = &contract.path {
        fact(html, "File", path);
    }
    html.raw("</dl></section>");
}

/// Where this runs.
pub(super) fn identity(html: &mut Html, document: &Document) {
    let Some(identity) = &document.identity else { return };
    html.raw("<section class=\"panel\" aria-labelledby=\"h-identity\" data-key=\"identity\"><h2 id=\"h-identity\">Identity</h2><dl class=\"pairs\">");
    let mut pairs = Vec::new();
    flatten("", &identity.details, &mut pairs);
    pairs.iter().for_each(|(name, value)| fact(html, name, value));
    html.raw("</dl></section>");
}

/// The bottom of the page, which tells where programs find the same.
pub(super) fn footer(html: &mut Html, document: &Document) {
    html.within("<footer><p>preflight ", &document.preflight, ", process ");
    html.within("", &document.pid.to_string(), " · as of ");
    html.moment(&document.at, document.at.get(11..19).unwrap_or(&document.at));
    html.raw(
        " UTC</p><p id=\"live\" role=\"status\"></p>\
         <nav aria-label=\"For programs\"><a href=\"status.json\">JSON</a> <a href=\"metrics\">Metrics</a> \
         <a href=\"readyz\">Readiness</a></nav></footer>",
    );
}

fn fact(html: &mut Html, name: &str, value: &str) {
    html.within("<div><dt>", name, "</dt>");
    html.within("<dd>", value, "</dd></div>");
}

/// A JSON document as names and values, in its order: `limits memory`, `536870912`.
fn flatten(before: &str, value: &serde_json::Value, pairs: &mut Vec<(String, String)>) {
    use serde_json::Value;
    match value {
        Value::Object(map) => {
            for (key, value) in map {
                let name = key.replace('_', " ");
                let name = if before.is_empty() { name } else { format!("{before} {name}") };
                flatten(&name, value, pairs);
            }
        }
        Value::Array(items) if items.iter().all(Value::is_string) => {
            let items: Vec<&str> = items.iter().filter_map(Value::as_str).collect();
            pairs.push((before.to_owned(), items.join(", ")));
        }
        Value::Array(items) => items.iter().for_each(|item| flatten(before, item, pairs)),
        Value::Null => {}
        Value::String(text) => pairs.push((before.to_owned(), text.clone())),
        other => pairs.push((before.to_owned(), other.to_string())),
    }
}
