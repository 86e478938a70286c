//! What the provider is asked for: which job follows from an event, and which step a job takes next.

use serde::{Deserialize, Serialize};

use super::payment::{Event, Fact, Payment, Stage, Wish};

/// A piece of work at the provider.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(crate) enum Job {
    /// Hold the amount on the card.
    Authorize,
    /// Take what is held.
    Capture,
    /// Give back whatever is held or was taken.
    Release,
}

/// What the provider knows of a payment.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Seen {
    /// The provider's own name for the authorization.
    pub(crate) authorization: String,
    pub(crate) status: SeenStatus,
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum SeenStatus {
    /// The bank has not answered.
    Pending,
    /// It is so.
    Settled(Fact),
}

/// Whether the provider was asked what it knows.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Look {
    /// Not in this try, and no try before can have done anything.
    First,
    /// Not in this try; an earlier one may have succeeded unnoticed.
    Again,
    /// It was.
    Found(Option<Seen>),
}

/// What to do next.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Step {
    /// Ask the provider what it knows.
    Find,
    Authorize,
    Capture(String),
    Void(String),
    Refund(String),
    /// Try again later.
    Wait,
    /// The job is done; this was learnt.
    Done(Option<Fact>),
}

/// The job that has become due with these events, `payment` being what they made of it.
pub(crate) fn due(payment: &Payment, events: &[Event]) -> Option<Job> {
    let doubted = events.contains(&Event::Doubted);
    let requested = events.iter().any(|event| matches!(event, Event::Requested { .. }));
    match (payment.stage, payment.wish) {
        // Its job also sees to a cancellation: it looks at the wish before it asks the card.
        (Stage::Requested, _) => requested.then_some(Job::Authorize),
        (Stage::Authorized, Wish::Take) => Some(Job::Capture),
        (Stage::Authorized | Stage::Captured, Wish::Release) => Some(Job::Release),
        _ => doubted.then_some(Job::Release),
    }
}

/// The next step of a job.
pub(crate) fn next(job: Job, payment: &Payment, known: Option<&str>, look: Look) -> Step {
    match job {
        Job::Authorize => authorize(payment, look),
        Job::Capture => capture(payment, known, look),
        Job::Release => release(look),
    }
}

fn authorize(payment: &Payment, look: Look) -> Step {
    let wanted = payment.wish != Wish::Release;
    match look {
        // A webhook was faster.
        _ if payment.stage != Stage::Requested => Step::Done(None),
        Look::First if wanted => Step::Authorize,
        Look::First | Look::Again => Step::Find,
        Look::Found(None) if wanted => Step::Authorize,
        Look::Found(None) => Step::Done(Some(Fact::Unheard)),
        Look::Found(Some(seen)) => learnt(seen),
    }
}

fn capture(payment: &Payment, known: Option<&str>, look: Look) -> Step {
    match (look, known) {
        _ if payment.stage != Stage::Authorized || payment.wish != Wish::Take => Step::Done(None),
        (Look::First, Some(known)) => Step::Capture(known.to_owned()),
        (Look::First | Look::Again, _) => Step::Find,
        (Look::Found(None), _) => Step::Wait,
        (Look::Found(Some(seen)), _) if seen.is(&Fact::Authorized) => {
            Step::Capture(seen.authorization)
        }
        (Look::Found(Some(seen)), _) => learnt(seen),
    }
}

/// Giving back always begins with a look: what is held may have come about unnoticed.
fn release(look: Look) -> Step {
    match look {
        Look::First | Look::Again => Step::Find,
        Look::Found(None) => Step::Done(Some(Fact::Unheard)),
        Look::Found(Some(seen)) if seen.is(&Fact::Authorized) => Step::Void(seen.authorization),
        Look::Found(Some(seen)) if seen.is(&Fact::Captured) => Step::Refund(seen.authorization),
        Look::Found(Some(seen)) => learnt(seen),
    }
}

fn learnt(seen: Seen) -> Step {
    match seen.status {
        SeenStatus::Pending => Step::Wait,
        SeenStatus::Settled(fact) => Step::Done(Some(fact)),
    }
}

impl Seen {
    fn is(&self, fact: &Fact) -> bool {
        matches!(&self.status, SeenStatus::Settled(known) if known == fact)
    }
}

#[cfg(test)]
mod tests {
    use kernel::{Currency, Money, OrderId};

    use super::*;

    fn payment(stage: Stage, wish: Wish) -> Payment {
        let (order, amount) = (Some(OrderId::new()), Money::new(1990, Currency::EUR));
        Payment { principal: "acc_1".into(), amount, order, stage, wish }
    }

    fn found(status: SeenStatus) -> Look {
        Look::Found(Some(Seen { authorization: "aut_1".into(), status }))
    }

    fn settled(fact: Fact) -> Look {
        found(SeenStatus::Settled(fact))
    }

    #[test]
    fn a_card_is_asked_once_and_only_while_the_order_stands() {
        let (wanted, cancelled) =
            (payment(Stage::Requested, Wish::Hold), payment(Stage::Requested, Wish::Release));
        let step = |payment, look| next(Job::Authorize, payment, None, look);

        assert_eq!(step(&wanted, Look::First), Step::Authorize);
        assert_eq!(step(&wanted, Look::Again), Step::Find);
        assert_eq!(step(&wanted, Look::Found(None)), Step::Authorize);
        assert_eq!(step(&wanted, found(SeenStatus::Pending)), Step::Wait);
        assert_eq!(step(&wanted, settled(Fact::Voided)), Step::Done(Some(Fact::Voided)));
        assert_eq!(step(&cancelled, Look::First), Step::Find);
        assert_eq!(step(&cancelled, Look::Found(None)), Step::Done(Some(Fact::Unheard)));
        for stage in [Stage::Authorized, Stage::Declined, Stage::Voided] {
            let known = payment(stage, Wish::Hold);
            assert_eq!(next(Job::Authorize, &known, None, Look::First), Step::Done(None));
        }
    }

    #[test]
    fn only_what_is_held_and_wanted_is_captured() {
        let held = payment(Stage::Authorized, Wish::Take);
        let step = |look| next(Job::Capture, &held, Some("aut_1"), look);

        assert_eq!(step(Look::First), Step::Capture("aut_1".into()));
        assert_eq!(step(Look::Again), Step::Find);
        assert_eq!(step(Look::Found(None)), Step::Wait);
        assert_eq!(step(settled(Fact::Authorized)), Step::Capture("aut_1".into()));
        assert_eq!(step(settled(Fact::Captured)), Step::Done(Some(Fact::Captured)));
        assert_eq!(next(Job::Capture, &held, None, Look::First), Step::Find);
        for (stage, wish) in [(Stage::Captured, Wish::Take), (Stage::Authorized, Wish::Release)] {
            let other = payment(stage, wish);
            assert_eq!(next(Job::Capture, &other, Some("aut_1"), Look::First), Step::Done(None));
        }
    }

    #[test]
    fn giving_back_looks_first() {
        let cancelled = payment(Stage::Authorized, Wish::Release);
        let step = |look| next(Job::Release, &cancelled, Some("aut_1"), look);

        assert_eq!((step(Look::First), step(Look::Again)), (Step::Find, Step::Find));
        assert_eq!(step(settled(Fact::Authorized)), Step::Void("aut_1".into()));
        assert_eq!(step(settled(Fact::Captured)), Step::Refund("aut_1".into()));
        assert_eq!(step(found(SeenStatus::Pending)), Step::Wait);
        assert_eq!(step(Look::Found(None)), Step::Done(Some(Fact::Unheard)));
    }

    #[test]
    fn each_job_becomes_due_once() {
        let after = |stage, wish, event| due(&payment(stage, wish), &[event]);
        let requested = Event::Requested { order: OrderId::new() };

        assert_eq!(after(Stage::Requested, Wish::Hold, requested), Some(Job::Authorize));
        let cancelled = Event::Wished(Wish::Release);
        assert_eq!(after(Stage::Requested, Wish::Take, Event::Wished(Wish::Take)), None);
        assert_eq!(after(Stage::Requested, Wish::Release, cancelled.clone()), None);
        assert_eq!(after(Stage::Authorized, Wish::Hold, Event::Authorized), None);
        assert_eq!(after(Stage::Authorized, Wish::Take, Event::Authorized), Some(Job::Capture));
        assert_eq!(after(Stage::Captured, Wish::Release, cancelled), Some(Job::Release));
        assert_eq!(after(Stage::Declined, Wish::Hold, Event::Doubted), Some(Job::Release));
        assert_eq!(after(Stage::Voided, Wish::Release, Event::Voided), None);
    }
}
