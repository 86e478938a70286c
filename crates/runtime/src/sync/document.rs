//! What a service's OpenAPI document says of reading one's own writes, for all its routes alike.

use utoipa::openapi::header::HeaderBuilder;
use utoipa::openapi::path::{Operation, Parameter, ParameterBuilder, ParameterIn};
use utoipa::openapi::schema::{ObjectBuilder, Type};
use utoipa::openapi::{Header, OpenApi, Ref, RefOr, ResponseBuilder};

/// Every route that writes names what it wrote.
pub(crate) fn writes(document: &mut OpenApi) {
    let header = header(
        "The aggregates that the request changed, with their versions (RFC 9651). Sent with a request \
         to a service that shows them, the answer waits for them. Absent when nothing changed.",
    );
    for item in document.paths.paths.values_mut() {
        let writing = [&mut item.post, &mut item.put, &mut item.patch, &mut item.delete];
        writing
            .into_iter()
            .flatten()
            .for_each(|operation| answers(operation, "Sync-Token", &header));
    }
}

/// Every route that reads can be asked to wait.
pub(crate) fn reads(document: &mut OpenApi) {
    let parameters = [
        parameter(
            "Sync-Token",
            "Of the answers to what one has written, up to 16 aggregates: the answer waits for them.",
        ),
        parameter(
            "Prefer",
            "RFC 7240. `wait=N`: not for longer than N seconds, at most and unless said otherwise 2. \
             `handling=strict`: 503 `read_model_behind` instead of an answer without them.",
        ),
    ];
    let header = header(
        "What of Sync-Token the answer does not show: versions that are missing (`behind`; 0: heard of, \
         not to be seen yet) and seconds since they were written (`age`). Absent when it shows all.",
    );
    for operation in document.paths.paths.values_mut().filter_map(|item| item.get.as_mut()) {
        let known = operation.parameters.get_or_insert_default();
        known.extend(parameters.iter().cloned().map(RefOr::T));
        answers(operation, "Sync-Lag", &header);
        for (status, code) in [("400", "malformed_sync_token"), ("503", "read_model_behind")] {
            let refused = ResponseBuilder::new().description(format!("`{code}`"));
            let body =
                utoipa::openapi::ContentBuilder::new().schema(Some(Ref::from_schema_name("Body")));
            let refused = refused.content("application/problem+json", body.build()).build();
            operation.responses.responses.entry(status.to_owned()).or_insert(RefOr::T(refused));
        }
    }
}

fn header(description: &str) -> Header {
    let text = ObjectBuilder::new().schema_type(Type::String);
    HeaderBuilder::new().schema(Some(text)).description(Some(description)).build()
}

fn parameter(name: &str, description: &str) -> Parameter {
    let text = ObjectBuilder::new().schema_type(Type::String);
    let parameter = ParameterBuilder::new().name(name).parameter_in(ParameterIn::Header);
    parameter.description(Some(description)).schema(Some(text)).build()
}

/// Adds a header to every good answer.
fn answers(operation: &mut Operation, name: &str, header: &Header) {
    let answers = operation.responses.responses.iter_mut();
    for (_, answer) in answers.filter(|(status, _)| status.starts_with('2')) {
        if let RefOr::T(answer) = answer {
            answer.headers.insert(name.to_owned(), RefOr::T(header.clone()));
        }
    }
}
