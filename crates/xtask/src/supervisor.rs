//! Starts the fleet's processes, starts again those that die, and ends them all in order.
use std::path::PathBuf;
use std::process::{Child, ExitStatus};
use std::time::{Duration, Instant};

use anyhow::{Context, Result, bail};

use crate::command;
use crate::identity::Identity;
use crate::program::{Program, Stage};
use crate::records::{self, Entry, Phase, Records};
use crate::screen::{self, Paint};
use crate::signals;

/// The first pause before a process that died is started again; it doubles up to [`LONGEST_PAUSE`].
const FIRST_PAUSE: Duration = Duration::from_millis(500);
const LONGEST_PAUSE: Duration = Duration::from_secs(30);
/// A process that lived this long is healthy again: the next pause is the first.
const HEALTHY_AFTER: Duration = Duration::from_secs(60);

/// The running fleet. Dropping it ends every process that it started.
pub(crate) struct Supervisor {
    data: PathBuf,
    me: Identity,
    phase: Phase,
    running: Vec<Running>,
}

struct Running {
    program: Program,
    child: Child,
    identity: Identity,
    since: Instant,
    pause: Duration,
    restarts: u32,
    /// Set while the process is dead: when to start it again.
    again_at: Option<Instant>,
}

impl Supervisor {
    /// Takes charge of a data folder.
    ///
    /// # Errors
    /// When the records cannot be written.
    pub(crate) fn of(data: PathBuf) -> Result<Self> {
        let me = Identity::of(i32::try_from(std::process::id())?).context("finding ourselves")?;
        let supervisor = Self { data, me, phase: Phase::Starting, running: Vec::new() };
        supervisor.record()?;
        Ok(supervisor)
    }

    /// Starts a process; it may not be ready yet.
    ///
    /// # Errors
    /// When it cannot start.
    pub(crate) fn start(&mut self, program: Program) -> Result<()> {
        signals::check()?;
        let (child, identity) = launch(&program)?;
        self.running.push(Running {
            program,
            child,
            identity,
            since: Instant::now(),
            pause: FIRST_PAUSE,
            restarts: 0,
            again_at: None,
        });
        self.record()
    }

    /// Waits until a started process is ready.
    ///
    /// # Errors
    /// When it ends instead (its last words are quoted), takes longer than `limit`, or somebody
    /// asked us to stop.
    pub(crate) fn wait_ready(&mut self, name: &str, limit: Duration) -> Result<()> {
        let running = self.running.iter_mut().find(|running| running.program.name == name);
        let running = running.with_context(|| format!("{name} was never started"))?;
        let log = running.program.log.clone();
        let ready = signals::wait_until(limit, || {
            if let Some(status) = running.child.try_wait()? {
                bail!("{name} ended at once ({status}):\n{}", command::tail(&log, 12));
            }
            Ok(running.program.ready.holds())
        })?;
        if ready {
            return Ok(());
        }
        let words = command::tail(&log, 12);
        bail!("{name} is not ready after {} s; its last words:\n{words}", limit.as_secs())
    }

    /// Writes down that everything is ready, then watches until somebody asks us to stop.
    ///
    /// # Errors
    /// When the records cannot be written.
    pub(crate) fn watch(&mut self) -> Result<()> {
        self.phase = Phase::Ready;
        self.record()?;
        while !signals::stopping() {
            self.look_after()?;
            std::thread::sleep(Duration::from_millis(100));
        }
        Ok(())
    }

    /// Notices deaths, and starts again what has been dead for long enough.
    ///
    /// # Errors
    /// When the records cannot be written.
    pub(crate) fn look_after(&mut self) -> Result<()> {
        let mut changed = false;
        for running in &mut self.running {
            changed |= running.look_after(&self.data);
        }
        if changed { self.record() } else { Ok(()) }
    }

    /// Ends everything, gateway first and databases last.
    pub(crate) fn stop(&mut self) {
        for stage in Stage::STOPPING {
            let mut of_stage: Vec<&mut Running> =
                self.running.iter_mut().filter(|running| running.program.stage == stage).collect();
            let identities: Vec<Identity> =
                of_stage.iter().map(|running| running.identity.clone()).collect();
            let identities: Vec<&Identity> = identities.iter().collect();
            records::end_all(&identities, stage.signal(), || {
                for running in &mut of_stage {
                    drop(running.child.try_wait());
                }
            });
        }
        self.running.clear();
        Records::remove(&self.data);
    }

    fn record(&self) -> Result<()> {
        let processes = self.running.iter().map(|running| Entry {
            name: running.program.name.clone(),
            stage: running.program.stage,
            port: running.program.ready.port(),
            identity: running.identity.clone(),
            restarts: running.restarts,
        });
        let processes = processes.collect();
        Records { supervisor: self.me.clone(), phase: self.phase.clone(), processes }
            .write(&self.data)
    }
}

impl Drop for Supervisor {
    fn drop(&mut self) {
        self.stop();
    }
}

impl Running {
    /// Notices a death and starts the process again when its pause is over. True when the
    /// records must change.
    fn look_after(&mut self, data: &std::path::Path) -> bool {
        let name = &self.program.name;
        match self.again_at {
            None => {
                let Ok(Some(status)) = self.child.try_wait() else { return false };
                let wanted = std::fs::remove_file(restart_wish(data, name)).is_ok();
                if self.since.elapsed() > HEALTHY_AFTER || wanted {
                    self.pause = FIRST_PAUSE;
                }
                let pause = if wanted { Duration::ZERO } else { self.pause };
                self.again_at = Some(Instant::now() + pause);
                self.announce(status, wanted, pause);
                false
            }
            Some(at) if Instant::now() >= at => self.start_again(),
            Some(_) => false,
        }
    }

    fn start_again(&mut self) -> bool {
        self.pause = (self.pause * 2).min(LONGEST_PAUSE);
        match launch(&self.program) {
            Ok((child, identity)) => {
                (self.child, self.identity) = (child, identity);
                (self.since, self.again_at) = (Instant::now(), None);
                self.restarts += 1;
                true
            }
            Err(error) => {
                screen::say(format!("{}: {error:#}", self.program.name));
                self.again_at = Some(Instant::now() + self.pause);
                false
            }
        }
    }

    fn announce(&self, status: ExitStatus, wanted: bool, pause: Duration) {
        let name = &self.program.name;
        if wanted {
            screen::say(format!("{name} restarts, as asked."));
            return;
        }
        let last = command::tail(&self.program.log, 1);
        let line = format!(
            "✗ {name} died ({status}), starts again in {}; its last words: {last}",
            screen::human(pause)
        );
        screen::say(screen::paint(Paint::Red, &line));
    }
}

fn launch(program: &Program) -> Result<(Child, Identity)> {
    let child = program.start().with_context(|| program.name.clone())?;
    let pid = i32::try_from(child.id())?;
    // A child that dies this early is noticed by whoever waits for it; until then its id is ours.
    let identity =
        Identity::of(pid).unwrap_or_else(|| Identity { pid, started: 0, boot: String::new() });
    Ok((child, identity))
}

/// The file whose presence tells the supervisor that a death was asked for.
pub(crate) fn restart_wish(data: &std::path::Path, name: &str) -> PathBuf {
    data.join("run").join(format!("restart-{name}"))
}

#[cfg(test)]
mod tests {
    use std::net::TcpListener;

    use nix::sys::signal::{Signal, kill};
    use nix::unistd::Pid;

    use super::*;
    use crate::account::Account;
    use crate::probe::Readiness;

    /// A folder of the test's own, gone with it.
    struct Folder(PathBuf);

    impl Folder {
        fn new(name: &str) -> Self {
            let path = std::env::temp_dir().join(format!("xtask-{name}-{}", std::process::id()));
            std::fs::create_dir_all(path.join("run")).unwrap();
            Self(path)
        }
    }

    impl Drop for Folder {
        fn drop(&mut self) {
            std::fs::remove_dir_all(&self.0).unwrap();
        }
    }

    fn shell(folder: &Folder, script: &str, port: u16) -> Program {
        Program {
            name: "part".to_owned(),
            stage: Stage::Service,
            executable: "sh".into(),
            arguments: vec!["-c".into(), script.into()],
            environment: Vec::new(),
            account: Account::current(),
            log: folder.0.join("part.log"),
            folder: folder.0.clone(),
            ready: Readiness::Listens(port),
        }
    }

    #[test]
    fn a_part_that_ends_at_once_is_quoted() {
        let folder = Folder::new("at-once");
        let mut supervisor = Supervisor::of(folder.0.clone()).unwrap();
        supervisor.start(shell(&folder, "echo missing setting X; exit 2", 1)).unwrap();

        let error = supervisor.wait_ready("part", Duration::from_secs(10)).unwrap_err();

        assert!(error.to_string().contains("missing setting X"), "{error}");
    }

    #[test]
    fn a_part_that_dies_is_started_again_after_a_pause() {
        let folder = Folder::new("again");
        let mut supervisor = Supervisor::of(folder.0.clone()).unwrap();
        supervisor.start(shell(&folder, "exec sleep 600", 1)).unwrap();
        let first = supervisor.running[0].identity.clone();
        kill(Pid::from_raw(first.pid), Signal::SIGKILL).unwrap();
        let died = Instant::now();

        while !supervisor.running[0].look_after(&folder.0) {
            assert!(died.elapsed() < Duration::from_secs(10));
            std::thread::yield_now();
        }

        let again = &supervisor.running[0];
        assert!(died.elapsed() >= FIRST_PAUSE && again.restarts == 1);
        assert!(again.identity.is_alive() && again.identity != first);
        assert_eq!(again.pause, FIRST_PAUSE * 2);
    }

    #[test]
    fn a_restart_that_was_asked_for_knows_no_pause() {
        let folder = Folder::new("wish");
        let mut supervisor = Supervisor::of(folder.0.clone()).unwrap();
        supervisor.start(shell(&folder, "exec sleep 600", 1)).unwrap();
        std::fs::write(restart_wish(&folder.0, "part"), "").unwrap();
        kill(Pid::from_raw(supervisor.running[0].identity.pid), Signal::SIGTERM).unwrap();
        let asked = Instant::now();

        while !supervisor.running[0].look_after(&folder.0) {
            std::thread::yield_now();
        }

        assert!(asked.elapsed() < FIRST_PAUSE);
        assert!(!restart_wish(&folder.0, "part").exists());
    }

    #[test]
    fn the_end_of_the_supervisor_is_the_end_of_its_parts() {
        let listener = TcpListener::bind(("127.0.0.1", 0)).unwrap();
        let folder = Folder::new("end");
        let mut supervisor = Supervisor::of(folder.0.clone()).unwrap();
        let port = listener.local_addr().unwrap().port();
        supervisor.start(shell(&folder, "exec sleep 600", port)).unwrap();
        supervisor.wait_ready("part", Duration::from_secs(10)).unwrap();
        let recorded = Records::read(&folder.0).unwrap().unwrap().processes;
        let alive = recorded[0].identity.is_alive();

        drop(supervisor);

        assert!(alive && !recorded[0].identity.is_alive());
        assert_eq!(Records::read(&folder.0).unwrap(), None);
    }
}
