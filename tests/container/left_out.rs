//! What a run of the tests leaves out on purpose.

/// The first of these that the run leaves out, which was said aloud.
pub(crate) fn any_of(names: &[&str]) -> Option<String> {
    let without = std::env::var("PREFLIGHT_TEST_WITHOUT").unwrap_or_default();
    let left_out = without.split([',', ' ']).find(|name| names.contains(name))?;
    eprintln!("skipped: the run leaves out {left_out}");
    Some(left_out.to_owned())
}
