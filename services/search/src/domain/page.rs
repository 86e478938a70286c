//! Makes a document of what is known of a product: a pure function, so arrival order cannot matter.

use kernel::{Currency, Money, ProductId, VariantId};

use crate::domain::view::{CardView, MediaView, ProductView, VariantView};

/// What catalog said of a product.
#[derive(Clone, Debug)]
pub(crate) struct Facts {
    pub(crate) product_id: ProductId,
    pub(crate) handle: String,
    pub(crate) title: String,
    pub(crate) description_html: String,
    pub(crate) category: String,
    /// The slug until the category is known.
    pub(crate) category_name: String,
    pub(crate) seller_id: String,
    pub(crate) vendor: String,
    pub(crate) options: Vec<String>,
    pub(crate) tags: Vec<String>,
    pub(crate) published: bool,
    /// In their order.
    pub(crate) variants: Vec<VariantFacts>,
    /// In their order.
    pub(crate) media: Vec<MediaView>,
}

/// What catalog, pricing and inventory said of a variant.
#[derive(Clone, Debug)]
pub(crate) struct VariantFacts {
    pub(crate) variant_id: VariantId,
    pub(crate) sku: String,
    pub(crate) option_values: Vec<String>,
    /// By catalog; inventory's own word counts more.
    pub(crate) tracked: bool,
    pub(crate) price: Option<Money>,
    pub(crate) compare_at: Option<Money>,
    /// Whether it is counted and how many there are, once inventory has said so.
    pub(crate) stock: Option<(bool, i64)>,
}

/// A product for sale, as it is read.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Document {
    pub(crate) card: CardView,
    pub(crate) page: ProductView,
    /// The description without its tags, for the full-text index.
    pub(crate) text: String,
}

/// The document of a product; none unless it is published and a variant has a price.
///
/// Prices in another currency than the first variant's are left out: they cannot be compared.
pub(crate) fn document(facts: Facts) -> Option<Document> {
    if !facts.published {
        return None;
    }
    let currency = facts.variants.iter().find_map(|variant| variant.price)?.currency();
    let variants: Vec<VariantView> =
        facts.variants.into_iter().map(|variant| view(variant, currency)).collect();
    let priced = || variants.iter().filter_map(|variant| Some((variant.price?, variant)));
    let (price_from, cheapest) = priced().min_by_key(|(price, _)| price.minor())?;
    let (price_to, _) = priced().max_by_key(|(price, _)| price.minor())?;
    let (image_url, image_alt) = match facts.media.first() {
        Some(media) => (media.url.clone(), media.alt.clone()),
        None => (String::new(), String::new()),
    };
    let card = CardView {
        product_id: facts.product_id,
        handle: facts.handle.clone(),
        title: facts.title.clone(),
        category: facts.category.clone(),
        image_url,
        image_alt,
        price_from,
        price_to,
        compare_at: cheapest.compare_at,
        available: variants.iter().any(VariantView::buyable),
        vendor: facts.vendor.clone(),
    };
    let text = without_tags(&facts.description_html);
    let page = ProductView {
        product_id: facts.product_id,
        handle: facts.handle,
        title: facts.title,
        description_html: facts.description_html,
        category: facts.category,
        category_name: facts.category_name,
        vendor: facts.vendor,
        seller_id: facts.seller_id,
        options: facts.options,
        variants,
        media: facts.media,
        tags: facts.tags,
    };
    Some(Document { card, page, text })
}

fn view(facts: VariantFacts, currency: Currency) -> VariantView {
    let (tracked, available) = facts.stock.unwrap_or((facts.tracked, 0));
    let comparable = |money: &Money| money.currency() == currency;
    let price = facts.price.filter(comparable);
    // Only a higher price is worth comparing with.
    let dearer = |money: &Money| price.is_some_and(|price| price.minor() < money.minor());
    VariantView {
        variant_id: facts.variant_id,
        sku: facts.sku,
        option_values: facts.option_values,
        price,
        compare_at: facts.compare_at.filter(comparable).filter(dearer),
        tracked,
        available: if tracked { available.max(0) } else { 0 },
    }
}

/// The words of sanitized HTML.
fn without_tags(html: &str) -> String {
    let mut text = String::with_capacity(html.len());
    let mut inside = false;
    for letter in html.chars() {
        match letter {
            '<' => {
                inside = true;
                text.push(' ');
            }
            '>' => inside = false,
            _ if !inside => text.push(letter),
            _ => {}
        }
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    fn eur(minor: i64) -> Option<Money> {
        Some(Money::new(minor, Currency::EUR))
    }

    fn variant(sku: &str, price: Option<Money>, stock: Option<(bool, i64)>) -> VariantFacts {
        VariantFacts {
            variant_id: VariantId::derived(sku.as_bytes()),
            sku: sku.to_owned(),
            option_values: Vec::new(),
            tracked: true,
            price,
            compare_at: eur(1_500),
            stock,
        }
    }

    fn facts(variants: Vec<VariantFacts>) -> Facts {
        Facts {
            product_id: ProductId::derived(b"shirt"),
            handle: "shirt".into(),
            title: "Shirt".into(),
            description_html: "<p>Soft<br>cotton</p>".into(),
            category: "tops".into(),
            category_name: "Tops".into(),
            seller_id: String::new(),
            vendor: "Flotilla".into(),
            options: Vec::new(),
            tags: Vec::new(),
            published: true,
            variants,
            media: Vec::new(),
        }
    }

    #[test]
    fn a_product_is_for_sale_once_it_is_published_and_a_variant_has_a_price() {
        let unpriced = facts(vec![variant("a", None, Some((true, 5)))]);
        let draft = Facts { published: false, ..facts(vec![variant("a", eur(1), None)]) };

        assert_eq!(document(unpriced), None);
        assert_eq!(document(draft), None);
        assert!(document(facts(vec![variant("a", eur(1), None)])).is_some());
    }

    #[test]
    fn prices_span_from_the_cheapest_to_the_dearest_variant() {
        let dollars = Some(Money::new(1, "USD".parse().unwrap()));
        let variants = vec![
            variant("a", eur(2_000), Some((true, 0))),
            variant("b", eur(1_000), Some((true, 2))),
            variant("c", dollars, Some((true, 2))),
        ];

        let Document { card, page, text } = document(facts(variants)).unwrap();

        assert_eq!((card.price_from, card.price_to), (eur(1_000).unwrap(), eur(2_000).unwrap()));
        assert_eq!(card.compare_at, eur(1_500));
        assert_eq!(page.variants[0].compare_at, None);
        assert_eq!(page.variants[2].price, None);
        assert_eq!(text.split_whitespace().collect::<Vec<_>>(), ["Soft", "cotton"]);
    }

    #[test]
    fn only_stock_that_is_counted_can_run_out() {
        let available =
            |stock| document(facts(vec![variant("a", eur(1), stock)])).unwrap().card.available;

        assert!(available(Some((true, 1))) && available(Some((false, 0))));
        assert!(!available(Some((true, 0))) && !available(Some((true, -3))) && !available(None));
        let oversold = document(facts(vec![variant("a", eur(1), Some((true, -3)))])).unwrap();
        assert_eq!(oversold.page.variants[0].available, 0, "nobody reads that there are -3");
    }
}
