//! The API documentation: one UI over the OpenAPI documents of all services.

use axum::Router;
use axum::middleware::{self, Next};
use http::{HeaderValue, header};
use utoipa_swagger_ui::{Config, SwaggerUi, Url};

/// The services that have an API, and their documents.
const DOCUMENTS: [(&str, &str); 9] = [
    ("auth", "/api/auth/openapi.json"),
    ("catalog", "/api/catalog/openapi.json"),
    ("inventory", "/api/inventory/openapi.json"),
    ("notifications", "/api/notifications/openapi.json"),
    ("orders", "/api/orders/openapi.json"),
    ("payments", "/api/payments/openapi.json"),
    ("pricing", "/api/pricing/openapi.json"),
    ("search", "/api/search/openapi.json"),
    ("shipping", "/api/shipping/openapi.json"),
];

pub(crate) fn routes() -> Router {
    let urls = DOCUMENTS.map(|(name, url)| Url::new(name, url));
    let ui = SwaggerUi::new("/api/docs").config(Config::new(urls).try_it_out_enabled(true));
    Router::new().merge(ui).layer(middleware::from_fn(policy))
}

/// The UI's own scripts write styles and read the documents; nothing else is allowed.
async fn policy(request: axum::extract::Request, next: Next) -> axum::response::Response {
    let mut response = next.run(request).await;
    let policy = HeaderValue::from_static(
        "default-src 'none'; script-src 'self'; style-src 'self' 'unsafe-inline'; img-src 'self' data:; \
         connect-src 'self'; frame-ancestors 'none'; base-uri 'none'",
    );
    response.headers_mut().insert(header::CONTENT_SECURITY_POLICY, policy);
    response
}
