//! What a product is once something has happened to it.

use super::{Draft, Event, Product, Status};

/// The product after `event`. Only `Created` makes one; what happens to none leaves none.
pub(crate) fn evolve(product: Option<Product>, event: &Event) -> Option<Product> {
    let Some(mut product) = product else {
        return if let Event::Created(draft) = event { Some(new(draft.clone())) } else { None };
    };
    match event {
        Event::Created(_) => {}
        Event::TitleChanged(title) => product.title.clone_from(title),
        Event::DescriptionChanged(html) => product.description = html.clone(),
        Event::CategoryChanged(slug) => product.category.clone_from(slug),
        Event::VariantAdded(variant) => {
            product.next_position = product.next_position.max(variant.position + 1);
            product.variants.push(variant.clone());
        }
        Event::VariantRemoved(sku) => product.variants.retain(|variant| variant.sku != *sku),
        Event::MediaAdded(media) => product.media.push(media.clone()),
        Event::MediaReplaced { media, file } => {
            for known in product.media.iter_mut().filter(|known| known.id == *media) {
                known.file.clone_from(file);
                known.stand_in = false;
            }
        }
        Event::Published => product.status = Status::Published,
        Event::Archived => product.status = Status::Archived,
    }
    Some(product)
}

fn new(draft: Draft) -> Product {
    let Draft { id, handle, title, description, category, seller, vendor, options, tags } = draft;
    Product {
        id,
        handle,
        title,
        description,
        category,
        seller,
        vendor,
        options,
        tags,
        status: Status::Draft,
        variants: Vec::new(),
        media: Vec::new(),
        next_position: 0,
    }
}
