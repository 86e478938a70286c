-- What sending a parcel costs.
create table rates (
    method text not null,
    -- ISO 3166-1 alpha-2; '*' for every country without a rate of its own.
    country text not null,
    name text not null,
    price_minor bigint not null,
    currency text not null,
    -- Goods worth at least this are sent free of charge.
    free_from_minor bigint,
    version bigint not null default 1,
    -- The version that the others have been told of.
    announced_version bigint not null default 0,
    primary key (method, country),
    constraint methods_are_known check (method in ('standard', 'express')),
    constraint countries_are_codes check (country = '*' or country ~ '^[A-Z]{2}$'),
    constraint prices_are_not_negative check (price_minor >= 0),
    constraint thresholds_are_positive check (free_from_minor > 0)
);

insert into rates (method, country, name, price_minor, currency, free_from_minor) values
    ('standard', '*', 'Standard (5 to 8 days)', 1290, 'EUR', 15000),
    ('standard', 'DE', 'Standard (2 to 3 days)', 490, 'EUR', 5000),
    ('express', '*', 'Express (2 to 3 days)', 2490, 'EUR', null),
    ('express', 'DE', 'Express (next day)', 990, 'EUR', null);

-- One parcel for each order.
create table shipments (
    shipment_id uuid primary key,
    order_id uuid not null,
    method text not null default 'standard',
    -- Personal: where the parcel goes. Cleared when a person is erased; null for an order that was
    -- recalled before it was confirmed.
    recipient text,
    line1 text,
    line2 text,
    postal_code text,
    city text,
    country text,
    stage text not null,
    recall text not null default 'none',
    -- The carrier's own name for the parcel.
    carrier_ref text,
    tracking_number text,
    version bigint not null default 1,
    prepared_at timestamptz not null default now(),
    changed_at timestamptz not null default now(),
    constraint an_order_has_one_shipment unique (order_id),
    constraint tracking_numbers_are_unique unique (tracking_number),
    constraint stages_are_known check (
        stage in ('prepared', 'booking', 'booked', 'dispatched', 'in_transit', 'out_for_delivery',
                  'delivered', 'cancelled')
    ),
    constraint recalls_are_known check (recall in ('none', 'wanted', 'refused')),
    constraint parcels_on_their_way_have_a_number check (
        tracking_number is not null or stage in ('prepared', 'booking', 'cancelled')
    )
);

-- What the carrier has seen.
create table tracking_events (
    shipment_id uuid not null references shipments,
    stage text not null,
    happened_at timestamptz not null,
    primary key (shipment_id, stage)
);

-- Webhooks that were handled, so that a copy changes nothing.
create table webhook_events (
    event_id text primary key,
    received_at timestamptz not null default now()
);
create index webhook_events_by_age on webhook_events (received_at);
