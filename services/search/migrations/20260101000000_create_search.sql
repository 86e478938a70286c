-- Facts as they were told, one table per upstream aggregate, and documents that are made of them.
create extension if not exists pg_trgm;

create table categories (
    slug text primary key,
    name text not null,
    position integer not null,
    version bigint not null
);

create table products (
    product_id uuid primary key,
    version bigint not null,
    handle text not null,
    title text not null,
    description_html text not null,
    category text not null,
    seller_id text not null,
    vendor text not null,
    options text[] not null,
    tags text[] not null,
    state text not null default 'draft' check (state in ('draft', 'published', 'archived')),
    published_at timestamptz,
    constraint published_products_have_a_time check (state <> 'published' or published_at is not null)
);
create index products_by_category on products (category);

create table variants (
    product_id uuid not null,
    sku text not null,
    variant_id uuid not null,
    option_values text[] not null,
    tracked boolean not null,
    position integer not null,
    primary key (product_id, sku)
);
create index variants_by_sku on variants (sku);

create table media (
    media_id uuid primary key,
    product_id uuid not null,
    url text not null,
    alt text not null,
    position integer not null
);
create index media_by_product on media (product_id);

create table prices (
    sku text primary key,
    version bigint not null,
    price_minor bigint not null,
    compare_at_minor bigint,
    currency text not null
);

create table stock (
    sku text primary key,
    version bigint not null,
    tracked boolean not null,
    available bigint not null
) with (fillfactor = 70);

-- What has to be prepared again: a product, all products with a SKU, or all of a category. Handlers
-- only append here, so that handlers of different topics never wait for each other.
create table stale (
    id bigint generated always as identity primary key,
    product_id uuid,
    sku text,
    category text,
    constraint one_thing_is_stale check (num_nonnulls(product_id, sku, category) = 1)
);

-- What is read: one row per product that is for sale, with everything that a page or a card shows.
create table documents (
    product_id uuid primary key,
    handle text not null,
    title text not null,
    category text not null,
    seller_id text not null,
    price_minor bigint not null,
    currency text not null,
    available boolean not null,
    published_at timestamptz not null,
    words tsvector not null,
    -- The card in a list and the page, as JSON; the page also as a protobuf message of the gRPC contract.
    card text not null,
    page text not null,
    page_message bytea not null
) with (fillfactor = 70);
create index documents_by_handle on documents (handle);
create index documents_by_category on documents (category);
create index documents_by_words on documents using gin (words);
create index documents_by_title on documents using gin (title gin_trgm_ops);

-- Grows whenever a card or a category changed: what was listed under an older one is out of date.
create table generation (
    only_row boolean primary key default true check (only_row),
    number bigint not null
);
insert into generation (number) values (0);
