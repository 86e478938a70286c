//! The gateway: one table of routes, from which nginx's configuration and the Kubernetes Ingress are made.

mod ingress;
mod nginx;

pub(crate) use ingress::ingress;
pub(crate) use nginx::{Conf, nginx};

/// Where requests below a path go.
pub(crate) struct Route {
    /// The beginning of the path; ends with a slash unless it is a whole path.
    pub(crate) path: &'static str,
    /// The service that answers.
    pub(crate) service: &'static str,
    /// The largest body, in nginx's notation.
    pub(crate) body: &'static str,
    /// Whether passwords are tried here: a tighter limit of requests per address.
    pub(crate) guarded: bool,
}

const fn route(path: &'static str, service: &'static str) -> Route {
    Route { path, service, body: "256k", guarded: false }
}

/// All that the outside can reach. What is not here does not exist there: health, metrics and gRPC
/// have no route.
pub(crate) const ROUTES: &[Route] = &[
    route("/api/auth/", "auth"),
    Route { guarded: true, ..route("/api/auth/v1/accounts", "auth") },
    Route { guarded: true, ..route("/api/auth/v1/password-resets", "auth") },
    Route { guarded: true, ..route("/api/auth/v1/sessions", "auth") },
    route("/api/catalog/", "catalog"),
    Route { body: "20m", ..route("/api/catalog/v1/imports", "catalog") },
    Route { body: "6m", ..route("/api/catalog/v1/media", "catalog") },
    // No slash at the end, or nginx would redirect the collection itself.
    Route { body: "6m", ..route("/api/catalog/v1/products", "catalog") },
    route("/media/", "catalog"),
    route("/api/inventory/", "inventory"),
    route("/api/notifications/", "notifications"),
    route("/api/orders/", "orders"),
    route("/api/payments/", "payments"),
    route("/api/pricing/", "pricing"),
    Route { body: "16m", ..route("/api/pricing/v1/price-changes", "pricing") },
    route("/api/search/", "search"),
    route("/api/shipping/", "shipping"),
    // new-service: the next route goes above this line.
    route("/api/docs", "backoffice"),
    Route { body: "20m", ..route("/admin", "backoffice") },
    Route { body: "20m", ..route("/sell", "storefront") },
    route("/", "storefront"),
];
