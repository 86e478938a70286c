//! Offering an item: anybody who is signed in can.

use askama::Template;
use axum::Form;
use axum::extract::State;
use axum::response::Response;
use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use http::StatusCode;
use kernel::{Currency, Money};
use serde::Deserialize;

use super::message::Message;
use crate::clients::catalog::{Category, Offer};
use crate::error::Error;
use crate::forms::Wrong;
use crate::frame::{Frame, again, page};
use crate::shop::Shop;
use crate::visitor::Visitor;

#[derive(Template)]
#[template(path = "sell.html")]
struct Sell {
    frame: Frame,
    form: SellForm,
    categories: Vec<Category>,
    wrong: Wrong,
}

/// An item, as it was typed.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(default)]
pub(super) struct SellForm {
    title: String,
    description: String,
    category: String,
    /// In euros: `19.90` or `19,90`.
    price: String,
    quantity: String,
    /// Makes sending the form twice harmless.
    key: String,
}

/// The form.
pub(super) async fn show_sell(
    State(shop): State<Shop>,
    visitor: Visitor,
) -> Result<Response, Error> {
    visitor.signed_in()?;
    let categories = shop.catalog.categories().await?;
    let frame = shop.frame("Sell something · Flotilla", &visitor).await;
    let key = URL_SAFE_NO_PAD.encode(rand::random::<[u8; 16]>());
    let form = SellForm { quantity: "1".to_owned(), key, ..SellForm::default() };
    page(&Sell { frame, form, categories, wrong: Wrong::default() })
}

/// Plain text as paragraphs of HTML.
fn paragraphs(text: &str) -> String {
    let escaped = text.replace('&', "&amp;").replace('<', "&lt;").replace('>', "&gt;");
    let blocks = escaped.split("\n\n").map(str::trim).filter(|block| !block.is_empty());
    blocks.map(|block| format!("<p>{}</p>", block.replace('\n', "<br>"))).collect()
}

/// Offers the item.
pub(super) async fn sell(
    State(shop): State<Shop>,
    visitor: Visitor,
    Form(form): Form<SellForm>,
) -> Result<Response, Error> {
    visitor.signed_in()?;
    let description = paragraphs(&form.description.replace("\r\n", "\n"));
    let price = Money::parse_decimal(&form.price.replace(',', "."), Currency::EUR);
    let outcome = match price {
        Ok(price) => {
            let offer = Offer {
                title: &form.title,
                description: &description,
                category: &form.category,
                price,
                quantity: form.quantity.trim().parse().unwrap_or(0),
            };
            shop.catalog.offer(&visitor, &offer, &form.key).await.map_err(Wrong::of)
        }
        Err(error) => Err(Ok(Wrong::field("price", &error.to_string()))),
    };
    let frame = shop.frame("Sell something · Flotilla", &visitor).await;
    match outcome {
        Ok(listed) => {
            let text = "It will be in the shop within a few seconds. What you sell shows up in “My sales”.";
            let message = Message::new("Your item is under sail", text);
            let link = format!("/p/{}", listed.handle);
            Ok(message.link(&link, "See your item").page(frame, StatusCode::OK))
        }
        Err(wrong) => {
            let categories = shop.catalog.categories().await?;
            again(&Sell { frame, form, categories, wrong: wrong? })
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_typed_is_text_and_not_html() {
        assert_eq!(paragraphs("a <b>\nc\n\nd & e"), "<p>a &lt;b&gt;<br>c</p><p>d &amp; e</p>");
    }
}
