//! The names that the program answers to, through a symbolic link or a copy.

use std::ffi::OsString;
use std::path::Path;

/// A name, and the subcommand that it stands for; the program's own name stands for none.
const NAMES: &[(&str, Option<&str>)] =
    &[("preflight", None), ("consul-template", Some("render")), ("sv", Some("sv"))];

/// The command line as if the program had been called by its own name. An unknown name is the program's own.
pub(crate) fn arguments(words: impl IntoIterator<Item = OsString>) -> Vec<OsString> {
    let mut words: Vec<OsString> = words.into_iter().collect();
    let called =
        words.first().map(Path::new).and_then(Path::file_name).map(OsString::from).unwrap_or_default();
    let command = NAMES.iter().find(|(name, _)| called == *name).and_then(|(_, command)| *command);
    if let Some(command) = command {
        words.insert(1, OsString::from(command));
    }
    words
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn any_name_that_is_not_in_the_table_is_the_programs_own() {
        let words = |called: &str| vec![OsString::from(called), OsString::from("--version")];
        assert_eq!(arguments(words("/usr/bin/preflight")), words("/usr/bin/preflight"));
        assert_eq!(arguments(words("pf")), words("pf"));
        assert!(arguments(Vec::new()).is_empty());
    }

    #[test]
    fn by_the_name_of_consul_template_it_renders() {
        let words = [OsString::from("/bin/consul-template"), OsString::from("-once")];
        let expected: Vec<OsString> = ["/bin/consul-template", "render", "-once"].map(OsString::from).into();
        assert_eq!(arguments(words), expected);
    }

    #[test]
    fn by_the_name_of_sv_it_controls_services() {
        let words = ["/usr/bin/sv", "-w", "3", "up", "web"].map(OsString::from);
        let expected: Vec<OsString> =
            ["/usr/bin/sv", "sv", "-w", "3", "up", "web"].map(OsString::from).into();
        assert_eq!(arguments(words), expected);
    }
}
