-- What every service with a database keeps, besides its own tables and those of messaging.


create table fleet.idempotency_keys (
    principal text not null,
    route text not null,
    key text not null,
    fingerprint bytea not null,
    status smallint,
    body bytea,
    created_at timestamptz not null default now(),
    primary key (principal, route, key)
);
create index idempotency_keys_by_age on fleet.idempotency_keys (created_at);

create table fleet.public_keys (
    purpose text not null,
    key_id text not null,
    bytes bytea not null,
    not_after bigint not null,
    primary key (purpose, key_id),
    constraint public_keys_are_ed25519 check (octet_length(bytes) = 32)
);
