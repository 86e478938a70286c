//! What stands before and behind every page: forms of our own pages only, and a strict content policy.

use axum::extract::{Request, State};
use axum::middleware::Next;
use axum::response::{IntoResponse, Response};
use http::{HeaderValue, header};
use url::Url;

use crate::config::Config;
use crate::error::Error;

/// Sets the content security policy, and refuses forms of other sites.
#[derive(Clone, Debug)]
pub(crate) struct Guard {
    policy: HeaderValue,
}

impl Guard {
    /// Forms may lead to the shop itself and to the provider's card page. (Chromium looks at where a
    /// form is redirected to as well.)
    pub(crate) fn new(config: &Config, public: &Url) -> Self {
        let origin = config.payment_provider_url.origin().ascii_serialization();
        // In dev the same page is reached by both names.
        let local = origin.replace("//127.0.0.1", "//localhost");
        let upgrade = if public.scheme() == "https" { "; upgrade-insecure-requests" } else { "" };
        let policy = format!(
            "default-src 'none'; img-src 'self'; style-src 'self'; script-src 'self'; connect-src 'self'; \
             form-action 'self' {origin}{}; base-uri 'none'; frame-ancestors 'none'{}",
            if local == origin { String::new() } else { format!(" {local}") },
            // A sandbox without TLS behind a shop with it would be out of reach.
            if origin.starts_with("https") { upgrade } else { "" },
        );
        let closed = HeaderValue::from_static("default-src 'none'");
        Self { policy: HeaderValue::from_str(&policy).unwrap_or(closed) }
    }
}

/// Middleware: see the module.
pub(crate) async fn stand(State(guard): State<Guard>, request: Request, next: Next) -> Response {
    let mut response = if web::same_site(request.method(), request.headers()) {
        next.run(request).await
    } else {
        Error::CrossSite.into_response()
    };
    response.headers_mut().insert(header::CONTENT_SECURITY_POLICY, guard.policy);
    response
}
