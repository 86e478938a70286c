-- Secrets that never leave this database. The one below signs the links that guests get by mail.
create table secrets (
    name text primary key,
    value bytea not null,
    constraint secrets_are_long check (octet_length(value) >= 32)
);
insert into secrets (name, value)
values ('order_access', decode(replace(gen_random_uuid()::text || gen_random_uuid()::text, '-', ''), 'hex'));

-- A basket is one row: at most 100 lines, changed as a whole under its version.
create table baskets (
    id uuid primary key,
    account uuid,
    token_hash bytea,
    lines jsonb not null default '[]',
    version bigint not null default 1,
    merged_into uuid,
    created_at timestamptz not null default now(),
    touched_at timestamptz not null default now(),
    constraint baskets_belong_to_an_account_or_a_guest check ((account is null) <> (token_hash is null)),
    constraint only_guest_baskets_are_merged check (merged_into is null or token_hash is not null),
    constraint baskets_have_at_most_100_lines check (jsonb_array_length(lines) <= 100)
) with (fillfactor = 70);

-- The event store: what happened to an order, in order, for ever. No personal data.
create table order_events (
    order_id uuid not null,
    version bigint not null,
    type text not null,
    data jsonb not null,
    recorded_at timestamptz not null default clock_timestamp(),
    correlation uuid not null,
    causation uuid,
    primary key (order_id, version),
    constraint versions_count_from_one check (version >= 1)
);

-- The orders as lists show them: a projection of the events, written in the same transaction.
create table orders (
    id uuid primary key,
    number text not null,
    account uuid,
    quote_id uuid not null,
    payment_id uuid not null,
    status text not null,
    version bigint not null,
    lines jsonb not null,
    totals jsonb not null,
    sellers uuid[] not null,
    reason text,
    placed_at timestamptz not null default now(),
    confirmed_at timestamptz,
    shipped_at timestamptz,
    delivered_at timestamptz,
    cancelled_at timestamptz,
    constraint orders_have_a_number_of_their_own unique (number),
    constraint orders_use_a_quote_once unique (quote_id),
    constraint orders_use_a_payment_once unique (payment_id),
    constraint orders_have_a_known_status check (
        status in ('placed', 'confirmed', 'recalling', 'shipped', 'delivered', 'cancelled')),
    constraint cancelled_orders_have_a_reason check ((status = 'cancelled') = (reason is not null))
) with (fillfactor = 60);
create index orders_of_an_account on orders (account, id desc) where account is not null;
create index orders_with_items_of_a_seller on orders using gin (sellers);

-- Who gets the parcel and the mails. The only personal data of this service; an erasure clears it.
create table order_contacts (
    order_id uuid primary key,
    email text not null,
    name text not null,
    line1 text not null,
    line2 text not null,
    postal_code text not null,
    city text not null,
    country text not null,
    cancel_note text
);
create index order_contacts_by_email on order_contacts (email);

-- An order's events, with its row locked first. A volatile function takes a snapshot for each of its
-- statements, so the events are those after the lock was had: two commands on one order follow one
-- another instead of one failing, at the price of one round trip.
create function locked_order_events(wanted uuid)
returns table (version bigint, type text, data jsonb)
language plpgsql volatile as $$
begin
    perform from orders o where o.id = wanted for update;
    return query
        select e.version, e.type, e.data from order_events e
        where e.order_id = wanted order by e.version;
end
$$;
