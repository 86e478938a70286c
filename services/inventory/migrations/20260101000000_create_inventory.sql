-- Where goods lie. Orders are picked from the first location that has the goods.
create table locations (
    code text primary key,
    name text not null,
    position integer generated always as identity,
    added_at timestamptz not null default now(),
    constraint location_codes_are_short_words check (code ~ '^[a-z0-9-]{1,40}$')
);
insert into locations (code, name) values ('main', 'Main warehouse');

-- One row per SKU. It is the SKU's lock: whoever changes levels holds it, in the order of SKUs.
create table stock_items (
    sku text primary key,
    product_id uuid not null,
    title text not null,
    tracked boolean not null,
    version bigint not null default 1,
    removed_at timestamptz,
    added_at timestamptz not null default now()
) with (fillfactor = 70);

create table stock_levels (
    sku text not null references stock_items,
    location text not null references locations,
    on_hand bigint not null,
    reserved bigint not null default 0,
    primary key (sku, location),
    constraint reserved_stock_is_on_hand check (on_hand - reserved >= 0),
    constraint reserved_is_not_negative check (reserved >= 0),
    constraint on_hand_is_plausible check (on_hand <= 1000000000)
) with (fillfactor = 70);

-- What an order has set aside, had, or can no longer have.
create table reservations (
    order_id uuid primary key,
    state text not null,
    version bigint not null,
    expires_at timestamptz,
    changed_at timestamptz not null default now(),
    constraint reservation_states_are_known check
        (state in ('reserved', 'held', 'dispatched', 'released', 'expired', 'refused', 'forgone')),
    constraint only_unconfirmed_reservations_expire check
        ((state = 'reserved') = (expires_at is not null))
) with (fillfactor = 70);

create table reservation_lines (
    order_id uuid not null references reservations,
    sku text not null,
    location text not null,
    quantity bigint not null,
    -- False for a SKU that was not counted at the time: the line changed no level.
    counted boolean not null,
    primary key (order_id, sku, location),
    constraint reserved_quantities_are_positive check (quantity > 0)
);

-- Every change of what is on hand, and who or what brought it about.
create table stock_movements (
    id bigint generated always as identity primary key,
    sku text not null,
    location text not null,
    change bigint not null,
    cause text not null,
    order_id uuid,
    account_id uuid,
    reason text,
    correlation uuid not null,
    moved_at timestamptz not null default now(),
    constraint movement_causes_are_known check (cause in ('opening', 'adjusted', 'dispatched')),
    constraint movements_move_something check (change <> 0),
    constraint dispatches_name_their_order check ((cause = 'dispatched') = (order_id is not null)),
    constraint adjustments_name_who_and_why check
        ((cause = 'adjusted') = (account_id is not null and reason is not null))
);
create index stock_movements_by_sku on stock_movements (sku, id);
