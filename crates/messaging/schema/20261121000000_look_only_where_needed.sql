-- Looks that find nothing are most of what an idle service asks of its database.

-- Seals the next window, if an event is visible that the last one did not show. Each statement of
-- a volatile function sees its own snapshot, so the one that is stored is taken after the lease
-- row was locked for this term: two leaders cannot store an older snapshot behind a newer one.
-- The commit is synchronous whatever the session says: when the caller sees the row, it and every
-- transaction visible in it are flushed.
-- Whether there is anything in it is asked only where `told` does not say so.
create function messaging.seal(my_term bigint, last_window bigint, told boolean)
returns setof messaging.outbox_window
language plpgsql volatile set enable_seqscan = off set plan_cache_mode = force_generic_plan as $$
declare
    before pg_snapshot;
begin
    -- What this statement can see is visible now; what began after the last snapshot, or was in
    -- progress then, was not in the last window.
    if not told then
        select w.snapshot into strict before from messaging.outbox_window w where w.id = last_window;
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

-- Claims jobs that may run now: none of whose aggregate is running, and the first of those due.
-- Claims of one queue take turns, because two that overlap could each miss the other's. They need
-- not be durable: a claim that a crash forgets is a call repeated under the same idempotency key.
create or replace function messaging.claim(in_queue text, at_most integer, new_token uuid, lease interval)
returns setof messaging.job
language plpgsql volatile set enable_seqscan = off set plan_cache_mode = force_generic_plan as $$
declare
    -- Asked once: what is asked anew for each row finds no row by index.
    at timestamptz := clock_timestamp();
begin
    if not exists (
        select from messaging.job j
        where j.queue = in_queue and j.stuck_at is null and j.retry_at <= at
    ) then
        return;
    end if;
    perform set_config('synchronous_commit', 'off', true);
    perform pg_advisory_xact_lock(hashtextextended('messaging.claim.' || in_queue, 0));
    at := clock_timestamp();
    return query
        with ready as (
            select j.id
            from messaging.job j
            where j.queue = in_queue
                and j.stuck_at is null
                and j.retry_at <= at
                and (j.leased_until is null or j.leased_until < at)
                and not exists (
                    select from messaging.job e
                    where e.queue = j.queue and e.aggregate = j.aggregate and e.id <> j.id
                        and ((e.seq < j.seq and e.due_at <= at)
                            or e.leased_until >= at)
                )
            order by j.seq
            limit at_most
            for update skip locked
        )
        update messaging.job j
        set token = new_token, leased_until = at + lease
        from ready
        where j.id = ready.id
        returning j.*;
end
$$;

-- Each job leaves three dead rows behind, in a table that is nearly empty otherwise.
alter table messaging.job set (autovacuum_vacuum_threshold = 500, autovacuum_vacuum_scale_factor = 0);
