//! A product: what it is, what may be done to it, and what follows.

mod decide;
mod evolve;

use kernel::{AccountId, MediaId, Money, ProductId, Sku, VariantId};

use super::html::Html;

pub(crate) use decide::decide;
pub(crate) use evolve::evolve;

/// Most variants that a product may offer.
pub(crate) const MOST_VARIANTS: usize = 250;
/// Most pictures that a product may show.
pub(crate) const MOST_PICTURES: usize = 20;

/// Something that the shop or a seller offers.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Product {
    pub(crate) id: ProductId,
    /// The name in URLs; never changes.
    pub(crate) handle: String,
    pub(crate) title: String,
    pub(crate) description: Html,
    /// Slug of a category.
    pub(crate) category: String,
    /// Who sells it; none: the shop itself.
    pub(crate) seller: Option<AccountId>,
    pub(crate) vendor: String,
    /// Names of the options, in order; none when there is one variant only.
    pub(crate) options: Vec<String>,
    pub(crate) tags: Vec<String>,
    pub(crate) status: Status,
    /// In order of position; without those that were removed.
    pub(crate) variants: Vec<Variant>,
    pub(crate) media: Vec<Media>,
    /// The position that the next variant gets; positions are not used again.
    pub(crate) next_position: i32,
}

/// Whether a product is for sale.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Status {
    /// Not yet.
    Draft,
    /// Yes.
    Published,
    /// No longer.
    Archived,
}

/// One form of a product.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Variant {
    pub(crate) id: VariantId,
    pub(crate) sku: Sku,
    /// One for each option of the product.
    pub(crate) values: Vec<String>,
    /// The price at which it was first offered; pricing knows today's.
    pub(crate) price: Money,
    pub(crate) compare_at: Option<Money>,
    /// False: always available.
    pub(crate) tracked: bool,
    /// On the shelf at first, once.
    pub(crate) opening_quantity: i64,
    pub(crate) position: i32,
}

/// A picture of a product.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Media {
    pub(crate) id: MediaId,
    /// The name of its bytes, below `/media/`.
    pub(crate) file: String,
    pub(crate) alt: String,
    pub(crate) position: i32,
    /// Drawn by us until there is a real one.
    pub(crate) stand_in: bool,
    /// Where an import found it.
    pub(crate) source: Option<String>,
}

/// The facts of a new product.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Draft {
    pub(crate) id: ProductId,
    pub(crate) handle: String,
    pub(crate) title: String,
    pub(crate) description: Html,
    pub(crate) category: String,
    pub(crate) seller: Option<AccountId>,
    pub(crate) vendor: String,
    pub(crate) options: Vec<String>,
    pub(crate) tags: Vec<String>,
}

/// A variant that is to be offered.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Offer {
    pub(crate) id: VariantId,
    pub(crate) sku: Sku,
    pub(crate) values: Vec<String>,
    pub(crate) price: Money,
    pub(crate) compare_at: Option<Money>,
    pub(crate) tracked: bool,
    pub(crate) opening_quantity: i64,
}

/// A picture that is to be shown.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Picture {
    pub(crate) id: MediaId,
    pub(crate) file: String,
    pub(crate) alt: String,
    pub(crate) stand_in: bool,
    pub(crate) source: Option<String>,
}

/// What may be asked of a product.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Command {
    Create(Draft),
    ChangeTitle(String),
    ChangeDescription(Html),
    ChangeCategory(String),
    AddVariant(Offer),
    RemoveVariant(Sku),
    AddMedia(Picture),
    ReplaceMedia { media: MediaId, file: String },
    Publish,
    Archive,
}

/// What happened to a product.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Event {
    Created(Draft),
    TitleChanged(String),
    DescriptionChanged(Html),
    CategoryChanged(String),
    VariantAdded(Variant),
    VariantRemoved(Sku),
    MediaAdded(Media),
    MediaReplaced { media: MediaId, file: String },
    Published,
    Archived,
}

/// Why a command is refused.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub(crate) enum Rejection {
    #[error("there is no such product")]
    NoSuchProduct,
    #[error("the product exists already")]
    AlreadyCreated,
    #[error("a product needs a variant before it is published")]
    NothingToSell,
    #[error("the last variant of a published product cannot be removed; archive the product")]
    LastVariant,
    #[error("the product has no variant of this SKU")]
    NoSuchVariant,
    #[error("the product has a variant with these option values or this SKU already")]
    VariantExists,
    #[error("a variant needs one value for each option of the product")]
    WrongOptions,
    #[error("a product has at most 250 variants")]
    TooManyVariants,
    #[error("a product has at most 20 pictures")]
    TooManyPictures,
    #[error("the product has no such picture")]
    NoSuchPicture,
}

#[cfg(test)]
mod tests;
