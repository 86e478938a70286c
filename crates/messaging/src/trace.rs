//! The two things a tracing system must do for us; this crate knows none, the runtime installs them.

use std::sync::OnceLock;

static HOOKS: OnceLock<TraceHooks> = OnceLock::new();

/// How trace context gets out of and into spans.
#[derive(Clone, Copy, Debug)]
pub struct TraceHooks {
    /// The W3C `traceparent` of the current span, if it is sampled.
    pub inject: fn() -> Option<String>,
    /// Makes the span a child of the remote `traceparent`; an unreadable one is ignored.
    pub adopt: fn(&tracing::Span, &str),
}

/// Installs the hooks for this process. The first call wins; without one, no trace context is
/// written and none is read.
pub fn install_trace_hooks(hooks: TraceHooks) {
    // A second installation is not an error: tests start several services in one process.
    let _first_wins = HOOKS.set(hooks);
}

/// The `traceparent` of the current span; none without hooks or outside a sampled span.
pub fn inject() -> Option<String> {
    HOOKS.get().and_then(|hooks| (hooks.inject)())
}

pub(crate) fn adopt(span: &tracing::Span, traceparent: Option<&str>) {
    if let (Some(hooks), Some(traceparent)) = (HOOKS.get(), traceparent) {
        (hooks.adopt)(span, traceparent);
    }
}
