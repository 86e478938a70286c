//! The product read model: text, facets, price and stock.
