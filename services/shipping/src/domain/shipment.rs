//! One parcel: packed, booked with the carrier, followed until it is delivered, or held back in time.

/// Where a parcel is. Later stages sort behind earlier ones; a parcel never goes back.
///
/// ```text
/// prepared ──▶ booking ──▶ booked ──▶ dispatched ──▶ in_transit ──▶ out_for_delivery ──▶ delivered
///     │           │           │
///     └───────────┴───────────┴──▶ cancelled
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Stage {
    /// Being packed; the carrier knows nothing.
    Prepared,
    /// The carrier is being called; it may know.
    Booking,
    /// Waits for the carrier.
    Booked,
    /// The carrier has it.
    Dispatched,
    InTransit,
    OutForDelivery,
    Delivered,
    /// Held back; it will not be sent.
    Cancelled,
}

/// Whether somebody wants the parcel back.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Recall {
    None,
    /// The carrier is asked.
    Wanted,
    /// Too late.
    Refused,
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Shipment {
    pub(crate) stage: Stage,
    pub(crate) recall: Recall,
    /// What is written on the parcel, once the carrier has said it.
    pub(crate) tracking_number: Option<String>,
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Command {
    /// The order was confirmed.
    Prepare,
    /// The carrier is going to be called.
    BeginBooking,
    /// The carrier has taken the booking.
    Book { tracking_number: String },
    /// The order is wanted back.
    Recall,
    /// The carrier will not fetch the parcel.
    HoldBack,
    /// The carrier had it already.
    RefuseRecall,
    /// The carrier has seen the parcel.
    Track { stage: Stage, tracking_number: String },
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Event {
    Prepared,
    BookingBegun,
    Booked {
        tracking_number: String,
    },
    RecallWanted,
    Dispatched,
    /// Somewhere between dispatch and delivery.
    Tracked(Stage),
    Delivered,
    Cancelled,
    RecallRefused,
}

/// Decides what happens when `command` meets a shipment (`None`: nothing is known of the order).
/// No events means nothing changes, so news may come late, twice and in any order.
pub(crate) fn decide(shipment: Option<&Shipment>, command: Command) -> Vec<Event> {
    let Some(shipment) = shipment else {
        return match command {
            Command::Prepare => vec![Event::Prepared],
            // Remembered: the confirmation that comes later finds it cancelled.
            Command::Recall => vec![Event::Cancelled],
            Command::BeginBooking
            | Command::Book { .. }
            | Command::HoldBack
            | Command::RefuseRecall
            | Command::Track { .. } => vec![],
        };
    };
    match command {
        Command::Prepare => vec![],
        Command::BeginBooking if shipment.stage == Stage::Prepared => vec![Event::BookingBegun],
        Command::Book { tracking_number } if shipment.stage == Stage::Booking => {
            vec![Event::Booked { tracking_number }]
        }
        Command::BeginBooking | Command::Book { .. } => vec![],
        Command::Recall => recall(shipment),
        Command::HoldBack if shipment.stage < Stage::Dispatched => vec![Event::Cancelled],
        Command::HoldBack => vec![],
        Command::RefuseRecall if shipment.recall == Recall::Wanted => vec![Event::RecallRefused],
        Command::RefuseRecall => vec![],
        Command::Track { stage, tracking_number } => track(shipment, stage, tracking_number),
    }
}

fn recall(shipment: &Shipment) -> Vec<Event> {
    match (shipment.stage, shipment.recall) {
        (Stage::Prepared, _) => vec![Event::Cancelled],
        (Stage::Booking | Stage::Booked, Recall::None) => vec![Event::RecallWanted],
        (Stage::Cancelled, _) | (_, Recall::Wanted | Recall::Refused) => vec![],
        (_, Recall::None) => vec![Event::RecallRefused],
    }
}

/// What was skipped is made up for: a parcel that arrives must have left.
fn track(shipment: &Shipment, stage: Stage, tracking_number: String) -> Vec<Event> {
    let backwards = stage <= shipment.stage || stage < Stage::Dispatched;
    // A cancelled parcel sorts last, so nothing moves it; `cancelled` is no place to be seen at.
    if backwards || stage == Stage::Cancelled {
        return vec![];
    }
    let mut events = Vec::new();
    if shipment.stage < Stage::Booked {
        events.push(Event::Booked { tracking_number });
    }
    if shipment.stage < Stage::Dispatched {
        events.push(Event::Dispatched);
        if shipment.recall == Recall::Wanted {
            events.push(Event::RecallRefused);
        }
    }
    match stage {
        Stage::Delivered => events.push(Event::Delivered),
        Stage::InTransit | Stage::OutForDelivery => events.push(Event::Tracked(stage)),
        Stage::Prepared | Stage::Booking | Stage::Booked | Stage::Dispatched | Stage::Cancelled => {
        }
    }
    events
}

/// The shipment after an event.
pub(crate) fn evolve(shipment: Option<Shipment>, event: &Event) -> Shipment {
    let fresh = Shipment { stage: Stage::Prepared, recall: Recall::None, tracking_number: None };
    let shipment = shipment.unwrap_or(fresh);
    let at = |stage| Shipment { stage, ..shipment.clone() };
    match event {
        Event::Prepared => shipment,
        Event::BookingBegun => at(Stage::Booking),
        Event::Booked { tracking_number } => Shipment {
            stage: Stage::Booked,
            tracking_number: Some(tracking_number.clone()),
            ..shipment
        },
        Event::RecallWanted => Shipment { recall: Recall::Wanted, ..shipment },
        Event::RecallRefused => Shipment { recall: Recall::Refused, ..shipment },
        Event::Dispatched => at(Stage::Dispatched),
        Event::Tracked(stage) => at(*stage),
        Event::Delivered => at(Stage::Delivered),
        Event::Cancelled => at(Stage::Cancelled),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn shipment(stage: Stage, recall: Recall) -> Shipment {
        Shipment { stage, recall, tracking_number: Some("PN1".into()) }
    }

    fn track(stage: Stage) -> Command {
        Command::Track { stage, tracking_number: "PN1".into() }
    }

    #[test]
    fn a_parcel_that_arrives_must_have_left() {
        let events = decide(Some(&shipment(Stage::Booked, Recall::None)), track(Stage::Delivered));

        assert_eq!(events, [Event::Dispatched, Event::Delivered]);
    }

    #[test]
    fn a_parcel_never_goes_back() {
        let delivered = shipment(Stage::Delivered, Recall::None);
        let cancelled = shipment(Stage::Cancelled, Recall::None);

        for stage in [Stage::Dispatched, Stage::InTransit, Stage::Delivered] {
            assert_eq!(decide(Some(&delivered), track(stage)), []);
            assert_eq!(decide(Some(&cancelled), track(stage)), []);
        }
    }

    #[test]
    fn each_command_counts_in_its_own_stages_only() {
        let stages = [
            Stage::Prepared,
            Stage::Booking,
            Stage::Booked,
            Stage::Dispatched,
            Stage::InTransit,
            Stage::OutForDelivery,
            Stage::Delivered,
            Stage::Cancelled,
        ];
        let book = Command::Book { tracking_number: "PN1".into() };

        for (command, counts) in [
            (Command::Prepare, &[] as &[Stage]),
            (Command::BeginBooking, &stages[..1]),
            (book, &stages[1..2]),
            (Command::HoldBack, &stages[..3]),
        ] {
            for stage in stages {
                let events = decide(Some(&shipment(stage, Recall::None)), command.clone());
                assert_eq!(!events.is_empty(), counts.contains(&stage), "{command:?} {stage:?}");
            }
        }
    }

    #[test]
    fn a_recall_is_answered_once() {
        let said = |recall, command| decide(Some(&shipment(Stage::Booked, recall)), command);

        assert_eq!(said(Recall::None, Command::RefuseRecall), []);
        assert_eq!(said(Recall::Wanted, Command::RefuseRecall), [Event::RecallRefused]);
        assert_eq!(said(Recall::Refused, Command::RefuseRecall), []);
        assert_eq!(said(Recall::Wanted, Command::Recall), []);
        let answered = [Event::Dispatched, Event::RecallRefused];
        assert_eq!(said(Recall::Wanted, track(Stage::Dispatched)), answered);
    }

    #[test]
    fn a_parcel_that_is_seen_has_been_booked_and_is_seen_on_its_way_only() {
        let said = |stage, seen| decide(Some(&shipment(stage, Recall::None)), track(seen));

        let booked = Event::Booked { tracking_number: "PN1".into() };
        assert_eq!(said(Stage::Booking, Stage::Dispatched), [booked, Event::Dispatched]);
        for nowhere in [Stage::Booking, Stage::Booked, Stage::Cancelled] {
            assert_eq!(said(Stage::Prepared, nowhere), [], "{nowhere:?}");
        }
    }

    #[test]
    fn a_recall_is_granted_at_once_only_while_the_carrier_knows_nothing() {
        let said = |stage| decide(Some(&shipment(stage, Recall::None)), Command::Recall);

        assert_eq!(said(Stage::Prepared), [Event::Cancelled]);
        assert_eq!(said(Stage::Booking), [Event::RecallWanted]);
        assert_eq!(said(Stage::Booked), [Event::RecallWanted]);
        assert_eq!(said(Stage::Dispatched), [Event::RecallRefused]);
        assert_eq!(said(Stage::Cancelled), []);
        assert_eq!(decide(None, Command::Recall), [Event::Cancelled]);
    }
}
