//! HTTP for every service: extractors, the signed-in caller, idempotency, pagination.
