//! Baskets, event-sourced orders and the order process.
