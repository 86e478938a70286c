//! One product of a file: made, or changed where the file says otherwise than the last one.

use kernel::{MediaId, ProductId, Sku, VariantId};
use messaging::Tx;
use sqlx::PgConnection;

use crate::app::Change;
use crate::domain::html::Html;
use crate::domain::import;
use crate::domain::product::{Command, Draft, Offer, Picture, Product, Status};
use crate::domain::shopify::{Finding, Said, SaidPicture, SaidVariant};
use crate::error::Error;
use crate::fetcher;
use crate::http::categories;
use crate::picture;
use crate::store;
use crate::store::imports::Became;

/// Why a product of a file came to nothing.
#[derive(Debug)]
pub(super) enum Failure {
    /// A finding says why.
    Refused,
    /// The database failed.
    Broken(Error),
}

impl<E: Into<Error>> From<E> for Failure {
    fn from(error: E) -> Self {
        Self::Broken(error.into())
    }
}

/// Applies what a file says of one product.
pub(super) async fn apply(
    tx: &mut Tx,
    mut said: Said,
    findings: &mut Vec<Finding>,
) -> Result<Became, Failure> {
    let last = store::imports::last_said(tx, &said.handle).await?;
    if last.as_ref().is_some_and(|(_, last)| last.fingerprint() == said.fingerprint()) {
        return Ok(Became::Unchanged);
    }
    let known = match &last {
        Some((product, _)) => Some(*product),
        None => store::products::by_handle(tx, &said.handle).await?,
    };
    let last = last.map(|(_, said)| said);
    let (slug, name) = import::category(&said);
    categories::define_if_new(tx, &slug, &name).await?;
    let mut change = match known {
        Some(id) => Change::load(tx, id).await?,
        None => create(tx, &said, slug.clone()).await?,
    };
    if change.product()?.seller.is_some() {
        let message = "a seller's listing has this handle";
        findings.push(Finding::error(said.row, "Handle", message));
        return Err(Failure::Refused);
    }
    if known.is_some() {
        change_facts(tx, &mut change, last.as_ref(), &said, slug, findings).await?;
    }
    add_variants(tx, &mut change, last.as_ref(), &mut said, findings).await?;
    add_pictures(tx, &mut change, last.as_ref(), &mut said, findings).await?;
    change_status(tx, &mut change, last.as_ref(), &said, findings).await?;
    let became = match (known, change.changed()) {
        (None, _) => Became::Created,
        (Some(_), true) => Became::Changed,
        (Some(_), false) => Became::Unchanged,
    };
    let remote = change.remote_pictures();
    let current = change.save(tx).await?;
    for (media, source) in remote {
        fetcher::want(tx, current.product.id, media, source).await?;
    }
    store::imports::remember(tx, current.product.id, &said).await?;
    Ok(became)
}

async fn create(conn: &mut PgConnection, said: &Said, category: String) -> Result<Change, Error> {
    let id = ProductId::new();
    let mut change = Change::new(id);
    let draft = Draft {
        id,
        handle: said.handle.clone(),
        title: said.title.clone(),
        description: Html::sanitize(&said.description),
        category,
        seller: None,
        vendor: said.vendor.clone(),
        options: said.options.clone(),
        tags: said.tags.clone(),
    };
    change.run(conn, Command::Create(draft)).await?;
    Ok(change)
}

/// Runs a command; what the rules refuse is a finding. True when the rules had nothing against it.
async fn attempt(
    conn: &mut PgConnection,
    change: &mut Change,
    command: Command,
    (row, field): (u64, &'static str),
    findings: &mut Vec<Finding>,
) -> Result<bool, Error> {
    match change.run(conn, command).await {
        Ok(()) => Ok(true),
        Err(error @ (Error::Rejected(_) | Error::SkuTaken)) => {
            findings.push(Finding::error(row, field, error));
            Ok(false)
        }
        Err(error) => Err(error),
    }
}

async fn change_facts(
    conn: &mut PgConnection,
    change: &mut Change,
    last: Option<&Said>,
    said: &Said,
    category: String,
    findings: &mut Vec<Finding>,
) -> Result<(), Error> {
    let differs = |of: fn(&Said) -> &String| last.is_none_or(|last| of(last) != of(said));
    let mut commands = Vec::new();
    if differs(|said| &said.title) {
        commands.push((Command::ChangeTitle(said.title.clone()), "Title"));
    }
    if differs(|said| &said.description) {
        let html = Html::sanitize(&said.description);
        commands.push((Command::ChangeDescription(html), "Body (HTML)"));
    }
    if differs(|said| &said.kind) {
        commands.push((Command::ChangeCategory(category), "Type"));
    }
    for (command, field) in commands {
        attempt(conn, change, command, (said.row, field), findings).await?;
    }
    if change.product()?.options != said.options {
        let message = "the options of a known product stay as they are";
        findings.push(Finding::note(said.row, "Option1 Name", message));
    }
    Ok(())
}

/// Adds the variants that are new. Those that are refused are forgotten, so that a corrected file adds them.
async fn add_variants(
    tx: &mut Tx,
    change: &mut Change,
    last: Option<&Said>,
    said: &mut Said,
    findings: &mut Vec<Finding>,
) -> Result<(), Error> {
    let (new, mut notes) = import::variants(last, said, change.product()?);
    findings.append(&mut notes);
    let new: Vec<SaidVariant> = new.into_iter().cloned().collect();
    let mut refused = Vec::new();
    for variant in new {
        let row = variant.row;
        let values = variant.values.clone();
        let added = match offer(tx, &said.handle, variant, change.product()?).await? {
            Ok(offer) => {
                let command = Command::AddVariant(offer);
                attempt(tx, change, command, (row, "Variant SKU"), findings).await?
            }
            Err(message) => {
                findings.push(Finding::error(row, "Variant SKU", message));
                false
            }
        };
        if !added {
            refused.push(values);
        }
    }
    said.variants.retain(|variant| !refused.contains(&variant.values));
    Ok(())
}

async fn offer(
    conn: &mut PgConnection,
    handle: &str,
    variant: SaidVariant,
    product: &Product,
) -> Result<Result<Offer, String>, Error> {
    let sku = match variant.sku {
        Some(sku) => Ok(sku),
        None => {
            let plain = Sku::derived(handle, variant.values.iter().map(String::as_str));
            let mut taken = match &plain {
                Ok(sku) => store::variants::taken(conn, std::slice::from_ref(sku)).await?,
                Err(_) => Vec::new(),
            };
            taken.extend(product.variants.iter().map(|known| known.sku.clone()));
            import::sku(handle, &variant.values, |sku| taken.contains(sku))
        }
    };
    Ok(sku.map_err(|error| error.to_string()).map(|sku| Offer {
        id: VariantId::new(),
        sku,
        values: variant.values,
        price: variant.price,
        compare_at: variant.compare_at,
        tracked: variant.tracked,
        opening_quantity: variant.quantity,
    }))
}

/// Adds the pictures that are new; a product without any gets a drawn one.
async fn add_pictures(
    conn: &mut PgConnection,
    change: &mut Change,
    last: Option<&Said>,
    said: &mut Said,
    findings: &mut Vec<Finding>,
) -> Result<(), Error> {
    let known = |one: &SaidPicture| {
        last.is_some_and(|last| last.pictures.iter().any(|other| other.source == one.source))
    };
    let new: Vec<SaidPicture> = said.pictures.iter().filter(|one| !known(one)).cloned().collect();
    let mut refused = Vec::new();
    for (place, one) in new.into_iter().enumerate() {
        let drawn = one.source.starts_with(picture::SCHEME);
        let svg = match picture::of_source(&one.source) {
            Some(svg) => svg,
            None => picture::stand_in(change.product()?, place),
        };
        let file = store::pictures::keep_drawn(conn, &svg).await?;
        let alt = if one.alt.is_empty() { said.title.clone() } else { one.alt };
        let source = Some(one.source.clone());
        let picture = Picture { id: MediaId::new(), file, alt, stand_in: !drawn, source };
        let command = Command::AddMedia(picture);
        if !attempt(conn, change, command, (one.row, "Image Src"), findings).await? {
            refused.push(one.source);
        }
    }
    said.pictures.retain(|picture| !refused.contains(&picture.source));
    if change.product()?.media.is_empty() {
        let command = picture::add_stand_in(conn, change.product()?).await?;
        change.run(conn, command).await?;
    }
    Ok(())
}

async fn change_status(
    conn: &mut PgConnection,
    change: &mut Change,
    last: Option<&Said>,
    said: &Said,
    findings: &mut Vec<Finding>,
) -> Result<(), Error> {
    let command = match import::status(last, said, change.product()?.status) {
        Some(Status::Published) => Command::Publish,
        Some(Status::Archived) => Command::Archive,
        Some(Status::Draft) | None => return Ok(()),
    };
    attempt(conn, change, command, (said.row, "Published"), findings).await?;
    Ok(())
}
