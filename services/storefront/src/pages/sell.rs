//! Offering an item: anybody who is signed in can.

mod form;

use askama::Template;
use axum::extract::{DefaultBodyLimit, Multipart, State};
use axum::response::Response;
use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use http::StatusCode;
use kernel::{Currency, MediaId, Money};

use self::form::{File, LARGEST_PICTURE, SellForm};
use super::message::Message;
use crate::clients::catalog::{Category, Listed, Offer};
use crate::error::Error;
use crate::forms::Wrong;
use crate::frame::{Frame, again, page};
use crate::shop::Shop;
use crate::visitor::Visitor;

/// The largest form, in bytes. A picture may have less: so one that is too large is named at its field,
/// and not refused with all that was typed.
const LARGEST_FORM: usize = 20 * 1024 * 1024;

#[derive(Template)]
#[template(path = "sell.html")]
struct Sell {
    frame: Frame,
    form: SellForm,
    categories: Vec<Category>,
    wrong: Wrong,
    /// In bytes.
    largest_picture: usize,
}

/// The limit of what is sent to the form.
pub(super) fn limit() -> DefaultBodyLimit {
    DefaultBodyLimit::max(LARGEST_FORM)
}

/// The form.
pub(super) async fn show_sell(
    State(shop): State<Shop>,
    visitor: Visitor,
) -> Result<Response, Error> {
    visitor.signed_in()?;
    let key = URL_SAFE_NO_PAD.encode(rand::random::<[u8; 16]>());
    let form = SellForm { quantity: "1".to_owned(), key, ..SellForm::default() };
    page(&shown(&shop, &visitor, form, Wrong::default()).await?)
}

async fn shown(
    shop: &Shop,
    visitor: &Visitor,
    form: SellForm,
    wrong: Wrong,
) -> Result<Sell, Error> {
    let categories = shop.catalog.categories().await?;
    let frame = shop.frame("Sell something · Flotilla", visitor).await;
    Ok(Sell { frame, form, categories, wrong, largest_picture: LARGEST_PICTURE })
}

/// Offers the item.
pub(super) async fn sell(
    State(shop): State<Shop>,
    visitor: Visitor,
    parts: Multipart,
) -> Result<Response, Error> {
    // Before a single byte of a picture is read.
    visitor.signed_in()?;
    let (mut form, file) = form::read(parts).await?;
    match offer(&shop, &visitor, &mut form, file).await? {
        Ok(listed) => {
            let text = "It is in the shop. What you sell shows up in “My sales”.";
            let message = Message::new("Your item is under sail", text);
            let link = format!("/p/{}", listed.handle);
            let frame = shop.frame("Sell something · Flotilla", &visitor).await;
            Ok(message.link(&link, "See your item").page(frame, StatusCode::OK))
        }
        Err(wrong) => again(&shown(&shop, &visitor, form, wrong).await?),
    }
}

/// Sends the picture, then the offer. What is wrong already goes along as something that catalog refuses,
/// so that it names the other wrong fields as well.
async fn offer(
    shop: &Shop,
    visitor: &Visitor,
    form: &mut SellForm,
    file: File,
) -> Result<Result<Listed, Wrong>, Error> {
    let mut known = Vec::new();
    let mut unusable = None;
    match send(shop, visitor, file).await? {
        Ok(Some(picture)) => (form.picture, form.picture_url) = picture,
        Ok(None) => {}
        Err(message) => {
            known.push(("picture", message));
            unusable = Some(MediaId::new().to_string());
        }
    }
    let price = Money::parse_decimal(&form.price.trim().replace(',', "."), Currency::EUR);
    if let Err(error) = &price {
        known.push(("price", error.to_string()));
    }
    let description = form::paragraphs(&form.description.replace("\r\n", "\n"));
    let offer = Offer {
        title: &form.title,
        description: &description,
        category: &form.category,
        price: price.unwrap_or_else(|_| Money::new(0, Currency::EUR)),
        quantity: form.quantity.trim().parse().unwrap_or(0),
        picture: unusable.as_ref().unwrap_or(&form.picture),
    };
    match shop.catalog.offer(visitor, &offer, &form.key).await {
        Ok(listed) => Ok(Ok(listed)),
        Err(error) => {
            let mut wrong = Wrong::of(error)?;
            for (field, message) in known {
                wrong.say(field, &message);
            }
            Ok(Err(wrong))
        }
    }
}

/// Id and address of the picture in catalog, none when there was no file, or why it is of no use.
async fn send(
    shop: &Shop,
    visitor: &Visitor,
    file: File,
) -> Result<Result<Option<(String, String)>, String>, Error> {
    let bytes = match file {
        File::None => return Ok(Ok(None)),
        File::TooLarge => return Ok(Err("a picture has at most 5 MB".to_owned())),
        File::Whole(bytes) => bytes,
    };
    match shop.catalog.send_picture(visitor, bytes).await {
        Ok(picture) => Ok(Ok(Some((picture.media_id, picture.url)))),
        Err(error) if matches!(error.code(), "body_too_large" | "unsupported_media_type") => {
            Ok(Err(error.to_string()))
        }
        Err(error) => Err(error),
    }
}
