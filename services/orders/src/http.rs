//! The route table.

mod asker;
mod baskets;
mod cancel;
mod follow;
mod lists;
mod merge;
mod place;
mod show;
mod view;

use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use crate::app::Orders;

/// Everything below `/api/orders/v1`.
pub(crate) fn routes(orders: Orders) -> OpenApiRouter {
    OpenApiRouter::new()
        .routes(routes!(baskets::create_basket))
        .routes(routes!(baskets::find_basket))
        .routes(routes!(baskets::set_line))
        .routes(routes!(baskets::clear_basket))
        .routes(routes!(merge::merge_basket))
        .routes(routes!(place::place_order, lists::list_orders))
        .routes(routes!(show::find_order))
        .routes(routes!(show::find_order_story))
        .routes(routes!(cancel::cancel_order))
        .routes(routes!(follow::follow_order))
        .routes(routes!(lists::list_sales))
        .with_state(orders)
}
