//! The route table and what all pages share: the layout, the guard, forms.

mod coupons;
mod failure;
mod imports;
mod orders;
mod parked;
mod prices;
mod products;
mod staff;

use askama::Template;
use axum::extract::DefaultBodyLimit;
use axum::response::{Html, IntoResponse, Redirect, Response};
use axum::routing::{get, post};
use axum::{Router, middleware};
use http::{HeaderValue, header};
use web::browser::{Sessions, keep_signed_in};

use crate::api::Api;
use crate::assets;
use crate::error::Error;

pub(crate) use staff::StaffPage;

/// Largest CSV that can be sent.
const IMPORT_LIMIT: usize = 20 * 1024 * 1024;

pub(crate) fn routes(api: Api, sessions: Sessions) -> Router {
    Router::new()
        .route("/admin", get(|| async { Redirect::to("/admin/orders") }))
        .route("/admin/", get(|| async { Redirect::to("/admin/orders") }))
        .route("/admin/orders", get(orders::list))
        .route("/admin/orders/{id}", get(orders::show))
        .route("/admin/orders/{id}/cancel", post(orders::cancel))
        .route("/admin/products", get(products::list))
        .route("/admin/products/{id}", get(products::show))
        .route("/admin/products/{id}/title", post(products::change_title))
        .route("/admin/products/{id}/status", post(products::change_status))
        .route("/admin/products/{id}/price", post(products::set_price))
        .route("/admin/products/{id}/stock", post(products::adjust_stock))
        .route(
            "/admin/imports",
            get(imports::form).post(imports::upload).layer(DefaultBodyLimit::max(IMPORT_LIMIT)),
        )
        .route("/admin/imports/{id}", get(imports::show))
        .route(
            "/admin/prices",
            get(prices::form).post(prices::upload).layer(DefaultBodyLimit::max(IMPORT_LIMIT)),
        )
        .route("/admin/prices/adjust", post(prices::adjust))
        .route("/admin/prices/{id}", get(prices::show))
        .route("/admin/coupons", get(coupons::list).post(coupons::create))
        .route("/admin/parked", get(parked::list))
        .route("/admin/parked/{service}/{id}/{decision}", post(parked::decide))
        .with_state(api)
        .layer(middleware::from_fn_with_state(sessions, keep_signed_in))
        .layer(middleware::from_fn(web::sync::keep))
        .layer(middleware::map_response(policy))
        .route("/admin/admin.css", get(assets::stylesheet))
        .route("/admin/icon.svg", get(assets::icon))
}

/// Pages load our own stylesheet and pictures, post to ourselves, and run no script.
async fn policy(mut response: Response) -> Response {
    let policy = HeaderValue::from_static(
        "default-src 'none'; style-src 'self'; img-src 'self'; form-action 'self'; \
         frame-ancestors 'none'; base-uri 'none'",
    );
    response.headers_mut().insert(header::CONTENT_SECURITY_POLICY, policy);
    response
}

/// A page in the layout of the back office.
fn page(template: &impl Template) -> Result<Response, Error> {
    Ok(Html(template.render()?).into_response())
}

/// Back to a page, which says that something was done.
fn done(path: &str, what: &str) -> Response {
    let query =
        url::form_urlencoded::Serializer::new(String::new()).append_pair("done", what).finish();
    Redirect::to(&format!("{path}?{query}")).into_response()
}

/// A time of the services (RFC 3339, UTC) to the second: `2026-11-21 13:05:07`.
fn moment(text: &str) -> String {
    let Some((day, time)) = text.split_once('T') else { return text.to_owned() };
    format!("{day} {}", time.get(..8).unwrap_or(time))
}

/// Encodes one part of a query string.
fn encode(text: &str) -> String {
    url::form_urlencoded::byte_serialize(text.as_bytes()).collect()
}

/// A path with those parameters of a filter that say something.
fn filtered(path: &str, filter: &[(&str, &str)]) -> String {
    let said = filter.iter().filter(|(_, value)| !value.is_empty());
    said.fold(path.to_owned(), |path, (name, value)| format!("{path}&{name}={}", encode(value)))
}

/// What a page may say on top: the last form was obeyed.
#[derive(Debug, Default, serde::Deserialize)]
struct Done {
    #[serde(default)]
    done: String,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_time_is_shown_to_the_second() {
        assert_eq!(moment("2026-11-21T15:56:44.514255Z"), "2026-11-21 15:56:44");
        assert_eq!((moment("soon").as_str(), moment("1T2").as_str()), ("soon", "1 2"));
    }
}
