//! The table of services. On narrow screens each row is a card; the roles keep it a table for who hears it.

use super::html::Html;
use crate::document::{Document, LastLine, Service, State};
use crate::table::{remarks, shown_state, until, up};

/// All services.
pub(super) fn services(html: &mut Html, document: &Document) {
    html.raw("<section class=\"panel services\" aria-labelledby=\"h-services\">");
    html.raw("<h2 id=\"h-services\">Services");
    html.within(" <span class=\"count\">", &document.services.len().to_string(), "</span></h2>");
    if document.services.is_empty() {
        html.raw("<p class=\"empty\">None is looked after yet.</p></section>");
        return;
    }
    html.raw(
        "<table role=\"table\"><thead role=\"rowgroup\"><tr role=\"row\">\
         <th role=\"columnheader\" scope=\"col\">Service</th>\
         <th role=\"columnheader\" scope=\"col\">State</th>\
         <th role=\"columnheader\" scope=\"col\" class=\"number\">Uptime</th>\
         <th role=\"columnheader\" scope=\"col\" class=\"number\">Restarts</th>\
         <th role=\"columnheader\" scope=\"col\">Last exit</th></tr></thead>",
    );
    for (number, service) in document.services.iter().enumerate() {
        html.within("<tbody role=\"rowgroup\" data-key=\"", &service.name, "\">");
        row(html, service, document);
        last_lines(html, service, number, document);
        html.raw("</tbody>");
    }
    html.raw("</table></section>");
}

/// How a state looks; its word says the same.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Look {
    Good,
    Busy,
    Bad,
    Quiet,
}

impl Look {
    fn of(service: &Service) -> Self {
        match service.state {
            State::Running if service.ready || !service.counts => Self::Good,
            State::Done => Self::Good,
            State::Running | State::Starting | State::Waiting | State::Stopping | State::Finishing => {
                Self::Busy
            }
            State::Held | State::Blocked | State::Failed | State::GaveUp | State::BackingOff => Self::Bad,
            State::Disabled | State::Down => Self::Quiet,
        }
    }

    /// A class, and a sign that differs without its colour.
    fn pill(self) -> (&'static str, &'static str) {
        match self {
            Self::Good => ("<span class=\"pill good\">", "✓"),
            Self::Busy => ("<span class=\"pill busy\">", "…"),
            Self::Bad => ("<span class=\"pill bad\">", "✕"),
            Self::Quiet => ("<span class=\"pill quiet\">", "–"),
        }
    }
}

fn row(html: &mut Html, service: &Service, document: &Document) {
    html.within("<tr role=\"row\"><th role=\"rowheader\" scope=\"row\">", &service.name, "");
    if let Some(pid) = service.pid {
        html.within("<span class=\"pid\">process ", &pid.to_string(), "</span>");
    }
    html.raw("</th><td role=\"cell\" data-label=\"State\">");
    let (pill, sign) = Look::of(service).pill();
    html.raw(pill);
    html.within("<span aria-hidden=\"true\">", sign, "</span> ");
    html.text(if service.paused { "paused" } else { shown_state(service) });
    html.raw("</span>");
    for remark in remarks(&Service { last_exit: None, ..service.clone() }, document) {
        html.within("<span class=\"remark\">", &remark, "</span>");
    }
    match (service.uptime_seconds, &service.started_at) {
        (Some(seconds), Some(started)) => {
            html.raw("</td><td role=\"cell\" data-label=\"Uptime\" class=\"number\">");
            html.moment(started, &up(seconds));
        }
        _ => {
            html.raw("</td><td role=\"cell\" data-label=\"Uptime\" class=\"number without\">");
            nothing(html);
        }
    }
    html.within(
        "</td><td role=\"cell\" data-label=\"Restarts\" class=\"number\">",
        &service.restarts.to_string(),
        "</td>",
    );
    last_exit(html, service, document);
    html.raw("</td></tr>");
}

fn last_exit(html: &mut Html, service: &Service, document: &Document) {
    let Some(exit) = &service.last_exit else {
        html.raw("<td role=\"cell\" data-label=\"Last exit\" class=\"without\">");
        return nothing(html);
    };
    html.raw("<td role=\"cell\" data-label=\"Last exit\">");
    let is_bad = exit.code != Some(0);
    html.within(
        if is_bad { "<span class=\"exit bad\">" } else { "<span class=\"exit\">" },
        &exit.words,
        "</span>",
    );
    if let Some(ago) = until(&exit.at, &document.at) {
        html.raw("<span class=\"remark\">");
        html.moment(&exit.at, &format!("{} ago", up(ago.as_secs_f64())));
        // What could not be started has not run.
        if exit.code.is_some() {
            html.within(", after ", &up(exit.uptime_seconds), "");
        }
        html.raw("</span>");
    }
}

fn nothing(html: &mut Html) {
    html.raw("<span class=\"nothing\" aria-label=\"none\">–</span>");
}

/// Closed until somebody opens it; the script keeps it open.
fn last_lines(html: &mut Html, service: &Service, number: usize, document: &Document) {
    let Some(last) = service.last_lines.last() else { return };
    html.within(
        "<tr role=\"row\" class=\"lines\"><td role=\"cell\" colspan=\"5\"><details id=\"lines-",
        &number.to_string(),
        "\"><summary><span class=\"label\">Last lines",
    );
    html.within("<span class=\"hidden\"> of ", &service.name, "</span></span>");
    html.within(" <span class=\"peek\">", &last.text, "</span></summary>");
    html.raw("<ol class=\"log\" tabindex=\"0\" aria-label=\"Last lines\">");
    service.last_lines.iter().for_each(|line| log_line(html, line, document));
    html.raw("</ol></details></td></tr>");
}

fn log_line(html: &mut Html, line: &LastLine, document: &Document) {
    let is_error = line.stream == "stderr";
    html.raw(if is_error { "<li class=\"error\">" } else { "<li>" });
    // Of a moment of today the time alone is enough.
    let day = document.at.get(..10);
    let shown = line.at.get(11..19).filter(|_| line.at.get(..10) == day).unwrap_or(&line.at);
    html.moment(&line.at, shown);
    html.within(" <span class=\"stream\">", if is_error { "err" } else { "out" }, "</span> ");
    html.within("<code>", &line.text, "</code></li>");
}
