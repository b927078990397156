//! The page about consul-template names exactly the functions that there are.

use std::collections::BTreeSet;

use preflight_functions::{Scratch, Surroundings, register, sprig};
use preflight_gotemplate::Functions;

struct Nothing(Scratch);

impl Surroundings for Nothing {
    fn scratch(&self) -> &Scratch {
        &self.0
    }
}

/// The names in backquotes in the first column of the tables under a heading.
fn named_under(page: &str, heading: &str) -> BTreeSet<String> {
    let section = page.split_once(&format!("### {heading}\n")).expect("the heading is there").1;
    let section = section.split("\n#").next().unwrap_or(section);
    let cells =
        section.lines().filter(|line| line.starts_with("| `")).filter_map(|line| line.split('|').nth(1));
    cells.flat_map(|cell| cell.split('`').skip(1).step_by(2)).map(str::to_owned).collect()
}

#[test]
fn the_page_names_every_function_and_no_other() {
    let page = concat!(env!("CARGO_MANIFEST_DIR"), "/../../docs/consul-template.md");
    let page = std::fs::read_to_string(page).expect("the page is there");
    let (mut helpers, mut set) = (Functions::new(), Functions::new());
    register::<Nothing>(&mut helpers);
    sprig::register::<Nothing>(&mut set);
    let names =
        |functions: &Functions| functions.names().into_iter().map(str::to_owned).collect::<BTreeSet<_>>();
    assert_eq!(named_under(&page, "Helpers"), names(&helpers));
    assert_eq!(named_under(&page, "The sprig set"), names(&set));
    assert!(set.names().iter().all(|name| name.starts_with("sprig_")));
}
