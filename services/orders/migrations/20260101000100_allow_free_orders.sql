-- An order that costs nothing has no payment.
alter table orders
    alter column payment_id drop not null,
    add constraint orders_without_a_payment_cost_nothing check (
        payment_id is not null or (totals -> 'total' ->> 'minor')::bigint = 0
    );
