//! Offering an item, with a picture or without, without JavaScript.

use axum::http::StatusCode;

use crate::world::{Page, World};

const PNG: &[u8] = b"\x89PNG\r\n\x1a\n....";

async fn seller() -> World {
    let world = World::new().await;
    world.sign_in();
    world
}

async fn offer(world: &World, other: &[(&str, &str)], file: &[u8]) -> Page {
    let mut fields =
        vec![("title", "Old oar"), ("price", "12,50"), ("quantity", "1"), ("key", "k")];
    for (name, value) in other {
        fields.retain(|(known, _)| known != name);
        fields.push((name, value));
    }
    world.post_file(&fields, file).await
}

#[tokio::test]
async fn the_form_takes_a_picture() {
    let world = seller().await;

    let page = world.get("/sell").await.text;

    assert!(page.contains("enctype=\"multipart/form-data\""), "{page}");
    assert!(
        page.contains("name=\"file\" type=\"file\" accept=\"image/png,image/jpeg,image/webp\"")
    );
}

#[tokio::test]
async fn an_item_is_offered_with_its_picture() {
    let world = seller().await;

    let page = offer(&world, &[], PNG).await;

    assert_eq!(page.status, StatusCode::OK, "{}", page.text);
    let told = world.told.lock().unwrap();
    assert_eq!(told.pictures, [PNG.len()]);
    assert!(told.offers[0]["picture"].as_str().unwrap().starts_with("med_"));
    assert_eq!(told.offers[0]["price"]["minor"], 1_250);
}

#[tokio::test]
async fn an_item_without_a_picture_asks_for_none() {
    let world = seller().await;

    offer(&world, &[], b"").await;

    let told = world.told.lock().unwrap();
    assert!(told.pictures.is_empty() && told.offers[0].get("picture").is_none());
}

#[tokio::test]
async fn a_picture_is_kept_when_another_field_is_wrong() {
    let world = seller().await;

    let wrong = offer(&world, &[("title", "")], PNG).await;
    assert_eq!(wrong.status, StatusCode::UNPROCESSABLE_ENTITY);
    assert!(wrong.text.contains("src=\"/media/0ab1.png\""), "{}", wrong.text);
    let id = wrong.text.split("name=\"picture\" value=\"").nth(1).unwrap();
    let id = id.split('"').next().unwrap();
    offer(&world, &[("picture", id), ("picture_url", "/media/0ab1.png")], b"").await;

    let told = world.told.lock().unwrap();
    assert_eq!((told.pictures.len(), &told.offers[0]["picture"]), (1, &id.into()));
}

#[tokio::test]
async fn every_wrong_field_is_named_also_when_the_picture_is_one_of_them() {
    let world = seller().await;

    let svg = offer(&world, &[("title", ""), ("price", "much")], b"<svg onload=alert(1)>").await;
    let large = offer(&world, &[("title", "")], &[PNG, &[0; 5 * 1024 * 1024]].concat()).await;

    assert_eq!((svg.status.as_u16(), large.status.as_u16()), (422, 422));
    for field in ["title", "price", "picture"] {
        assert!(svg.text.contains(&format!("id=\"{field}-wrong\"")), "{field}: {}", svg.text);
    }
    assert!(svg.text.contains("Expected a picture of type PNG, JPEG or WebP."), "{}", svg.text);
    assert!(svg.text.contains("value=\"much\""));
    assert!(large.text.contains("A picture has at most 5 MB.</p>"), "{}", large.text);
    assert!(large.text.contains("id=\"title-wrong\""));
    let told = world.told.lock().unwrap();
    assert!(told.pictures.is_empty() && told.offers.is_empty());
}

#[tokio::test]
async fn an_item_whose_picture_is_of_no_use_is_not_offered_without_it() {
    let world = seller().await;

    let page = offer(&world, &[], b"GIF89a").await;

    assert_eq!(page.status, StatusCode::UNPROCESSABLE_ENTITY);
    assert!(page.text.contains("id=\"picture-wrong\"") && !page.text.contains("title-wrong"));
    assert!(world.told.lock().unwrap().offers.is_empty());
}

#[tokio::test]
async fn a_guest_is_led_to_the_sign_in_page_before_anything_is_read() {
    let world = World::new().await;

    let page = offer(&world, &[], PNG).await;

    assert_eq!(page.leads_to(), "/sign-in?next=%2Fsell");
    assert!(world.told.lock().unwrap().pictures.is_empty());
}

#[tokio::test]
async fn a_picture_of_elsewhere_is_not_shown() {
    let world = seller().await;
    let fields = [("title", ""), ("picture", "med_x"), ("picture_url", "https://evil.test/a.png")];

    let page = offer(&world, &fields, b"").await;

    assert!(!page.text.contains("evil.test"), "{}", page.text);
}
