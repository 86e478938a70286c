-- What shoppers prepared and orders asked for. No card data: that stays with the provider.
create table payments (
    payment_id uuid primary key,
    principal text not null,
    amount_minor bigint not null,
    currency text not null,
    -- The provider's card page.
    session text not null,
    -- The provider's own name for the hold, once there is one.
    authorization_ref text,
    order_id uuid,
    stage text not null default 'prepared',
    wish text not null default 'hold',
    -- Why it was declined, for people.
    reason text,
    version bigint not null default 0,
    prepared_at timestamptz not null default now(),
    changed_at timestamptz not null default now(),
    constraint amounts_are_positive check (amount_minor > 0),
    constraint stages_are_known check (
        stage in ('prepared', 'requested', 'authorized', 'captured', 'declined', 'voided', 'refunded')
    ),
    constraint wishes_are_known check (wish in ('hold', 'take', 'release')),
    constraint only_prepared_payments_have_no_order check ((order_id is null) = (stage = 'prepared')),
    constraint an_order_has_one_payment unique (order_id)
);

-- What was heard of an order before it asked for a payment.
create table early_wishes (
    order_id uuid primary key,
    wish text not null,
    heard_at timestamptz not null default now(),
    constraint early_wishes_are_known check (wish in ('take', 'release'))
);

-- Webhooks that were handled, so that a copy changes nothing.
create table webhook_events (
    event_id text primary key,
    received_at timestamptz not null default now()
);
create index webhook_events_by_age on webhook_events (received_at);
