-- Accounts, sessions, what was mailed to their owners, throttling and signing keys.

create table accounts (
    id uuid primary key,
    email text not null,
    name text not null,
    -- A PHC string of argon2id.
    password_hash text not null,
    email_confirmed_at timestamptz,
    created_at timestamptz not null,
    -- Counts the events of auth.account.v1 about this account.
    version bigint not null default 1,
    constraint accounts_have_their_own_email unique (email),
    constraint emails_are_lower_case check (email = lower(email)),
    constraint passwords_are_hashed check (password_hash like '$argon2id$%')
);

create table account_roles (
    account_id uuid not null references accounts (id) on delete cascade,
    role text not null,
    granted_at timestamptz not null,
    primary key (account_id, role),
    constraint roles_are_known check (role in ('shopper', 'seller', 'staff'))
);

-- A session is a family of refresh tokens. No token is kept: `current_digest` is SHA-256 of the one
-- that works, and `secret` makes the next one out of the one that is shown, so it is of no use alone.
create table sessions (
    id uuid primary key,
    account_id uuid not null references accounts (id) on delete cascade,
    secret bytea not null,
    current_digest bytea not null,
    previous_digest bytea,
    user_agent text not null,
    created_at timestamptz not null,
    used_at timestamptz not null,
    ended_at timestamptz,
    ended_because text,
    constraint secrets_have_256_bits check (octet_length(secret) = 32),
    constraint digests_are_sha256 check (
        octet_length(current_digest) = 32 and coalesce(octet_length(previous_digest), 32) = 32
    ),
    constraint ended_sessions_say_why check ((ended_at is null) = (ended_because is null))
);
create index sessions_by_account on sessions (account_id) where ended_at is null;
create index sessions_by_age on sessions (created_at);

-- What proves that somebody reads an account's mail: SHA-256 of the token in the mail.
create table mail_tokens (
    digest bytea primary key,
    account_id uuid not null references accounts (id) on delete cascade,
    purpose text not null,
    expires_at timestamptz not null,
    constraint mail_tokens_are_sha256 check (octet_length(digest) = 32),
    constraint purposes_are_known check (purpose in ('confirm_email', 'reset_password'))
);
create index mail_tokens_by_account on mail_tokens (account_id, purpose);
create index mail_tokens_by_expiry on mail_tokens (expires_at);

-- Token buckets as one number each (the generic cell rate algorithm, ITU-T I.371): the time at which
-- the bucket is full again. The name is a digest, so that no address is kept here.
create table throttles (
    bucket bytea primary key,
    full_at_ms bigint not null
);
create index throttles_by_age on throttles (full_at_ms);

create table signing_keys (
    key_id text primary key,
    seed bytea not null,
    signs_from timestamptz not null,
    not_after timestamptz not null,
    published_at timestamptz not null,
    constraint seeds_are_ed25519 check (octet_length(seed) = 32),
    constraint keys_outlive_their_signing check (not_after > signs_from)
);
