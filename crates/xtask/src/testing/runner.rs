//! Runs test programs one after the other, and shows the words of those that fail.
use std::fs;
use std::path::PathBuf;
use std::process::{Command, Stdio};
use std::time::Duration;

use anyhow::{Context, Result, ensure};

use crate::command;
use crate::progress::Progress;
use crate::screen;
use crate::settings::Variables;
use crate::testing::executables::TestProgram;
use crate::testing::libtest::{self, Tally};

/// A test program that takes longer than this hangs.
const LIMIT: Duration = Duration::from_secs(15 * 60);
/// How much of a failed program's output is shown; the whole is in its log.
const SHOWN_LINES: usize = 120;

/// Runs all programs, even after a failure, with a step for each package.
///
/// # Errors
/// When any test failed; the message names the programs.
pub(super) fn all(
    programs: &[&TestProgram],
    variables: &Variables,
    filter: Option<&str>,
    progress: &mut Progress,
    tally: &mut Tally,
) -> Result<()> {
    let mut failed = Vec::new();
    for package in programs.chunk_by(|a, b| a.package == b.package) {
        let name = package.first().map(|program| program.package.clone()).unwrap_or_default();
        let result = progress.step(&format!("tests of {name}"), || {
            let mut bad = Vec::new();
            for program in package {
                let outcome = one(program, variables, filter)?;
                tally.add(outcome);
                if outcome.failed > 0 {
                    bad.push(program.target.clone());
                }
            }
            ensure!(bad.is_empty(), "{} failed", bad.join(", "));
            Ok(())
        });
        crate::signals::check()?;
        if result.is_err() {
            failed.push(name);
        }
    }
    ensure!(failed.is_empty(), "tests failed in {}", failed.join(", "));
    Ok(())
}

/// Runs one program in its package's folder, as cargo would.
fn one(program: &TestProgram, variables: &Variables, filter: Option<&str>) -> Result<Tally> {
    let log = log_of(program)?;
    drop(fs::remove_file(&log));
    let output = command::append(&log)?;
    let mut command = Command::new(&program.executable);
    command
        .args(filter)
        .current_dir(&program.folder)
        .envs(variables.iter().map(|(name, value)| (name, value)))
        .env("CARGO_MANIFEST_DIR", &program.folder)
        // A snapshot that differs is a failure here, never a new file.
        .env("INSTA_UPDATE", "no")
        .env("RUST_BACKTRACE", "1")
        .stdin(Stdio::null())
        .stdout(output.try_clone()?)
        .stderr(output);
    let mut child = command::spawn(&mut command)?;
    let ended = command::wait(&mut child, Some(LIMIT));
    crate::signals::check()?;
    let success = ended.is_ok_and(|status| status.success());
    let words = fs::read(&log).context("reading a test's output")?;
    let outcome = libtest::outcome(&String::from_utf8_lossy(&words), success);
    if outcome.failed > 0 {
        let shown = command::tail(&log, SHOWN_LINES);
        screen::say(format!("\n{shown}\n(all of it: {})", log.display()));
    }
    Ok(outcome)
}

/// `target/test-logs/<package>-<target>.log`, found from where cargo put the program.
fn log_of(program: &TestProgram) -> Result<PathBuf> {
    let target = program.executable.ancestors().nth(3).context("a program outside target")?;
    Ok(target.join("test-logs").join(format!("{}-{}.log", program.package, program.target)))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn script(name: &str, text: &str) -> TestProgram {
        use std::os::unix::fs::PermissionsExt;
        let folder = std::env::temp_dir().join(format!("xtask-run-{}", std::process::id()));
        let deps = folder.join("debug/deps");
        fs::create_dir_all(&deps).unwrap();
        let executable = deps.join(name);
        fs::write(&executable, format!("#!/bin/sh\n{text}\n")).unwrap();
        fs::set_permissions(&executable, fs::Permissions::from_mode(0o755)).unwrap();
        TestProgram { package: name.to_owned(), target: name.to_owned(), executable, folder }
    }

    #[test]
    fn a_failure_is_counted_and_the_others_still_run() {
        let bad =
            script("bad", "echo 'test result: FAILED. 1 passed; 2 failed; 0 ignored;'; exit 101");
        let good =
            script("good", "echo \"test result: ok. $DATABASES passed; 0 failed; 0 ignored;\"");
        let variables = vec![("DATABASES".to_owned(), "4".to_owned())];
        let (mut progress, mut tally) = (Progress::start(), Tally::default());

        let error = all(&[&bad, &good], &variables, None, &mut progress, &mut tally).unwrap_err();

        assert_eq!(error.to_string(), "tests failed in bad");
        assert_eq!(tally, Tally { passed: 5, failed: 2 });
        assert_eq!(progress.counts(), (1, 1));
    }
}
