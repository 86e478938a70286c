//! Browsers: tokens in cookies, and forms of other sites.

use http::Method;
use http::header::SET_COOKIE;
use serde_json::json;
use sqlx::PgPool;
use testkit::Answer;

use crate::support::{EMAIL, PASSWORD, TestAuth};

const OWN: (&str, &str) = ("sec-fetch-site", "same-origin");
const OTHER: (&str, &str) = ("sec-fetch-site", "cross-site");

fn set(answer: &Answer) -> Vec<String> {
    let set = answer.headers.get_all(SET_COOKIE).iter();
    set.map(|value| value.to_str().unwrap().to_owned()).collect()
}

/// The `Cookie` header that a browser sends after an answer.
fn jar(answer: &Answer) -> String {
    let pairs = set(answer);
    let pairs: Vec<_> = pairs.iter().map(|one| one.split(';').next().unwrap()).collect();
    pairs.join("; ")
}

async fn browser(auth: &TestAuth) -> Answer {
    auth.sign_up(EMAIL).await;
    let body = json!({ "email": EMAIL, "password": PASSWORD });
    let headers = [OWN, ("x-session", "cookie")];
    auth.service.post("/api/auth/v1/sessions", "", &headers, &body).await
}

#[sqlx::test]
async fn a_browser_gets_cookies_that_scripts_cannot_read_and_no_tokens(db: PgPool) {
    let auth = TestAuth::start(db).await;

    let answer = browser(&auth).await;

    let cookies = set(&answer);
    assert_eq!(cookies.len(), 2);
    assert!(cookies[0].starts_with("__Host-access=") && cookies[0].contains("Max-Age=600;"));
    assert!(cookies[1].starts_with("__Host-refresh=") && cookies[1].contains("Max-Age=1209600;"));
    for cookie in &cookies {
        assert!(
            cookie.ends_with("Path=/; Max-Age=600; Secure; HttpOnly; SameSite=Lax")
                || cookie.ends_with("Path=/; Max-Age=1209600; Secure; HttpOnly; SameSite=Lax")
        );
    }
    assert!(answer.json.get("access_token").is_none());
    assert!(answer.json.get("refresh_token").is_none());
    assert_eq!(answer.json["account"]["email"], EMAIL);
}

#[sqlx::test]
async fn the_field_asks_for_cookies_as_the_header_does(db: PgPool) {
    let auth = TestAuth::start(db).await;
    auth.sign_up(EMAIL).await;
    let body = json!({ "email": EMAIL, "password": PASSWORD, "cookies": true });

    let own = auth.service.post("/api/auth/v1/sessions", "", &[OWN], &body).await;
    let other = auth.service.post("/api/auth/v1/sessions", "", &[OTHER], &body).await;

    assert_eq!((own.status.as_u16(), set(&own).len()), (200, 2));
    assert_eq!((other.code(), set(&other).len()), ("cross_site_request", 0));
}

#[sqlx::test]
async fn cookies_carry_a_session_through_refresh_and_sign_out(db: PgPool) {
    let auth = TestAuth::start(db).await;
    let cookies = jar(&browser(&auth).await);
    let headers = [OWN, ("cookie", cookies.as_str())];
    let path = "/api/auth/v1/sessions/refresh";

    let refreshed = auth.service.send(Method::POST, path, &headers, "").await;
    let cookies = jar(&refreshed);
    let headers = [OWN, ("cookie", cookies.as_str())];
    let me = auth.service.send(Method::GET, "/api/auth/v1/me", &headers, "").await;
    let out = auth.service.send(Method::POST, "/api/auth/v1/sessions/end", &headers, "").await;
    let after = auth.service.send(Method::POST, path, &headers, "").await;

    assert_eq!((refreshed.status.as_u16(), me.status.as_u16()), (200, 200));
    assert!(refreshed.json.get("refresh_token").is_none());
    assert_eq!(out.status, 204);
    for answer in [&out, &after] {
        let cleared = set(answer);
        assert_eq!(cleared.len(), 2);
        assert!(cleared.iter().all(|cookie| cookie.contains("=; Path=/; Max-Age=0;")));
    }
    assert_eq!((after.status.as_u16(), after.code()), (401, "session_ended"));
}

#[sqlx::test]
async fn a_page_of_another_site_uses_no_cookies(db: PgPool) {
    let auth = TestAuth::start(db).await;
    let cookies = jar(&browser(&auth).await);
    let refresh_only = cookies.split("; ").nth(1).unwrap();
    let paths =
        ["/sessions/refresh", "/sessions/end", "/me/change_password", "/me/resend_confirmation"];

    for path in paths {
        let path = format!("/api/auth/v1{path}");
        for headers in [
            vec![OTHER, ("cookie", cookies.as_str())],
            vec![("sec-fetch-site", "same-site"), ("cookie", cookies.as_str())],
            vec![("origin", "http://evil.test"), ("host", "shop.test"), ("cookie", &cookies)],
            vec![("cookie", cookies.as_str())],
        ] {
            let answer = auth.service.send(Method::POST, &path, &headers, "").await;
            assert_eq!(
                (answer.status.as_u16(), answer.code()),
                (403, "cross_site_request"),
                "{path}"
            );
        }
    }
    for path in ["/api/auth/v1/sessions/refresh", "/api/auth/v1/sessions/end"] {
        let headers = [OTHER, ("cookie", refresh_only)];
        let answer = auth.service.send(Method::POST, path, &headers, "").await;
        assert_eq!(answer.code(), "cross_site_request", "{path}");
    }
    let headers = [OWN, ("cookie", cookies.as_str())];
    let me = auth.service.send(Method::GET, "/api/auth/v1/me", &headers, "").await;
    assert_eq!(me.status, 200);
}
