//! What the auditor knows when everything is quiet: plain facts from databases and from the outside world.

use std::collections::BTreeMap;

use uuid::Uuid;

use crate::checker::Report;

/// Everything the rules are judged by.
#[derive(Clone, Debug, Default)]
pub(crate) struct Facts {
    /// What the buyers noted.
    pub(crate) journeys: Vec<Journey>,
    /// Every row of the orders database.
    pub(crate) orders: Vec<Order>,
    /// The card processor's own ledger.
    pub(crate) holds: Vec<Hold>,
    /// The carrier's own ledger.
    pub(crate) parcels: Vec<Parcel>,
    /// Stock when the first buyer came, by SKU.
    pub(crate) stock_before: BTreeMap<String, Stock>,
    /// Stock now, by SKU.
    pub(crate) stock_after: BTreeMap<String, Stock>,
    /// Coupons of the storm.
    pub(crate) coupons: Vec<Coupon>,
    /// Variants as readers see them.
    pub(crate) shown: Vec<Shown>,
    /// Prices as pricing has them, in minor units by SKU.
    pub(crate) prices: BTreeMap<String, i64>,
    /// Outboxes against topics; none when it could not be judged.
    pub(crate) history: Option<Report>,
    /// Messages, jobs and the like that nobody will get done without a person, in words.
    pub(crate) stuck: Vec<String>,
}

/// One buyer's way through the shop, as that buyer's notes say.
#[derive(Clone, Debug, Default)]
pub(crate) struct Journey {
    pub(crate) number: u64,
    /// The key that every submit of this journey carried.
    pub(crate) key: String,
    /// The quote that was submitted.
    pub(crate) quote: Option<Uuid>,
    /// The order in each 201 that was answered.
    pub(crate) accepted: Vec<Uuid>,
    /// Nothing about it asks for trouble: it should end with a parcel.
    pub(crate) meant_to_succeed: bool,
    /// Why it ended without an order, if so.
    pub(crate) gave_up: Option<String>,
}

/// An order as its database has it.
#[derive(Clone, Debug, Default)]
pub(crate) struct Order {
    pub(crate) id: Uuid,
    pub(crate) status: String,
    pub(crate) reason: Option<String>,
    pub(crate) quote: Uuid,
    pub(crate) payment: Uuid,
    pub(crate) total_minor: i64,
    pub(crate) coupon: Option<String>,
    /// It was confirmed, whatever came after.
    pub(crate) confirmed: bool,
    /// SKU and pieces.
    pub(crate) lines: Vec<(String, i64)>,
}

impl Order {
    /// Its buyer has the parcel.
    pub(crate) fn is_delivered(&self) -> bool {
        self.status == "delivered"
    }

    /// Nobody will get a parcel.
    pub(crate) fn is_cancelled(&self) -> bool {
        self.status == "cancelled"
    }
}

/// An amount that the card processor was asked for.
#[derive(Clone, Debug, Default)]
pub(crate) struct Hold {
    /// The processor's name for it.
    pub(crate) id: String,
    /// Our payment.
    pub(crate) payment: Option<Uuid>,
    pub(crate) amount_minor: i64,
    /// `authorized`, `declined`, `captured`, `voided` or `refunded`.
    pub(crate) status: String,
}

/// A parcel that the carrier was asked to take.
#[derive(Clone, Debug, Default)]
pub(crate) struct Parcel {
    /// The carrier's name for it.
    pub(crate) id: String,
    /// Whose it is.
    pub(crate) order: Option<Uuid>,
    /// `booked`, `cancelled`, `picked_up`, `in_transit`, `out_for_delivery` or `delivered`.
    pub(crate) stage: String,
}

impl Parcel {
    /// It was taken along or still may be.
    pub(crate) fn counts(&self) -> bool {
        self.stage != "cancelled"
    }
}

/// Stock of a SKU at all locations.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct Stock {
    pub(crate) tracked: bool,
    pub(crate) on_hand: i64,
    pub(crate) reserved: i64,
    /// The lowest number at any one location.
    pub(crate) lowest: i64,
    /// The sum of all recorded movements.
    pub(crate) moved: i64,
}

/// A coupon's counters.
#[derive(Clone, Debug, Default, sqlx::FromRow)]
pub(crate) struct Coupon {
    pub(crate) code: String,
    pub(crate) used: i64,
    pub(crate) reserved: i64,
    #[sqlx(rename = "use_limit")]
    pub(crate) limit: Option<i64>,
}

/// A variant on its page.
#[derive(Clone, Debug, Default)]
pub(crate) struct Shown {
    pub(crate) sku: String,
    pub(crate) price_minor: Option<i64>,
    pub(crate) tracked: bool,
    pub(crate) available: i64,
}
