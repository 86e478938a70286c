//! The life of an order: its states, what may happen in each, and what follows.
//!
//! Read `command` and `event` for the vocabulary, `decide` for the rules, `evolve` for what events mean.

pub(crate) mod command;
pub(crate) mod decide;
pub(crate) mod event;
mod evolve;
#[cfg(test)]
mod interleavings;
#[cfg(test)]
mod rules;
#[cfg(test)]
mod world;

pub(crate) use command::{Command, Rejection};
pub(crate) use decide::decide;
pub(crate) use event::{By, Cancellation, Event, Parcel, Why};
pub(crate) use evolve::evolve;

use super::purchase::Purchase;

/// An order, with exactly the facts that are true in each state.
///
/// ```text
///            stock, coupon and payment are in
///   Placed ───────────────────────────────────► Confirmed ──dispatched──► Shipped ──► Delivered
///     │                                          │     ▲                     ▲
///     │ refused, declined,                 Cancel│     │recall refused       │dispatched
///     │ cancelled, expired                       ▼     │                     │
///     │                                        Recalling ────────────────────┘
///     ▼                   shipment cancelled     │
///   Cancelled ◄──────────────────────────────────┘
/// ```
///
/// Messages come by several topics, so they may come late, twice, or in another order than they were
/// said. A late failure changes nothing. A late success after a cancellation is given back by the one
/// who said it: inventory, pricing and payments treat `OrderCancelled` as final for whatever they do
/// for the order, before or after they hear of it. The tombstone follows what is still held.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Order {
    /// The shopper wants it; nothing is promised before everything has come in.
    Placed { purchase: Purchase, deadline: Deadline, progress: Progress },
    /// It will be sent.
    Confirmed { purchase: Purchase },
    /// Shipping was asked to hold the parcel back.
    Recalling { purchase: Purchase, by: By },
    /// The carrier has it.
    Shipped { purchase: Purchase, parcel: Parcel },
    /// It has arrived.
    Delivered { purchase: Purchase, parcel: Parcel },
    /// It will not be sent.
    Cancelled { purchase: Purchase, why: Cancellation, held: Held },
}

/// Until when a placed order must be confirmed (Unix seconds). It names the timer: one that was
/// set for another deadline is stale.
#[derive(Clone, Copy, Debug, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
#[serde(transparent)]
pub(crate) struct Deadline(pub(crate) i64);

/// What a placed order has got of what it needs.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Progress {
    pub(crate) stock: Need,
    pub(crate) coupon: Need,
    pub(crate) payment: Payment,
}

/// Something that another service sets aside.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Need {
    NotNeeded,
    Wanted,
    Reserved,
}

/// The payment of a placed order. It is asked for last, so that nobody's card is held for goods that
/// are not there.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Payment {
    /// There is nothing to pay.
    NotNeeded,
    NotAsked,
    Requested,
    Authorized,
}

/// What others held for an order when it was cancelled, or have come to hold since.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Held {
    pub(crate) stock: Hold,
    pub(crate) coupon: Hold,
    pub(crate) payment: Hold,
}

/// Whether something is held for a cancelled order. What was given back is never held again.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Hold {
    Nothing,
    Held,
    GivenBack,
}

impl Order {
    /// As tables and answers write the state.
    pub(crate) const fn status(&self) -> &'static str {
        match self {
            Self::Placed { .. } => "placed",
            Self::Confirmed { .. } => "confirmed",
            Self::Recalling { .. } => "recalling",
            Self::Shipped { .. } => "shipped",
            Self::Delivered { .. } => "delivered",
            Self::Cancelled { .. } => "cancelled",
        }
    }

    /// True when nothing more will happen that a shopper cares about.
    pub(crate) const fn ended(&self) -> bool {
        matches!(self, Self::Delivered { .. } | Self::Cancelled { .. })
    }

    /// What the order is about.
    pub(crate) const fn purchase(&self) -> &Purchase {
        match self {
            Self::Placed { purchase, .. }
            | Self::Confirmed { purchase }
            | Self::Recalling { purchase, .. }
            | Self::Shipped { purchase, .. }
            | Self::Delivered { purchase, .. }
            | Self::Cancelled { purchase, .. } => purchase,
        }
    }

    /// Whether payments was asked for the amount.
    pub(crate) fn payment_asked(&self) -> bool {
        match self {
            Self::Placed { progress, .. } => {
                matches!(progress.payment, Payment::Requested | Payment::Authorized)
            }
            Self::Confirmed { .. }
            | Self::Recalling { .. }
            | Self::Shipped { .. }
            | Self::Delivered { .. }
            | Self::Cancelled { .. } => self.purchase().payment.is_some(),
        }
    }

    /// Why it was cancelled, if it was.
    pub(crate) const fn cancellation(&self) -> Option<&Cancellation> {
        if let Self::Cancelled { why, .. } = self { Some(why) } else { None }
    }

    /// The parcel, once the carrier has it.
    pub(crate) const fn parcel(&self) -> Option<&Parcel> {
        match self {
            Self::Shipped { parcel, .. } | Self::Delivered { parcel, .. } => Some(parcel),
            Self::Placed { .. }
            | Self::Confirmed { .. }
            | Self::Recalling { .. }
            | Self::Cancelled { .. } => None,
        }
    }
}

impl Progress {
    /// Nothing is in yet.
    pub(crate) const fn of(purchase: &Purchase) -> Self {
        let coupon = if purchase.coupon.is_some() { Need::Wanted } else { Need::NotNeeded };
        let payment =
            if purchase.payment.is_some() { Payment::NotAsked } else { Payment::NotNeeded };
        Self { stock: Need::Wanted, coupon, payment }
    }
}
