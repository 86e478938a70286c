//! Lists of orders: mine, everybody's for staff, and what a seller has sold.
#![expect(unused_qualifications, reason = "utoipa's macro repeats the types of queries")]

use axum::extract::State;
use kernel::{AccountId, OrderId, OrderNumber};
use serde::{Deserialize, Serialize};
use time::OffsetDateTime;
use utoipa::{IntoParams, ToSchema};
use web::{Check, Json, Page, PageQuery, Problem, Query, RequestError, SignedIn};

use super::view::OrderSummary;
use crate::Error;
use crate::app::Orders;
use crate::domain::purchase::Line;
use crate::store;
use crate::store::orders::{Row, Wanted};

const STATUSES: [&str; 6] =
    ["placed", "confirmed", "recalling", "shipped", "delivered", "cancelled"];

/// Which orders are wanted.
#[derive(Debug, Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
#[serde(deny_unknown_fields)]
pub(super) struct ListOrders {
    /// The cursor of the previous page.
    after: Option<String>,
    /// 1 to 100; 20 when absent.
    limit: Option<u16>,
    /// Present: everybody's orders. For staff.
    all: Option<String>,
    /// One status only. For staff.
    status: Option<String>,
    /// An order number or an e-mail address. For staff.
    q: Option<String>,
}

impl ListOrders {
    fn check(self) -> Result<(Option<OrderId>, i64, Option<Wanted>), RequestError> {
        let mut check = Check::new();
        let after = cursor(&mut check, self.after.as_deref());
        let limit = PageQuery { after: None, limit: self.limit }.limit();
        let mut wanted = Wanted { status: self.status, ..Wanted::default() };
        let status = wanted.status.as_deref();
        let known = status.is_none_or(|status| STATUSES.contains(&status));
        check.that(known, "status", format!("expected one of {}", STATUSES.join(", ")));
        match self.q.as_deref().map(str::trim).filter(|text| !text.is_empty()) {
            Some(text) if text.contains('@') => wanted.email = check.email("q", text),
            Some(text) => {
                wanted.number =
                    check.parse("q", text).map(|number: OrderNumber| number.to_string());
            }
            None => {}
        }
        let all = self.all.is_some_and(|all| all != "false");
        check.finish()?;
        Ok((after, limit, all.then_some(wanted)))
    }
}

/// Cursors are the ids of orders, which sort by the time they were placed.
fn cursor(check: &mut Check, after: Option<&str>) -> Option<OrderId> {
    after.and_then(|text| check.parse("after", text))
}

/// List my orders, newest first; with `all`, everybody's, for staff.
#[utoipa::path(get, path = "/api/orders/v1/orders", tag = "orders", params(ListOrders),
    responses((status = 200, body = Page<OrderSummary>)))]
pub(super) async fn list_orders(
    State(orders): State<Orders>,
    SignedIn(caller): SignedIn,
    Query(query): Query<ListOrders>,
) -> Result<Json<Page<OrderSummary>>, Problem> {
    let (after, limit, wanted) = query.check()?;
    let found = match wanted {
        Some(_) if !caller.is_staff() => return Err(RequestError::MissingRole("staff").into()),
        Some(wanted) => {
            let rows = store::orders::search(orders.db(), &wanted, after, limit + 1).await;
            let rows = rows.map_err(Error::from)?.into_iter();
            rows.map(|found| OrderSummary::new(found.row, Some(found.email))).collect()
        }
        None => {
            let mine = store::orders::of_account(orders.db(), caller.account, after, limit + 1);
            let mine = mine.await.map_err(Error::from)?.into_iter();
            mine.map(|row| OrderSummary::new(row, None)).collect()
        }
    };
    Ok(Json(Page::of(found, limit, |order: &OrderSummary| order.order_id.to_string())))
}

/// What a seller has sold in one order. Who bought it is the shop's business.
#[derive(Debug, Serialize, ToSchema)]
pub(super) struct Sale {
    order_id: OrderId,
    number: String,
    /// As in an order.
    status: String,
    /// The seller's lines only.
    lines: Vec<Line>,
    #[serde(with = "time::serde::rfc3339")]
    placed_at: OffsetDateTime,
}

impl Sale {
    fn of(row: Row, seller: AccountId) -> Self {
        let mut lines = row.lines.0;
        lines.retain(|line| line.seller_id == Some(seller));
        let Row { id: order_id, number, status, placed_at, .. } = row;
        Self { order_id, number, status, lines, placed_at }
    }
}

/// Which sales are wanted.
#[derive(Debug, Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
#[serde(deny_unknown_fields)]
pub(super) struct ListSales {
    /// The cursor of the previous page.
    after: Option<String>,
    /// 1 to 100; 20 when absent.
    limit: Option<u16>,
}

/// List what I have sold, newest first.
#[utoipa::path(get, path = "/api/orders/v1/sales", tag = "orders", params(ListSales),
    responses((status = 200, body = Page<Sale>)))]
pub(super) async fn list_sales(
    State(orders): State<Orders>,
    SignedIn(caller): SignedIn,
    Query(query): Query<ListSales>,
) -> Result<Json<Page<Sale>>, Problem> {
    let mut check = Check::new();
    let after = cursor(&mut check, query.after.as_deref());
    check.finish()?;
    let limit = PageQuery { after: None, limit: query.limit }.limit();
    let rows = store::orders::of_seller(orders.db(), caller.account, after, limit + 1).await;
    let rows = rows.map_err(Error::from)?.into_iter();
    let sales = rows.map(|row| Sale::of(row, caller.account)).collect();
    Ok(Json(Page::of(sales, limit, |sale: &Sale| sale.order_id.to_string())))
}
