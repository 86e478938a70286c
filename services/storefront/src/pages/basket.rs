//! The basket: what is in it, what it would cost, and changes to it.

use askama::Template;
use axum::Form;
use axum::extract::State;
use axum::response::{Redirect, Response};
use contracts::search::Variant;
use http::StatusCode;
use kernel::Money;
use serde::Deserialize;
use std::collections::HashMap;

use crate::clients::orders::{Basket, BasketLine};
use crate::error::Error;
use crate::forms::{Wrong, sentence};
use crate::frame::Frame;
use crate::shop::Shop;
use crate::show;
use crate::visitor::{Jar, Visitor};

#[derive(Template)]
#[template(path = "basket.html")]
struct BasketPage {
    frame: Frame,
    lines: Vec<Line>,
    /// Empty when amounts cannot be added up.
    total: String,
    /// Every line can be bought as it is.
    ready: bool,
    wrong: Wrong,
}

/// A line as it is shown.
struct Line {
    sku: String,
    handle: String,
    title: String,
    variant: String,
    image_url: String,
    quantity: i64,
    price: String,
    total: String,
    /// Why it cannot be bought as it is; empty when it can.
    trouble: String,
}

fn line(line: &BasketLine, known: Option<&Variant>) -> (Line, Option<Money>) {
    let Some(variant) = known else {
        let gone = Line {
            sku: line.sku.clone(),
            handle: String::new(),
            title: line.sku.clone(),
            variant: String::new(),
            image_url: String::new(),
            quantity: line.quantity,
            price: String::new(),
            total: String::new(),
            trouble: "No longer offered".to_owned(),
        };
        return (gone, None);
    };
    let price = variant.price.clone().and_then(|price| Money::try_from(price).ok());
    let total = price.and_then(|price| price.checked_mul(line.quantity).ok());
    let trouble = match (price, variant.tracked, variant.available) {
        (None, _, _) => "Not for sale at the moment".to_owned(),
        (_, true, left) if left <= 0 => "Sold out".to_owned(),
        (_, true, left) if left < line.quantity => format!("Only {left} left"),
        _ => String::new(),
    };
    let shown = Line {
        sku: line.sku.clone(),
        handle: variant.product_handle.clone(),
        title: variant.product_title.clone(),
        variant: variant.option_values.join(" / "),
        image_url: variant.image_url.clone(),
        quantity: line.quantity,
        price: price.map(show::money).unwrap_or_default(),
        total: total.map(show::money).unwrap_or_default(),
        trouble,
    };
    (shown, total)
}

async fn page(
    shop: &Shop,
    visitor: &Visitor,
    basket: &Basket,
    wrong: Wrong,
) -> Result<BasketPage, Error> {
    let skus: Vec<String> = basket.lines.iter().map(|line| line.sku.clone()).collect();
    let variants = if skus.is_empty() { Vec::new() } else { shop.search.variants(skus).await? };
    let known: HashMap<&str, &Variant> =
        variants.iter().map(|variant| (variant.sku.as_str(), variant)).collect();
    let mut lines = Vec::new();
    let mut total: Option<Money> = None;
    for entry in &basket.lines {
        let (shown, amount) = line(entry, known.get(entry.sku.as_str()).copied());
        if let Some(amount) = amount {
            total = Some(total.map_or(amount, |total| total.checked_add(amount).unwrap_or(total)));
        }
        lines.push(shown);
    }
    let mut frame = shop.frame("Your basket · Flotilla", visitor).await;
    frame.pieces = u32::try_from(basket.pieces()).unwrap_or(0);
    let ready = !lines.is_empty() && lines.iter().all(|line| line.trouble.is_empty());
    Ok(BasketPage { frame, ready, lines, total: total.map(show::money).unwrap_or_default(), wrong })
}

/// The basket.
pub(super) async fn show_basket(
    State(shop): State<Shop>,
    visitor: Visitor,
) -> Result<Response, Error> {
    let basket = shop.orders.basket(&visitor).await?;
    let jar = Jar::default().pieces(basket.pieces());
    let page = page(&shop, &visitor, &basket, Wrong::default()).await?;
    Ok(jar.on(crate::frame::page(&page)?))
}

/// A variant and how many of it, as a form sends them.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub(super) struct LineForm {
    sku: String,
    quantity: String,
    /// Where the form stood: the handle of a product.
    handle: String,
}

/// Puts something into the basket, on top of what is there, and shows the product's page again.
pub(super) async fn add_to_basket(
    State(shop): State<Shop>,
    mut visitor: Visitor,
    Form(form): Form<LineForm>,
) -> Result<Response, Error> {
    let mut jar = Jar::default();
    if visitor.caller.is_none() {
        // The cookie of a basket that is gone is of no use.
        let gone =
            visitor.basket.is_some() && shop.orders.basket(&visitor).await?.basket_id.is_empty();
        if visitor.basket.is_none() || gone {
            let new = shop.orders.new_basket().await?;
            jar = jar.basket(&new.token);
            visitor.basket = Some(new.token);
        }
    }
    let basket = shop.orders.basket(&visitor).await?;
    let there = basket.lines.iter().find(|line| line.sku == form.sku);
    let there = there.map_or(0, |line| line.quantity);
    let wanted = BasketLine {
        sku: form.sku.clone(),
        quantity: there.saturating_add(number(&form.quantity)),
    };
    match shop.orders.set_line(&visitor, &wanted).await {
        Ok(basket) => {
            let to = format!("/p/{}?added=1&sku={}", escape(&form.handle), escape(&form.sku));
            Ok(jar.pieces(basket.pieces()).on(Redirect::to(&to)))
        }
        Err(error) => refused(&shop, &visitor, &basket, jar, error).await,
    }
}

/// Sets how many of a line are in the basket; 0 takes it out.
pub(super) async fn set_line(
    State(shop): State<Shop>,
    visitor: Visitor,
    Form(form): Form<LineForm>,
) -> Result<Response, Error> {
    let wanted = BasketLine { sku: form.sku.clone(), quantity: number(&form.quantity) };
    match shop.orders.set_line(&visitor, &wanted).await {
        Ok(basket) => Ok(Jar::default().pieces(basket.pieces()).on(Redirect::to("/basket"))),
        Err(error) => {
            let basket = shop.orders.basket(&visitor).await?;
            refused(&shop, &visitor, &basket, Jar::default(), error).await
        }
    }
}

async fn refused(
    shop: &Shop,
    visitor: &Visitor,
    basket: &Basket,
    jar: Jar,
    error: Error,
) -> Result<Response, Error> {
    let wrong = Wrong::of(error)?;
    let words = [wrong.whole.clone(), wrong.others(&[]).join("; ")].concat();
    let page = page(shop, visitor, basket, Wrong::whole(&sentence(&words))).await?;
    let mut answer = jar.pieces(basket.pieces()).on(crate::frame::page(&page)?);
    *answer.status_mut() = StatusCode::UNPROCESSABLE_ENTITY;
    Ok(answer)
}

/// What is no number is a number that nobody accepts.
fn number(text: &str) -> i64 {
    text.trim().parse().unwrap_or(-1)
}

fn escape(text: &str) -> String {
    url::form_urlencoded::byte_serialize(text.as_bytes()).collect()
}
