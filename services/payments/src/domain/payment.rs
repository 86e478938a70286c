//! One payment: what was asked for, what the provider did, and what follows from it.

use kernel::{Money, OrderId};

/// How far a payment has come at the provider.
///
/// ```text
/// prepared ──request──▶ requested ──▶ authorized ──▶ captured ──▶ refunded
///                           │              │
///                           ├──▶ declined  └──▶ voided
///                           └──▶ voided (nothing was held)
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Stage {
    /// A shopper has been sent to the card page.
    Prepared,
    /// An order wants it; the card may be asked.
    Requested,
    /// Held on the card.
    Authorized,
    /// Ours.
    Captured,
    /// Refused; nothing is held.
    Declined,
    /// No longer held, or never was.
    Voided,
    /// Given back.
    Refunded,
}

/// What the order wants to become of the amount. Grows only: what is released stays released.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Wish {
    /// Keep it on the card.
    Hold,
    /// Take it: the parcel is on its way.
    Take,
    /// Give it back, now or whenever it turns up: the order was cancelled.
    Release,
}

/// A payment.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Payment {
    /// Who prepared it: an account (`acc_…`) or a guest's basket (`bsk_…`).
    pub(crate) principal: String,
    pub(crate) amount: Money,
    /// The order that pays with it, from `requested` on.
    pub(crate) order: Option<OrderId>,
    pub(crate) stage: Stage,
    pub(crate) wish: Wish,
}

/// What the provider says.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Fact {
    Authorized,
    Declined {
        reason: String,
    },
    Captured,
    Voided,
    Refunded,
    /// It has never heard of the payment.
    Unheard,
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Command {
    /// An order wants to pay. `wish` is what is already known of that order.
    Request { order: OrderId, amount: Money, principal: String, wish: Wish },
    /// The order was cancelled.
    Cancel,
    /// The parcel is on its way.
    Dispatch,
    /// The provider has said something: in an answer, in a webhook, when asked again.
    Report(Fact),
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Event {
    Requested {
        order: OrderId,
    },
    Wished(Wish),
    Authorized,
    Declined {
        reason: String,
    },
    Captured,
    Voided,
    Refunded,
    /// The provider said that something is held which should not be; it has to be asked.
    Doubted,
}

/// Why an order cannot pay with this payment. The order is told; the payment stays as it is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub(crate) enum Rejection {
    #[error("the payment does not exist")]
    Unknown,
    #[error("the payment belongs to another order")]
    UsedElsewhere,
    #[error("the payment was prepared by somebody else")]
    WrongPrincipal,
    #[error("the payment was prepared for another amount")]
    WrongAmount,
}

/// Decides what happens when `command` meets `payment`. No events means nothing changes, which is
/// how repeated, late and contradictory news stays harmless.
pub(crate) fn decide(payment: &Payment, command: Command) -> Result<Vec<Event>, Rejection> {
    match command {
        Command::Request { order, amount, principal, wish } => {
            request(payment, order, amount, &principal, wish)
        }
        Command::Cancel => Ok(grow(payment, Wish::Release)),
        Command::Dispatch => Ok(grow(payment, Wish::Take)),
        Command::Report(fact) => Ok(report(payment, fact)),
    }
}

fn request(
    payment: &Payment,
    order: OrderId,
    amount: Money,
    principal: &str,
    wish: Wish,
) -> Result<Vec<Event>, Rejection> {
    match payment.order {
        Some(known) if known == order => return Ok(vec![]),
        Some(_) => return Err(Rejection::UsedElsewhere),
        None => {}
    }
    if payment.principal != principal {
        return Err(Rejection::WrongPrincipal);
    }
    if payment.amount != amount {
        return Err(Rejection::WrongAmount);
    }
    let requested = Event::Requested { order };
    Ok(match wish {
        Wish::Hold => vec![requested],
        Wish::Take => vec![requested, Event::Wished(Wish::Take)],
        // Cancelled before it was asked for: the card is never touched.
        Wish::Release => vec![requested, Event::Wished(Wish::Release), Event::Voided],
    })
}

fn grow(payment: &Payment, wish: Wish) -> Vec<Event> {
    if payment.wish < wish { vec![Event::Wished(wish)] } else { vec![] }
}

fn report(payment: &Payment, fact: Fact) -> Vec<Event> {
    match (payment.stage, fact) {
        (Stage::Requested | Stage::Authorized, Fact::Voided) => vec![Event::Voided],
        (Stage::Requested, Fact::Authorized) => vec![Event::Authorized],
        (Stage::Requested, Fact::Declined { reason }) => vec![Event::Declined { reason }],
        (Stage::Requested, Fact::Unheard) if payment.wish == Wish::Release => vec![Event::Voided],
        (Stage::Requested, Fact::Captured) => vec![Event::Authorized, Event::Captured],
        (Stage::Authorized, Fact::Captured) => vec![Event::Captured],
        (Stage::Captured, Fact::Refunded) => vec![Event::Refunded],
        (Stage::Requested | Stage::Authorized, Fact::Refunded) => {
            vec![Event::Captured, Event::Refunded]
        }
        // Mostly an old webhook that comes late; but it may be a hold that nobody knows of.
        (Stage::Declined | Stage::Voided, Fact::Authorized | Fact::Captured) => {
            vec![Event::Doubted]
        }
        _ => vec![],
    }
}

/// The payment after an event.
pub(crate) fn evolve(payment: Payment, event: &Event) -> Payment {
    let stage = match event {
        Event::Requested { order } => {
            return Payment { order: Some(*order), stage: Stage::Requested, ..payment };
        }
        Event::Wished(wish) => return Payment { wish: *wish, ..payment },
        Event::Doubted => return payment,
        Event::Authorized => Stage::Authorized,
        Event::Declined { .. } => Stage::Declined,
        Event::Captured => Stage::Captured,
        Event::Voided => Stage::Voided,
        Event::Refunded => Stage::Refunded,
    };
    Payment { stage, ..payment }
}

#[cfg(test)]
mod tests {
    use kernel::Currency;

    use super::*;

    fn payment(stage: Stage, wish: Wish) -> Payment {
        let order = (stage != Stage::Prepared).then(OrderId::new);
        let amount = Money::new(1990, Currency::EUR);
        Payment { principal: "acc_1".into(), amount, order, stage, wish }
    }

    fn request(principal: &str, minor: i64, wish: Wish) -> Command {
        let amount = Money::new(minor, Currency::EUR);
        Command::Request { order: OrderId::new(), amount, principal: principal.into(), wish }
    }

    #[test]
    fn only_its_owner_can_use_a_payment_for_its_amount_and_once() {
        let prepared = payment(Stage::Prepared, Wish::Hold);
        let used = payment(Stage::Requested, Wish::Hold);

        let said = |payment, command| decide(payment, command).unwrap_err();

        assert_eq!(said(&prepared, request("acc_2", 1990, Wish::Hold)), Rejection::WrongPrincipal);
        assert_eq!(said(&prepared, request("acc_1", 1991, Wish::Hold)), Rejection::WrongAmount);
        assert_eq!(said(&used, request("acc_1", 1990, Wish::Hold)), Rejection::UsedElsewhere);
        assert!(decide(&prepared, request("acc_1", 1990, Wish::Hold)).is_ok());
    }

    #[test]
    fn an_order_that_was_cancelled_before_never_touches_the_card() {
        let events =
            decide(&payment(Stage::Prepared, Wish::Hold), request("acc_1", 1990, Wish::Release));

        assert_eq!(events.unwrap().last(), Some(&Event::Voided));
    }

    #[test]
    fn an_old_webhook_does_not_bring_a_payment_back() {
        for stage in [Stage::Voided, Stage::Declined] {
            let events = decide(&payment(stage, Wish::Release), Command::Report(Fact::Authorized));

            assert_eq!(events, Ok(vec![Event::Doubted]));
        }
    }

    /// What each piece of news does in each stage, in the order of [`Stage`]; dots change nothing.
    #[test]
    fn news_counts_only_where_it_can_be_true() {
        let stages = [
            Stage::Prepared,
            Stage::Requested,
            Stage::Authorized,
            Stage::Captured,
            Stage::Declined,
            Stage::Voided,
            Stage::Refunded,
        ];
        let reason = || "no".to_owned();
        for (fact, wanted) in [
            (Fact::Authorized, [".", "A", ".", ".", "?", "?", "."]),
            (Fact::Declined { reason: reason() }, [".", "D", ".", ".", ".", ".", "."]),
            (Fact::Captured, [".", "AC", "C", ".", "?", "?", "."]),
            (Fact::Voided, [".", "V", "V", ".", ".", ".", "."]),
            (Fact::Refunded, [".", "CR", "CR", "R", ".", ".", "."]),
            (Fact::Unheard, ["."; 7]),
        ] {
            let told = |stage| {
                let known = payment(stage, Wish::Hold);
                let events = decide(&known, Command::Report(fact.clone())).unwrap();
                let letters: String = events.iter().map(letter).collect();
                if letters.is_empty() { ".".to_owned() } else { letters }
            };
            assert_eq!(stages.map(told), wanted, "{fact:?}");
        }
    }

    const fn letter(event: &Event) -> char {
        match event {
            Event::Authorized => 'A',
            Event::Declined { .. } => 'D',
            Event::Captured => 'C',
            Event::Voided => 'V',
            Event::Refunded => 'R',
            Event::Doubted => '?',
            Event::Requested { .. } | Event::Wished(_) => '!',
        }
    }

    #[test]
    fn a_cancelled_payment_that_the_provider_never_heard_of_is_void() {
        let told = |stage| decide(&payment(stage, Wish::Release), Command::Report(Fact::Unheard));

        assert_eq!(told(Stage::Requested), Ok(vec![Event::Voided]));
        assert_eq!((told(Stage::Authorized), told(Stage::Captured)), (Ok(vec![]), Ok(vec![])));
    }

    #[test]
    fn a_wish_that_is_known_changes_nothing() {
        let cancelled = payment(Stage::Requested, Wish::Release);

        assert_eq!(decide(&cancelled, Command::Cancel), Ok(vec![]));
    }

    #[test]
    fn a_dispatch_does_not_undo_a_cancellation() {
        let cancelled = payment(Stage::Authorized, Wish::Release);

        assert_eq!(decide(&cancelled, Command::Dispatch), Ok(vec![]));
    }
}
