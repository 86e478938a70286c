-- A list of prices in one currency. `default` is what everybody pays; it may exist in several currencies.
create table price_lists (
    code text not null,
    currency text not null,
    primary key (code, currency),
    constraint currencies_are_iso_4217 check (currency ~ '^[A-Z]{3}$')
);
insert into price_lists (code, currency) values ('default', 'EUR');

-- What catalog has told of.
create table products (
    product_id uuid primary key,
    title text not null,
    published boolean not null default false
);

create table variants (
    sku text primary key,
    product_id uuid not null references products,
    variant_title text not null,
    seller_id text not null,
    offered boolean not null default true,
    -- Goes up with each price of the SKU, in whatever currency.
    price_version bigint not null default 0
) with (fillfactor = 80);
create index variants_by_product on variants (product_id);

create table prices (
    price_list text not null,
    currency text not null,
    sku text not null references variants,
    price_minor bigint not null,
    compare_at_minor bigint,
    set_at timestamptz not null default now(),
    primary key (sku, price_list, currency),
    constraint prices_are_in_their_lists_currency
        foreign key (price_list, currency) references price_lists (code, currency),
    constraint prices_are_not_negative check (price_minor >= 0),
    constraint compared_prices_are_higher check (compare_at_minor > price_minor)
);

-- What shipping has told of.
create table shipping_rates (
    method text not null,
    country text not null,
    currency text not null,
    name text not null,
    price_minor bigint not null,
    free_from_minor bigint,
    primary key (country, method, currency),
    constraint rates_are_not_negative check (price_minor >= 0)
);

-- Tax by destination. `*` is every country without a row of its own.
create table tax_rates (
    country text primary key,
    basis_points integer not null,
    -- True: prices contain the tax. False: it comes on top.
    included boolean not null,
    constraint tax_is_a_share check (basis_points between 0 and 10000)
);
-- Standard rates (European Commission, taxes in Europe database; HMRC; Swiss FTA), January 2026.
insert into tax_rates (country, basis_points, included) values
    ('AT', 2000, true), ('BE', 2100, true), ('DE', 1900, true), ('ES', 2100, true),
    ('FR', 2000, true), ('GB', 2000, true), ('IE', 2300, true), ('IT', 2200, true),
    ('LU', 1700, true), ('NL', 2100, true), ('PL', 2300, true), ('PT', 2300, true),
    ('CH', 810, false), ('US', 0, false), ('*', 0, false);

create table coupons (
    code text primary key,
    percent integer,
    amount_minor bigint,
    minimum_goods_minor bigint,
    -- Of the amount and of the minimum.
    currency text,
    valid_from timestamptz,
    valid_until timestamptz,
    use_limit bigint,
    used bigint not null default 0,
    reserved bigint not null default 0,
    ended_at timestamptz,
    created_at timestamptz not null default now(),
    constraint coupon_codes_are_upper_case check (code ~ '^[A-Z0-9-]{3,40}$'),
    constraint coupons_take_off_a_share_or_an_amount check ((percent is null) <> (amount_minor is null)),
    constraint percents_are_1_to_100 check (percent between 1 and 100),
    constraint amounts_are_positive check (amount_minor > 0 and minimum_goods_minor is distinct from 0),
    constraint amounts_have_a_currency check
        (currency is not null or (amount_minor is null and minimum_goods_minor is null)),
    constraint validity_has_a_length check (valid_until > valid_from),
    constraint uses_are_not_negative check (used >= 0 and reserved >= 0),
    constraint uses_stay_within_the_limit check (used + reserved <= use_limit)
) with (fillfactor = 50);

-- What an order has of a coupon, had, or can no longer have.
create table coupon_uses (
    order_id uuid primary key,
    -- Absent when the order was cancelled before it was placed, as far as we heard.
    code text references coupons,
    state text not null,
    version bigint not null default 1,
    changed_at timestamptz not null default now(),
    constraint use_states_are_known check
        (state in ('reserved', 'redeemed', 'released', 'refused', 'forgone')),
    constraint what_is_reserved_names_its_coupon check
        (code is not null or state in ('refused', 'forgone'))
);

-- Private keys that sign quotes. Times are Unix seconds.
create table signing_keys (
    key_id text primary key,
    seed bytea not null,
    signs_from bigint not null,
    signs_until bigint not null,
    constraint seeds_are_ed25519 check (octet_length(seed) = 32),
    constraint keys_sign_for_a_while check (signs_until > signs_from)
);
