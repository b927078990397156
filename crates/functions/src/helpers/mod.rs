//! consul-template's helpers, by topic.

mod arithmetic;
mod debug;
mod encoding;
mod environment;
mod explode;
mod formats;
mod membership;
pub(crate) mod merge;
mod numbers;
mod regular_expressions;
mod services;
mod sockaddr;
mod strings;
mod title;

use preflight_gotemplate::Functions;

use crate::scratch;
use crate::surroundings::{Surroundings, find_in};
use crate::table::Table;

/// Adds all helpers for templates that are run with a host of type `H`.
pub fn register<H: Surroundings + 'static>(functions: &mut Functions) {
    let mut table = Table::new(functions, "", find_in::<H>);
    for topic in [
        arithmetic::register,
        debug::register,
        encoding::register,
        environment::register,
        explode::register,
        formats::register,
        membership::register,
        merge::register,
        numbers::register,
        regular_expressions::register,
        scratch::register,
        services::register,
        sockaddr::register,
        strings::register,
    ] {
        topic(&mut table);
    }
}
