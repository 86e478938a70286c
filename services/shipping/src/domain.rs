//! What may happen to a parcel, without any IO.

#[cfg(test)]
mod races;
pub(crate) mod shipment;
