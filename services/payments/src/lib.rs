//! Payment intents: authorize, capture, void and refund.
