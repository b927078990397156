//! The functions of sprig 3.2.3, which consul-template has under the prefix `sprig_`.

mod certificates;
mod ciphers;
mod copying;
mod dates;
mod decimal;
mod defaults;
mod der;
mod dicts;
mod dsa;
mod equality;
mod host;
mod json;
mod keys;
mod lists;
mod loose;
mod numeric;
mod passwords;
mod paths;
mod primes;
mod random;
mod reflection;
mod regular_expressions;
mod rsa;
mod semver;
mod slices;
mod strings;
mod urls;
mod words;

pub(crate) use copying::deep_copy;

use preflight_gotemplate::Functions;

use crate::surroundings::{Surroundings, find_in};
use crate::table::Table;

/// Adds all functions of the set for templates that are run with a host of type `H`.
pub fn register<H: Surroundings + 'static>(functions: &mut Functions) {
    let mut table = Table::new(functions, "sprig_", find_in::<H>);
    for topic in [
        certificates::register,
        ciphers::register,
        copying::register,
        dates::register,
        defaults::register,
        dicts::register,
        host::register,
        json::register,
        lists::register,
        numeric::register,
        passwords::register,
        paths::register,
        random::register,
        reflection::register,
        regular_expressions::register,
        semver::register,
        slices::register,
        strings::register,
        urls::register,
        words::register,
    ] {
        topic(&mut table);
    }
}
