//! The pages of merchants and operators.
