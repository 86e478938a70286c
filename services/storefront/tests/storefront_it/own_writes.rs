//! What a form wrote is asked for by the pages that follow, without JavaScript.

use axum::http::StatusCode;

use crate::world::World;

const FORM: [(&str, &str); 4] =
    [("title", "Old oar"), ("price", "12,50"), ("quantity", "1"), ("key", "k")];

/// What search was last asked to wait for.
fn awaited(world: &World) -> (String, String) {
    world.told.lock().unwrap().awaited.last().unwrap().clone()
}

#[tokio::test]
async fn the_page_after_a_form_waits_for_what_the_form_wrote() {
    let world = World::new().await;
    world.sign_in();
    world.get("/p/storm-lantern").await;
    assert_eq!(awaited(&world), (String::new(), String::new()));

    let sold = world.post_file(&FORM, b"").await;
    assert_eq!(sold.status, StatusCode::OK, "{}", sold.text);
    let page = world.get("/p/storm-lantern").await;

    let (token, prefer) = awaited(&world);
    assert!(token.starts_with("catalog.product.v1/prd_1;v=4;t="), "{token}");
    assert_eq!(prefer, "wait=2");
    assert!(!page.text.contains("still on its way"), "{}", page.text);
}

#[tokio::test]
async fn a_page_says_when_it_is_behind() {
    let world = World::new().await;
    world.sign_in();
    world.post_file(&FORM, b"").await;
    world.told.lock().unwrap().behind = true;

    let page = world.get("/p/storm-lantern").await;

    assert!(page.text.contains("still on its way and not shown here yet"), "{}", page.text);
}

#[tokio::test]
async fn what_is_long_ago_or_makes_no_sense_is_not_waited_for() {
    let world = World::new().await;
    let long_ago = "Y2F0YWxvZy5wcm9kdWN0LnYxL3ByZF8xO3Y9NDt0PTE3MDAwMDAwMDAwMDA";
    for cookie in [long_ago, "nonsense", "%00", "bm9uc2Vuc2U"] {
        world.set_cookie(web::cookies::SYNC, cookie);

        let page = world.get("/p/storm-lantern").await;

        assert_eq!(page.status, StatusCode::OK);
        assert_eq!(awaited(&world).0, "", "{cookie}");
    }
}
