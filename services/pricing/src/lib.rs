//! Price lists, coupons, tax and signed quotes.
