//! The process: settings, telemetry, pool, servers, health, graceful shutdown.
