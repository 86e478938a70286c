-- The owner of topics compares them with its outbox, continuously and behind the relay.

-- How far it got, and who does it: one process at a time.
create table messaging.audit (
    only_row boolean primary key default true check (only_row),
    owner uuid,
    held_until timestamptz not null default '-infinity',
    -- All windows up to this one are compared; null before the first look.
    window_id bigint,
    -- Everything acknowledged at this time was compared.
    compared_at timestamptz,
    -- The outbox may have forgotten events of windows up to this one.
    forgotten_window bigint not null default 0,
    differences bigint not null default 0
) with (fillfactor = 50);
insert into messaging.audit default values;

-- The next record of each partition, and the last event found there.
create table messaging.audit_partition (
    topic text not null,
    partition integer not null,
    kafka_offset bigint not null,
    incarnation bigint,
    window_id bigint,
    seq bigint,
    primary key (topic, partition)
) with (fillfactor = 50);

-- The events of windows after one and up to another, as the relay has to have sent them. Asked window
-- by window along the index, whatever the planner thinks of the table's size.
create function messaging.audit_events(after_window bigint, to_window bigint)
returns table (
    incarnation bigint, window_id bigint, seq bigint, event_id uuid, topic text, type text, key text,
    payload_hash bytea
)
language sql stable
set enable_seqscan = off set enable_hashjoin = off set enable_mergejoin = off as $$
    select w.incarnation, w.id, o.seq, o.event_id, o.topic, o.type, o.key, sha256(o.payload)
    from messaging.outbox_window w
    join messaging.outbox_window b on b.id = w.id - 1
    cross join lateral (
        select began.* from messaging.outbox began
        where began.xid >= pg_snapshot_xmax(b.snapshot) and began.xid < pg_snapshot_xmax(w.snapshot)
        union all
        select open.* from messaging.outbox open
        where open.xid = any (array(select pg_snapshot_xip(b.snapshot)))
    ) o
    where w.id > after_window and w.id <= to_window
        and pg_visible_in_snapshot(o.xid, w.snapshot)
    order by w.id, o.seq
$$;

-- Notes what a truncate takes away: a snapshot with no transaction open that is as old as the newest row
-- shows all rows, so they are of its window or of earlier ones.
create function messaging.audit_forgotten()
returns trigger
language plpgsql set search_path = pg_catalog as $$
declare
    newest xid8;
begin
    execute format('select xid from messaging.%I order by xid desc limit 1', tg_table_name) into newest;
    if newest is not null then
        update messaging.audit set forgotten_window = greatest(
            forgotten_window,
            coalesce(
                (select min(w.id) from messaging.outbox_window w
                 where pg_snapshot_xmin(w.snapshot) > newest),
                (select max(w.id) from messaging.outbox_window w)));
    end if;
    return null;
end
$$;
create trigger audit_forgotten before truncate on messaging.outbox_0
    for each statement execute function messaging.audit_forgotten();
create trigger audit_forgotten before truncate on messaging.outbox_1
    for each statement execute function messaging.audit_forgotten();
create trigger audit_forgotten before truncate on messaging.outbox_2
    for each statement execute function messaging.audit_forgotten();
