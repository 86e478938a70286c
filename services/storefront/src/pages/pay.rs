//! The last steps of the checkout: what it costs and why, the card page, the order.

use askama::Template;
use axum::Form;
use axum::extract::{Query, State};
use axum::response::{IntoResponse, Redirect, Response};
use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use contracts::quote::{Quote, QuoteLine};
use http::HeaderMap;
use serde::Deserialize;

use super::checkout::too_large;
use crate::clients::payments::Wanted;
use crate::clients::pricing::{Priced, contents};
use crate::draft::Draft;
use crate::error::Error;
use crate::forms::sentence;
use crate::frame::{Frame, page};
use crate::shop::Shop;
use crate::show;
use crate::visitor::{Jar, Visitor};

#[derive(Template)]
#[template(path = "checkout_review.html")]
struct Review {
    frame: Frame,
    draft: Draft,
    quote: Quote,
    reasons: Vec<String>,
    /// Tax that the prices contain; empty when it comes on top.
    tax_included: String,
    /// Why the shopper is here again; empty at first.
    notice: String,
}

impl Review {
    fn money(&self, minor: &i64) -> String {
        show::money(self.quote.money(*minor))
    }

    fn country(&self) -> &str {
        show::country(&self.draft.address.country)
    }

    fn method(&self) -> String {
        show::label(&self.quote.shipping_method)
    }

    fn line_total(&self, line: &QuoteLine) -> String {
        self.money(&line.total_minor)
    }
}

/// Why somebody comes back to the review.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub(super) struct Notice {
    why: String,
}

fn words(why: &str) -> &'static str {
    match why {
        "payment" => "You left the payment page before it was finished. Nothing was charged.",
        "expired" => {
            "The price was promised for 15 minutes, and they are over. This is the price now."
        }
        "changed" => "Something changed meanwhile, so this is a fresh price. Nothing was charged.",
        _ => "",
    }
}

/// The third step: a fresh quote, and the key under which the order will be placed.
pub(super) async fn show_review(
    State(shop): State<Shop>,
    visitor: Visitor,
    headers: HeaderMap,
    Query(notice): Query<Notice>,
) -> Result<Response, Error> {
    let Some(draft) = Draft::read(&headers).filter(|draft| !draft.method.is_empty()) else {
        return Ok(Redirect::to("/checkout").into_response());
    };
    let basket = shop.orders.basket(&visitor).await?;
    if basket.lines.is_empty() {
        return Ok(Redirect::to("/basket").into_response());
    }
    let Priced { quote: token, reasons, tax_included, .. } =
        match shop.pricing.quote(&visitor, &basket, &draft).await {
            // The form of the step before says what is wrong with its coupon or way of sending.
            Err(error) if error.is_input() => {
                return Ok(Redirect::to("/checkout/delivery").into_response());
            }
            priced => priced?,
        };
    let quote = contents(&token)?;
    let key = URL_SAFE_NO_PAD.encode(rand::random::<[u8; 16]>());
    let draft = Draft { quote: token, key, payment: String::new(), ..draft };
    let jar = draft.write(Jar::default()).map_err(|_| too_large())?;
    let reasons = reasons.iter().map(|reason| sentence(&reason.text)).collect();
    let frame = shop.frame("Checkout: review · Flotilla", &visitor).await;
    let notice = words(&notice.why).to_owned();
    let tax_included = tax_included.filter(|tax| tax.minor() != 0);
    let tax_included = tax_included.map(show::money).unwrap_or_default();
    Ok(jar.on(page(&Review { frame, draft, quote, reasons, tax_included, notice })?))
}

/// The form of the third step.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub(super) struct PayForm {
    /// Names the review page that was seen.
    key: String,
}

/// Prepares the payment and goes to the provider's card page; nothing is charged yet. Where there is
/// nothing to pay, places the order.
pub(super) async fn pay(
    State(shop): State<Shop>,
    visitor: Visitor,
    headers: HeaderMap,
    Form(form): Form<PayForm>,
) -> Result<Response, Error> {
    // Another tab may have begun again meanwhile: what is paid is what was seen.
    let draft =
        Draft::read(&headers).filter(|draft| !draft.key.is_empty() && draft.key == form.key);
    let Some(mut draft) = draft else {
        return Ok(Redirect::to("/checkout/review?why=changed").into_response());
    };
    let quote = contents(&draft.quote)?;
    if quote.total_minor == 0 {
        return place(&shop, &visitor, &draft).await;
    }
    let return_url = shop.public_url.join("/checkout/return");
    let return_url = return_url.map(String::from).unwrap_or_default();
    // A guest's quote is made out to the basket.
    let wanted = Wanted {
        amount: quote.money(quote.total_minor),
        return_url: &return_url,
        basket_id: &quote.sub,
        key: &draft.key,
    };
    let prepared = shop.payments.prepare(&visitor, wanted).await?;
    draft.payment = prepared.payment_id;
    let jar = draft.write(Jar::default()).map_err(|_| too_large())?;
    Ok(jar.on(Redirect::to(&prepared.redirect_url)))
}

/// How the card page ended.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub(super) struct Returned {
    /// `ok` or `failed`.
    result: String,
}

/// Places the order once the card was entered.
pub(super) async fn come_back(
    State(shop): State<Shop>,
    visitor: Visitor,
    headers: HeaderMap,
    Query(returned): Query<Returned>,
) -> Result<Response, Error> {
    let Some(draft) = Draft::read(&headers).filter(|draft| !draft.payment.is_empty()) else {
        return Ok(Redirect::to("/basket").into_response());
    };
    if returned.result == "failed" {
        return Ok(Redirect::to("/checkout/review?why=payment").into_response());
    }
    place(&shop, &visitor, &draft).await
}

/// Places the order. Done twice, it leads to the same order: the key is the same.
async fn place(shop: &Shop, visitor: &Visitor, draft: &Draft) -> Result<Response, Error> {
    match shop.orders.place(visitor, draft).await {
        Ok(placed) => {
            let token = if visitor.caller.is_some() {
                String::new()
            } else {
                format!("?t={}", placed.access_token)
            };
            // The drafts stay for whoever presses "back" and "reload": they find the same order.
            Ok(Redirect::to(&format!("/orders/{}{token}", placed.order_id)).into_response())
        }
        Err(error) => match error.code() {
            "quote_expired" => Ok(Redirect::to("/checkout/review?why=expired").into_response()),
            "quote_used" | "payment_used" | "quote_invalid" | "quote_of_another" => {
                Ok(Redirect::to("/checkout/review?why=changed").into_response())
            }
            _ => Err(error),
        },
    }
}
