//! `/api/<service>/v1/operations/{id}`: how far a command is, for who asked for it and for staff.

use axum::extract::State;
use kernel::OperationId;
use sqlx::PgPool;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;
use web::{Path, Problem, SignedIn};

use super::view::Operation;
use super::{OperationError, store};

#[derive(Clone, Debug)]
struct Desk {
    db: PgPool,
    service: String,
}

/// The routes of a service that takes commands.
pub(crate) fn routes(service: &str, db: PgPool) -> OpenApiRouter {
    let desk = Desk { db, service: service.to_owned() };
    let operations = OpenApiRouter::new().routes(routes!(find_operation)).with_state(desk);
    OpenApiRouter::new().nest(&format!("/api/{service}/v1"), operations)
}

/// Find out how far an operation is.
///
/// For who asked for it, and for staff. `Retry-After` says when it is worth asking again; without it,
/// the operation has ended.
#[utoipa::path(get, path = "/operations/{operation_id}", tag = "operations",
    params(("operation_id" = OperationId, Path)), responses((status = 200, body = Operation)))]
async fn find_operation(
    State(desk): State<Desk>,
    SignedIn(caller): SignedIn,
    Path(id): Path<OperationId>,
) -> Result<Operation, Problem> {
    let mut conn = desk.db.acquire().await.map_err(OperationError::from)?;
    let found = store::find(&mut conn, id).await.map_err(OperationError::from)?;
    let (row, job) = found
        .filter(|(row, _)| row.is_of(caller.account) || caller.is_staff())
        .ok_or(OperationError::Unknown)?;
    let failures = store::failures(&mut conn, id).await.map_err(OperationError::from)?;
    Ok(row.view(&desk.service, job.as_ref(), failures))
}
