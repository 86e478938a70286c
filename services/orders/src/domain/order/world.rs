//! A model of the services around an order, for tests that try interleavings of their messages.
#![expect(
    clippy::wildcard_enum_match_arm,
    reason = "the `_` arms are what does not concern a service"
)]

use std::collections::VecDeque;

use kernel::{AccountId, Money, OrderId, OrderNumber, PaymentId, QuoteId};

use super::{By, Command, Deadline, Event, Hold, Order, Parcel, Rejection, decide, evolve};
use crate::domain::purchase::tests::{line, totals};
use crate::domain::purchase::{Buyer, Purchase};

pub(super) const DEADLINE: Deadline = Deadline(900);

pub(super) fn given(history: &[Event]) -> Option<Order> {
    history.iter().fold(None, evolve)
}

pub(super) fn purchase(coupon: Option<&str>) -> Purchase {
    Purchase {
        number: OrderNumber::of(OrderId::derived(b"order")).to_string(),
        buyer: Buyer::Account(AccountId::derived(b"ada")),
        quote: QuoteId::derived(b"quote"),
        payment: Some(PaymentId::derived(b"payment")),
        lines: vec![line(1_000, 2)],
        totals: totals(2_000),
        coupon: coupon.map(str::to_owned),
        country: "DE".to_owned(),
        shipping_method: "standard".to_owned(),
    }
}

/// The same with a discount that leaves nothing to pay.
pub(super) fn free(coupon: Option<&str>) -> Purchase {
    let mut free = purchase(coupon);
    free.totals.discount = free.totals.discount.checked_add(free.totals.total).unwrap();
    free.totals.total = Money::zero(free.totals.total.currency());
    Purchase { payment: None, ..free }
}

/// Who agrees to what.
#[derive(Clone, Copy, Debug)]
pub(super) struct Facts {
    pub(super) in_stock: bool,
    /// Absent: no coupon is used.
    pub(super) coupon_left: Option<bool>,
    /// Absent: there is nothing to pay.
    pub(super) card_good: Option<bool>,
}

/// The order, the four services around it, and what is under way between them. Each service reads
/// the order's events in order and says its own in order; across services anything goes.
#[derive(Clone, Debug)]
pub(super) struct World {
    facts: Facts,
    order: Order,
    log: Vec<Event>,
    read: [usize; 4],
    said: [VecDeque<Command>; 4],
    last: [Option<Command>; 4],
    stock: Hold,
    coupon: Hold,
    payment: Hold,
    asked: bool,
    to_send: bool,
    dispatched: bool,
    delivered: bool,
    cancelled: [bool; 4],
    wishes: u8,
}

const INVENTORY: usize = 0;
const PRICING: usize = 1;
const PAYMENTS: usize = 2;
const SHIPPING: usize = 3;

/// What may happen next.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Move {
    /// A service reads the order's next event.
    Read(usize),
    /// Payments hears from the bank, or shipping from the carrier.
    Act(usize),
    /// The order hears what a service said.
    Hear(usize),
    /// The order hears once more what it heard last from a service.
    HearAgain(usize),
    /// The customer cancels.
    Cancel,
    /// The timer goes off.
    Expire,
}

pub(super) const MOVES: [Move; 16] = [
    Move::Read(0),
    Move::Read(1),
    Move::Read(2),
    Move::Read(3),
    Move::Hear(0),
    Move::Hear(1),
    Move::Hear(2),
    Move::Hear(3),
    Move::HearAgain(0),
    Move::HearAgain(1),
    Move::HearAgain(2),
    Move::HearAgain(3),
    Move::Act(2),
    Move::Act(3),
    Move::Cancel,
    Move::Expire,
];

impl World {
    pub(super) fn new(facts: Facts) -> Self {
        let of = if facts.card_good.is_some() { purchase } else { free };
        let purchase = Box::new(of(facts.coupon_left.map(|_| "SPRING")));
        let log = decide(None, Command::Place { purchase, deadline: DEADLINE }).unwrap();
        Self {
            facts,
            order: given(&log).unwrap(),
            log,
            read: [0; 4],
            said: Default::default(),
            last: Default::default(),
            stock: Hold::Nothing,
            coupon: Hold::Nothing,
            payment: Hold::Nothing,
            asked: false,
            to_send: false,
            dispatched: false,
            delivered: false,
            cancelled: [false; 4],
            wishes: 0,
        }
    }

    pub(super) const fn order(&self) -> &Order {
        &self.order
    }

    /// Tells worlds apart whose futures differ: by the order's state, what is still to be read and
    /// heard, and the services' own states.
    pub(super) fn fingerprint(&self) -> String {
        let state = match &self.order {
            Order::Placed { progress, .. } => format!("{progress:?}"),
            Order::Cancelled { held, .. } => format!("{held:?}"),
            other => other.status().to_owned(),
        };
        let unread = [0, 1, 2, 3].map(|service| {
            let unread = self.log.iter().skip(self.read[service]);
            unread.filter(|event| concerns(service, event)).map(Event::words).collect::<Vec<_>>()
        });
        let services = (self.stock, self.coupon, self.payment, self.asked, self.to_send);
        let rest = (self.dispatched, self.delivered, self.cancelled, self.wishes);
        format!("{state}{unread:?}{:?}{:?}{services:?}{rest:?}", self.said, self.last)
    }

    /// Makes a move; false when there was nothing to do.
    pub(super) fn make(&mut self, step: Move) -> bool {
        match step {
            Move::Read(service) => self.read(service),
            Move::Act(PAYMENTS) if self.asked => {
                self.asked = false;
                self.bank_answers();
                true
            }
            Move::Act(SHIPPING) => self.carrier_acts(),
            Move::Act(_) => false,
            Move::Hear(service) => {
                let Some(command) = self.said[service].pop_front() else { return false };
                self.last[service] = Some(command.clone());
                self.tell(command).unwrap();
                true
            }
            Move::HearAgain(service) => {
                let Some(command) = self.last[service].take() else { return false };
                self.tell(command).unwrap();
                true
            }
            Move::Cancel => {
                let first = self.wishes == 0;
                self.wishes = 1;
                let outcome = self.tell(Command::Cancel { by: By::Customer });
                assert!(matches!(outcome, Ok(()) | Err(Rejection::AlreadyShipped)));
                first
            }
            Move::Expire => {
                let before = self.log.len();
                self.tell(Command::Expire { deadline: DEADLINE }).unwrap();
                before != self.log.len()
            }
        }
    }

    fn tell(&mut self, command: Command) -> Result<(), Rejection> {
        let events = decide(Some(&self.order), command)?;
        for event in &events {
            self.order = evolve(Some(self.order.clone()), event).unwrap();
        }
        self.log.extend(events);
        Ok(())
    }

    /// A service reads the next event that concerns it.
    fn read(&mut self, service: usize) -> bool {
        let unread = self.log.iter().enumerate().skip(self.read[service]);
        let next = unread.clone().find(|(_, event)| concerns(service, event));
        let Some((at, event)) = next.map(|(at, event)| (at, event.clone())) else { return false };
        self.read[service] = at + 1;
        match (service, &event) {
            (INVENTORY, Event::Placed { .. }) if self.facts.in_stock => {
                self.stock = Hold::Held;
                self.said[INVENTORY].push_back(Command::NoteStockReserved);
            }
            (INVENTORY, Event::Placed { .. }) => {
                let details = String::new();
                self.said[INVENTORY].push_back(Command::NoteStockRefused { details });
            }
            (PRICING, Event::Placed { .. }) if self.facts.coupon_left == Some(true) => {
                self.coupon = Hold::Held;
                self.said[PRICING].push_back(Command::NoteCouponReserved);
            }
            (PRICING, Event::Placed { .. }) if self.facts.coupon_left == Some(false) => {
                let details = String::new();
                self.said[PRICING].push_back(Command::NoteCouponRefused { details });
            }
            (PAYMENTS, Event::PaymentRequested) => self.asked = true,
            (SHIPPING, Event::Confirmed) => self.to_send = true,
            (SHIPPING, Event::Recalled { .. }) => {
                let answer = if self.dispatched {
                    Command::NoteRecallRefused
                } else {
                    Command::NoteShipmentCancelled
                };
                self.to_send = false;
                self.said[SHIPPING].push_back(answer);
            }
            (service, Event::Cancelled { .. }) => {
                self.cancelled[service] = true;
                self.give_back(service);
            }
            _ => {}
        }
        true
    }

    fn give_back(&mut self, service: usize) {
        let payment = self.order.purchase().payment;
        let (hold, answer) = match service {
            INVENTORY => (&mut self.stock, Command::NoteStockReleased),
            PRICING => (&mut self.coupon, Command::NoteCouponReleased),
            PAYMENTS => match payment {
                Some(payment) => (&mut self.payment, Command::NotePaymentVoided { payment }),
                None => return,
            },
            _ => return,
        };
        if *hold == Hold::Held {
            *hold = Hold::GivenBack;
            self.said[service].push_back(answer);
        }
    }

    fn bank_answers(&mut self) {
        let (payment, amount) = {
            let purchase = self.order.purchase();
            (purchase.payment.unwrap(), purchase.totals.total)
        };
        if self.facts.card_good == Some(false) {
            let declined = Command::NotePaymentDeclined { payment, details: String::new() };
            return self.said[PAYMENTS].push_back(declined);
        }
        self.payment = Hold::Held;
        self.said[PAYMENTS].push_back(Command::NotePaymentAuthorized { payment, amount });
        if self.cancelled[PAYMENTS] {
            self.give_back(PAYMENTS);
        }
    }

    fn carrier_acts(&mut self) -> bool {
        if self.to_send && !self.dispatched {
            self.dispatched = true;
            let parcel = Parcel { carrier: "Heron".into(), tracking_number: "1".into() };
            self.said[SHIPPING].push_back(Command::NoteDispatched { parcel });
            return true;
        }
        let arrives = self.dispatched && !self.delivered;
        if arrives {
            self.delivered = true;
            self.said[SHIPPING].push_back(Command::NoteDelivered);
        }
        arrives
    }

    /// Lets everything that is under way come to rest, timer included.
    pub(super) fn settle(&mut self) {
        while MOVES.iter().any(|step| *step != Move::Cancel && self.make(*step)) {}
    }

    /// The order has ended, and what it says of itself is what is true around it.
    pub(super) fn check(&self) {
        match &self.order {
            Order::Delivered { .. } => {
                assert!(self.facts.in_stock && self.delivered);
                assert_ne!(self.facts.card_good, Some(false));
                assert_ne!(self.facts.coupon_left, Some(false));
                let free = self.facts.card_good.is_none();
                let paid = if free { Hold::Nothing } else { Hold::Held };
                assert_eq!((self.stock, self.payment), (Hold::Held, paid));
            }
            Order::Cancelled { held, .. } => {
                assert!(!self.dispatched, "a parcel was sent: {:?}", self.log);
                for (said, true_one) in [
                    (held.stock, self.stock),
                    (held.coupon, self.coupon),
                    (held.payment, self.payment),
                ] {
                    assert_eq!(said, true_one, "{:?}", self.log);
                    assert_ne!(true_one, Hold::Held, "kept something: {:?}", self.log);
                }
            }
            Order::Placed { .. }
            | Order::Confirmed { .. }
            | Order::Recalling { .. }
            | Order::Shipped { .. } => panic!("not ended: {:?}", self.log),
        }
    }
}

fn concerns(service: usize, event: &Event) -> bool {
    match event {
        Event::Placed { .. } => service == INVENTORY || service == PRICING,
        Event::PaymentRequested => service == PAYMENTS,
        Event::Confirmed | Event::Recalled { .. } => service == SHIPPING,
        Event::Cancelled { .. } => service != SHIPPING,
        _ => false,
    }
}
