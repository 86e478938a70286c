//! Products as readers see them: the shapes of the JSON answers.

use kernel::{Money, ProductId, VariantId};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

/// A product with all that its page shows.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub(crate) struct ProductView {
    pub(crate) product_id: ProductId,
    /// The product's name in URLs.
    pub(crate) handle: String,
    pub(crate) title: String,
    /// Sanitized HTML.
    pub(crate) description_html: String,
    /// Slug.
    pub(crate) category: String,
    pub(crate) category_name: String,
    pub(crate) vendor: String,
    /// `acc_…`; empty for the shop itself.
    pub(crate) seller_id: String,
    /// Names of the options, in order.
    pub(crate) options: Vec<String>,
    pub(crate) variants: Vec<VariantView>,
    pub(crate) media: Vec<MediaView>,
    pub(crate) tags: Vec<String>,
}

/// One form of a product.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub(crate) struct VariantView {
    pub(crate) variant_id: VariantId,
    pub(crate) sku: String,
    /// One for each option of the product.
    pub(crate) option_values: Vec<String>,
    /// Absent: not for sale.
    pub(crate) price: Option<Money>,
    /// The price it is compared with.
    pub(crate) compare_at: Option<Money>,
    /// Stock is counted.
    pub(crate) tracked: bool,
    /// What can be bought now; 0 for variants that are not counted.
    pub(crate) available: i64,
}

impl VariantView {
    /// True when somebody can buy it now.
    pub(crate) const fn buyable(&self) -> bool {
        self.price.is_some() && (!self.tracked || self.available > 0)
    }
}

/// A picture.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub(crate) struct MediaView {
    pub(crate) url: String,
    pub(crate) alt: String,
}

/// A product in a list.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub(crate) struct CardView {
    pub(crate) product_id: ProductId,
    pub(crate) handle: String,
    pub(crate) title: String,
    /// Slug.
    pub(crate) category: String,
    pub(crate) image_url: String,
    pub(crate) image_alt: String,
    /// Of the cheapest variant.
    pub(crate) price_from: Money,
    /// Of the dearest variant.
    pub(crate) price_to: Money,
    /// The price the cheapest variant is compared with.
    pub(crate) compare_at: Option<Money>,
    /// At least one variant can be bought now.
    pub(crate) available: bool,
    pub(crate) vendor: String,
}

/// One page of a list, with what the whole list consists of.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub(crate) struct ListView {
    pub(crate) items: Vec<CardView>,
    /// Products that match, on all pages.
    pub(crate) total: i64,
    pub(crate) facets: FacetsView,
    /// Asks for the next page; absent: this was the last.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) next: Option<String>,
}

/// How many products there would be for each choice. Each facet counts what all the other choices leave.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub(crate) struct FacetsView {
    pub(crate) categories: Vec<FacetView>,
    /// By the price of the cheapest variant.
    pub(crate) prices: Vec<FacetView>,
    /// Of those listed, so many can be bought now.
    pub(crate) in_stock: i64,
}

/// One choice of a facet.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub(crate) struct FacetView {
    /// A slug, or `2500-5000` in minor units: upper bound exclusive, absent in the last.
    pub(crate) value: String,
    pub(crate) label: String,
    pub(crate) count: i64,
}

/// A category that has products.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub(crate) struct CategoryView {
    pub(crate) slug: String,
    pub(crate) name: String,
    /// Products for sale.
    pub(crate) products: i64,
    /// The picture of one of its products; empty when none has one.
    pub(crate) image_url: String,
}

/// A variant with what a basket shows of its product.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub(crate) struct BasketVariantView {
    #[serde(flatten)]
    pub(crate) variant: VariantView,
    pub(crate) product_id: ProductId,
    pub(crate) product_handle: String,
    pub(crate) product_title: String,
    pub(crate) image_url: String,
}
