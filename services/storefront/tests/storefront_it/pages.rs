//! Pages that everybody sees.

use axum::http::{StatusCode, header};

use crate::search::HOSTILE;
use crate::world::World;

#[tokio::test]
async fn the_pages_for_browsing_are_there() {
    let world = World::new().await;

    for (path, words) in [
        ("/", "Just arrived"),
        ("/c/clothing", "Linen Shirt"),
        ("/search?q=shirt", "“shirt”"),
        ("/search?q=nothing", "Nothing on the horizon"),
        ("/p/linen-shirt", "Add to basket"),
        ("/basket", "Nothing in the hold yet"),
        ("/sign-in", "current-password"),
        ("/sign-up", "new-password"),
        ("/forgot", "Send the link"),
        ("/problems/no_such_product", "no_such_product"),
    ] {
        let page = world.get(path).await;

        assert_eq!(page.status, StatusCode::OK, "{path}: {}", page.text);
        assert!(page.text.contains(words), "{path}: {}", page.text);
        assert!(page.text.contains("href=\"/c/kitchen\""), "{path} has no menu");
    }
}

#[tokio::test]
async fn what_is_not_there_is_a_page_of_the_shop() {
    let world = World::new().await;

    for path in [
        "/nowhere",
        "/p/nobody",
        "/c/nothing",
        "/c/clothing?after=nonsense",
        "/problems/none",
        "/static/flotilla.old.css",
        "/a/b/c",
    ] {
        let page = world.get(path).await;

        assert_eq!(page.status, StatusCode::NOT_FOUND, "{path}");
        assert!(page.text.contains("Nothing on this chart"), "{path}: {}", page.text);
    }
}

#[tokio::test]
async fn a_hostile_title_is_only_text() {
    let world = World::new().await;

    for path in ["/", "/c/clothing", "/p/hostile", "/search?q=%3Cscript%3Ealert(1)%3C/script%3E"] {
        let page = world.get(path).await;

        assert_eq!(page.status, StatusCode::OK);
        assert!(!page.text.contains("<script>alert"), "{path}");
        assert!(!page.text.contains(HOSTILE), "{path}");
    }
}

#[tokio::test]
async fn facets_are_links_that_keep_the_other_choices() {
    let world = World::new().await;

    let page = world.get("/c/clothing?stock=1&sort=price").await.text;

    assert!(page.contains("/c/clothing?price=0-1000&#38;stock=1&#38;sort=price"), "{page}");
    assert!(page.contains("/c/kitchen?stock=1&#38;sort=price"), "{page}");
    assert!(page.contains("href=\"/c/clothing?sort=price\" aria-current"), "{page}");
    assert!(page.contains("after=7.abc"), "{page}");
}

#[tokio::test]
async fn what_is_sold_out_cannot_be_chosen() {
    let world = World::new().await;

    let page = world.get("/p/linen-shirt").await.text;

    assert!(page.contains("value=\"linen-shirt/small\" required checked"), "{page}");
    assert!(page.contains("value=\"linen-shirt/large\" required disabled"), "{page}");
    assert!(page.contains("Only 2 left"));
}

#[tokio::test]
async fn static_files_are_kept_for_ever_under_their_own_name() {
    let world = World::new().await;
    let page = world.get("/").await.text;

    for (start, kind) in [("/static/flotilla.", "text/css"), ("/static/sails.", "image/svg")] {
        let from = page.find(start).unwrap();
        let path = page[from..].split('"').next().unwrap();
        let file = world.get(path).await;

        assert!(file.headers[header::CONTENT_TYPE].to_str().unwrap().starts_with(kind));
        assert!(file.headers[header::CACHE_CONTROL].to_str().unwrap().contains("immutable"));
    }
    let script = page.split("src=\"").nth(1).unwrap().split('"').next().unwrap();
    assert!(world.get(script).await.text.len() < 6_000);
}

#[tokio::test]
async fn browsing_goes_on_when_everything_else_is_down() {
    let world = World::without_services().await;
    world.set_cookie(web::cookies::BASKET, "bsk_1.x");

    assert_eq!(world.get("/p/linen-shirt").await.status, StatusCode::OK);
    assert_eq!(world.get("/").await.status, StatusCode::OK);
    let basket = world.get("/basket").await;

    assert_eq!(basket.status, StatusCode::SERVICE_UNAVAILABLE);
    assert!(
        basket.text.contains("Becalmed") && basket.text.contains("baskets and orders"),
        "{}",
        basket.text
    );
}
