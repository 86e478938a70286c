//! Kills one process after the other; the supervisor starts each again.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use kernel::{Currency, Money};
use tokio::sync::watch;
use tokio::time::{Instant, sleep};

use super::goods::Goods;
use super::plan::Fault;
use crate::fleet::{Fleet, FleetError};
use crate::insist::insist;
use crate::shop::Shop;

/// The longest time until the supervisor has started a process again.
const RESTART: Duration = Duration::from_mins(1);
/// From one change of a price to the next.
const BETWEEN_PRICES: Duration = Duration::from_secs(2);

/// Kills everything in the plan and returns how many processes were killed.
///
/// # Errors
/// When a process cannot be found or killed.
pub(crate) async fn rage(fleet: &Fleet, plan: &[Fault]) -> Result<usize, FleetError> {
    let mut killed = 0;
    for fault in plan {
        sleep(fault.after).await;
        let end = Instant::now() + RESTART;
        // One that is still dead from the round before is waited for, so that each fault is one.
        while !fleet.process(fault.victim)?.kill()? {
            if Instant::now() > end {
                return Err(FleetError::NoSuchProcess(format!("{}, alive", fault.victim)));
            }
            sleep(Duration::from_millis(50)).await;
        }
        killed += 1;
        println!("  killed {}", fault.victim);
    }
    Ok(killed)
}

/// Changes prices until told to stop, so that readers have something to miss. Returns how often.
pub(crate) async fn trade(shop: Shop, goods: Arc<Goods>, stop: watch::Receiver<bool>) -> usize {
    let changed = AtomicUsize::new(0);
    for round in 0_i64.. {
        if *stop.borrow() {
            break;
        }
        let place = changed.load(Ordering::Relaxed).checked_rem(goods.plenty.len()).unwrap_or(0);
        let to = Money::new(1_000 + round, Currency::EUR);
        let Ok(staff) = goods.staff.account(&shop).await else { break };
        let sku = &goods.plenty[place];
        let set = insist(Duration::from_secs(30), || shop.set_price(&staff, sku, to)).await;
        changed.fetch_add(usize::from(set.is_ok()), Ordering::Relaxed);
        sleep(BETWEEN_PRICES).await;
    }
    changed.into_inner()
}
