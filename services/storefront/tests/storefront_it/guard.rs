//! What stands around the pages: content policy, forms of other sites, sessions.

use axum::http::{Method, Request, StatusCode, header};

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
