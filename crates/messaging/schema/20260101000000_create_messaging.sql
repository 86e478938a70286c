-- Everything the messaging crate keeps in a service's own database, apart from the service's tables.
create schema if not exists messaging;

create sequence messaging.outbox_seq as bigint cache 1;

-- Events, in the transaction that they are about. The children take turns (see outbox_slot), so
-- that retention is a truncate and never a dead row.
create table messaging.outbox (
    slot smallint not null,
    seq bigint not null default nextval('messaging.outbox_seq'),
    xid xid8 not null default pg_current_xact_id(),
    event_id uuid not null,
    topic text not null,
    type text not null,
    key text not null,
    subject text not null,
    version bigint not null,
    occurred_at timestamptz not null default clock_timestamp(),
    correlation uuid not null,
    causation uuid,
    traceparent text,
    payload bytea not null
) partition by list (slot);
create table messaging.outbox_0 partition of messaging.outbox for values in (0);
create table messaging.outbox_1 partition of messaging.outbox for values in (1);
create table messaging.outbox_2 partition of messaging.outbox for values in (2);
create index outbox_by_xid on messaging.outbox (xid);

create table messaging.outbox_slot (
    only_row boolean primary key default true check (only_row),
    slot smallint not null,
    since timestamptz not null
);
insert into messaging.outbox_slot (slot, since) values (0, now());

-- What the relay has promised to send, in order. Window 0 is older than every event.
create table messaging.outbox_window (
    id bigint primary key,
    snapshot pg_snapshot not null,
    lsn pg_lsn not null,
    incarnation bigint not null,
    sealed_at timestamptz not null
);
insert into messaging.outbox_window (id, snapshot, lsn, incarnation, sealed_at)
values (0, pg_current_snapshot(), pg_current_wal_insert_lsn(), 1, now());

create table messaging.outbox_progress (
    only_row boolean primary key default true check (only_row),
    acked_window bigint not null
) with (fillfactor = 50);
insert into messaging.outbox_progress (acked_window) values (0);

-- The last position sent to each partition, as of exactly the acked window.
create table messaging.outbox_head (
    topic text not null,
    partition integer not null,
    incarnation bigint not null,
    window_id bigint not null,
    seq bigint not null,
    primary key (topic, partition)
) with (fillfactor = 50);

create table messaging.lease (
    name text primary key,
    term bigint not null,
    owner uuid,
    held_until timestamptz not null,
    incarnation bigint not null default 1,
    timeline bigint,
    system_identifier bigint,
    partitions integer
) with (fillfactor = 50);
insert into messaging.lease (name, term, held_until) values ('relay', 0, '-infinity');

-- Seals the next window, if an event is visible that the last one did not show. Each statement of
-- a volatile function sees its own snapshot, so the one that is stored is taken after the lease
-- row was locked for this term: two leaders cannot store an older snapshot behind a newer one.
-- The commit is synchronous whatever the session says: when the caller sees the row, it and every
-- transaction visible in it are flushed.
create function messaging.seal(my_term bigint, last_window bigint)
returns setof messaging.outbox_window
language plpgsql volatile set enable_seqscan = off as $$
declare
    before pg_snapshot;
begin
    select w.snapshot into strict before from messaging.outbox_window w where w.id = last_window;
    -- What this statement can see is visible now; what began after the last snapshot, or was in
    -- progress then, was not in the last window.
    if not exists (
        select from messaging.outbox o
        where o.xid >= pg_snapshot_xmax(before)
            and o.xid < pg_snapshot_xmax(pg_current_snapshot())
    ) and not exists (
        select from messaging.outbox o
        where o.xid = any (array(select pg_snapshot_xip(before)))
    ) then
        return;
    end if;
    perform set_config('synchronous_commit', 'on', true);
    perform from messaging.lease l where l.name = 'relay' and l.term = my_term for update;
    if not found then
        raise exception 'term % is over', my_term using errcode = 'FL001';
    end if;
    return query
        insert into messaging.outbox_window as w (id, snapshot, lsn, incarnation, sealed_at)
        select last_window + 1, pg_current_snapshot(), pg_current_wal_insert_lsn(),
            l.incarnation, clock_timestamp()
        from messaging.lease l where l.name = 'relay'
        returning w.*;
end
$$;

-- Moves on to the next child of the outbox if the current one has been written for `every`, after
-- emptying it. Its rows are at least that old by then; if any of them is not in the acknowledged
-- snapshot, nothing happens. The check is made under the lock that keeps writers out.
-- Runs as the owner, because the service's own role need not be allowed to truncate.
create function messaging.rotate(every interval)
returns boolean
language plpgsql volatile security definer
set search_path = pg_catalog set enable_seqscan = off set lock_timeout = '1s' as $$
declare
    acked pg_snapshot;
    next_slot smallint;
    sent boolean;
begin
    select (s.slot + 1) % 3 into next_slot from messaging.outbox_slot s
    where s.since < clock_timestamp() - every for update;
    if not found then
        return false;
    end if;
    execute format('lock table messaging.outbox_%s in access exclusive mode', next_slot);
    select w.snapshot into strict acked from messaging.outbox_progress p
    join messaging.outbox_window w on w.id = p.acked_window;
    execute format(
        'select not exists (select from messaging.outbox_%1$s where xid >= pg_snapshot_xmax($1))
            and not exists (select from messaging.outbox_%1$s
                            where xid = any (array(select pg_snapshot_xip($1))))', next_slot)
        into sent using acked;
    if not sent then
        return false;
    end if;
    execute format('truncate messaging.outbox_%s', next_slot);
    update messaging.outbox_slot set slot = next_slot, since = clock_timestamp();
    delete from messaging.outbox_window w using messaging.outbox_progress p
    where w.id < p.acked_window and w.sealed_at < clock_timestamp() - 3 * every;
    return true;
end
$$;

-- How far a consumer got: one row per partition, in the transaction that has the effects.
create table messaging.consumer_progress (
    consumer text not null,
    topic text not null,
    partition integer not null,
    lane smallint not null default 0,
    incarnation bigint not null default 0,
    window_id bigint not null default 0,
    seq bigint not null default 0,
    kafka_offset bigint not null default -1,
    primary key (consumer, topic, partition, lane)
) with (fillfactor = 50);

-- A key that is held back. The row is the key's lock; it goes when the key is free again.
create table messaging.parked_key (
    consumer text not null,
    topic text not null,
    key text not null,
    partition integer not null,
    state text not null check (state in ('retrying', 'person')),
    attempts integer not null default 0,
    retry_at timestamptz,
    parked_at timestamptz not null default clock_timestamp(),
    primary key (consumer, topic, key),
    constraint retrying_keys_have_a_time check ((state = 'retrying') = (retry_at is not null))
);

create table messaging.parked (
    id bigint generated always as identity primary key,
    consumer text not null,
    topic text not null,
    partition integer not null,
    key text not null,
    incarnation bigint not null,
    window_id bigint not null,
    seq bigint not null,
    kafka_offset bigint not null,
    event_id uuid not null,
    type text not null,
    subject text not null,
    version bigint not null,
    occurred_at timestamptz not null,
    correlation uuid not null,
    causation uuid,
    traceparent text,
    payload bytea not null,
    state text not null default 'waiting' check (state in ('waiting', 'resolved', 'skipped')),
    attempts integer not null default 0,
    error_class text,
    first_error text,
    last_error text,
    parked_at timestamptz not null default clock_timestamp(),
    closed_at timestamptz,
    constraint parked_once unique (consumer, topic, partition, incarnation, window_id, seq)
);
create index parked_open on messaging.parked (consumer, topic, key, incarnation, window_id, seq)
    where state = 'waiting';

create table messaging.parked_audit (
    id bigint generated always as identity primary key,
    parked_id bigint not null,
    action text not null check (action in ('retry', 'skip')),
    actor text not null,
    reason text not null,
    at timestamptz not null default clock_timestamp()
);

-- Work that calls out, and timers. A job that is done is gone.
create table messaging.job (
    id uuid primary key,
    seq bigint generated always as identity,
    queue text not null,
    aggregate text not null,
    job jsonb not null,
    idempotency_key uuid not null,
    due_at timestamptz not null,
    retry_at timestamptz not null,
    attempts integer not null default 0,
    outages integer not null default 0,
    token uuid,
    leased_until timestamptz,
    stuck_at timestamptz,
    last_error text,
    correlation uuid not null,
    causation uuid,
    traceparent text,
    enqueued_at timestamptz not null default clock_timestamp()
) with (fillfactor = 70);
create index job_due on messaging.job (queue, retry_at) where stuck_at is null;
create index job_by_aggregate on messaging.job (queue, aggregate, seq);

-- Claims jobs that may run now: none of whose aggregate is running, and the first of those due.
-- Claims of one queue take turns, because two that overlap could each miss the other's. They need
-- not be durable: a claim that a crash forgets is a call repeated under the same idempotency key.
create function messaging.claim(in_queue text, at_most integer, new_token uuid, lease interval)
returns setof messaging.job
language plpgsql volatile as $$
begin
    if not exists (
        select from messaging.job j
        where j.queue = in_queue and j.stuck_at is null and j.retry_at <= clock_timestamp()
    ) then
        return;
    end if;
    perform set_config('synchronous_commit', 'off', true);
    perform pg_advisory_xact_lock(hashtextextended('messaging.claim.' || in_queue, 0));
    return query
        with ready as (
            select j.id
            from messaging.job j
            where j.queue = in_queue
                and j.stuck_at is null
                and j.retry_at <= clock_timestamp()
                and (j.leased_until is null or j.leased_until < clock_timestamp())
                and not exists (
                    select from messaging.job e
                    where e.queue = j.queue and e.aggregate = j.aggregate and e.id <> j.id
                        and ((e.seq < j.seq and e.due_at <= clock_timestamp())
                            or e.leased_until >= clock_timestamp())
                )
            order by j.seq
            limit at_most
            for update skip locked
        )
        update messaging.job j
        set token = new_token, leased_until = clock_timestamp() + lease
        from ready
        where j.id = ready.id
        returning j.*;
end
$$;
