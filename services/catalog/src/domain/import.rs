//! What a file changes: only what it says otherwise than the file before it.

use kernel::{Sku, SkuError};
use sha2::{Digest as _, Sha256};

use super::product::{Product, Status, Variant};
use super::shopify::{Finding, Said, SaidVariant};
use super::slug;

/// The category of products for which a file names none.
pub(crate) const NO_CATEGORY: (&str, &str) = ("other", "Other");

/// Slug and name of the category that a file puts a product in.
pub(crate) fn category(said: &Said) -> (String, String) {
    let slug = slug::of(&said.kind);
    if slug.is_empty() {
        return (NO_CATEGORY.0.to_owned(), NO_CATEGORY.1.to_owned());
    }
    let mut name = said.kind.clone();
    if let Some(first) = name.get(..1) {
        let upper = first.to_uppercase();
        name.replace_range(..1, &upper);
    }
    (slug, name)
}

/// A SKU for a variant that has none. `taken` says which are in use; then a piece of the hash of the exact
/// option values tells variants apart that only differ in letters which a SKU cannot have.
pub(crate) fn sku(
    handle: &str,
    values: &[String],
    taken: impl Fn(&Sku) -> bool,
) -> Result<Sku, SkuError> {
    let plain = Sku::derived(handle, values.iter().map(String::as_str));
    let expressible = values.iter().all(|value| !slug::of(value).is_empty());
    match plain {
        Ok(sku) if expressible && !taken(&sku) => Ok(sku),
        _ => {
            let mut hash = Sha256::new();
            for part in values {
                hash.update(part);
                hash.update([0]);
            }
            let hash = hex::encode(hash.finalize());
            let front: String = handle.chars().take(100).collect();
            format!("{front}/{}", hash.get(..10).unwrap_or_default()).parse()
        }
    }
}

/// The variants that are new since the last file, and what cannot be done about known ones.
pub(crate) fn variants<'a>(
    last: Option<&Said>,
    said: &'a Said,
    product: &Product,
) -> (Vec<&'a SaidVariant>, Vec<Finding>) {
    let before = |variant: &SaidVariant| {
        last.and_then(|last| last.variants.iter().find(|one| one.values == variant.values))
    };
    let offered =
        |one: &SaidVariant| product.variants.iter().find(|known| known.values == one.values);
    let mut new = Vec::new();
    let mut findings = Vec::new();
    for variant in &said.variants {
        match (before(variant), offered(variant)) {
            (None, None) => new.push(variant),
            (Some(before), Some(known)) => findings.extend(notes(before, variant, known)),
            // Offered already by other means, or taken away by a person since the last file.
            (None, Some(_)) | (Some(_), None) => {}
        }
    }
    (new, findings)
}

/// What a later file says of a known variant and only other services can change.
fn notes(before: &SaidVariant, now: &SaidVariant, known: &Variant) -> Vec<Finding> {
    let mut findings = Vec::new();
    if before.price != now.price {
        let message = format!("{} has a price already; change it in pricing", known.sku);
        findings.push(Finding::note(now.row, "Variant Price", message));
    }
    if before.quantity != now.quantity {
        let message = format!("{} had its opening stock; change it in inventory", known.sku);
        findings.push(Finding::note(now.row, "Variant Inventory Qty", message));
    }
    if before.sku != now.sku && now.sku.as_ref() != Some(&known.sku) {
        let message = format!("the variant is {} for good", known.sku);
        findings.push(Finding::note(now.row, "Variant SKU", message));
    }
    findings
}

/// What a file wants of a product's status: publish, archive or nothing.
pub(crate) fn status(last: Option<&Said>, said: &Said, now: Status) -> Option<Status> {
    if last.is_some_and(|last| last.published == said.published) {
        return None;
    }
    match (said.published, now) {
        (true, Status::Draft | Status::Archived) => Some(Status::Published),
        (false, Status::Published) => Some(Status::Archived),
        (true, Status::Published) | (false, Status::Draft | Status::Archived) => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn derived(values: &[&str], taken: bool) -> String {
        let values: Vec<String> = values.iter().map(ToString::to_string).collect();
        sku("shirt", &values, |_| taken).unwrap().to_string()
    }

    #[test]
    fn skus_come_from_handle_and_option_values() {
        assert_eq!(derived(&["Small", "Navy / White"], false), "shirt/small-navy-white");
        assert_eq!(derived(&[], false), "shirt");
    }

    #[test]
    fn values_that_a_sku_cannot_spell_are_told_apart() {
        assert_ne!(derived(&["黒"], false), derived(&["白"], false));
        assert_ne!(derived(&["Navy / White"], false), derived(&["Navy White"], true));
        assert_eq!(derived(&["黒"], false), derived(&["黒"], true));
        assert!(sku(&"x".repeat(120), &["y".repeat(90)], |_| false).is_ok());
    }
}
