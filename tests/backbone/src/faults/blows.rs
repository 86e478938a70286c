//! One blow after the other, until told to stop.

use std::time::Duration;

use tokio::time::sleep;

use super::by_hand::Hand;
use super::{Parts, Scene};
use crate::Error;
use crate::plan::{Blow, Dice, KEYS, blows};
use crate::process::Starter;
use crate::subject::{LEASE, Role};

/// What a topic takes, in bytes, unless told otherwise.
const LIMIT: u64 = 1_048_588;
/// How long a consumer may take to end in good order.
const GRACE: Duration = Duration::from_secs(12);

/// Who deals blows.
#[derive(Debug)]
pub struct Striker {
    /// What is struck from outside.
    pub parts: Parts,
    /// What is done by hand.
    pub hand: Hand,
    /// How a guest among the consumers is started.
    pub starter: Starter,
    /// Where it happens.
    pub scene: Scene,
    /// The longest time that something stands still.
    pub longest: Duration,
}

impl Striker {
    /// Deals blows, with a pause after each, until told to stop.
    ///
    /// # Errors
    /// A part did not come back, or an operator's statement failed.
    pub async fn deal(self, seed: u64) -> Result<(), Error> {
        let mut dice = Dice::of(seed, "blows", 0);
        for blow in blows(Dice::of(seed, "parts", 0)) {
            let pause = dice.between(Duration::from_millis(500), Duration::from_millis(2_500));
            tokio::select! {
                () = sleep(pause) => {}
                () = self.scene.stop.cancelled() => break,
            }
            self.strike(blow, &mut dice).await?;
        }
        Ok(())
    }

    async fn strike(&self, blow: Blow, dice: &mut Dice) -> Result<(), Error> {
        let length = dice.between(LEASE.saturating_mul(2), self.longest);
        let tell = |what: &dyn std::fmt::Display| self.scene.log.fault(format!("{blow:?}"), what);
        match blow {
            Blow::DatabaseRestarts => {
                tell(&"postgres restarts (immediate)");
                self.parts.restart_database().await?;
                self.hand.wait_for_database().await?;
            }
            Blow::BrokerDies => {
                tell(&"broker killed");
                self.parts.restart_broker().await?;
            }
            Blow::BrokerFreezes => {
                tell(&format_args!("broker frozen for {} ms", length.as_millis()));
                self.parts.freeze_broker(length).await?;
            }
            Blow::Poison => {
                let keys: Vec<String> =
                    (0..3).map(|_| format!("k{}", dice.below(u64::from(KEYS)))).collect();
                let ms = length.as_millis();
                tell(&format_args!("handlers refuse {} for {ms} ms", keys.join(" ")));
                self.hand.poison(&keys).await?;
                sleep(length).await;
                self.hand.cure().await?;
            }
            Blow::Duplicates => {
                let copied = self.hand.duplicate().await?;
                tell(&format_args!("{copied} records sent again by hand"));
            }
            Blow::Rewind => {
                tell(&"consumer sent back to the beginning by hand");
                self.send_consumer(None).await?;
            }
            Blow::Ahead => {
                let records = 20 + dice.below(100);
                tell(&format_args!("consumer sent {records} records ahead by hand"));
                self.send_consumer(i64::try_from(records).ok()).await?;
                // Until others have its partitions, and have seen the gap.
                sleep(Duration::from_secs(9)).await;
                self.scene.log.say("consumer sent back again");
                self.send_consumer(None).await?;
            }
            Blow::Refusals => {
                // What is withheld is released once a second, refused again, and goes in the end.
                let limit = 300 + dice.below(150);
                tell(&format_args!("the topic takes {limit} bytes for {} ms", length.as_millis()));
                self.hand.limit(limit).await?;
                sleep(length).await;
                self.hand.limit(LIMIT).await?;
            }
            Blow::Rebalances => {
                tell(&"a third consumer comes and goes, three times");
                for _ in 0..3 {
                    let guest = self.starter.start(Role::Consumer, 2, None)?;
                    sleep(dice.between(Duration::from_millis(200), Duration::from_secs(3))).await;
                    guest.stop(GRACE).await;
                }
            }
        }
        Ok(())
    }

    async fn send_consumer(&self, ahead: Option<i64>) -> Result<(), Error> {
        self.hand.send_consumer(ahead).await?;
        self.scene.end_consumer.notify_one();
        Ok(())
    }
}
