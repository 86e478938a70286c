//! What happens to an order, as its event store keeps it. The public events are other messages.

use serde::{Deserialize, Serialize};

use super::Deadline;
use crate::domain::purchase::Purchase;

/// A fact about an order. Holds no personal data; stored for ever, so shapes only grow (see
/// `store::events`).
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "type", content = "data", rename_all = "snake_case")]
pub(crate) enum Event {
    Placed {
        purchase: Box<Purchase>,
        deadline: Deadline,
    },
    StockReserved,
    CouponReserved,
    PaymentRequested,
    PaymentAuthorized,
    Confirmed,
    /// Shipping is asked to hold the parcel back.
    Recalled {
        by: By,
    },
    RecallRefused,
    Shipped {
        parcel: Parcel,
    },
    Delivered,
    Cancelled {
        why: Cancellation,
    },
    StockReleased,
    CouponReleased,
    PaymentVoided,
}

/// Who cancelled.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(crate) enum By {
    Customer,
    Staff,
}

/// Why an order will not be sent.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Cancellation {
    pub(crate) reason: Why,
    /// For people: "shirt/blue: 3 wanted, 1 left". May be empty.
    pub(crate) details: String,
}

/// The kinds of reasons.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, utoipa::ToSchema)]
#[serde(rename_all = "snake_case")]
pub(crate) enum Why {
    OutOfStock,
    PaymentDeclined,
    CouponRefused,
    TimedOut,
    ByCustomer,
    ByStaff,
}

/// How the parcel travels.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, utoipa::ToSchema)]
pub(crate) struct Parcel {
    /// The carrier's name.
    pub(crate) carrier: String,
    /// The carrier's number of the parcel.
    pub(crate) tracking_number: String,
}

impl Event {
    /// The reason in few words, if it has one: what led to it.
    pub(crate) const fn told_by(&self) -> &'static str {
        match self {
            Self::Placed { .. } => "customer",
            Self::StockReserved | Self::StockReleased => "inventory",
            Self::CouponReserved | Self::CouponReleased => "pricing",
            Self::PaymentAuthorized | Self::PaymentVoided => "payments",
            Self::RecallRefused | Self::Shipped { .. } | Self::Delivered => "shipping",
            Self::PaymentRequested | Self::Confirmed => "orders",
            Self::Recalled { by: By::Customer } => "customer",
            Self::Recalled { by: By::Staff } => "staff",
            Self::Cancelled { why } => why.reason.told_by(),
        }
    }

    /// What happened, for people.
    pub(crate) fn words(&self) -> String {
        match self {
            Self::Placed { .. } => "We have received your order".to_owned(),
            Self::StockReserved => "The items are set aside for you".to_owned(),
            Self::CouponReserved => "The coupon is set aside for you".to_owned(),
            Self::PaymentRequested => "We are asking for the payment".to_owned(),
            Self::PaymentAuthorized => "The payment was approved".to_owned(),
            Self::Confirmed => "Your order is confirmed".to_owned(),
            Self::Recalled { .. } => "We are holding the parcel back".to_owned(),
            Self::RecallRefused => "The parcel could not be held back any more".to_owned(),
            Self::Shipped { parcel } => format!("The parcel is with {}", parcel.carrier),
            Self::Delivered => "The parcel has arrived".to_owned(),
            Self::Cancelled { why } => format!("Cancelled: {}", why.reason.words()),
            Self::StockReleased => "The items are on sale again".to_owned(),
            Self::CouponReleased => "The coupon can be used again".to_owned(),
            Self::PaymentVoided => "The hold on the card is gone; nothing was taken".to_owned(),
        }
    }
}

impl Why {
    /// As tables and answers write it.
    pub(crate) const fn as_str(self) -> &'static str {
        match self {
            Self::OutOfStock => "out_of_stock",
            Self::PaymentDeclined => "payment_declined",
            Self::CouponRefused => "coupon_refused",
            Self::TimedOut => "timed_out",
            Self::ByCustomer => "by_customer",
            Self::ByStaff => "by_staff",
        }
    }

    const fn told_by(self) -> &'static str {
        match self {
            Self::OutOfStock => "inventory",
            Self::PaymentDeclined => "payments",
            Self::CouponRefused => "pricing",
            Self::TimedOut => "orders",
            Self::ByCustomer => "customer",
            Self::ByStaff => "staff",
        }
    }

    /// The reason, for people.
    pub(crate) const fn words(self) -> &'static str {
        match self {
            Self::OutOfStock => "an item is out of stock",
            Self::PaymentDeclined => "the payment was declined",
            Self::CouponRefused => "the coupon cannot be used any more",
            Self::TimedOut => "it could not be confirmed in time",
            Self::ByCustomer => "as you asked",
            Self::ByStaff => "by the shop",
        }
    }
}

impl From<By> for Why {
    fn from(by: By) -> Self {
        match by {
            By::Customer => Self::ByCustomer,
            By::Staff => Self::ByStaff,
        }
    }
}
