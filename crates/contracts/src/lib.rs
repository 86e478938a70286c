//! Code generated from proto/: events, gRPC services and their topics.
