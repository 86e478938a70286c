//! What went wrong, said once for HTTP and gRPC.
