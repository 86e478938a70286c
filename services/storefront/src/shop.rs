//! What a page can ask, and the surroundings it stands in.

use std::time::Duration;

use url::Url;
use web::client::Client;
use web::service_token::Signer;

use crate::clients::auth::Auth;
use crate::clients::catalog::Catalog;
use crate::clients::orders::Orders;
use crate::clients::payments::Payments;
use crate::clients::pricing::Pricing;
use crate::clients::search::Search;
use crate::clients::shipping::Shipping;
use crate::config::Config;
use crate::frame::Frame;
use crate::visitor::Visitor;

/// Longest time for one answer of a service.
const PATIENCE: Duration = Duration::from_secs(5);

/// The services behind the pages. Copies share the connections.
#[derive(Clone, Debug)]
pub(crate) struct Shop {
    pub(crate) search: Search,
    pub(crate) auth: Auth,
    pub(crate) orders: Orders,
    pub(crate) pricing: Pricing,
    pub(crate) payments: Payments,
    pub(crate) catalog: Catalog,
    pub(crate) shipping: Shipping,
    /// The shop's address as browsers see it.
    pub(crate) public_url: Url,
}

impl Shop {
    pub(crate) fn new(
        config: &Config,
        public_url: Url,
        signer: Signer,
    ) -> Result<Self, runtime::Error> {
        let client = |callee: &'static str, url: &Url| {
            Client::new(callee, url.as_str(), PATIENCE)
                .map_err(|error| runtime::Error::other("making clients", error))
        };
        let search = Search::new(&config.search_grpc_url, signer).map_err(|error| {
            runtime::Error::WrongSetting { name: "SEARCH_GRPC_URL", reason: error.to_string() }
        })?;
        Ok(Self {
            search,
            auth: Auth(client("auth", &config.auth_url)?),
            orders: Orders(client("orders", &config.orders_url)?),
            pricing: Pricing(client("pricing", &config.pricing_url)?),
            payments: Payments(client("payments", &config.payments_url)?),
            catalog: Catalog(client("catalog", &config.catalog_url)?),
            shipping: Shipping(client("shipping", &config.shipping_url)?),
            public_url,
        })
    }

    /// The surroundings of a page for a visitor. Without search the menu is empty, the page is not.
    pub(crate) async fn frame(&self, title: &str, visitor: &Visitor) -> Frame {
        Frame {
            menu: self.search.menu().await.unwrap_or_default(),
            signed_in: visitor.caller.is_some(),
            pieces: visitor.pieces,
            here: visitor.here.split('?').next().unwrap_or_default().to_owned(),
            ..Frame::plain(title)
        }
    }
}
