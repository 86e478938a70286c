//! Stand-ins for the outside world: card processor, carrier, mail server.
