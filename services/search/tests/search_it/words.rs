//! What words find: stems, beginnings, typing errors; and that no text is an attack.

use sqlx::PgPool;

use crate::support::Shop;

async fn wardrobe(db: PgPool) -> Shop {
    let shop = Shop::new(db).await;
    for title in ["Ocean Blue Shirt", "Running Shoes", "Wool Sweater", "The Who Poster", "Café Mug"]
    {
        shop.sells(title, "things", 1_000, 1).await;
    }
    shop.refreshed().await;
    shop
}

#[sqlx::test(migrations = "./migrations")]
async fn words_are_found_by_stem_beginning_and_category(db: PgPool) {
    let shop = wardrobe(db).await;

    assert_eq!(shop.titles("q=shirts").await[0], "Ocean Blue Shirt");
    assert_eq!(shop.titles("q=shoe").await[0], "Running Shoes");
    assert_eq!(shop.titles("q=blue+shi").await[0], "Ocean Blue Shirt");
    assert_eq!(shop.titles("q=sweat").await[0], "Wool Sweater");
    // Both are stop words of English.
    assert_eq!(shop.titles("q=the+who").await[0], "The Who Poster");
    assert_eq!(shop.titles("q=things").await.len(), 5);
    assert_eq!(shop.titles("q=harbour").await.len(), 5);
}

#[sqlx::test(migrations = "./migrations")]
async fn typing_errors_are_forgiven(db: PgPool) {
    let shop = wardrobe(db).await;

    assert_eq!(shop.titles("q=shrit").await[0], "Ocean Blue Shirt");
    assert_eq!(shop.titles("q=swaeter").await[0], "Wool Sweater");
    assert_eq!(shop.titles("q=runing+shos").await[0], "Running Shoes");
    assert!(shop.titles("q=zzzzqqq").await.is_empty());
}

#[sqlx::test(migrations = "./migrations")]
async fn no_text_is_an_attack(db: PgPool) {
    let shop = wardrobe(db).await;
    let hostile = [
        "'",
        "''",
        "%27%20or%201=1--",
        "%22;drop%20table%20documents;--",
        "shirt%20%26%20%7C%20!()",
        ":*",
        "%3C-%3E",
        "%5C",
        "%00",
        "shirt%00",
        "%F0%9F%8E%89",
        "%25%25",
        "a%26%26b",
        "!!!",
        "%E2%80%AE",
    ];

    for query in hostile {
        let answer = shop.get(&format!("products?q={query}")).await;
        assert_eq!(answer.status, 200, "{query}: {}", answer.text);
    }
    assert_eq!(shop.titles("q=shirt%00").await[0], "Ocean Blue Shirt");
    let long = "shirt+".repeat(1_600);
    assert_eq!(shop.get(&format!("products?q={long}")).await.status, 200);
    let word = "x".repeat(10_001);
    assert_eq!(shop.get(&format!("products?q={word}")).await.wrong_fields(), ["q"]);
    // What is not UTF-8 is read with replacement characters, which are no letters.
    assert_eq!(shop.get("products?q=%FF").await.json["total"], 0);
}

#[sqlx::test(migrations = "./migrations")]
async fn a_text_without_words_finds_nothing(db: PgPool) {
    let shop = wardrobe(db).await;

    assert_eq!(shop.get("products?q=!!!").await.json["total"], 0);
    assert_eq!(shop.get("products?q=+").await.json["total"], 5);
}
