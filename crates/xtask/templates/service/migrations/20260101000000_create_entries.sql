create table entries (
    name text not null,
    added_at timestamptz not null default now(),
    constraint entries_are_there_once primary key (name),
    constraint entries_have_a_name check (length(name) between 1 and 80)
);
