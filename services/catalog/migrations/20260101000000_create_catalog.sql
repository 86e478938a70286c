-- Products, variants, categories and pictures.

create table categories (
    slug text primary key,
    name text not null,
    position integer not null,
    created_at timestamptz not null default now()
);

create table products (
    id uuid primary key,
    handle text not null constraint handles_are_unique unique,
    title text not null,
    description_html text not null,
    category text not null constraint products_have_a_category references categories,
    seller_id uuid,
    vendor text not null,
    options text[] not null,
    tags text[] not null,
    status text not null
        constraint status_is_known check (status in ('draft', 'published', 'archived')),
    version bigint not null,
    created_at timestamptz not null default now(),
    changed_at timestamptz not null default now()
);
create index products_by_seller on products (seller_id, id) where seller_id is not null;

-- A removed variant keeps its row: its SKU stays taken, and its opening stock was counted once.
create table variants (
    id uuid primary key,
    product_id uuid not null references products,
    sku text not null constraint skus_are_unique unique,
    option_values text[] not null,
    price_minor bigint not null,
    currency text not null,
    compare_at_minor bigint,
    tracked boolean not null,
    opening_quantity bigint not null,
    position integer not null,
    removed_at timestamptz,
    constraint opening_numbers_are_not_negative
        check (price_minor >= 0 and opening_quantity >= 0)
);
create index variants_by_product on variants (product_id, position);
create unique index offered_variants_differ on variants (product_id, option_values)
    where removed_at is null;

-- Bytes of pictures, named after their content.
create table pictures (
    file text primary key,
    content_type text not null,
    bytes bytea not null,
    created_at timestamptz not null default now()
);

create table media (
    id uuid primary key,
    product_id uuid not null references products,
    file text not null references pictures,
    alt text not null,
    position integer not null,
    stand_in boolean not null,
    source text,
    fetching text
        constraint fetching_is_known check (fetching in ('waiting', 'fetched', 'failed')),
    unique (product_id, position)
);
create unique index sources_are_taken_once on media (product_id, source) where source is not null;

-- Pictures that were sent before the product that shows them.
create table uploads (
    id uuid primary key,
    file text not null references pictures,
    account_id uuid not null,
    created_at timestamptz not null default now()
);
