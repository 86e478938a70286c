//! The gateway: one of each header on every answer, nothing of the inside reachable, errors as problems.

use std::time::Duration;

use futures::future::join_all;
use reqwest::Method;
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};

use crate::answers::{has_each_header_once, is_problem};
use crate::support::shop;

#[tokio::test]
async fn every_kind_of_answer_has_each_security_header_once() {
    let shop = shop();
    let requests = [
        ("a page", shop.get("/")),
        ("a page that is not there", shop.get("/no/such/page")),
        ("the staff's pages", shop.get("/admin")),
        ("an asset that is not there", shop.get("/assets/nothing.css")),
        ("a picture that is not there", shop.get("/media/nothing.png")),
        ("a list", shop.get("/api/search/v1/products")),
        ("categories", shop.get("/api/catalog/v1/categories")),
        ("nothing of a service", shop.get("/api/orders/v1/nothing")),
        ("somebody else's order", shop.get("/api/orders/v1/orders/ord_1")),
        ("nobody", shop.get("/api/auth/v1/me")),
        ("another method", shop.request(Method::DELETE, "/api/orders/v1/baskets")),
        ("no route", shop.get("/api/nobody/v1/things")),
        ("metrics", shop.get("/metrics")),
        ("too large", shop.post("/api/orders/v1/orders").body("x".repeat(300_000))),
        ("the documents", shop.get("/api/orders/openapi.json")),
        ("the mailbox", shop.get("/dev/mailbox/")),
        ("a new basket", shop.post("/api/orders/v1/baskets")),
    ];
    for (what, request) in requests {
        has_each_header_once(&request.send().await.unwrap(), what);
    }
}

#[tokio::test]
async fn the_inside_is_not_reachable() {
    let shop = shop();
    for path in ["/metrics", "/livez", "/readyz", "/api/orders", "/media"] {
        is_problem(shop.get(path).send().await.unwrap(), 404, "not_found").await;
    }
    for path in ["/api/orders/metrics", "/api/orders/livez", "/api/orders/../metrics"] {
        let answer = shop.get(path).send().await.unwrap();
        assert_eq!(answer.status().as_u16(), 404, "{path}");
    }
    for path in ["/flotilla.search.v1.SearchService/FindProduct", "/grpc.health.v1.Health/Check"] {
        let request = shop.post(path).header("content-type", "application/grpc");
        let answer = request.header("te", "trailers").body(vec![0; 5]).send().await.unwrap();
        assert!(answer.status().is_client_error(), "{path}: {}", answer.status());
        assert!(!answer.headers().contains_key("grpc-status"), "{path}");
    }
}

#[tokio::test]
async fn nobody_is_believed_who_only_says_who_they_are() {
    let shop = shop();
    let staff = shop.sign_in_staff().await.unwrap();
    for path in ["/api/auth/v1/me", "/api/pricing/v1/coupons", "/api/inventory/v1/stock"] {
        let mut request = shop.get(path);
        for header in ["x-user", "x-user-id", "x-account-id", "x-forwarded-user"] {
            request = request.header(header, &staff.account.id);
        }
        let request = request.header("x-roles", "staff").header("x-internal-caller", "backoffice");
        is_problem(request.send().await.unwrap(), 401, "not_signed_in").await;
    }
    let ours = "0123456789abcdef0123456789abcdef";
    let answer = shop.get("/api/search/v1/categories").header("x-correlation-id", ours);
    let answer = answer.send().await.unwrap();
    assert_ne!(answer.headers().get("x-correlation-id").unwrap(), ours);
}

#[tokio::test]
async fn the_gateways_own_errors_are_problems() {
    let shop = shop();
    let large = shop.post("/api/orders/v1/orders").body("x".repeat(300_000));
    is_problem(large.send().await.unwrap(), 413, "body_too_large").await;
    let long = shop.get(&format!("/api/search/v1/products?q={}", "x".repeat(40_000)));
    is_problem(long.send().await.unwrap(), 414, "address_too_long").await;
    let trace = shop.request(Method::TRACE, "/");
    is_problem(trace.send().await.unwrap(), 405, "method_not_allowed").await;
    let heavy = shop.get("/api/search/v1/categories").header("x-heavy", "x".repeat(100_000));
    is_problem(heavy.send().await.unwrap(), 431, "headers_too_large").await;

    for (request, status) in [
        ("GET / HTTP/1.1\r\nHost: a\r\nHost: b\r\n\r\n", "400"),
        ("GET / HTTP/1.1\r\nHost: a\r\nContent-Length: 1\r\nContent-Length: 2\r\n\r\nx", "400"),
        ("NONSENSE\r\n\r\n", "400"),
    ] {
        let answer = raw(request).await;
        assert!(answer.starts_with(&format!("HTTP/1.1 {status} ")), "{request:?}: {answer}");
        assert!(answer.contains("application/problem+json"), "{request:?}: {answer}");
        assert!(answer.contains("\"code\":\"malformed_request\""), "{request:?}: {answer}");
    }
}

/// Sends bytes that no HTTP client would send.
async fn raw(request: &str) -> String {
    let shop = shop();
    let address = shop.places().gateway.rsplit("//").next().unwrap().to_owned();
    let mut connection = tokio::net::TcpStream::connect(address).await.unwrap();
    connection.write_all(request.as_bytes()).await.unwrap();
    let mut answer = vec![0; 16_384];
    let read = tokio::time::timeout(Duration::from_secs(10), connection.read(&mut answer));
    let length = read.await.unwrap().unwrap();
    String::from_utf8_lossy(answer.get(..length).unwrap()).into_owned()
}

#[tokio::test]
async fn whoever_tries_too_much_is_told_to_slow_down() {
    let shop = shop();
    // An address of its own, so that no other journey is slowed down.
    let alone = reqwest::Client::builder().local_address(std::net::IpAddr::from([127, 0, 0, 9]));
    let alone = alone.build().unwrap();
    let url = format!("{}/api/auth/v1/sessions", shop.places().gateway);
    let url = url.replace("localhost", "127.0.0.1");

    let answers = join_all((0..600).map(|_| alone.post(&url).body("{}").send())).await;

    let answers: Vec<_> = answers.into_iter().map(Result::unwrap).collect();
    assert!(answers.iter().all(|answer| answer.status().is_client_error()));
    let slow = answers.into_iter().find(|answer| answer.status().as_u16() == 429).unwrap();
    assert!(slow.headers().contains_key("retry-after"));
    is_problem(slow, 429, "too_many_requests").await;
}
