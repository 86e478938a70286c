-- Runs of the catalogue import, and what files have said so far.

create table imports (
    id uuid primary key,
    currency text not null,
    account_id uuid not null,
    state text not null
        constraint state_is_known check (state in ('received', 'running', 'done', 'refused')),
    file bytea,
    rows_total bigint not null default 0,
    rows_done bigint not null default 0,
    products_total bigint not null default 0,
    products_done bigint not null default 0,
    created bigint not null default 0,
    changed bigint not null default 0,
    unchanged bigint not null default 0,
    created_at timestamptz not null default now(),
    finished_at timestamptz,
    constraint only_received_files_are_kept check ((state = 'received') = (file is not null))
);
create index unfinished_imports on imports (created_at) where state in ('received', 'running');

-- Products of a file that are still to be applied; a row goes when its product is.
create table import_products (
    import_id uuid not null references imports,
    ordinal bigint not null,
    rows bigint not null,
    said jsonb not null,
    primary key (import_id, ordinal)
);

create table import_findings (
    import_id uuid not null references imports,
    seq bigint generated always as identity,
    kind text not null constraint kind_is_known check (kind in ('error', 'note')),
    row bigint not null,
    field text,
    message text not null,
    primary key (import_id, seq)
);

-- What the last file said about a product: only what another file says otherwise is a change.
create table imported_products (
    handle text primary key,
    product_id uuid not null references products,
    fingerprint bytea not null,
    said jsonb not null
);
