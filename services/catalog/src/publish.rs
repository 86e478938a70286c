//! From what happened to a product to the contracts that tell of it.

use contracts::catalog as said;
use kernel::ProductId;
use messaging::Outgoing;

use crate::domain::product::{Draft, Event, Media, Product, Variant};

/// The path of a picture at the gateway.
pub(crate) fn url(file: &str) -> String {
    format!("/media/{file}")
}

/// The events of a product as others hear them. `before` is the version that the first of them follows.
pub(crate) fn messages(product: &Product, before: i64, events: &[Event]) -> Vec<Outgoing> {
    let versions = (before + 1)..;
    events
        .iter()
        .zip(versions)
        .map(|(event, version)| message(product, event).version(version))
        .collect()
}

fn message(product: &Product, event: &Event) -> Outgoing {
    let product_id = product.id.to_string();
    match event {
        Event::Created(draft) => Outgoing::new(&created(draft)),
        Event::TitleChanged(title) => {
            Outgoing::new(&said::ProductTitleChanged { product_id, title: title.clone() })
        }
        Event::DescriptionChanged(html) => Outgoing::new(&said::ProductDescriptionChanged {
            product_id,
            description_html: html.as_str().to_owned(),
        }),
        Event::CategoryChanged(slug) => {
            Outgoing::new(&said::ProductCategoryChanged { product_id, category: slug.clone() })
        }
        Event::VariantAdded(variant) => Outgoing::new(&variant_added(product, variant)),
        Event::VariantRemoved(sku) => {
            Outgoing::new(&said::VariantRemoved { product_id, sku: sku.to_string() })
        }
        Event::MediaAdded(media) => Outgoing::new(&media_added(product.id, media)),
        Event::MediaReplaced { media, file } => Outgoing::new(&said::MediaReplaced {
            product_id,
            media_id: media.to_string(),
            url: url(file),
        }),
        Event::Published => Outgoing::new(&said::ProductPublished { product_id }),
        Event::Archived => Outgoing::new(&said::ProductArchived { product_id }),
    }
}

fn created(draft: &Draft) -> said::ProductCreated {
    said::ProductCreated {
        product_id: draft.id.to_string(),
        handle: draft.handle.clone(),
        title: draft.title.clone(),
        description_html: draft.description.as_str().to_owned(),
        category: draft.category.clone(),
        seller_id: draft.seller.map(|seller| seller.to_string()).unwrap_or_default(),
        vendor: draft.vendor.clone(),
        options: draft.options.clone(),
        tags: draft.tags.clone(),
    }
}

fn variant_added(product: &Product, variant: &Variant) -> said::VariantAdded {
    said::VariantAdded {
        product_id: product.id.to_string(),
        variant_id: variant.id.to_string(),
        sku: variant.sku.to_string(),
        option_values: variant.values.clone(),
        opening_price: Some(variant.price.into()),
        compare_at: variant.compare_at.map(Into::into),
        tracked: variant.tracked,
        opening_quantity: variant.opening_quantity,
        position: variant.position,
        product_title: product.title.clone(),
        seller_id: product.seller.map(|seller| seller.to_string()).unwrap_or_default(),
    }
}

fn media_added(product: ProductId, media: &Media) -> said::MediaAdded {
    said::MediaAdded {
        product_id: product.to_string(),
        media_id: media.id.to_string(),
        url: url(&media.file),
        alt: media.alt.clone(),
        position: media.position,
    }
}
