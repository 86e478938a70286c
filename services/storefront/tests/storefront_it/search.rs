//! A search service that knows four products.

use contracts::common::Money;
use contracts::search as api;
use contracts::search::search_service_server::{SearchService, SearchServiceServer};
use tonic::metadata::MetadataMap;
use tonic::transport::Server;
use tonic::{Request, Response, Status};

use crate::services::Shared;

/// A title that would do harm on a careless page.
pub(crate) const HOSTILE: &str = "<script>alert(1)</script>\"'&amp;";

pub(crate) struct Search(Shared);

/// Notes what is to be waited for, and says that it is not here if it is not.
fn noted<T>(told: &Shared, asked: &MetadataMap, answer: T) -> Response<T> {
    let said = |name| asked.get(name).map_or("", |value| value.to_str().unwrap()).to_owned();
    let mut told = told.lock().unwrap();
    told.awaited.push((said("sync-token"), said("prefer")));
    let mut answer = Response::new(answer);
    if told.behind {
        let lag = "catalog.product.v1/prd_1;behind=4".parse().unwrap();
        answer.metadata_mut().insert("sync-lag", lag);
    }
    answer
}

fn eur(minor: i64) -> Option<Money> {
    Some(Money { minor, currency: "EUR".into() })
}

fn products() -> Vec<(&'static str, &'static str, i64, i64)> {
    vec![
        ("linen-shirt", "Linen Shirt", 5_900, 12),
        ("storm-lantern", "Storm Lantern", 4_250, 3),
        ("oak-board", "Oak Board", 3_400, 0),
        ("hostile", HOSTILE, 1_000, 9),
    ]
}

fn variant(handle: &str, title: &str, size: &str, price: i64, available: i64) -> api::Variant {
    api::Variant {
        variant_id: format!("var_{handle}"),
        sku: format!("{handle}/{}", size.to_lowercase()),
        option_values: vec![size.into()],
        price: eur(price),
        compare_at: (price == 5_900).then(|| eur(7_500)).flatten(),
        tracked: true,
        available,
        product_id: "prd_1".into(),
        product_handle: handle.into(),
        product_title: title.into(),
        image_url: format!("/media/{handle}.svg"),
    }
}

fn product(handle: &str) -> Option<api::Product> {
    let (handle, title, price, left) = products().into_iter().find(|known| known.0 == handle)?;
    Some(api::Product {
        product_id: "prd_1".into(),
        handle: handle.into(),
        title: title.into(),
        description_html: "<p>Woven in small numbers, washed soft, and cut so that it lasts. \
            The buttons are made of shell.</p><ul><li>Heavy linen, 210 g</li><li>Washed at 40 °C</li></ul>"
            .into(),
        category: "clothing".into(),
        category_name: "Clothing".into(),
        vendor: "Atelier Nord".into(),
        options: vec!["Size".into()],
        variants: vec![
            variant(handle, title, "Small", price, left),
            variant(handle, title, "Medium", price, 2),
            variant(handle, title, "Large", price + 400, 0),
        ],
        media: vec![
            api::Media { url: format!("/media/{handle}.svg"), alt: title.into() },
            api::Media { url: "/media/detail.svg".into(), alt: "Detail".into() },
        ],
        tags: vec!["linen".into(), "summer & sea".into()],
        ..api::Product::default()
    })
}

fn facet(value: &str, label: &str, count: i64) -> api::FacetValue {
    api::FacetValue { value: value.into(), label: label.into(), count }
}

#[tonic::async_trait]
impl SearchService for Search {
    async fn get_product(
        &self,
        request: Request<api::GetProductRequest>,
    ) -> Result<Response<api::GetProductResponse>, Status> {
        let asked = request.metadata().clone();
        let product = product(&request.into_inner().handle_or_id);
        let product = product.ok_or_else(|| Status::not_found("no such product"))?;
        Ok(noted(&self.0, &asked, api::GetProductResponse { product: Some(product) }))
    }

    async fn list_products(
        &self,
        request: Request<api::ListProductsRequest>,
    ) -> Result<Response<api::ListProductsResponse>, Status> {
        let request = request.into_inner();
        if request.after == "nonsense" {
            return Err(Status::invalid_argument("expected the cursor of the previous page"));
        }
        if request.query == "nothing" {
            return Ok(Response::new(api::ListProductsResponse::default()));
        }
        let card = |(handle, title, price, left): &(&str, &str, i64, i64)| api::ProductCard {
            product_id: "prd_1".into(),
            handle: (*handle).into(),
            title: (*title).into(),
            image_url: format!("/media/{handle}.svg"),
            image_alt: (*title).into(),
            price_from: eur(*price),
            price_to: eur(price + 400),
            compare_at: (*price == 5_900).then(|| eur(7_500)).flatten(),
            available: *left > 0,
            vendor: "Atelier Nord".into(),
            category: "clothing".into(),
        };
        Ok(Response::new(api::ListProductsResponse {
            products: products().iter().map(card).collect(),
            total: 30,
            facets: Some(api::Facets {
                categories: vec![
                    facet("clothing", "Clothing", 18),
                    facet("kitchen", "Kitchen", 12),
                ],
                prices: vec![
                    facet("0-1000", "under 10.00 EUR", 4),
                    facet("1000-2500", "10.00 EUR to 25.00 EUR", 26),
                ],
                in_stock: 22,
            }),
            next: if request.after.is_empty() { "7.abc".into() } else { String::new() },
        }))
    }

    async fn get_variants(
        &self,
        request: Request<api::GetVariantsRequest>,
    ) -> Result<Response<api::GetVariantsResponse>, Status> {
        let skus = request.into_inner().skus;
        let all = products().into_iter().filter_map(|known| product(known.0));
        let variants = all.flat_map(|product| product.variants);
        let variants = variants.filter(|variant| skus.contains(&variant.sku)).collect();
        Ok(Response::new(api::GetVariantsResponse { variants }))
    }

    async fn list_categories(
        &self,
        _: Request<api::ListCategoriesRequest>,
    ) -> Result<Response<api::ListCategoriesResponse>, Status> {
        let names =
            ["Clothing", "Kitchen", "Lights", "Garden", "Paper", "Outdoors", "Toys", "Bath"];
        let category = |name: &&str| api::Category {
            slug: name.to_lowercase(),
            name: (*name).into(),
            products: 8,
            image_url: format!("/media/{}.svg", name.to_lowercase()),
        };
        let categories = names.iter().map(category).collect();
        Ok(Response::new(api::ListCategoriesResponse { categories }))
    }
}

/// Serves on a free port until the test ends; says its address.
pub(crate) async fn serve(gate: web::service_token::Gate, told: Shared) -> String {
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = format!("http://{}", listener.local_addr().unwrap());
    let service = SearchServiceServer::with_interceptor(Search(told), gate);
    let routes = Server::builder().add_service(service);
    let incoming = tonic::transport::server::TcpIncoming::from(listener);
    tokio::spawn(routes.serve_with_incoming(incoming));
    address
}
