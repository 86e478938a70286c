//! One blow after the other, until told to stop.

use std::time::Duration;

use tokio::time::sleep;

use super::by_hand::Hand;
use super::{Parts, Scene};
use crate::Error;
use crate::plan::{Blow, Dice, blows};
use crate::process::Starter;
use crate::subject::{LEASE, Role};

/// How long a consumer may take to end in good order.
const GRACE: Duration = Duration::from_secs(12);

/// Deals blows, with a pause after each.
///
/// # Errors
/// A part did not come back, or an operator's statement failed.
pub async fn deal(
    (parts, hand, starter): (Parts, Hand, Starter),
    scene: Scene,
    seed: u64,
    longest: Duration,
) -> Result<(), Error> {
    let mut dice = Dice::of(seed, "blows", 0);
    for blow in blows(Dice::of(seed, "parts", 0)) {
        let pause = dice.between(Duration::from_millis(500), Duration::from_millis(2_500));
        tokio::select! { () = sleep(pause) => {}, () = scene.stop.cancelled() => break }
        let length = dice.between(LEASE.saturating_mul(2), longest);
        let kind = format!("{blow:?}");
        match blow {
            Blow::DatabaseRestarts => {
                scene.log.fault(kind, "postgres restarts (immediate)");
                parts.restart_database().await?;
                hand.wait_for_database().await?;
            }
            Blow::BrokerDies => {
                scene.log.fault(kind, "broker killed");
                parts.restart_broker().await?;
            }
            Blow::BrokerFreezes => {
                scene.log.fault(kind, format!("broker frozen for {} ms", length.as_millis()));
                parts.freeze_broker(length).await?;
            }
            Blow::Poison => {
                let keys: Vec<String> = (0..3)
                    .map(|_| format!("k{}", dice.below(u64::from(crate::plan::KEYS))))
                    .collect();
                let words =
                    format!("handlers refuse {} for {} ms", keys.join(" "), length.as_millis());
                scene.log.fault(kind, words);
                hand.poison(&keys).await?;
                sleep(length).await;
                hand.cure().await?;
            }
            Blow::Duplicates => {
                let copied = hand.duplicate().await?;
                scene.log.fault(kind, format!("{copied} records sent again by hand"));
            }
            Blow::Rewind => {
                scene.log.fault(kind, "consumer sent back to the beginning by hand");
                hand.send_consumer(None).await?;
                scene.end_consumers.notify_waiters();
            }
            Blow::Ahead => {
                let records = 20 + dice.below(100);
                scene.log.fault(kind, format!("consumer sent {records} records ahead by hand"));
                hand.send_consumer(i64::try_from(records).ok()).await?;
                scene.end_consumers.notify_waiters();
                // Until others have its partitions, and have seen the gap.
                sleep(Duration::from_secs(9)).await;
                scene.log.say("consumer sent back again");
                hand.send_consumer(None).await?;
                scene.end_consumers.notify_waiters();
            }
            Blow::Rebalances => {
                scene.log.fault(kind, "a third consumer comes and goes, three times");
                for _ in 0..3 {
                    let guest = starter.start(Role::Consumer, 2, None)?;
                    sleep(dice.between(Duration::from_millis(200), Duration::from_secs(3))).await;
                    guest.stop(GRACE).await;
                }
            }
        }
    }
    Ok(())
}
