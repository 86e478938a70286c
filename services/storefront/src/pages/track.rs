//! Where a parcel is.

use askama::Template;
use axum::extract::{Path, State};
use axum::response::Response;

use crate::clients::shipping::Shipment;
use crate::error::Error;
use crate::frame::{Frame, page};
use crate::shop::Shop;
use crate::show;
use crate::visitor::Visitor;

#[derive(Template)]
#[template(path = "track.html")]
struct Track {
    frame: Frame,
    shipment: Shipment,
    /// When, what, where; the newest first.
    steps: Vec<(String, String, String)>,
    arrived: bool,
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
        .map(|seen| (show::minute(seen.at), seen.status.replace('_', " "), seen.location.clone()))
        .collect();
    steps.reverse();
    let frame = shop.frame("Your parcel · Flotilla", &visitor).await;
    page(&Track { frame, arrived: shipment.status == "delivered", steps, shipment })
}
