//! Problems as gRPC answers.

use crate::Problem;

impl From<Problem> for tonic::Status {
    fn from(problem: Problem) -> Self {
        let (kind, body) = (problem.kind(), problem.body());
        Self::new(kind.grpc(), if kind.ours() { &body.code } else { &body.detail })
    }
}
