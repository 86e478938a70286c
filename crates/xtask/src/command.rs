//! Runs other programs to their end, with their words kept and our own stop flag watched.
use std::fs::{self, File, OpenOptions};
use std::path::Path;
use std::process::{Child, Command, ExitStatus, Stdio};
use std::time::Duration;

use anyhow::{Context, Result, bail, ensure};
use nix::sys::signal::{Signal, kill};
use nix::unistd::Pid;

use crate::signals;

/// How many lines of a failed program's log an error quotes.
const QUOTED_LINES: usize = 12;

/// Runs a program whose words go to `log`; an error quotes the last of them.
///
/// # Errors
/// When it cannot start or ends with a failure, or when somebody asked us to stop.
pub(crate) fn run_logged(command: &mut Command, log: &Path) -> Result<()> {
    let file = append(log)?;
    command.stdin(Stdio::null()).stdout(file.try_clone()?).stderr(file);
    let status = wait(&mut spawn(command)?, None)?;
    ensure!(status.success(), "{} ({status})\n{}", words(command), tail(log, QUOTED_LINES));
    Ok(())
}

/// Runs a program that speaks to the screen itself.
///
/// # Errors
/// When it cannot start or ends with a failure, or when somebody asked us to stop.
pub(crate) fn run(command: &mut Command) -> Result<()> {
    let status = wait(&mut spawn(command)?, None)?;
    ensure!(status.success(), "{} ({status})", words(command));
    Ok(())
}

/// Runs a program that speaks to the screen itself, and looks after something else `meanwhile`.
///
/// # Errors
/// As [`run`], and those of `meanwhile`, which end the program.
pub(crate) fn run_beside(
    command: &mut Command,
    meanwhile: impl FnMut() -> Result<()>,
) -> Result<()> {
    let status = wait_beside(&mut spawn(command)?, None, meanwhile)?;
    ensure!(status.success(), "{} ({status})", words(command));
    Ok(())
}

/// Runs a program and returns what it wrote to standard output; standard error stays ours to read.
///
/// # Errors
/// When it cannot start, ends with a failure (its standard error is quoted) or writes no UTF-8.
pub(crate) fn capture(command: &mut Command) -> Result<String> {
    let output = command
        .stdin(Stdio::null())
        .output()
        .with_context(|| format!("starting {}", words(command)))?;
    let errors = String::from_utf8_lossy(&output.stderr);
    ensure!(output.status.success(), "{} ({})\n{errors}", words(command), output.status);
    String::from_utf8(output.stdout).context("its output is no text")
}

/// Starts a program.
///
/// # Errors
/// When it cannot start; the message names it.
pub(crate) fn spawn(command: &mut Command) -> Result<Child> {
    command.spawn().with_context(|| format!("starting {}", words(command)))
}

/// Waits for a child; ends it when somebody asked us to stop, or when `limit` has passed.
///
/// # Errors
/// When it was ended by us.
pub(crate) fn wait(child: &mut Child, limit: Option<Duration>) -> Result<ExitStatus> {
    wait_beside(child, limit, || Ok(()))
}

fn wait_beside(
    child: &mut Child,
    limit: Option<Duration>,
    mut meanwhile: impl FnMut() -> Result<()>,
) -> Result<ExitStatus> {
    let mut status = None;
    let limit = limit.unwrap_or(Duration::from_secs(24 * 3600));
    let waited = signals::wait_until(limit, || {
        meanwhile()?;
        status = child.try_wait()?;
        Ok(status.is_some())
    });
    if let (Ok(true), Some(status)) = (&waited, status) {
        return Ok(status);
    }
    end(child);
    waited?;
    bail!("ended after {} s without a result", limit.as_secs())
}

/// Asks a child to end, and insists after five seconds.
fn end(child: &mut Child) {
    if let Ok(pid) = i32::try_from(child.id()) {
        let _ = kill(Pid::from_raw(pid), Signal::SIGTERM);
    }
    for _ in 0..100 {
        if !matches!(child.try_wait(), Ok(None)) {
            return;
        }
        std::thread::sleep(Duration::from_millis(50));
    }
    drop(child.kill());
    drop(child.wait());
}

/// Opens a log to write at its end, and makes its folder.
///
/// # Errors
/// Those of the file system, with the path.
pub(crate) fn append(log: &Path) -> Result<File> {
    if let Some(folder) = log.parent() {
        fs::create_dir_all(folder).with_context(|| format!("making {}", folder.display()))?;
    }
    let file = OpenOptions::new().create(true).append(true).open(log);
    file.with_context(|| format!("opening {}", log.display()))
}

/// The last lines of a log, empty when it cannot be read.
pub(crate) fn tail(log: &Path, lines: usize) -> String {
    let text = fs::read(log).unwrap_or_default();
    let text = String::from_utf8_lossy(&text);
    let all: Vec<&str> = text.lines().collect();
    all.get(all.len().saturating_sub(lines)..).unwrap_or_default().join("\n")
}

/// Program and arguments, without the environment (it holds secrets).
fn words(command: &Command) -> String {
    let mut words = vec![command.get_program().to_string_lossy().into_owned()];
    words.extend(command.get_args().map(|word| word.to_string_lossy().into_owned()));
    words.join(" ")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_failed_program_is_quoted() {
        let log = std::env::temp_dir().join(format!("xtask-quote-{}.log", std::process::id()));

        let error =
            run_logged(Command::new("sh").args(["-c", "echo the disk is full; exit 3"]), &log)
                .unwrap_err()
                .to_string();

        fs::remove_file(log).unwrap();
        assert!(error.contains("exit status: 3") && error.contains("the disk is full"), "{error}");
    }

    #[test]
    fn a_program_that_never_ends_is_ended() {
        let mut child = Command::new("sleep").arg("600").spawn().unwrap();

        let error = wait(&mut child, Some(Duration::from_millis(100))).unwrap_err();

        assert!(error.to_string().contains("without a result"));
        assert!(child.try_wait().unwrap().is_some());
    }

    #[test]
    fn trouble_beside_a_program_ends_it() {
        let began = std::time::Instant::now();

        let error = run_beside(Command::new("sleep").arg("600"), || bail!("the part is gone"));

        assert!(error.unwrap_err().to_string().contains("the part is gone"));
        assert!(began.elapsed() < Duration::from_secs(60));
    }

    #[test]
    fn secrets_in_the_environment_are_not_quoted() {
        let mut command = Command::new("false");
        command.env("PASSWORD", "hunter2");

        assert!(!run(&mut command).unwrap_err().to_string().contains("hunter2"));
    }
}
