//! Adding up what the test programs say at their end.

use std::fmt;

/// How many tests ended how, over all test programs.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Totals {
    /// Ended well.
    pub passed: u64,
    /// Ended badly.
    pub failed: u64,
    /// Were not run: ignored by their own attribute or because a server was left out.
    pub skipped: u64,
}

impl Totals {
    /// Adds one line of output, if it is one in which a test program totals; the format is libtest's.
    pub fn add_line(&mut self, line: &str) {
        let Some(result) = line.trim_start().strip_prefix("test result: ") else { return };
        let Some((_, counts)) = result.split_once(". ") else { return };
        for count in counts.split(';') {
            let mut words = count.split_whitespace();
            let Some(number) = words.next().and_then(|word| word.parse::<u64>().ok()) else { continue };
            match words.next() {
                Some("passed") => self.passed += number,
                Some("failed") => self.failed += number,
                Some("ignored") => self.skipped += number,
                _ => {}
            }
        }
    }

    /// Whether tests ran and none failed.
    pub fn are_good(&self) -> bool {
        self.passed > 0 && self.failed == 0
    }
}

impl fmt::Display for Totals {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} passed, {} failed, {} skipped", self.passed, self.failed, self.skipped)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn sum(output: &str) -> Totals {
        let mut totals = Totals::default();
        output.lines().for_each(|line| totals.add_line(line));
        totals
    }

    #[test]
    fn all_programs_are_added_up() {
        let totals = sum("running 3 tests\n\
             test result: ok. 3 passed; 0 failed; 1 ignored; 0 measured; 7 filtered out; finished in 0.00s\n\
             test result: FAILED. 1 passed; 2 failed; 0 ignored; 0 measured; 0 filtered out; finished in 1.20s\n");
        assert_eq!(totals, Totals { passed: 4, failed: 2, skipped: 1 });
        assert_eq!(totals.to_string(), "4 passed, 2 failed, 1 skipped");
    }

    #[test]
    fn other_lines_that_look_alike_count_for_nothing() {
        let totals =
            sum("test result: ok\ntest passed ... ok\n3 passed; 2 failed\n  x test result: ok. 9 passed;\n");
        assert_eq!(totals, Totals::default());
    }

    #[test]
    fn no_test_at_all_is_not_good() {
        assert!(!Totals::default().are_good());
        assert!(!Totals { passed: 0, failed: 0, skipped: 4 }.are_good());
        assert!(!Totals { passed: 5, failed: 1, skipped: 0 }.are_good());
        assert!(Totals { passed: 5, failed: 0, skipped: 1 }.are_good());
    }
}
