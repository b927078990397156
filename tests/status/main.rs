//! What can be seen of a run: the table, the document, the socket, HTTP, metrics and the page, with real processes and a
//! real browser.

mod browser;
mod document;
mod hostile;
mod http;
mod metrics;
mod page;
mod readiness;
mod run;
mod schema;
mod secrets;
mod socket;
mod still;
mod table;
