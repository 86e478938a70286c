-- As before, without the events that are not sent because their topic is missing: the relay has passed
-- their windows, and sends them under their own positions when the topic is there.
create or replace function messaging.audit_events(after_window bigint, to_window bigint)
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
        and not exists (select from messaging.outbox_withheld u where u.seq = o.seq and u.unsent)
    order by w.id, o.seq
$$;
