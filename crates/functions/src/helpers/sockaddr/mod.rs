//! `sockaddr`: the addresses of this machine, asked for in a small template of their own, as
//! github.com/hashicorp/go-sockaddr has it: `GetAllInterfaces | include "type" "IPv4" | attr "address"`.

mod address;
mod change;
mod functions;
mod interfaces;
mod networks;
mod select;
mod values;

use preflight_gotemplate::strconv::quote_to_ascii;
use preflight_gotemplate::{CallError, MissingKey, Options, Template, Type};

use crate::table::{Given as _, Table};
use functions::FUNCTIONS;

pub(super) fn register(table: &mut Table<'_>) {
    table.add_variadic("sockaddr", [], Type::String, Type::String, |_, given| {
        let parts: Vec<&[u8]> = (0..given.len()).map(|index| given.text(index)).collect();
        evaluate(&parts.join(&b' ')).map(Into::into)
    });
}

fn evaluate(pipeline: &[u8]) -> Result<Vec<u8>, CallError> {
    let text = [b"{{ ", pipeline, b" }}"].concat();
    let shown = quote_to_ascii(&text);
    let options = Options { missing_key: MissingKey::Error, ..Options::default() };
    let template = Template::parse("sockaddr.Parse", &text, &FUNCTIONS, &options)
        .map_err(|fault| CallError::new(format!("unable to parse template {shown}: {fault}")))?;
    let all = interfaces::all()
        .map_err(|fault| CallError::new(format!("unable to query interface addresses: {fault}")))?;
    template
        .execute(&values::list(all), &())
        .map_err(|fault| CallError::new(format!("unable to execute sockaddr input {shown}: {fault}")))
}
