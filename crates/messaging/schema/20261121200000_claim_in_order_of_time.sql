-- A claim costs the same however many jobs wait.

-- The order in which jobs are claimed.
drop index messaging.job_due;
create index job_due on messaging.job (queue, retry_at, seq) where stuck_at is null;

-- Claims jobs that may run now: none of whose aggregate is running, and the first of those due.
-- Claims of one queue take turns, because two that overlap could each miss the other's. They need
-- not be durable: a claim that a crash forgets is a call repeated under the same idempotency key.
-- It goes along the index from the job that has waited longest and stops when it has enough: to sort
-- those that wait took 8 ms of 5,000, this takes 0.4 ms.
create or replace function messaging.claim(in_queue text, at_most integer, new_token uuid, lease interval)
returns setof messaging.job
language plpgsql volatile
set enable_seqscan = off set enable_sort = off set plan_cache_mode = force_generic_plan as $$
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
            order by j.retry_at, j.seq
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
