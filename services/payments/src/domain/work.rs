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
    let moved = events
        .iter()
        .any(|event| matches!(event, Event::Wished(_) | Event::Authorized | Event::Captured));
    let requested = events.iter().any(|event| matches!(event, Event::Requested { .. }));
    match (payment.stage, payment.wish) {
        (Stage::Requested, Wish::Hold | Wish::Take) if requested => Some(Job::Authorize),
        (Stage::Authorized, Wish::Take) if moved => Some(Job::Capture),
        (Stage::Requested | Stage::Authorized | Stage::Captured, Wish::Release) if moved => {
            Some(Job::Release)
        }
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
