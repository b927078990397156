//! The service's one page: HTML made here, readable without scripts and without style.

use std::fmt::Write;

use crate::config::Config;
use crate::database::Visits;
use crate::needs::Need;

const STYLE: &str = "body{font:1rem/1.5 system-ui,sans-serif;max-width:48rem;margin:2rem auto;padding:0 1rem;\
color:#1b1b1b;background:#fff}table{border-collapse:collapse;width:100%}caption{text-align:left;font-weight:bold}\
th,td{text-align:left;padding:.4rem .6rem;border-bottom:1px solid #ccc;overflow-wrap:anywhere;vertical-align:top}\
.alarm{background:#9b0000;color:#fff;padding:1rem;font-size:1.3rem}.missing{color:#9b0000;font-weight:bold}\
.well{color:#135c13}footer{margin-top:2rem;color:#555}";

/// The page: who the service is, what it misses, and who came by. Every value is escaped.
pub(crate) fn render(config: &Config, needs: &[Need], visits: Option<&Visits>) -> String {
    let name = escape(&config.name);
    let missing = needs.iter().filter(|need| !need.well).count();
    let state = if missing == 0 { "all is well".to_owned() } else { format!("{missing} MISSING") };
    let mut page = format!(
        "<!doctype html>\n<html lang=\"en\">\n<head>\n<meta charset=\"utf-8\">\n\
         <meta name=\"viewport\" content=\"width=device-width, initial-scale=1\">\n\
         <title>{name}: {state}</title>\n<style>{STYLE}</style>\n</head>\n<body>\n<main>\n<h1>{name}</h1>\n<p>{}</p>\n",
        escape(&config.greeting)
    );
    if missing > 0 {
        page.push_str(&alarm(needs, missing));
    }
    page.push_str(&needs_table(needs));
    page.push_str(&visits.map(visits_table).unwrap_or_default());
    page.push_str(
        "</main>\n<footer><a href=\"api/needs\">needs</a> · <a href=\"api/visits\">visits</a> · \
         <a href=\"health\">health</a> as JSON</footer>\n</body>\n</html>\n",
    );
    page
}

fn alarm(needs: &[Need], missing: usize) -> String {
    let names: Vec<String> = needs.iter().filter(|need| !need.well).map(|need| escape(&need.name)).collect();
    format!(
        "<p class=\"alarm\" role=\"alert\"><strong>SOMETHING IS MISSING.</strong> This service cannot do its work: \
         {missing} of the {} things it needs do not answer: {}.</p>\n",
        needs.len(),
        names.join(", ")
    )
}

fn needs_table(needs: &[Need]) -> String {
    if needs.is_empty() {
        return "<p>This service needs nothing.</p>\n".to_owned();
    }
    let mut table = "<table>\n<caption>What this service needs</caption>\n<tr><th scope=\"col\">Need</th>\
                     <th scope=\"col\">State</th><th scope=\"col\">Evidence</th></tr>\n"
        .to_owned();
    for need in needs {
        let (class, state) = if need.well { ("well", "well") } else { ("missing", "MISSING") };
        // Writing to a String cannot fail.
        let _ = writeln!(
            table,
            "<tr><th scope=\"row\">{}</th><td class=\"{class}\">{state}</td><td>{}</td></tr>",
            escape(&need.name),
            escape(&need.evidence)
        );
    }
    table.push_str("</table>\n");
    table
}

fn visits_table(visits: &Visits) -> String {
    let noun = if visits.count == 1 { "visit" } else { "visits" };
    let mut section = format!("<h2>{} {noun}</h2>\n<ol reversed start=\"{}\">\n", visits.count, visits.count);
    for visit in &visits.latest {
        let _ =
            writeln!(section, "<li><time>{}</time> from {}</li>", escape(&visit.at), escape(&visit.visitor));
    }
    section.push_str("</ol>\n");
    section
}

/// The text as it may stand in HTML, between tags or in a quoted attribute.
fn escape(text: &str) -> String {
    let mut safe = String::with_capacity(text.len());
    for character in text.chars() {
        match character {
            '&' => safe.push_str("&amp;"),
            '<' => safe.push_str("&lt;"),
            '>' => safe.push_str("&gt;"),
            '"' => safe.push_str("&quot;"),
            '\'' => safe.push_str("&#39;"),
            plain => safe.push(plain),
        }
    }
    safe
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::database::Visit;

    const HOSTILE: &str = "</title></style><script>alert('1')</script>\" onload=\"x";

    fn need(well: bool, evidence: &str) -> Need {
        Need { name: "catalog".to_owned(), well, evidence: evidence.to_owned() }
    }

    fn config(text: &str) -> Config {
        let text = serde_json::json!({ "name": text, "greeting": text, "port": 0 }).to_string();
        serde_saphyr::from_str(&text).unwrap()
    }

    #[test]
    fn no_value_gets_out_of_its_place() {
        let mut hostile_need = need(false, HOSTILE);
        hostile_need.name = HOSTILE.to_owned();
        let visit = Visit { at: HOSTILE.to_owned(), visitor: HOSTILE.to_owned() };
        let visits = Visits { count: 1, latest: vec![visit] };
        let page = render(&config(HOSTILE), &[hostile_need], Some(&visits));
        assert!(!page.contains("<script"), "{page}");
        assert!(!page.contains("\" onload"), "{page}");
        assert_eq!(page.matches("</style>").count(), 1);
    }

    #[test]
    fn what_is_missing_stands_out_and_what_is_well_does_not() {
        let broken = render(&config("pickles"), &[need(false, "refused")], None);
        assert!(broken.contains("SOMETHING IS MISSING"), "{broken}");
        assert!(broken.contains("<title>pickles: 1 MISSING</title>"), "{broken}");
        let well = render(&config("pickles"), &[need(true, "answered")], None);
        assert!(!well.contains("MISSING"), "{well}");
    }
}
