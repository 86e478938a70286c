//! The back office without the services behind it: who gets in, and what a page says when nobody answers.

use axum::http::Method;
use backoffice::App;
use kernel::AccountId;
use sqlx::PgPool;
use testkit::{Answer, TestService};
use web::{Role, cookies};

/// Nothing listens there.
const NOWHERE: &str = "http://127.0.0.1:9";

async fn start(db: PgPool) -> TestService {
    let names = [
        "--auth-url",
        "--catalog-url",
        "--inventory-url",
        "--notifications-url",
        "--orders-url",
        "--payments-url",
        "--pricing-url",
        "--search-url",
        "--shipping-url",
    ];
    let flags: Vec<&str> = names.iter().flat_map(|name| [*name, NOWHERE]).collect();
    TestService::start::<App>(db, &flags).await
}

async fn visit(service: &TestService, method: Method, token: &str, site: &str) -> Answer {
    let cookie = format!("{}={token}", cookies::ACCESS);
    let headers = [("cookie", cookie.as_str()), ("sec-fetch-site", site)];
    service.send(method, "/admin/parked", &headers, "").await
}

#[sqlx::test(migrations = false)]
async fn only_staff_get_in(db: PgPool) {
    let office = start(db).await;
    let shopper = office.token(AccountId::new(), &[Role::Shopper, Role::Seller]);

    let nobody = visit(&office, Method::GET, "", "none").await;
    let shopper = visit(&office, Method::GET, &shopper, "none").await;
    let staff = visit(&office, Method::GET, &office.staff(), "none").await;

    assert_eq!((nobody.status.as_u16(), shopper.status.as_u16()), (303, 403));
    assert_eq!(nobody.headers["location"], "/sign-in?next=/admin");
    assert_eq!(staff.status.as_u16(), 200, "{}", staff.text);
}

#[sqlx::test(migrations = false)]
async fn a_page_names_the_services_that_do_not_answer(db: PgPool) {
    let office = start(db).await;

    let parked = visit(&office, Method::GET, &office.staff(), "none").await;

    assert!(parked.text.contains("orders does not answer"), "{}", parked.text);
}

#[sqlx::test(migrations = false)]
async fn a_form_from_another_site_is_refused(db: PgPool) {
    let office = start(db).await;
    let cookie = format!("{}={}", cookies::ACCESS, office.staff());
    let path = "/admin/parked/orders/1/skip";

    let headers = |site| {
        [
            ("cookie", cookie.as_str()),
            ("sec-fetch-site", site),
            ("content-type", "application/x-www-form-urlencoded"),
        ]
    };
    let other = office.send(Method::POST, path, &headers("cross-site"), "reason=x").await;
    let own = office.send(Method::POST, path, &headers("same-origin"), "reason=x").await;

    assert_eq!((other.status.as_u16(), own.status.as_u16()), (403, 503));
}

#[sqlx::test(migrations = false)]
async fn pages_run_no_script_and_the_documentation_lists_every_service(db: PgPool) {
    let office = start(db).await;

    let page = visit(&office, Method::GET, &office.staff(), "none").await;
    let docs = office.get("/api/docs/swagger-initializer.js", "").await;

    let policy = page.headers["content-security-policy"].to_str().unwrap();
    assert!(policy.starts_with("default-src 'none'") && !policy.contains("script-src"));
    assert!(docs.text.contains("/api/orders/openapi.json"), "{}", docs.text);
}

#[sqlx::test(migrations = false)]
async fn a_price_change_that_is_sent_twice_counts_once(db: PgPool) {
    let office = start(db).await;
    let cookie = format!("{}={}", cookies::ACCESS, office.staff());
    let headers = [("cookie", cookie.as_str()), ("sec-fetch-site", "none")];
    let at = "/admin/prices/opr_0192f0c1000070008000000000000000";

    let form = office.send(Method::GET, "/admin/prices", &headers, "").await;
    let change = office.send(Method::GET, at, &headers, "").await;

    // Each of the two forms carries a key of its own.
    let keys: Vec<&str> = form.text.split("name=\"key\" value=\"").skip(1).collect();
    assert!(keys.len() == 2 && keys.iter().all(|key| key.starts_with("opr_")), "{}", form.text);
    assert_ne!(keys[0].get(..36), keys[1].get(..36));
    assert_eq!((form.status.as_u16(), change.status.as_u16()), (200, 503));
}
