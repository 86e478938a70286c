//! What follows from a command, or why it is refused.

use super::{
    Command, Event, MOST_PICTURES, MOST_VARIANTS, Media, Offer, Picture, Product, Rejection,
    Status, Variant,
};

/// Decides what happens when `command` meets `product`. No events means that nothing changes, which is
/// how a repeated command stays harmless.
pub(crate) fn decide(product: Option<&Product>, command: Command) -> Result<Vec<Event>, Rejection> {
    match (product, command) {
        (None, Command::Create(draft)) => Ok(vec![Event::Created(draft)]),
        (Some(_), Command::Create(_)) => Err(Rejection::AlreadyCreated),
        (None, _) => Err(Rejection::NoSuchProduct),
        (Some(product), Command::ChangeTitle(title)) => {
            Ok(when(title != product.title, Event::TitleChanged(title)))
        }
        (Some(product), Command::ChangeDescription(html)) => {
            Ok(when(html != product.description, Event::DescriptionChanged(html)))
        }
        (Some(product), Command::ChangeCategory(slug)) => {
            Ok(when(slug != product.category, Event::CategoryChanged(slug)))
        }
        (Some(product), Command::AddVariant(offer)) => add_variant(product, offer),
        (Some(product), Command::RemoveVariant(sku)) => {
            if !product.variants.iter().any(|variant| variant.sku == sku) {
                return Err(Rejection::NoSuchVariant);
            }
            if product.status == Status::Published && product.variants.len() == 1 {
                return Err(Rejection::LastVariant);
            }
            Ok(vec![Event::VariantRemoved(sku)])
        }
        (Some(product), Command::AddMedia(picture)) => add_media(product, picture),
        (Some(product), Command::ReplaceMedia { media, file }) => {
            let known = product.media.iter().find(|known| known.id == media);
            let known = known.ok_or(Rejection::NoSuchPicture)?;
            Ok(when(known.file != file, Event::MediaReplaced { media, file }))
        }
        (Some(product), Command::Publish) if product.variants.is_empty() => {
            Err(Rejection::NothingToSell)
        }
        (Some(product), Command::Publish) => {
            Ok(when(product.status != Status::Published, Event::Published))
        }
        (Some(product), Command::Archive) => {
            Ok(when(product.status != Status::Archived, Event::Archived))
        }
    }
}

fn when(changes: bool, event: Event) -> Vec<Event> {
    if changes { vec![event] } else { Vec::new() }
}

fn add_variant(product: &Product, offer: Offer) -> Result<Vec<Event>, Rejection> {
    if offer.values.len() != product.options.len() {
        return Err(Rejection::WrongOptions);
    }
    let taken = |known: &Variant| known.values == offer.values || known.sku == offer.sku;
    if product.variants.iter().any(taken) {
        return Err(Rejection::VariantExists);
    }
    if product.variants.len() >= MOST_VARIANTS {
        return Err(Rejection::TooManyVariants);
    }
    let Offer { id, sku, values, price, compare_at, tracked, opening_quantity } = offer;
    Ok(vec![Event::VariantAdded(Variant {
        id,
        sku,
        values,
        price,
        // What is not more than the price is no price to compare with.
        compare_at: compare_at.filter(|compare| compare.minor() > price.minor()),
        tracked,
        opening_quantity: if tracked { opening_quantity } else { 0 },
        position: product.next_position,
    })])
}

/// A picture takes the place of the stand-in that a product without pictures shows.
fn add_media(product: &Product, picture: Picture) -> Result<Vec<Event>, Rejection> {
    let same = |known: &Media| known.source.is_some() && known.source == picture.source;
    if product.media.iter().any(same) {
        return Ok(Vec::new());
    }
    let idle = |known: &&Media| known.stand_in && known.source.is_none();
    if let Some(stand_in) = product.media.iter().find(idle).filter(|_| picture.source.is_none()) {
        let replaced = Event::MediaReplaced { media: stand_in.id, file: picture.file };
        return Ok(when(!picture.stand_in, replaced));
    }
    if product.media.len() >= MOST_PICTURES {
        return Err(Rejection::TooManyPictures);
    }
    let Picture { id, file, alt, stand_in, source } = picture;
    let position = product.media.iter().map(|known| known.position + 1).max().unwrap_or(0);
    Ok(vec![Event::MediaAdded(Media { id, file, alt, position, stand_in, source })])
}
