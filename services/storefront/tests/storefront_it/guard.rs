//! What stands around the pages: content policy, forms of other sites, sessions.

use axum::http::{Method, Request, StatusCode, header};

use crate::services::{GONE, ORDER, UNLUCKY};
use crate::world::World;

#[tokio::test]
async fn every_page_has_one_strict_policy() {
    let world = World::new().await;

    for path in ["/", "/nowhere", "/basket", "/account"] {
        let page = world.get(path).await;
        let policies: Vec<_> =
            page.headers.get_all(header::CONTENT_SECURITY_POLICY).iter().collect();

        assert_eq!(policies.len(), 1, "{path}");
        let policy = policies[0].to_str().unwrap();
        for rule in [
            "default-src 'none'",
            "script-src 'self';",
            "form-action 'self' http://127.0.0.1:8121",
            "base-uri 'none'",
            "frame-ancestors 'none'",
        ] {
            assert!(policy.contains(rule), "{policy}");
        }
        assert!(!policy.contains("unsafe") && !policy.contains('*'));
        assert!(!page.text.contains(" style=") && !page.text.contains(" onclick="));
    }
}

#[tokio::test]
async fn a_form_of_another_site_changes_nothing() {
    let world = World::new().await;

    for site in ["cross-site", "same-site"] {
        let request = Request::builder()
            .method(Method::POST)
            .uri("/basket/add")
            .header("sec-fetch-site", site)
            .header(header::CONTENT_TYPE, "application/x-www-form-urlencoded");
        let page = world.send(request, "sku=linen-shirt/small&quantity=1").await;

        assert_eq!(page.status, StatusCode::FORBIDDEN);
    }
    assert!(world.told.lock().unwrap().lines.is_empty());
}

#[tokio::test]
async fn a_form_posted_after_the_access_token_ran_out_still_works() {
    let world = World::new().await;
    world.set_cookie(web::cookies::ACCESS, &world.token(-60));
    world.set_cookie(web::cookies::REFRESH, "good");

    let item = [("title", "Old oar"), ("price", "12,50"), ("quantity", "1"), ("key", "k")];
    let page = world.post_file(&item, b"").await;

    assert_eq!(page.status, StatusCode::OK, "{}", page.text);
    assert!(page.text.contains("under sail"));
    assert_eq!(world.told.lock().unwrap().refreshed, 1);
    assert_eq!(world.cookie(web::cookies::REFRESH).as_deref(), Some("next"));
}

#[tokio::test]
async fn an_ended_session_leads_to_the_sign_in_page_and_back() {
    let world = World::new().await;
    world.set_cookie(web::cookies::REFRESH, "stolen");

    let page = world.get("/account?after=x").await;

    assert_eq!(page.leads_to(), "/sign-in?next=%2Faccount%3Fafter%3Dx");
    assert_eq!(world.cookie(web::cookies::REFRESH), None);
}

#[tokio::test]
async fn a_wrong_password_keeps_the_address_and_not_the_password() {
    let world = World::new().await;

    let page =
        world.post("/sign-in", &[("email", "ada@example.org"), ("password", "wrong one")]).await;

    assert_eq!(page.status, StatusCode::UNPROCESSABLE_ENTITY);
    assert!(page.text.contains("E-mail or password is wrong."), "{}", page.text);
    assert!(page.text.contains("value=\"ada@example.org\"") && !page.text.contains("wrong one"));
}

#[tokio::test]
async fn a_guests_basket_goes_along_at_sign_in() {
    let world = World::new().await;
    world
        .post(
            "/basket/add",
            &[("sku", "linen-shirt/small"), ("quantity", "2"), ("handle", "linen-shirt")],
        )
        .await;
    let token = world.cookie(web::cookies::BASKET).unwrap();

    let page = world
        .post(
            "/sign-in",
            &[("email", "ada@example.org"), ("password", "correct horse"), ("next", "/checkout")],
        )
        .await;

    assert_eq!(page.leads_to(), "/checkout");
    assert_eq!(world.told.lock().unwrap().merged, [token]);
    assert_eq!(world.cookie(web::cookies::BASKET), None);
    assert!(world.get("/account").await.text.contains("Ahoy, Ada"));
    world.post("/sign-out", &[]).await;
    assert_eq!(world.cookie(web::cookies::ACCESS), None);
}

#[tokio::test]
async fn signing_out_forgets_the_address_that_was_typed() {
    let world = World::new().await;
    world.sign_in();
    world.set_cookie("__Host-checkout", "address");
    world.set_cookie("__Host-checkout-1", "more");

    let page = world.post("/sign-out", &[]).await;

    assert_eq!(page.leads_to(), "/");
    assert_eq!((world.cookie("__Host-checkout"), world.cookie("__Host-checkout-1")), (None, None));
}

#[tokio::test]
async fn a_link_of_a_mail_that_is_only_opened_confirms_nothing() {
    let world = World::new().await;

    let page = world.get("/confirm-email?token=once").await;
    assert!(page.text.contains("value=\"once\""), "{}", page.text);
    assert!(world.told.lock().unwrap().confirmed.is_empty());
    world.post("/confirm-email", &[("token", "once")]).await;

    assert_eq!(world.told.lock().unwrap().confirmed, ["once"]);
}

#[tokio::test]
async fn what_stands_in_an_address_stays_one_piece_of_the_next_one() {
    let world = World::new().await;
    world.sign_in();

    for path in ["/orders/..%2F..%2Fauth%2Fv1%2Fme", "/track/..%2F..%2Fauth%2Fv1%2Fme"] {
        let page = world.get(path).await;

        assert_eq!(page.status, StatusCode::NOT_FOUND, "{path}: {}", page.text);
    }
    let asked = world.told.lock().unwrap().asked.clone();
    assert_eq!(
        asked,
        ["..%2F..%2Fauth%2Fv1%2Fme", "..%2F..%2Fauth%2Fv1%2Fme"],
        "the services saw other paths"
    );
}

#[tokio::test]
async fn a_basket_that_is_gone_is_replaced_and_not_asked_for_again() {
    let world = World::new().await;
    world.set_cookie(web::cookies::BASKET, GONE);
    let line = [("sku", "linen-shirt/small"), ("quantity", "1"), ("handle", "linen-shirt")];

    let added = world.post("/basket/add", &line).await;

    assert!(added.leads_to().starts_with("/p/linen-shirt?added=1"));
    assert!(world.cookie(web::cookies::BASKET).is_some_and(|token| token != GONE));
}

#[tokio::test]
async fn a_guests_basket_stays_until_it_has_arrived() {
    let world = World::new().await;
    let ada = [("email", "ada@example.org"), ("password", "correct horse")];

    world.set_cookie(web::cookies::BASKET, UNLUCKY);
    world.post("/sign-in", &ada).await;
    let after_an_outage = world.cookie(web::cookies::BASKET);
    world.set_cookie(web::cookies::BASKET, GONE);
    world.post("/sign-in", &ada).await;

    assert_eq!(after_an_outage.as_deref(), Some(UNLUCKY));
    assert_eq!(world.cookie(web::cookies::BASKET), None, "a basket that is gone goes");
}

#[tokio::test]
async fn auth_hears_where_a_password_was_typed() {
    let world = World::new().await;
    let request = Request::builder()
        .method(Method::POST)
        .uri("/sign-in")
        .header("sec-fetch-site", "same-origin")
        .header("x-forwarded-for", "203.0.113.7")
        .header("x-real-ip", "203.0.113.7")
        .header("user-agent", "Ada's browser")
        .header(header::CONTENT_TYPE, "application/x-www-form-urlencoded");

    world.send(request, "email=ada%40example.org&password=correct+horse").await;

    let heard = world.told.lock().unwrap().origin.clone();
    assert_eq!(heard, ["203.0.113.7", "203.0.113.7", "Ada's browser"]);
}

#[tokio::test]
async fn the_token_of_a_link_adds_nothing_to_other_addresses() {
    let world = World::new().await;
    world.sign_in();

    let page = world.get(&format!("/orders/{ORDER}?t=a%26b%3D%22%3E%3Cx%3E%23")).await.text;

    assert!(page.contains("/events?access_token=abx\""), "{page}");
    assert!(page.contains(&format!("/orders/{ORDER}?t=abx\"")), "{page}");
}
