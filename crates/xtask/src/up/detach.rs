//! Leaves the fleet running in the background, and shows its progress until it is ready.
use std::fs::{self, File};
use std::io::Read;
use std::process::{Command, Stdio};
use std::time::Duration;

use anyhow::{Context, Result, bail};
use nix::sys::signal::{Signal, kill};
use nix::unistd::Pid;

use crate::instance::Instance;
use crate::records::{Phase, Records};
use crate::screen;
use crate::signals;

/// Ourselves, even when a build has replaced the file since we began.
const OURSELVES: &str = "/proc/self/exe";

/// Starts `./dev up` again without a terminal, and follows what it says until it is ready.
///
/// # Errors
/// When it fails, or somebody asks us to stop meanwhile (then it is stopped too).
pub(crate) fn run(instance: &Instance) -> Result<()> {
    let path = instance.log("up");
    let log = File::create(&path).with_context(|| format!("making {}", path.display()))?;
    let arguments = std::env::args_os().skip(1).filter(|word| word != "--detach");
    let mut child = Command::new(OURSELVES)
        .args(arguments)
        .arg("--background")
        .stdin(Stdio::null())
        .stdout(log.try_clone()?)
        .stderr(log)
        .spawn()
        .context("starting the background process")?;
    let pid = i32::try_from(child.id())?;
    let mut said = File::open(&path)?;
    let mut asked_to_stop = false;
    loop {
        let ended = child.try_wait()?;
        let ready = is_ready(instance, pid)?;
        pass_on(&mut said)?;
        if let Some(status) = ended {
            bail!("the fleet did not come up ({status}); all of it is in {}", path.display());
        }
        if ready {
            return Ok(());
        }
        if signals::stopping() && !asked_to_stop {
            let _ = kill(Pid::from_raw(pid), Signal::SIGTERM);
            asked_to_stop = true;
        }
        std::thread::sleep(Duration::from_millis(100));
    }
}

fn is_ready(instance: &Instance, pid: i32) -> Result<bool> {
    if !fs::exists(crate::records::path(&instance.data))? {
        return Ok(false);
    }
    let records = Records::read(&instance.data)?;
    Ok(records
        .is_some_and(|records| records.supervisor.pid == pid && records.phase == Phase::Ready))
}

/// Passes on what the log has gained since the last look.
fn pass_on(log: &mut File) -> Result<()> {
    let mut fresh = Vec::new();
    log.read_to_end(&mut fresh)?;
    let text = String::from_utf8_lossy(&fresh);
    if !text.is_empty() {
        screen::say(text.trim_end());
    }
    Ok(())
}
