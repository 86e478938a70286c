//! Processes that live until they are interrupted, and are started again.

use std::time::Duration;

use tokio::time::sleep;

use super::Scene;
use crate::Error;
use crate::plan::{Dice, lives};
use crate::process::{Starter, State, Subject};
use crate::subject::{LEASE, Role};

/// A process that has not come to its interruption by then is killed wherever it is.
const LONGEST_LIFE: Duration = Duration::from_secs(20);
/// How long a thawed process may show what it does when it wakes.
const AFTER_THAW: Duration = Duration::from_secs(1);
/// How long a process may take to end in good order.
const GRACE: Duration = Duration::from_secs(15);

/// One of the processes of a role, life after life.
#[derive(Debug)]
pub struct Slot {
    /// How it is started.
    pub starter: Starter,
    /// What it does.
    pub role: Role,
    /// Which of its role it is.
    pub number: usize,
    /// The longest time that it stands still.
    pub longest_freeze: Duration,
}

impl Slot {
    /// Starts it again and again until told to stop; then it ends in good order.
    ///
    /// # Errors
    /// It cannot be started.
    pub async fn run(self, scene: Scene, seed: u64) -> Result<(), Error> {
        let number = u64::try_from(self.number).unwrap_or(0);
        let name = format!("{:?}-{number}", self.role).to_lowercase();
        let mut dice = Dice::of(seed, &name, number);
        // The two of a role share each round of steps.
        let lives = lives(self.role, Dice::of(seed, &format!("{:?}", self.role), 0));
        let mut lives = lives.skip(self.number).step_by(2).peekable();
        while let Some(interruption) = lives.peek().copied() {
            let freeze = dice.between(LEASE.saturating_mul(2), self.longest_freeze);
            let mut subject = self.starter.start(self.role, self.number, Some(interruption))?;
            let mut cut_short = false;
            let state = tokio::select! {
                () = scene.stop.cancelled() => {
                    subject.stop(GRACE).await;
                    return Ok(());
                }
                state = subject.interrupted(LONGEST_LIFE) => state,
                () = scene.end_consumer.notified(), if self.role == Role::Consumer => {
                    cut_short = true;
                    State::Alive
                }
            };
            let step = interruption.step;
            let passage = interruption.passage;
            match state {
                State::Dead => scene.log.fault(
                    format!("{:?} killed at {step:?}", self.role),
                    format!("{name} killed at {step:?}, passage {passage}"),
                ),
                State::Frozen => {
                    let ms = freeze.as_millis();
                    let words = format!("{name} frozen at {step:?} for {ms} ms");
                    scene.log.fault(format!("{:?} frozen", self.role), words);
                    thaw_after(&mut subject, freeze, &scene).await;
                    subject.kill().await;
                }
                State::Alive => {
                    let words = format!("{name} killed somewhere");
                    scene.log.fault(format!("{:?} killed somewhere", self.role), words);
                    subject.kill().await;
                }
            }
            // Who was killed for another reason has another go at it in the next life.
            lives.next_if(|_| !cut_short);
        }
        Ok(())
    }
}

async fn thaw_after(subject: &mut Subject, freeze: Duration, scene: &Scene) {
    tokio::select! { () = sleep(freeze) => {}, () = scene.stop.cancelled() => {} }
    subject.thaw();
    sleep(AFTER_THAW).await;
}

/// A worker that is killed or frozen from outside, until told to stop.
///
/// # Errors
/// It cannot be started.
pub async fn worker(
    starter: Starter,
    scene: Scene,
    seed: u64,
    longest_freeze: Duration,
) -> Result<(), Error> {
    let mut dice = Dice::of(seed, "worker", 0);
    loop {
        let life = dice.between(Duration::from_secs(3), Duration::from_secs(9));
        let freeze = dice.between(LEASE, longest_freeze);
        let freezes = dice.chance(300);
        let mut subject = starter.start(Role::Worker, 0, None)?;
        tokio::select! {
            () = scene.stop.cancelled() => {
                subject.stop(GRACE).await;
                return Ok(());
            }
            () = sleep(life) => {}
        }
        if freezes {
            let words = format!("worker frozen for {} ms", freeze.as_millis());
            scene.log.fault("Worker frozen", words);
            subject.freeze();
            thaw_after(&mut subject, freeze, &scene).await;
        }
        scene.log.fault("Worker killed", "worker killed");
        subject.kill().await;
    }
}
