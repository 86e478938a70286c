//! The pages: their routes, and what stands around all of them.

mod account;
mod basket;
mod checkout;
mod home;
mod list;
pub(crate) mod message;
mod order;
mod pay;
mod problem;
mod product;
mod recovery;
mod sell;
mod sign_in;
mod track;

use axum::routing::{get, post};
use axum::{Router, middleware};
use web::browser::{Sessions, keep_signed_in};

use crate::assets;
use crate::error::Error;
use crate::guard::{Guard, stand};
use crate::shop::Shop;

/// Everything that the storefront answers.
pub(crate) fn routes(shop: Shop, sessions: Sessions, guard: Guard) -> Router {
    Router::new()
        .route("/", get(home::show_home))
        .route("/c/{category}", get(list::show_category))
        .route("/search", get(list::show_search))
        .route("/p/{handle}", get(product::show_product))
        .route("/basket", get(basket::show_basket))
        .route("/basket/add", post(basket::add_to_basket))
        .route("/basket/set", post(basket::set_line))
        .route("/sign-in", get(sign_in::show_sign_in).post(sign_in::sign_in))
        .route("/sign-up", get(sign_in::show_sign_up).post(sign_in::sign_up))
        .route("/sign-out", post(sign_in::sign_out))
        .route("/confirm-email", get(recovery::show_confirmation).post(recovery::confirm_email))
        .route("/forgot", get(recovery::show_forgot).post(recovery::forgot))
        .route("/reset", get(recovery::show_reset).post(recovery::reset))
        .route("/checkout", get(checkout::show_address).post(checkout::set_address))
        .route("/checkout/delivery", get(checkout::show_delivery).post(checkout::set_delivery))
        .route("/checkout/review", get(pay::show_review))
        .route("/checkout/pay", post(pay::pay))
        .route("/checkout/return", get(pay::come_back))
        .route("/orders/{id}", get(order::show_order))
        .route("/orders/{id}/cancel", post(order::cancel_order))
        .route("/account", get(account::show_account))
        .route("/account/confirm", post(account::confirm_again))
        .route("/account/sessions/{id}/end", post(account::end_session))
        .route("/sell", get(sell::show_sell).post(sell::sell).layer(sell::limit()))
        .route("/my-sales", get(account::show_sales))
        .route("/track/{number}", get(track::show_shipment))
        .route("/problems/{code}", get(problem::show_problem))
        .route("/{*elsewhere}", get(|| async { Error::NotFound }))
        .with_state(shop)
        .layer(middleware::from_fn_with_state(sessions, keep_signed_in))
        .layer(middleware::from_fn(web::sync::keep))
        .route("/static/{name}", get(assets::serve))
        .layer(middleware::from_fn_with_state(guard, stand))
}
