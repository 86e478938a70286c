//! Given a product, when a command, then events; and what holds after any commands.

use kernel::Currency;
use proptest::prelude::*;

use super::*;

fn draft(options: &[&str]) -> Draft {
    Draft {
        id: ProductId::derived(b"p"),
        handle: "deck-bag".into(),
        title: "Deck bag".into(),
        description: Html::default(),
        category: "bags".into(),
        seller: None,
        vendor: String::new(),
        options: options.iter().map(ToString::to_string).collect(),
        tags: Vec::new(),
    }
}

fn offer(sku: &str, values: &[&str]) -> Offer {
    Offer {
        id: VariantId::derived(sku.as_bytes()),
        sku: sku.parse().unwrap(),
        values: values.iter().map(ToString::to_string).collect(),
        price: Money::new(1_000, Currency::EUR),
        compare_at: None,
        tracked: true,
        opening_quantity: 3,
    }
}

fn picture(file: &str, stand_in: bool, source: Option<&str>) -> Picture {
    let id = MediaId::derived(file.as_bytes());
    Picture { id, file: file.into(), alt: String::new(), stand_in, source: source.map(Into::into) }
}

fn after(product: Option<Product>, command: Command) -> Option<Product> {
    decide(product.as_ref(), command).unwrap().iter().fold(product, evolve)
}

fn given(commands: impl IntoIterator<Item = Command>) -> Product {
    commands.into_iter().fold(None, after).unwrap()
}

fn bag() -> Product {
    given([
        Command::Create(draft(&["Size"])),
        Command::AddVariant(offer("bag/s", &["S"])),
        Command::Publish,
    ])
}

#[test]
fn a_product_without_variants_is_not_published() {
    let empty = given([Command::Create(draft(&[]))]);

    assert_eq!(decide(Some(&empty), Command::Publish), Err(Rejection::NothingToSell));
}

#[test]
fn a_repeated_command_changes_nothing() {
    let bag = bag();

    for command in [Command::Publish, Command::ChangeTitle(bag.title.clone())] {
        assert_eq!(decide(Some(&bag), command), Ok(vec![]));
    }
}

#[test]
fn the_last_variant_of_a_published_product_stays() {
    let sku: Sku = "bag/s".parse().unwrap();
    let removed = decide(Some(&bag()), Command::RemoveVariant(sku));

    assert_eq!(removed, Err(Rejection::LastVariant));
}

#[test]
fn variants_differ_in_option_values_and_sku() {
    let same_values = decide(Some(&bag()), Command::AddVariant(offer("other", &["S"])));
    let same_sku = decide(Some(&bag()), Command::AddVariant(offer("bag/s", &["M"])));
    let too_few = decide(Some(&bag()), Command::AddVariant(offer("other", &[])));

    assert_eq!(same_values, Err(Rejection::VariantExists));
    assert_eq!(same_sku, Err(Rejection::VariantExists));
    assert_eq!(too_few, Err(Rejection::WrongOptions));
}

#[test]
fn an_untracked_variant_has_no_opening_stock() {
    let untracked = Offer { tracked: false, ..offer("bag/m", &["M"]) };

    let events = decide(Some(&bag()), Command::AddVariant(untracked)).unwrap();

    assert!(matches!(&events[..], [Event::VariantAdded(v)] if v.opening_quantity == 0));
}

#[test]
fn a_real_picture_takes_the_place_of_the_stand_in() {
    let bag = after(Some(bag()), Command::AddMedia(picture("drawn.svg", true, None)));

    let events = decide(bag.as_ref(), Command::AddMedia(picture("real.jpg", false, None))).unwrap();

    assert!(matches!(&events[..], [Event::MediaReplaced { file, .. }] if file == "real.jpg"));
}

#[test]
fn an_imported_picture_is_added_once() {
    let from = picture("a.svg", true, Some("https://a.test/a.jpg"));
    let bag = after(Some(bag()), Command::AddMedia(from.clone()));

    assert_eq!(decide(bag.as_ref(), Command::AddMedia(from)), Ok(vec![]));
}

#[test]
fn an_archived_product_can_come_back() {
    let bag = after(Some(bag()), Command::Archive);

    assert_eq!(decide(bag.as_ref(), Command::Publish), Ok(vec![Event::Published]));
}

fn any_command() -> impl Strategy<Value = Command> {
    let size = prop::sample::select(vec!["S", "M", "L"]);
    let sku = prop::sample::select(vec!["a", "b", "c"]);
    prop_oneof![
        Just(Command::Create(draft(&["Size"]))),
        "[a-c]".prop_map(Command::ChangeTitle),
        (sku.clone(), size).prop_map(|(sku, size)| Command::AddVariant(offer(sku, &[size]))),
        sku.prop_map(|sku| Command::RemoveVariant(sku.parse().unwrap())),
        ("[a-c]", any::<bool>()).prop_map(|(f, s)| Command::AddMedia(picture(&f, s, None))),
        "[a-c]".prop_map(|file| Command::ReplaceMedia { media: MediaId::derived(b"a"), file }),
        Just(Command::Publish),
        Just(Command::Archive),
    ]
}

proptest! {
    #[test]
    fn whatever_is_asked_a_product_stays_whole(
        commands in prop::collection::vec(any_command(), 0..40),
    ) {
        let mut product: Option<Product> = None;
        for command in commands {
            let Ok(events) = decide(product.as_ref(), command.clone()) else { continue };
            product = events.iter().fold(product, evolve);
            let now = product.as_ref().unwrap();

            prop_assert!(now.status != Status::Published || !now.variants.is_empty());
            for (at, one) in now.variants.iter().enumerate() {
                let apart = |other: &Variant| {
                    other.sku != one.sku
                        && other.values != one.values
                        && other.position < one.position
                };
                prop_assert!(now.variants[..at].iter().all(apart));
            }
            let adds = matches!(command, Command::AddMedia(_));
            let again = decide(product.as_ref(), command);
            prop_assert!(adds || !matches!(again, Ok(events) if !events.is_empty()));
        }
    }
}
