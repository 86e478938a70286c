//! The local parts that are not ours: Postgres, Kafka and nginx, run without touching the machine's own.
pub(crate) mod alone;
pub(crate) mod certificate;
pub(crate) mod debezium;
pub(crate) mod gateway;
pub(crate) mod kafka;
pub(crate) mod maven;
pub(crate) mod postgres;
pub(crate) mod postgres_binaries;
