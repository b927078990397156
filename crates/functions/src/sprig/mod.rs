//! The functions of sprig 3.2.3, which consul-template has under the prefix `sprig_`.

mod copying;

pub(crate) use copying::deep_copy;

use preflight_gotemplate::Functions;

use crate::surroundings::{Surroundings, find_in};
use crate::table::Table;

/// Adds all functions of the set for templates that are run with a host of type `H`.
pub fn register<H: Surroundings + 'static>(functions: &mut Functions) {
    let mut table = Table::new(functions, "sprig_", find_in::<H>);
    copying::register(&mut table);
}
