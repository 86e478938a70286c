//! Views as messages of the contract.

use contracts::search as api;

use crate::domain::view::{
    BasketVariantView, CardView, CategoryView, FacetView, ListView, MediaView, ProductView,
    VariantView,
};

/// A product with all that its page shows.
pub(crate) fn product(view: &ProductView) -> api::Product {
    let media = |media: &MediaView| api::Media { url: media.url.clone(), alt: media.alt.clone() };
    let id = view.product_id.to_string();
    let image_url = view.media.first().map(|media| media.url.clone()).unwrap_or_default();
    let of_product = |variant: &VariantView| api::Variant {
        product_id: id.clone(),
        product_handle: view.handle.clone(),
        product_title: view.title.clone(),
        image_url: image_url.clone(),
        ..self::variant(variant)
    };
    api::Product {
        variants: view.variants.iter().map(of_product).collect(),
        media: view.media.iter().map(media).collect(),
        handle: view.handle.clone(),
        title: view.title.clone(),
        description_html: view.description_html.clone(),
        category: view.category.clone(),
        category_name: view.category_name.clone(),
        vendor: view.vendor.clone(),
        seller_id: view.seller_id.clone(),
        options: view.options.clone(),
        tags: view.tags.clone(),
        product_id: id,
    }
}

fn variant(view: &VariantView) -> api::Variant {
    api::Variant {
        variant_id: view.variant_id.to_string(),
        sku: view.sku.clone(),
        option_values: view.option_values.clone(),
        price: view.price.map(Into::into),
        compare_at: view.compare_at.map(Into::into),
        tracked: view.tracked,
        available: view.available,
        ..api::Variant::default()
    }
}

/// A variant with what a basket shows of its product.
pub(crate) fn basket_variant(view: &BasketVariantView) -> api::Variant {
    api::Variant {
        product_id: view.product_id.to_string(),
        product_handle: view.product_handle.clone(),
        product_title: view.product_title.clone(),
        image_url: view.image_url.clone(),
        ..variant(&view.variant)
    }
}

fn card(view: &CardView) -> api::ProductCard {
    api::ProductCard {
        product_id: view.product_id.to_string(),
        handle: view.handle.clone(),
        title: view.title.clone(),
        category: view.category.clone(),
        image_url: view.image_url.clone(),
        image_alt: view.image_alt.clone(),
        price_from: Some(view.price_from.into()),
        price_to: Some(view.price_to.into()),
        compare_at: view.compare_at.map(Into::into),
        available: view.available,
        vendor: view.vendor.clone(),
    }
}

/// One page of a list.
pub(crate) fn list(view: &ListView) -> api::ListProductsResponse {
    let facet = |facet: &FacetView| api::FacetValue {
        value: facet.value.clone(),
        label: facet.label.clone(),
        count: facet.count,
    };
    api::ListProductsResponse {
        products: view.items.iter().map(card).collect(),
        total: view.total,
        facets: Some(api::Facets {
            categories: view.facets.categories.iter().map(facet).collect(),
            prices: view.facets.prices.iter().map(facet).collect(),
            in_stock: view.facets.in_stock,
        }),
        next: view.next.clone().unwrap_or_default(),
    }
}

/// A category that has products.
pub(crate) fn category(view: CategoryView) -> api::Category {
    api::Category {
        slug: view.slug,
        name: view.name,
        products: view.products,
        image_url: view.image_url,
    }
}
