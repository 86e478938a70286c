//! A collector for traces: takes OTLP over gRPC (opentelemetry.io/docs/specs/otlp) and keeps every span.

use std::net::SocketAddr;
use std::sync::{Arc, Mutex};

use opentelemetry_proto::tonic::collector::trace::v1::trace_service_server::{
    TraceService, TraceServiceServer,
};
use opentelemetry_proto::tonic::collector::trace::v1::{
    ExportTraceServiceRequest, ExportTraceServiceResponse,
};
use opentelemetry_proto::tonic::common::v1::any_value::Value;
use opentelemetry_proto::tonic::trace::v1::ResourceSpans;
use tonic::{Request, Response, Status};

/// A span as it arrived, and from which service.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Seen {
    pub(crate) service: String,
    pub(crate) trace: Vec<u8>,
    pub(crate) id: Vec<u8>,
    pub(crate) parent: Vec<u8>,
    pub(crate) name: String,
}

/// The collector. Copies share what was seen.
#[derive(Clone, Debug, Default)]
pub(crate) struct Collector(Arc<Mutex<Vec<Seen>>>);

impl Collector {
    /// Listens where `OTEL_EXPORTER_OTLP_ENDPOINT` says that the fleet sends its traces.
    pub(crate) async fn start() -> Self {
        let endpoint = std::env::var_os("OTEL_EXPORTER_OTLP_ENDPOINT")
            .unwrap_or_else(|| panic!("a fleet that sends its traces: run ./dev test e2e"));
        let endpoint = endpoint.into_string().unwrap();
        let address: SocketAddr = endpoint.rsplit("//").next().unwrap().parse().unwrap();
        let listener = tokio::net::TcpListener::bind(address).await.unwrap();
        let incoming = tonic::transport::server::TcpIncoming::from(listener);
        let collector = Self::default();
        let service = TraceServiceServer::new(collector.clone());
        let server = tonic::transport::Server::builder().add_service(service);
        tokio::spawn(server.serve_with_incoming(incoming));
        collector
    }

    /// Every span of a trace.
    pub(crate) fn trace(&self, id: &[u8]) -> Vec<Seen> {
        let all = self.0.lock().unwrap();
        all.iter().filter(|span| span.trace == id).cloned().collect()
    }
}

fn service(spans: &ResourceSpans) -> String {
    let attributes = spans.resource.iter().flat_map(|resource| &resource.attributes);
    let mut names = attributes.filter(|attribute| attribute.key == "service.name");
    let value = names.next().and_then(|name| name.value.clone()?.value);
    match value {
        Some(Value::StringValue(name)) => name,
        other => panic!("a resource without service.name: {other:?}"),
    }
}

#[tonic::async_trait]
impl TraceService for Collector {
    async fn export(
        &self,
        request: Request<ExportTraceServiceRequest>,
    ) -> Result<Response<ExportTraceServiceResponse>, Status> {
        let mut all = self.0.lock().unwrap();
        for resource in request.into_inner().resource_spans {
            let service = service(&resource);
            let spans = resource.scope_spans.into_iter().flat_map(|scope| scope.spans);
            all.extend(spans.map(|span| Seen {
                service: service.clone(),
                trace: span.trace_id,
                id: span.span_id,
                parent: span.parent_span_id,
                name: span.name,
            }));
        }
        Ok(Response::new(ExportTraceServiceResponse::default()))
    }
}
