//! The page of a product: pictures, text, and its variants to choose from.

use askama::Template;
use axum::extract::{Path, Query, State};
use axum::response::Response;
use contracts::search::{Product, Variant};
use serde::Deserialize;

use crate::error::Error;
use crate::frame::{Frame, page};
use crate::shop::Shop;
use crate::show;
use crate::visitor::Visitor;

/// With more variants than that, a list to pull down is easier to use than buttons.
const MOST_BUTTONS: usize = 8;
/// Stock below that is worth a word.
const FEW: i64 = 5;

#[derive(Template)]
#[template(path = "product.html")]
struct ProductPage {
    frame: Frame,
    product: Product,
    choices: Vec<VariantChoice>,
    /// Buttons instead of a list.
    buttons: bool,
    /// All variants cost the same, so that only the page says how much.
    one_price: bool,
    /// Price of the cheapest, with `from` when they differ.
    price: String,
    /// Something can be bought.
    available: bool,
    /// A message after adding; empty otherwise.
    added: bool,
}

/// A variant to choose.
struct VariantChoice {
    sku: String,
    label: String,
    price: String,
    before: String,
    stock: String,
    buyable: bool,
    chosen: bool,
}

/// Which variant the page opens with, and what just happened.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub(super) struct ProductQuery {
    sku: String,
    added: String,
}

fn buyable(variant: &Variant) -> bool {
    variant.price.is_some() && (!variant.tracked || variant.available > 0)
}

fn choice(variant: &Variant) -> VariantChoice {
    let stock = match (buyable(variant), variant.tracked, variant.available) {
        (false, _, _) => "Sold out".to_owned(),
        (true, true, left) if left < FEW => format!("Only {left} left"),
        (true, _, _) => "In stock".to_owned(),
    };
    VariantChoice {
        sku: variant.sku.clone(),
        label: variant.option_values.join(" / "),
        price: show::message(variant.price.as_ref()),
        before: show::message(variant.compare_at.as_ref()),
        stock,
        buyable: buyable(variant),
        chosen: false,
    }
}

/// The page of a product.
pub(super) async fn show_product(
    State(shop): State<Shop>,
    visitor: Visitor,
    Path(handle): Path<String>,
    Query(query): Query<ProductQuery>,
) -> Result<Response, Error> {
    let product = shop.search.product(&handle).await?;
    let priced = || product.variants.iter().filter(|variant| variant.price.is_some());
    let mut choices: Vec<VariantChoice> = priced().map(choice).collect();
    let wanted = choices.iter().position(|choice| choice.sku == query.sku);
    let open = wanted.or_else(|| choices.iter().position(|choice| choice.buyable)).unwrap_or(0);
    if let Some(choice) = choices.get_mut(open) {
        choice.chosen = true;
    }
    let amount = |variant: &&Variant| variant.price.as_ref().map(|price| price.minor);
    let cheapest = priced().min_by_key(amount);
    let price = cheapest.map(|variant| show::message(variant.price.as_ref())).unwrap_or_default();
    let differ =
        priced().any(|variant| Some(variant).as_ref().map(amount) != cheapest.as_ref().map(amount));
    let frame = shop.frame(&format!("{} · Flotilla", product.title), &visitor).await;
    page(&ProductPage {
        available: choices.iter().any(|choice| choice.buyable),
        buttons: choices.len() <= MOST_BUTTONS,
        one_price: !differ && choices.iter().all(|choice| choice.before.is_empty()),
        price: if differ { format!("from {price}") } else { price },
        added: query.added == "1",
        frame,
        choices,
        product,
    })
}
