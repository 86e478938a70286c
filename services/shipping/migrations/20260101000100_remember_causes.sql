-- What led to the shipment, so that the carrier's webhooks go on under the same correlation and in the
-- same trace.
alter table shipments
    add column correlation uuid,
    add column traceparent text;
