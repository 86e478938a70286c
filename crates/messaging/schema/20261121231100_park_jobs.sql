-- A job may take several steps, each with its progress in one transaction. One that can be neither done
-- nor given up is parked: people find it among the parked events, and decide there.

alter table messaging.job
    -- Steps that are done. What a step writes has ids of its own by it.
    add column step integer not null default 0,
    -- Its number should it be parked: of the series that numbers parked events.
    add column parked_id bigint not null default nextval('messaging.parked_id_seq'),
    -- Why a person gave it up: it is settled so, and not called for again.
    add column given_up text;
create index job_parked on messaging.job (parked_id) where stuck_at is not null;
