//! Where a parcel is.

use askama::Template;
use axum::extract::{Path, State};
use axum::response::Response;

use crate::clients::shipping::Shipment;
use crate::error::Error;
use crate::forms::sentence;
use crate::frame::{Frame, page};
use crate::shop::Shop;
use crate::show;
use crate::visitor::Visitor;

#[derive(Template)]
#[template(path = "track.html")]
struct Track {
    frame: Frame,
    shipment: Shipment,
    number: String,
    headline: String,
    /// When and what; the newest first.
    steps: Vec<(String, String)>,
}

/// A parcel by its tracking number.
pub(super) async fn show_shipment(
    State(shop): State<Shop>,
    visitor: Visitor,
    Path(number): Path<String>,
) -> Result<Response, Error> {
    let shipment = shop.shipping.shipment(&number).await?;
    let seen = shipment.events.iter();
    let mut steps: Vec<_> = seen
        .map(|seen| (show::minute(seen.at), sentence(&seen.status.replace('_', " "))))
        .collect();
    steps.reverse();
    let headline = match shipment.status.as_str() {
        "delivered" => "Your parcel has arrived.".to_owned(),
        _ => sentence(&shipment.status_text),
    };
    let number = shipment.tracking_number.clone().unwrap_or_default();
    let frame = shop.frame("Your parcel · Flotilla", &visitor).await;
    page(&Track { frame, number, headline, steps, shipment })
}
