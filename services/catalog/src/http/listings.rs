//! Offering an item in one go: what a seller's form does.

use axum::extract::State as Extract;
use http::StatusCode;
use kernel::{MediaId, Money, ProductId, Sku, VariantId};
use messaging::Tx;
use serde::{Deserialize, Serialize};
use web::idempotency::{self, Scope, Stored};
use web::{Caller, Check, IdempotencyKey, Json, Problem, SignedIn};

use super::State;
use super::products::fresh_handle;
use super::view;
use crate::app::{Change, Current};
use crate::domain::product::{Command, Draft, Offer, Picture};
use crate::error::Error;
use crate::{picture, store};

/// An item for sale.
#[derive(Debug, Serialize, Deserialize, utoipa::ToSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct OfferItem {
    title: String,
    /// HTML; what could do harm is left out.
    #[serde(default)]
    description: String,
    /// Slug of a category.
    category: String,
    price: Money,
    /// Pieces, 1 to 999.
    quantity: i64,
    /// A picture that was sent before; one is drawn when absent.
    picture: Option<MediaId>,
}

/// What became of it.
#[derive(Debug, Serialize, utoipa::ToSchema)]
pub(super) struct Offered {
    product_id: ProductId,
    /// The product's name in URLs.
    handle: String,
    sku: Sku,
    version: i64,
}

/// Offer an item for sale.
///
/// Anybody who is signed in may; the item is theirs, and for sale at once.
#[utoipa::path(post, path = "/api/catalog/v1/listings", tag = "listings",
    params(("idempotency-key" = String, Header)),
    request_body = OfferItem, responses((status = 201, body = Offered)))]
pub(super) async fn offer_item(
    Extract(state): Extract<State>,
    SignedIn(caller): SignedIn,
    key: IdempotencyKey,
    Json(body): Json<OfferItem>,
) -> Result<Stored, Problem> {
    let scope = Scope::new(caller.account, "offer_item", &key, &body);
    let mut tx = Tx::begin(&state.db).await.map_err(Error::from)?;
    if let Some(stored) = idempotency::begin(&mut tx, &scope).await? {
        return Ok(stored);
    }
    let offered = offer(&mut tx, &caller, body).await?;
    let stored = idempotency::finish(&mut tx, &scope, StatusCode::CREATED, &offered).await?;
    tx.commit().await.map_err(Error::from)?;
    Ok(stored)
}

async fn offer(tx: &mut Tx, caller: &Caller, body: OfferItem) -> Result<Offered, Error> {
    let mut check = Check::new();
    let title = check.text("title", &body.title, 1..=255);
    let description = view::description(&mut check, "description", &body.description);
    let price = view::price(&mut check, "price", body.price);
    let message = "expected 1 to 999 pieces";
    check.that((1..=999).contains(&body.quantity), "quantity", message);
    if !store::categories::exists(tx, &body.category).await? {
        check.wrong("category", "there is no such category");
    }
    let file = match body.picture {
        Some(media) => store::pictures::uploaded(tx, media, caller.account).await?,
        None => None,
    };
    check.that(file.is_some() || body.picture.is_none(), "picture", "send the picture first");
    let checked = (|| Some((title?, description?, price?)))();
    let (title, description, price) = check.take(checked)?;

    let id = ProductId::new();
    let handle = fresh_handle(&title, id);
    let sku = Sku::derived(&handle, []).map_err(|_| Error::Corrupt("a handle that is no SKU"))?;
    let draft = Draft {
        id,
        handle,
        title: title.clone(),
        description,
        category: body.category,
        seller: Some(caller.account),
        vendor: String::new(),
        options: Vec::new(),
        tags: Vec::new(),
    };
    let offer = Offer {
        id: VariantId::new(),
        sku: sku.clone(),
        values: Vec::new(),
        price,
        compare_at: None,
        tracked: true,
        opening_quantity: body.quantity,
    };
    let mut change = Change::new(id);
    change.run(tx, Command::Create(draft)).await?;
    change.run(tx, Command::AddVariant(offer)).await?;
    let shown = match file {
        Some(file) => {
            let id = MediaId::new();
            Command::AddMedia(Picture { id, file, alt: title, stand_in: false, source: None })
        }
        None => picture::add_stand_in(tx, change.product()?).await?,
    };
    change.run(tx, shown).await?;
    change.run(tx, Command::Publish).await?;
    let Current { product, version } = change.save(tx).await?;
    Ok(Offered { product_id: id, handle: product.handle, sku, version })
}
