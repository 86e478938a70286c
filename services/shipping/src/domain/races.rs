//! Whatever order confirmations, recalls, bookings and tracking come in, a parcel is sent or held back, never both.

use proptest::prelude::*;

use super::shipment::{Command, Event, Recall, Shipment, Stage, decide, evolve};

/// What can happen next. The carrier is as strict as the real one: it cancels until it has picked up.
#[derive(Clone, Copy, Debug)]
enum Happening {
    Confirmed,
    Recalled,
    /// The booking job begins, reaches the carrier, and is settled.
    Begin,
    Reach,
    Settle,
    /// The cancel job runs, if a recall is wanted.
    Cancel,
    /// The carrier moves the parcel on.
    Move,
    /// Some tracking event comes, perhaps once more.
    Webhook(usize),
}

#[derive(Debug, Default)]
struct World {
    shipment: Option<Shipment>,
    said: Vec<Event>,
    begun: bool,
    booked: bool,
    held_back: bool,
    moved: usize,
}

const PLACES: [Stage; 4] =
    [Stage::Dispatched, Stage::InTransit, Stage::OutForDelivery, Stage::Delivered];

impl World {
    fn execute(&mut self, command: Command) {
        for event in decide(self.shipment.as_ref(), command) {
            self.shipment = Some(evolve(self.shipment.take(), &event));
            self.said.push(event);
        }
    }

    fn happen(&mut self, what: Happening) {
        let number = || "PN1".to_owned();
        let stage = self.shipment.as_ref().map(|shipment| shipment.stage);
        match what {
            Happening::Confirmed => self.execute(Command::Prepare),
            Happening::Recalled => self.execute(Command::Recall),
            Happening::Begin => {
                self.execute(Command::BeginBooking);
                self.begun = self.said.contains(&Event::BookingBegun);
            }
            Happening::Reach => self.booked |= self.begun,
            Happening::Settle if self.booked => {
                self.execute(Command::Book { tracking_number: number() });
            }
            Happening::Cancel => self.cancel(stage),
            Happening::Move if self.booked && !self.held_back => {
                self.moved = (self.moved + 1).min(PLACES.len());
            }
            Happening::Webhook(which) if self.moved > 0 => {
                let stage = PLACES[which % self.moved];
                self.execute(Command::Track { stage, tracking_number: number() });
            }
            Happening::Settle | Happening::Move | Happening::Webhook(_) => {}
        }
    }

    /// Runs behind the booking job of the same parcel.
    fn cancel(&mut self, stage: Option<Stage>) {
        let wanted = self.shipment.as_ref().is_some_and(|known| known.recall == Recall::Wanted);
        if !wanted || stage == Some(Stage::Booking) {
            return;
        }
        if self.moved == 0 {
            self.held_back = true;
            self.execute(Command::HoldBack);
        } else {
            self.execute(Command::RefuseRecall);
        }
    }

    fn times(&self, event: &Event) -> usize {
        self.said.iter().filter(|said| *said == event).count()
    }
}

fn happening() -> impl Strategy<Value = Happening> {
    prop_oneof![
        2 => Just(Happening::Confirmed),
        1 => Just(Happening::Recalled),
        2 => Just(Happening::Begin),
        2 => Just(Happening::Reach),
        2 => Just(Happening::Settle),
        1 => Just(Happening::Cancel),
        3 => Just(Happening::Move),
        3 => (0..4_usize).prop_map(Happening::Webhook),
    ]
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(2000))]

    #[test]
    fn a_parcel_is_sent_or_held_back(
        happenings in proptest::collection::vec(happening(), 0..30),
    ) {
        let mut world = World::default();
        for what in &happenings {
            world.happen(*what);
        }
        let end = [
            Happening::Confirmed, Happening::Begin, Happening::Reach, Happening::Settle,
            Happening::Cancel, Happening::Move, Happening::Move, Happening::Move, Happening::Move,
            Happening::Webhook(3), Happening::Webhook(0), Happening::Webhook(1),
        ];
        end.into_iter().for_each(|what| world.happen(what));

        let (cancelled, delivered) =
            (world.times(&Event::Cancelled), world.times(&Event::Delivered));
        prop_assert_eq!(cancelled + delivered, 1, "{:?}", world.said);
        prop_assert_eq!(world.times(&Event::Dispatched), delivered);
        prop_assert_eq!(world.moved > 0, delivered == 1, "{:?}", world);
        let recalled = happenings.iter().any(|one| matches!(one, Happening::Recalled));
        let answered = cancelled + world.times(&Event::RecallRefused);
        prop_assert_eq!(answered, usize::from(recalled), "{:?}", world.said);
        let dispatched = world.said.iter().position(|event| *event == Event::Dispatched);
        let arrived = world.said.iter().position(|event| *event == Event::Delivered);
        prop_assert!(dispatched <= arrived);
    }
}
