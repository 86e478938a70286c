//! The gRPC side, for the shop's pages.

pub(crate) mod message;

use contracts::search as api;
use contracts::search::search_service_server::SearchService;
use problem::Problem;
use runtime::Fresh;
use tonic::{Request, Response, Status};

use crate::catalogue::Catalogue;
use crate::listing::{Listing, Sort, Wanted};

/// Answers what the shop's pages ask.
#[derive(Debug)]
pub(crate) struct Questions(pub(crate) Catalogue);

fn status(error: impl Into<crate::error::Error>) -> Status {
    Problem::from(error.into()).into()
}

#[tonic::async_trait]
impl SearchService for Questions {
    async fn get_product(
        &self,
        request: Request<api::GetProductRequest>,
    ) -> Result<Response<api::GetProductResponse>, Status> {
        let handle_or_id = request.into_inner().handle_or_id;
        let product = self.0.page_message(&handle_or_id).await.map_err(status)?;
        Ok(Response::new(api::GetProductResponse { product: Some(product) }))
    }

    async fn list_products(
        &self,
        request: Request<api::ListProductsRequest>,
    ) -> Result<Response<api::ListProductsResponse>, Status> {
        let fresh = request.extensions().get::<Fresh>().copied();
        let request = request.into_inner();
        let sort = match request.sort() {
            api::Sort::Unspecified | api::Sort::Relevance => Sort::Relevance,
            api::Sort::PriceAscending => Sort::PriceAscending,
            api::Sort::PriceDescending => Sort::PriceDescending,
            api::Sort::Newest => Sort::Newest,
        };
        let wanted = Wanted {
            sort,
            query: request.query,
            category: request.category,
            seller: request.seller_id,
            min_price_minor: request.min_price_minor,
            max_price_minor: request.max_price_minor,
            in_stock: request.in_stock,
            after: request.after,
            limit: i64::from(request.limit),
        };
        let listing = Listing::try_from(wanted).map_err(status)?;
        let listed = self.0.list(listing, fresh).await.map_err(status)?;
        Ok(Response::new(message::list(&listed.view)))
    }

    async fn get_variants(
        &self,
        request: Request<api::GetVariantsRequest>,
    ) -> Result<Response<api::GetVariantsResponse>, Status> {
        let variants = self.0.variants(&request.into_inner().skus).await.map_err(status)?;
        let variants = variants.iter().map(message::basket_variant).collect();
        Ok(Response::new(api::GetVariantsResponse { variants }))
    }

    async fn list_categories(
        &self,
        _: Request<api::ListCategoriesRequest>,
    ) -> Result<Response<api::ListCategoriesResponse>, Status> {
        let categories = self.0.categories().await.map_err(status)?;
        let categories = categories.into_iter().map(message::category).collect();
        Ok(Response::new(api::ListCategoriesResponse { categories }))
    }
}

#[cfg(test)]
mod tests {
    use contracts::catalog::{ProductCreated, ProductPublished, VariantAdded};
    use contracts::common::Money;
    use contracts::pricing::PriceSet;
    use kernel::{ProductId, VariantId};
    use messaging::{Event, Meta, Projection};
    use sqlx::PgPool;

    use super::*;
    use crate::consumers::{catalog::OnProduct, pricing::OnPrice};
    use crate::refresh::refresh;

    async fn hear<P: Projection, E: Event + Into<P::Event>>(db: &PgPool, by: P, event: E) {
        let meta = Meta::now(E::TOPIC, E::TYPE, event.key(), event.subject());
        let mut conn = db.acquire().await.unwrap();
        by.project(&mut conn, &[(event.into(), meta)]).await.unwrap();
    }

    async fn one_shirt(db: PgPool) -> Questions {
        let id = ProductId::derived(b"shirt").to_string();
        let created = ProductCreated {
            product_id: id.clone(),
            handle: "shirt".into(),
            title: "Shirt".into(),
            category: "tops".into(),
            ..ProductCreated::default()
        };
        let variant = VariantAdded {
            product_id: id.clone(),
            variant_id: VariantId::derived(b"shirt").to_string(),
            sku: "shirt".into(),
            ..VariantAdded::default()
        };
        let price = PriceSet {
            sku: "shirt".into(),
            price_list: "default".into(),
            price: Some(Money { minor: 1_990, currency: "EUR".into() }),
            ..PriceSet::default()
        };
        let product = || OnProduct;
        hear(&db, product(), created).await;
        hear(&db, product(), variant).await;
        hear(&db, product(), ProductPublished { product_id: id }).await;
        hear(&db, OnPrice, price).await;
        refresh(&db).await.unwrap();
        Questions(Catalogue::new(db))
    }

    #[sqlx::test(migrator = "crate::MIGRATOR")]
    async fn all_four_questions_are_answered(db: PgPool) {
        let questions = one_shirt(db).await;

        let get = api::GetProductRequest { handle_or_id: "shirt".into() };
        let product = questions.get_product(Request::new(get)).await.unwrap().into_inner();
        let list = questions.list_products(Request::new(api::ListProductsRequest::default()));
        let list = list.await.unwrap().into_inner();
        let skus = api::GetVariantsRequest { skus: vec!["nobody".into(), "shirt".into()] };
        let variants = questions.get_variants(Request::new(skus)).await.unwrap().into_inner();
        let categories = questions.list_categories(Request::new(api::ListCategoriesRequest {}));
        let categories = categories.await.unwrap().into_inner();

        assert_eq!(product.product.unwrap().variants[0].price.as_ref().unwrap().minor, 1_990);
        assert_eq!((list.total, list.products[0].handle.as_str()), (1, "shirt"));
        assert_eq!(variants.variants[0].product_title, "Shirt");
        assert_eq!(
            (categories.categories[0].slug.as_str(), categories.categories[0].products),
            ("tops", 1)
        );
    }

    #[sqlx::test(migrator = "crate::MIGRATOR")]
    async fn who_has_waited_gets_no_list_that_is_kept_for_everybody(db: PgPool) {
        let questions = one_shirt(db.clone()).await;
        let list = async |fresh: bool| {
            let mut request = Request::new(api::ListProductsRequest::default());
            if fresh {
                request.extensions_mut().insert(Fresh);
            }
            questions.list_products(request).await.unwrap().into_inner().total
        };

        let before = list(false).await;
        sqlx::query("delete from documents").execute(&db).await.unwrap();

        assert_eq!((before, list(false).await, list(true).await), (1, 1, 0));
    }

    #[sqlx::test(migrator = "crate::MIGRATOR")]
    async fn failures_have_their_codes(db: PgPool) {
        let questions = Questions(Catalogue::new(db));
        let get = api::GetProductRequest { handle_or_id: "nobody".into() };
        let list = api::ListProductsRequest { limit: 101, ..api::ListProductsRequest::default() };

        let missing = questions.get_product(Request::new(get)).await.unwrap_err();
        let wrong = questions.list_products(Request::new(list)).await.unwrap_err();

        assert_eq!(missing.code(), tonic::Code::NotFound);
        assert_eq!(wrong.code(), tonic::Code::InvalidArgument);
    }
}
