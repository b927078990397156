//! Numbers and quoted strings as text, in the forms and with the error texts of Go's `strconv`.
//!
//! Texts are bytes, as Go's strings are: quoting bytes that are not UTF-8 is defined (`\xff`), so nothing here
//! asks for `str`. Forms and texts: <https://pkg.go.dev/strconv>.

mod float;
mod integer;
mod parse_float;
mod printable;
mod quote;
mod radix_float;
mod runes;
mod unquote;

pub use float::{FloatSize, append_float, format_float};
pub use integer::{
    NumberError, NumberFault, append_int, append_uint, atoi, format_int, format_uint, parse_bool, parse_int,
    parse_uint,
};
pub use parse_float::parse_float;
pub use printable::is_print;
pub use quote::{
    append_quote, append_quote_rune, append_quote_rune_to_ascii, append_quote_to_ascii, can_backquote, quote,
    quote_rune, quote_to_ascii,
};
pub use runes::{decode_rune, rune_count};
pub use unquote::{QuotedChar, SyntaxError, unquote, unquote_char};
