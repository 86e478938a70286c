//! Whatever order messages come in, and however often, an order ends in agreement with the facts.

use std::collections::HashSet;

use proptest::prelude::*;

use super::world::{DEADLINE, Facts, MOVES, Move, World, given, purchase};
use super::{By, Command, Event, Order, Parcel, decide};

fn all_facts() -> impl Iterator<Item = Facts> {
    let coupons = [None, Some(true), Some(false)];
    coupons.into_iter().flat_map(|coupon_left| {
        let cards = [Some(true), Some(false), None];
        let stocks = cards.map(|card_good| (true, card_good)).into_iter();
        stocks.chain([(false, Some(true)), (false, None)]).map(move |(in_stock, card_good)| Facts {
            in_stock,
            coupon_left,
            card_good,
        })
    })
}

/// Every world that can be reached from `world`, each once.
fn explore(world: &World, seen: &mut HashSet<String>) {
    if !seen.insert(world.fingerprint()) {
        return;
    }
    let mut stuck = true;
    for step in &MOVES {
        let mut next = world.clone();
        if next.make(*step) {
            stuck = false;
            explore(&next, seen);
        }
    }
    if stuck {
        world.check();
    }
}

#[test]
fn every_interleaving_ends_in_agreement_with_the_facts() {
    let mut worlds = 0;
    for facts in all_facts() {
        let mut seen = HashSet::new();
        explore(&World::new(facts), &mut seen);
        worlds += seen.len();
    }

    assert!(worlds > 7_000, "only {worlds} worlds were reached");
}

#[test]
fn without_trouble_an_order_is_delivered() {
    let mut world =
        World::new(Facts { in_stock: true, coupon_left: Some(true), card_good: Some(true) });
    let patient = |step: &&Move| !matches!(step, Move::Cancel | Move::Expire);
    while MOVES.iter().filter(patient).any(|step| world.make(*step)) {}

    assert_eq!(world.order().status(), "delivered");
    world.check();
}

fn any_message() -> impl Strategy<Value = Command> {
    let purchase = purchase(None);
    let payment = purchase.payment.unwrap();
    let amount = purchase.totals.total;
    let parcel = Parcel { carrier: "Heron".into(), tracking_number: "1".into() };
    prop::sample::select(vec![
        Command::NoteStockReserved,
        Command::NoteStockRefused { details: String::new() },
        Command::NoteStockReleased,
        Command::NoteCouponReserved,
        Command::NoteCouponRefused { details: String::new() },
        Command::NoteCouponReleased,
        Command::NotePaymentAuthorized { payment, amount },
        Command::NotePaymentDeclined { payment, details: String::new() },
        Command::NotePaymentVoided { payment },
        Command::NoteDispatched { parcel },
        Command::NoteDelivered,
        Command::NoteShipmentCancelled,
        Command::NoteRecallRefused,
        Command::Cancel { by: By::Staff },
        Command::Expire { deadline: DEADLINE },
    ])
}

proptest! {
    #[test]
    fn repeated_and_shuffled_messages_end_in_agreement_with_the_facts(
        facts in prop::sample::select(all_facts().collect::<Vec<_>>()),
        steps in prop::collection::vec(prop::sample::select(MOVES.to_vec()), 0..80),
    ) {
        let mut world = World::new(facts);
        for step in steps {
            world.make(step);
        }
        world.settle();

        world.check();
    }

    #[test]
    fn no_sequence_of_messages_confirms_an_order_that_lacks_something(
        coupon in any::<bool>(),
        messages in prop::collection::vec(any_message(), 0..40),
    ) {
        let purchase = Box::new(purchase(coupon.then_some("SPRING")));
        let mut log = vec![Event::Placed { purchase, deadline: DEADLINE }];
        let mut heard = Vec::new();
        let end = Command::Expire { deadline: DEADLINE };
        for command in messages.into_iter().chain([end]) {
            if let Ok(events) = decide(given(&log).as_ref(), command.clone()) {
                log.extend(events);
            }
            heard.push(command);
        }

        let order = given(&log).unwrap();
        prop_assert!(!matches!(order, Order::Placed { .. }), "still placed after its deadline");
        if log.contains(&Event::Confirmed) {
            prop_assert!(heard.contains(&Command::NoteStockReserved));
            prop_assert!(!coupon || heard.contains(&Command::NoteCouponReserved));
            let paid = |told: &Command| matches!(told, Command::NotePaymentAuthorized { .. });
            prop_assert!(heard.iter().any(paid), "confirmed without a payment");
        }
        let ends = log.iter().filter(|e| matches!(e, Event::Cancelled { .. } | Event::Delivered));
        prop_assert!(ends.count() <= 1, "ended twice: {log:?}");
    }
}
