//! The status page: HTML that is complete without scripts and styles of others. A script of ours, where it may run,
//! replaces what has changed; where it may not, the page is loaded anew every few seconds.

mod html;
mod parts;
mod services;

use html::Html;

use crate::document::Document;
use crate::server::Response;

/// Nothing of others, and of ours only what is served beside the page. The icon is in the page itself.
const POLICY: &str = "default-src 'none'; style-src 'self'; script-src 'self'; connect-src 'self'; \
                      img-src data:; base-uri 'none'; form-action 'none'; frame-ancestors 'none'";
const STYLE: &str = include_str!("status.css");
const SCRIPT: &str = include_str!("status.js");

/// The page.
pub(crate) fn page(document: &dyn Fn() -> Document) -> Response {
    Response::ok("text/html; charset=utf-8", html(&document()))
        .with("Content-Security-Policy", POLICY)
        .with("Referrer-Policy", "no-referrer")
}

/// Its style.
pub(crate) fn style(_: &dyn Fn() -> Document) -> Response {
    Response::ok("text/css; charset=utf-8", STYLE.to_owned())
}

/// What keeps it fresh.
pub(crate) fn script(_: &dyn Fn() -> Document) -> Response {
    Response::ok("text/javascript; charset=utf-8", SCRIPT.to_owned())
}

fn html(document: &Document) -> String {
    let mut html = Html::default();
    head(&mut html, document);
    html.raw("<body>");
    parts::banner(&mut html, document);
    html.raw("<main>");
    services::services(&mut html, document);
    html.raw("<div class=\"aside\">");
    parts::checks(&mut html, document);
    parts::rendering(&mut html, document);
    parts::contract(&mut html, document);
    parts::identity(&mut html, document);
    html.raw("</div></main>");
    parts::footer(&mut html, document);
    html.raw("</body></html>\n");
    html.finish()
}

/// Relative addresses only, so that the page may stand below a path of a proxy.
fn head(html: &mut Html, document: &Document) {
    html.raw(
        "<!DOCTYPE html><html lang=\"en\"><head><meta charset=\"utf-8\">\
         <meta name=\"viewport\" content=\"width=device-width, initial-scale=1\">\
         <meta name=\"color-scheme\" content=\"light dark\"><title>",
    );
    html.text(parts::verdict(document).words);
    if let Some(contract) = &document.contract {
        html.text(&format!(" · {} {}", contract.organization, contract.team));
    }
    html.raw(" · preflight</title><link rel=\"icon\" href=\"");
    html.text(parts::verdict(document).icon);
    html.raw(
        "\"><link rel=\"stylesheet\" href=\"status.css\"><script src=\"status.js\" defer></script>\
         <noscript><meta http-equiv=\"refresh\" content=\"5\"></noscript></head>",
    );
}

#[cfg(test)]
mod tests;
