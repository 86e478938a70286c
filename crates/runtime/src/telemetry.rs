//! Logs for people or machines, and traces to an OTLP collector when one is named.

use opentelemetry::propagation::{Extractor, Injector, TextMapPropagator as _};
use opentelemetry::trace::TracerProvider as _;
use opentelemetry::{KeyValue, trace::TraceContextExt as _};
use opentelemetry_otlp::WithExportConfig as _;
use opentelemetry_sdk::Resource;
use opentelemetry_sdk::propagation::TraceContextPropagator;
use opentelemetry_sdk::trace::SdkTracerProvider;
use tracing::Span;
use tracing_opentelemetry::OpenTelemetrySpanExt as _;
use tracing_subscriber::layer::SubscriberExt as _;
use tracing_subscriber::util::SubscriberInitExt;
use tracing_subscriber::{EnvFilter, Layer as _};

use crate::settings::LogFormat;
use crate::{Error, Settings};

/// Keeps the exporter alive; [`flush`](Self::flush) sends what is left.
#[derive(Debug, Default)]
pub struct Telemetry(Option<SdkTracerProvider>);

impl Telemetry {
    /// Sends the spans that are still here. Waits a second at most.
    pub fn flush(self) {
        if let Some(provider) = self.0
            && let Err(error) = provider.shutdown_with_timeout(std::time::Duration::from_secs(1))
        {
            tracing::debug!(%error, "the last spans were not sent");
        }
    }
}

/// Starts logs, and traces when `OTEL_EXPORTER_OTLP_ENDPOINT` is set. Call within tokio, once a process.
pub fn init(service: &'static str, settings: &Settings) -> Result<Telemetry, Error> {
    let filter = EnvFilter::try_new(&settings.log)
        .map_err(|error| Error::WrongSetting { name: "RUST_LOG", reason: error.to_string() })?;
    let logs = match settings.log_format {
        LogFormat::Json => tracing_subscriber::fmt::layer()
            .json()
            .flatten_event(true)
            .with_current_span(true)
            .with_span_list(false)
            .with_filter(filter)
            .boxed(),
        LogFormat::Human => tracing_subscriber::fmt::layer()
            .compact()
            .with_target(false)
            .with_filter(filter)
            .boxed(),
    };
    let Some(endpoint) = &settings.otlp_endpoint else {
        start(tracing_subscriber::registry().with(logs))?;
        return Ok(Telemetry(None));
    };
    let exporter = opentelemetry_otlp::SpanExporter::builder()
        .with_tonic()
        .with_endpoint(endpoint.as_str())
        .build()
        .map_err(|error| Error::other("connecting to the collector", error))?;
    let resource = Resource::builder().with_attributes([KeyValue::new("service.name", service)]);
    let provider = SdkTracerProvider::builder()
        .with_batch_exporter(exporter)
        .with_resource(resource.build())
        .build();
    let ours = EnvFilter::new("info,h2=off,hyper=off,tonic=off,tower=off,opentelemetry=off");
    let traces = tracing_opentelemetry::layer()
        .with_tracer(provider.tracer("flotilla"))
        .with_location(false)
        .with_threads(false)
        .with_filter(ours);
    start(tracing_subscriber::registry().with(logs).with(traces))?;
    messaging::install_trace_hooks(messaging::TraceHooks { inject, adopt });
    Ok(Telemetry(Some(provider)))
}

fn start(subscriber: impl SubscriberInitExt) -> Result<(), Error> {
    subscriber.try_init().map_err(|error| Error::other("starting logs", error))
}

#[derive(Default)]
struct Carrier(Option<String>);

impl Injector for Carrier {
    fn set(&mut self, key: &str, value: String) {
        if key == "traceparent" {
            self.0 = Some(value);
        }
    }
}

impl Extractor for Carrier {
    fn get(&self, key: &str) -> Option<&str> {
        self.0.as_deref().filter(|_| key == "traceparent")
    }
    fn keys(&self) -> Vec<&str> {
        vec!["traceparent"]
    }
}

/// The `traceparent` of the current span (W3C Trace Context).
fn inject() -> Option<String> {
    let context = Span::current().context();
    if !context.span().span_context().is_valid() {
        return None;
    }
    let mut carrier = Carrier::default();
    TraceContextPropagator::new().inject_context(&context, &mut carrier);
    carrier.0
}

/// Makes a span the child of a remote one.
fn adopt(span: &Span, traceparent: &str) {
    let carrier = Carrier(Some(traceparent.to_owned()));
    let parent = TraceContextPropagator::new().extract(&carrier);
    if let Err(error) = span.set_parent(parent) {
        tracing::debug!(%error, "a span could not join its trace");
    }
}

/// The trace id of a span, for log lines.
pub(crate) fn trace_id(span: &Span) -> Option<String> {
    let context = span.context();
    let id = context.span().span_context().trace_id();
    (id != opentelemetry::trace::TraceId::INVALID).then(|| id.to_string())
}

/// Makes a request's span the child of the caller's, when traces are on.
pub(crate) fn adopt_request(span: &Span, headers: &http::HeaderMap) {
    let parent = headers.get("traceparent").and_then(|value| value.to_str().ok());
    if let Some(parent) = parent {
        adopt(span, parent);
    }
}
