-- Commands that were accepted, and are carried out by workers.
create table fleet.operations (
    id uuid primary key,
    kind text not null,
    -- Who asked for it.
    account_id uuid not null,
    command jsonb not null,
    -- Carries it out; says whether it is parked.
    job_id uuid not null,
    total bigint not null,
    -- Lines that are dealt with, and of these those that were of no use.
    done bigint not null,
    failed bigint not null,
    created_at timestamptz not null default now(),
    started_at timestamptz,
    finished_at timestamptz,
    given_up text,
    constraint no_more_is_done_than_there_is check (failed <= done and done <= total),
    constraint what_is_given_up_has_ended check (given_up is null or finished_at is not null)
) with (fillfactor = 70);
create index finished_operations on fleet.operations (finished_at) where finished_at is not null;

-- Lines that are still to be carried out; a chunk goes in the transaction that has its effects.
create table fleet.operation_chunks (
    operation_id uuid not null references fleet.operations on delete cascade,
    ordinal bigint not null,
    lines jsonb not null,
    primary key (operation_id, ordinal)
);

create table fleet.operation_failures (
    operation_id uuid not null references fleet.operations on delete cascade,
    line bigint not null,
    message text not null
);
create index failures_of_an_operation on fleet.operation_failures (operation_id, line);
