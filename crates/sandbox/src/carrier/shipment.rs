//! A parcel as the carrier sees it.

use serde::{Deserialize, Serialize};

/// Where a parcel is.
///
/// ```text
/// booked ──▶ picked_up ──▶ in_transit ──▶ out_for_delivery ──▶ delivered
///    └──▶ cancelled
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Stage {
    /// Waits to be picked up.
    Booked,
    /// Will not be picked up.
    Cancelled,
    /// The carrier has it.
    PickedUp,
    /// Between two depots.
    InTransit,
    /// In the van.
    OutForDelivery,
    /// Handed over.
    Delivered,
}

impl Stage {
    /// The next place of a parcel that nobody stops.
    pub(crate) const fn next(self) -> Option<Self> {
        match self {
            Self::Booked => Some(Self::PickedUp),
            Self::PickedUp => Some(Self::InTransit),
            Self::InTransit => Some(Self::OutForDelivery),
            Self::OutForDelivery => Some(Self::Delivered),
            Self::Cancelled | Self::Delivered => None,
        }
    }

    /// For people.
    #[must_use]
    pub const fn words(self) -> &'static str {
        match self {
            Self::Booked => "Waiting to be picked up",
            Self::Cancelled => "Cancelled",
            Self::PickedUp => "Picked up",
            Self::InTransit => "In transit",
            Self::OutForDelivery => "Out for delivery",
            Self::Delivered => "Delivered",
        }
    }
}

/// Where a parcel goes.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Destination {
    /// Who gets it.
    pub name: String,
    /// Street and number.
    pub line1: String,
    /// What else helps to find the door.
    #[serde(default)]
    pub line2: String,
    /// As the country writes it.
    pub postal_code: String,
    /// Town.
    pub city: String,
    /// ISO 3166-1 alpha-2.
    pub country: String,
}

/// One step of a parcel.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Step {
    /// `trk_…`, also the id of the webhook.
    pub id: String,
    /// Where it was seen.
    pub stage: Stage,
    /// Unix seconds.
    pub at: i64,
}

/// A parcel.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Shipment {
    /// `cst_…`.
    pub id: String,
    /// What is written on the parcel.
    pub tracking_number: String,
    /// The sender's own name for it.
    pub reference: String,
    /// `standard` or `express`.
    pub service: String,
    /// Where it goes.
    pub to: Destination,
    /// Where it is.
    pub stage: Stage,
    /// Every step so far.
    pub steps: Vec<Step>,
    /// How many of the steps the sender has been told.
    pub told: usize,
}
