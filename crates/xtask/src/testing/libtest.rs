//! Reads what Rust's test harness says at the end, to add it up over all programs.

/// Tests that passed and that failed.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct Tally {
    /// Passed.
    pub(super) passed: u64,
    /// Failed.
    pub(super) failed: u64,
}

impl Tally {
    /// Adds another tally.
    pub(super) fn add(&mut self, other: Self) {
        self.passed += other.passed;
        self.failed += other.failed;
    }
}

/// What a test program that ended with `success` amounts to. A program without the harness's
/// summary line is one test, and one that ends badly never counts as passed, whatever it printed.
pub(super) fn outcome(output: &str, success: bool) -> Tally {
    // The harness's own words come last; a test may have printed the like before.
    let summary = output.lines().filter_map(summary).next_back();
    let mut tally = summary.unwrap_or_default();
    if !success && tally.failed == 0 {
        tally.failed = 1;
    }
    if success && summary.is_none() {
        tally.passed = 1;
    }
    tally
}

/// `test result: ok. 5 passed; 0 failed; 0 ignored; …`
fn summary(line: &str) -> Option<Tally> {
    let rest = line.strip_prefix("test result: ")?;
    let count = |what: &str| {
        let (before, _) = rest.split_once(what)?;
        before.trim_end().rsplit(' ').next()?.parse().ok()
    };
    Some(Tally { passed: count("passed;")?, failed: count("failed;")? })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_summary_line_is_added_up() {
        let output = "running 7 tests\n....\n\
            test result: FAILED. 5 passed; 2 failed; 1 ignored; 0 measured; 0 filtered out; finished in 0.03s\n";

        assert_eq!(outcome(output, false), Tally { passed: 5, failed: 2 });
    }

    #[test]
    fn what_a_test_prints_is_not_taken_for_the_summary() {
        let output = "test result: FAILED. 1 passed; 2 failed; 0 ignored;\n\
            test result: ok. 9 passed; 0 failed; 0 ignored;";

        assert_eq!(outcome(output, true), Tally { passed: 9, failed: 0 });
    }

    #[test]
    fn a_program_that_dies_has_failed_even_if_it_says_nothing() {
        assert_eq!(outcome("", false), Tally { passed: 0, failed: 1 });
        assert_eq!(
            outcome("test result: ok. 3 passed; 0 failed; 0 ignored;", false),
            Tally { passed: 3, failed: 1 }
        );
    }

    #[test]
    fn a_program_without_the_harness_is_one_test() {
        assert_eq!(outcome("all good", true), Tally { passed: 1, failed: 0 });
        assert_eq!(
            outcome("test result: ok. 0 passed; 0 failed; 0 ignored;", true),
            Tally { passed: 0, failed: 0 }
        );
    }
}
