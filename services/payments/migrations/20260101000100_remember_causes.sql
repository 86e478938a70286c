-- What led to the payment, so that the provider's webhooks go on under the same correlation and in the
-- same trace.
alter table payments
    add column correlation uuid,
    add column traceparent text;
