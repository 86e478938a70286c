//! Reservations under every interleaving: nothing is sold twice and nothing is lost.

use std::collections::HashMap;

use proptest::prelude::*;

use super::*;
use crate::domain::shelf::{Level, Pick, Shelf};

#[test]
fn a_cancellation_that_comes_first_keeps_the_order_from_getting_anything() {
    assert_eq!(decide(None, Command::Cancel), Ok(Step::Forgo));
    assert_eq!(decide(Some(State::Forgone), Command::Place), Ok(Step::Nothing));
}

#[test]
fn a_confirmed_reservation_does_not_expire() {
    assert_eq!(decide(Some(State::Held), Command::Expire), Ok(Step::Nothing));
    assert_eq!(decide(Some(State::Reserved), Command::Expire), Ok(Step::Release(State::Expired)));
}

#[test]
fn an_order_without_stock_is_never_taken_for_one_with() {
    for state in [State::Refused, State::Forgone] {
        for command in [Command::Confirm, Command::Dispatch] {
            assert_eq!(decide(Some(state), command), Err(Rejection::NeverReserved));
        }
    }
}

#[test]
fn a_state_survives_its_table() {
    assert_eq!(State::parse("held"), Some(State::Held));
    assert_eq!(State::parse("lost"), None);
}

/// The books as `app` keeps them, without a database.
struct Books {
    shelf: Shelf,
    orders: HashMap<u8, (State, Vec<Pick>)>,
    gone: i64,
}

impl Books {
    fn reserve(&mut self, order: u8, wanted: i64, then: State) {
        let kept = match self.shelf.reserve(wanted) {
            Ok(picks) => (then, picks),
            Err(_) => (State::Refused, Vec::new()),
        };
        self.orders.insert(order, kept);
    }

    fn follow(&mut self, order: u8, command: Command, wanted: i64) {
        let (state, picks) = self.orders.get(&order).cloned().unzip();
        let picks = picks.unwrap_or_default();
        let Ok(step) = decide(state, command) else { return };
        match step {
            Step::Nothing => {}
            Step::Reserve => self.reserve(order, wanted, State::Reserved),
            Step::Hold => {
                self.orders.insert(order, (State::Held, picks));
            }
            // A shortage is a person's business then, and the state stays.
            Step::ReserveAgain => {
                let total = picks.iter().map(|pick| pick.quantity).sum();
                if let Ok(picks) = self.shelf.reserve(total) {
                    self.orders.insert(order, (State::Held, picks));
                }
            }
            Step::Release(end) => {
                picks.iter().for_each(|pick| self.shelf.release(pick));
                self.orders.insert(order, (end, picks));
            }
            Step::Forgo => {
                self.orders.insert(order, (State::Forgone, Vec::new()));
            }
            Step::Depart => self.depart(order, picks),
            Step::DepartUnreserved => {
                let total = picks.iter().map(|pick| pick.quantity).sum();
                if let Ok(picks) = self.shelf.reserve(total) {
                    self.depart(order, picks);
                }
            }
        }
    }

    fn depart(&mut self, order: u8, picks: Vec<Pick>) {
        for pick in &picks {
            self.shelf.depart(pick);
            self.gone += pick.quantity;
        }
        self.orders.insert(order, (State::Dispatched, picks));
    }
}

fn commands() -> impl Strategy<Value = Command> {
    prop_oneof![
        3 => Just(Command::Place),
        1 => Just(Command::Confirm),
        1 => Just(Command::Cancel),
        1 => Just(Command::Dispatch),
        1 => Just(Command::Expire),
    ]
}

proptest! {
    #[test]
    fn stock_adds_up_whatever_happens_in_whatever_order(
        first in 0_i64..20,
        second in 0_i64..20,
        story in prop::collection::vec((0_u8..6, commands(), 1_i64..8), 0..60),
    ) {
        let level = |location: &str, on_hand| Level { location: location.into(), on_hand, reserved: 0 };
        let levels = vec![level("main", first), level("north", second)];
        let shelf = Shelf { sku: "shirt".parse().unwrap(), tracked: true, version: 1, levels };
        let mut books = Books { shelf, orders: HashMap::new(), gone: 0 };

        for (order, command, wanted) in story {
            books.follow(order, command, wanted);

            for level in &books.shelf.levels {
                prop_assert!(0 <= level.reserved && level.reserved <= level.on_hand);
            }
            prop_assert_eq!(books.shelf.on_hand() + books.gone, first + second);
            let open = |state: &State| matches!(state, State::Reserved | State::Held);
            let promised: i64 = books.orders.values().filter(|(state, _)| open(state))
                .flat_map(|(_, picks)| picks).map(|pick| pick.quantity).sum();
            prop_assert_eq!(books.shelf.reserved(), promised);
        }
    }
}
