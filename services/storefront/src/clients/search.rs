//! The read model, by gRPC with a token of our own.

use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};

use contracts::search as api;
use contracts::search::search_service_client::SearchServiceClient;
use tonic::service::interceptor::InterceptedService;
use tonic::transport::{Channel, Endpoint};
use tonic::{Code, Response, Status};
use url::Url;
use web::service_token::Signer;

use crate::error::Error;

/// How long the menu is taken as it is.
const MENU_FOR: Duration = Duration::from_secs(5);

/// The menu, and when it was asked for.
type Menu = Option<(Instant, Arc<Vec<api::Category>>)>;
type Stub = SearchServiceClient<InterceptedService<Channel, Signer>>;

/// Asks search. Copies share the connection and the menu.
#[derive(Clone, Debug)]
pub(crate) struct Search {
    stub: Stub,
    menu: Arc<Mutex<Menu>>,
}

impl Search {
    /// Connects when it is first asked.
    pub(crate) fn new(url: &Url, signer: Signer) -> Result<Self, tonic::transport::Error> {
        let channel = Endpoint::from_shared(url.to_string())?
            .connect_timeout(Duration::from_secs(1))
            .timeout(Duration::from_secs(3))
            .tcp_nodelay(true)
            .connect_lazy();
        let stub = SearchServiceClient::with_interceptor(channel, signer);
        Ok(Self { stub, menu: Arc::default() })
    }

    /// One product for sale.
    pub(crate) async fn product(&self, handle_or_id: &str) -> Result<api::Product, Error> {
        let request = api::GetProductRequest { handle_or_id: handle_or_id.to_owned() };
        let answer = self.stub.clone().get_product(request).await;
        heard(answer)?.product.ok_or(Error::NotFound)
    }

    /// One page of a list.
    pub(crate) async fn list(
        &self,
        request: api::ListProductsRequest,
    ) -> Result<api::ListProductsResponse, Error> {
        heard(self.stub.clone().list_products(request).await)
    }

    /// What a basket shows of variants; unknown ones are left out.
    pub(crate) async fn variants(&self, skus: Vec<String>) -> Result<Vec<api::Variant>, Error> {
        let request = api::GetVariantsRequest { skus };
        let answer = self.stub.clone().get_variants(request).await;
        Ok(heard(answer)?.variants)
    }

    /// The categories that have products. Not older than a few seconds, unless search is down: then
    /// as they were. Who has written something lately gets them as they are now.
    pub(crate) async fn menu(&self) -> Result<Arc<Vec<api::Category>>, Error> {
        let known = self.menu.lock().unwrap_or_else(PoisonError::into_inner).clone();
        if let Some((at, menu)) = &known
            && at.elapsed() < MENU_FOR
            && !web::sync::remembers()
        {
            return Ok(Arc::clone(menu));
        }
        let answer = self.stub.clone().list_categories(api::ListCategoriesRequest {}).await;
        let fresh = match (heard(answer), known) {
            (Ok(answer), _) => Arc::new(answer.categories),
            (Err(_), Some((_, menu))) => menu,
            (Err(error), None) => return Err(error),
        };
        let mut menu = self.menu.lock().unwrap_or_else(PoisonError::into_inner);
        *menu = Some((Instant::now(), Arc::clone(&fresh)));
        Ok(fresh)
    }
}

/// What search says, and whether that is without something that this browser has written.
fn heard<T>(answer: Result<Response<T>, Status>) -> Result<T, Error> {
    let (headers, answer) = match answer {
        Ok(answer) => {
            let (metadata, answer, _) = answer.into_parts();
            (metadata, Ok(answer))
        }
        Err(status) => (status.metadata().clone(), Err(failed(&status))),
    };
    web::sync::hear(&headers.into_headers());
    answer
}

fn failed(status: &Status) -> Error {
    // A request that makes no sense came out of the address: there is no such page.
    if matches!(status.code(), Code::NotFound | Code::InvalidArgument) {
        return Error::NotFound;
    }
    Error::Down { part: "The catalogue", why: status.to_string() }
}
