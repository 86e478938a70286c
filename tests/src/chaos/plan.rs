//! What the seed decides: who buys what in which manner, and who is killed when.

use std::time::Duration;

use rand::rngs::StdRng;
use rand::seq::SliceRandom;
use rand::{RngExt, SeedableRng};

use crate::fleet::SERVICES;
use crate::shop;

/// Parts that are killed besides the services.
const PARTS: [&str; 2] = ["kafka", "postgres"];
/// The mean time from one fault to the next.
const GAP_MS: u64 = 4_800;

/// What a buyer asks for that not every buyer does.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Manner {
    /// Nothing.
    Plain,
    /// Changes their mind at once.
    CancelsAtOnce,
    /// Changes their mind a moment later, when the order may be confirmed.
    CancelsLater,
    /// Wants what there is too little of.
    Scarce,
    /// Has a coupon that is good for fewer orders than people have it.
    FewUses,
}

/// One buyer, before the first click.
#[derive(Clone, Debug)]
pub(crate) struct Wish {
    pub(crate) number: u64,
    /// Comes so long after the first one.
    pub(crate) arrives: Duration,
    /// As in a list of cards.
    pub(crate) card: &'static str,
    pub(crate) manner: Manner,
    /// Buys without an account.
    pub(crate) guest: bool,
    /// Has a coupon.
    pub(crate) coupon: bool,
    /// Submits twice at once, as impatient people do.
    pub(crate) twice: bool,
    /// Places in the list of products; different ones.
    pub(crate) picks: Vec<(usize, i64)>,
}

impl Wish {
    /// Nothing about it asks for trouble.
    pub(crate) fn meant_to_succeed(&self) -> bool {
        self.manner == Manner::Plain && self.card != shop::DECLINED
    }
}

/// A process to be killed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Fault {
    /// So long after the one before.
    pub(crate) after: Duration,
    /// As in the supervisor's records.
    pub(crate) victim: &'static str,
}

/// Rounds of faults for so many orders: each round kills everything once.
pub(crate) fn rounds(orders: u64) -> u64 {
    orders.div_ceil(300).max(1)
}

/// Every fault, in order.
pub(crate) fn faults(seed: u64, rounds: u64) -> Vec<Fault> {
    let mut rng = StdRng::seed_from_u64(seed ^ 0xFA17);
    let mut plan = Vec::new();
    for _ in 0..rounds {
        let mut victims: Vec<&'static str> = SERVICES.into_iter().chain(PARTS).collect();
        victims.shuffle(&mut rng);
        plan.extend(victims.into_iter().map(|victim| {
            let after = rng.random_range(GAP_MS / 2..GAP_MS * 3 / 2);
            Fault { after: Duration::from_millis(after), victim }
        }));
    }
    plan
}

/// The buyer of that number; `products` says how many there are to choose from. Arrivals are spread over
/// `length` for the first `orders` of them; whoever comes later replaces one who was turned away.
pub(crate) fn wish(seed: u64, number: u64, orders: u64, length: Duration, products: usize) -> Wish {
    let mut rng = StdRng::seed_from_u64(seed.wrapping_mul(1_000_003).wrapping_add(number));
    let slot = length.as_millis() / u128::from(orders.max(1));
    let slot = u64::try_from(slot).unwrap_or(u64::MAX);
    let jitter = rng.random_range(0..=slot);
    let arrives = Duration::from_millis(slot.saturating_mul(number.min(orders)) + jitter);
    let (card, manner) = match rng.random_range(0..100) {
        0..55 => (shop::ACCEPTED, Manner::Plain),
        55..63 => (shop::DECLINED, Manner::Plain),
        63..69 => (shop::SLOW, Manner::Plain),
        69..76 => (shop::ANSWER_LOST, Manner::Plain),
        76..83 => (shop::WEBHOOK_TWICE, Manner::Plain),
        83..88 => (shop::ACCEPTED, Manner::CancelsAtOnce),
        88..93 => (shop::ACCEPTED, Manner::CancelsLater),
        93..97 => (shop::ACCEPTED, Manner::Scarce),
        _ => (shop::ACCEPTED, Manner::FewUses),
    };
    let mut places: Vec<usize> = (0..products).collect();
    places.shuffle(&mut rng);
    let lines = rng.random_range(1..=3);
    let picks = places.into_iter().take(lines).map(|place| (place, rng.random_range(1..=3)));
    Wish {
        number,
        arrives,
        card,
        manner,
        picks: picks.collect(),
        guest: rng.random_range(0..100) < 40,
        coupon: rng.random_range(0..100) < 25,
        twice: rng.random_range(0..100) < 20,
    }
}

#[cfg(test)]
mod tests {
    use std::collections::HashSet;

    use super::*;

    #[test]
    fn the_same_seed_makes_the_same_storm() {
        let length = Duration::from_secs(60);
        let one = format!("{:?}", wish(7, 3, 60, length, 8));

        assert_eq!(one, format!("{:?}", wish(7, 3, 60, length, 8)));
        assert_ne!(one, format!("{:?}", wish(8, 3, 60, length, 8)));
        assert_eq!(faults(7, 2), faults(7, 2));
        assert_ne!(faults(7, 2), faults(8, 2));
    }

    #[test]
    fn each_round_kills_everything_once() {
        let plan = faults(1, 2);

        for round in plan.chunks(13) {
            let victims: HashSet<_> = round.iter().map(|fault| fault.victim).collect();
            assert_eq!(victims.len(), 13);
            assert!(victims.contains("kafka") && victims.contains("postgres"));
        }
        assert_eq!((plan.len(), rounds(60), rounds(1_000)), (26, 1, 4));
    }

    #[test]
    fn a_few_dozen_buyers_show_every_manner() {
        let wishes: Vec<Wish> =
            (0..60).map(|number| wish(1, number, 60, Duration::from_secs(60), 8)).collect();

        let cards: HashSet<_> = wishes.iter().map(|wish| wish.card).collect();
        assert_eq!(cards.len(), 5);
        let all = [
            Manner::Plain,
            Manner::CancelsAtOnce,
            Manner::CancelsLater,
            Manner::Scarce,
            Manner::FewUses,
        ];
        for manner in all {
            assert!(wishes.iter().any(|wish| wish.manner == manner), "{manner:?}");
        }
        assert!(wishes.iter().any(|wish| wish.guest && wish.coupon));
        assert!(wishes.iter().any(|wish| wish.twice));
        let meant = wishes.iter().filter(|wish| wish.meant_to_succeed()).count();
        assert!((36..55).contains(&meant), "{meant}");
    }
}
