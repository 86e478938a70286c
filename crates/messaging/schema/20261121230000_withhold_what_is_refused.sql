-- What Kafka refuses for good is kept here and does not stop the rest (ADR 0008).

-- Events that are not on their topic although the relay has passed their window. A row goes when its
-- event is sent, or was given up.
--
-- `unsent`: the topic is missing or closed to us; nothing of it is sent. The event is sent as it is,
-- under its own position, as soon as the topic is there.
-- `withheld`: the broker refuses the event, or it comes behind one of its key that was refused. An empty
-- record takes its position on the topic, so that the chain holds for all other keys. When a person
-- releases the key, its events are appended to the outbox again; `copy` is the new sequence number.
create table messaging.outbox_withheld (
    seq bigint primary key,
    -- The sequence number under which the event was said first, which is its place among those of its key.
    first_seq bigint not null,
    incarnation bigint not null,
    window_id bigint not null,
    sealed_at timestamptz not null,
    event_id uuid not null,
    topic text not null,
    type text not null,
    key text not null,
    subject text not null,
    version bigint not null,
    occurred_at timestamptz not null,
    correlation uuid not null,
    causation uuid,
    traceparent text,
    payload bytea not null,
    unsent boolean not null,
    withheld boolean not null,
    -- What the broker said; null where the event only waits behind another of its key.
    refusal text,
    -- Its window may have been sent before it was withheld.
    doubtful boolean not null,
    -- What a person asked for, until the relay has done it.
    asked text check (asked in ('release', 'skip')),
    copy bigint,
    withheld_at timestamptz not null default clock_timestamp(),
    constraint withheld_for_a_reason check (unsent or withheld),
    constraint only_withheld_events_are_released check (withheld or (asked is null and copy is null))
);
create index unsent_by_topic on messaging.outbox_withheld (topic, incarnation, window_id, seq)
    where unsent;
create index withheld_by_key on messaging.outbox_withheld (topic, key, first_seq) where withheld;
create index refused_by_key on messaging.outbox_withheld (topic, key) where refusal is not null;
create index withheld_by_copy on messaging.outbox_withheld (copy) where copy is not null;

-- What became of withheld events, and who decided it. `heard`: it was on the topic after all.
create table messaging.outbox_withheld_audit (
    id bigint generated always as identity primary key,
    seq bigint not null,
    event_id uuid not null,
    topic text not null,
    type text not null,
    key text not null,
    action text not null check (action in ('release', 'skip', 'heard')),
    actor text not null,
    reason text not null,
    at timestamptz not null default clock_timestamp()
);
