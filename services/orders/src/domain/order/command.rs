//! What may be asked of an order, or told to it, and why it may refuse.

use kernel::{Money, PaymentId};

use super::Deadline;
use super::event::{By, Parcel};
use crate::domain::purchase::Purchase;

/// A wish of a person, or a fact that another service tells.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Command {
    /// Somebody buys.
    Place { purchase: Box<Purchase>, deadline: Deadline },
    /// inventory: every line is set aside.
    NoteStockReserved,
    /// inventory: some line cannot be had. The text is for people.
    NoteStockRefused { details: String },
    /// inventory: what was set aside is free again.
    NoteStockReleased,
    /// pricing: one use of the coupon is set aside.
    NoteCouponReserved,
    /// pricing: the coupon has no use left. The text is for people.
    NoteCouponRefused { details: String },
    /// pricing: the use of the coupon is free again.
    NoteCouponReleased,
    /// payments: the amount is held on the card.
    NotePaymentAuthorized { payment: PaymentId, amount: Money },
    /// payments: the card was refused. The text is for people.
    NotePaymentDeclined { payment: PaymentId, details: String },
    /// payments: the hold is gone.
    NotePaymentVoided { payment: PaymentId },
    /// shipping: the carrier has the parcel.
    NoteDispatched { parcel: Parcel },
    /// shipping: it has arrived.
    NoteDelivered,
    /// shipping: the parcel was held back.
    NoteShipmentCancelled,
    /// shipping: it was too late to hold the parcel back.
    NoteRecallRefused,
    /// Somebody does not want it any more.
    Cancel { by: By },
    /// The timer for this deadline went off.
    Expire { deadline: Deadline },
}

/// Why an order refuses.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub(crate) enum Rejection {
    /// Nobody placed it.
    #[error("there is no such order")]
    NoSuchOrder,
    /// The id is taken.
    #[error("the order was placed before")]
    AlreadyPlaced,
    /// The parcel is with the carrier.
    #[error("the parcel is on its way and cannot be called back")]
    AlreadyShipped,
    /// A parcel is reported of an order that was never confirmed: its confirmation may be under way.
    #[error("a parcel was reported of an order that is not confirmed")]
    NotConfirmed,
    /// It arrived before it left: the hand-over may be under way.
    #[error("the parcel arrived before it was handed over")]
    NotShipped,
    /// A parcel was sent although the order was cancelled.
    #[error("a parcel was sent of an order that was cancelled")]
    SentAlthoughCancelled,
    /// The payment of another order.
    #[error("the payment is not the one that this order asked for")]
    ForeignPayment,
    /// Another amount is held than was asked for.
    #[error("the amount held is not what the order costs")]
    WrongAmount,
    /// What a confirmed order stands on was taken away.
    #[error("something was given back that a confirmed order needs")]
    TakenAway,
}
