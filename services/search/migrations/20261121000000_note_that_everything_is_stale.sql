-- The note that everything has to be prepared again, with which a new model begins. While it lies
-- there nothing else needs a note, so that a rebuild does not gather one for every event.
alter table stale drop constraint one_thing_is_stale;
alter table stale add column everything boolean;
alter table stale add constraint one_thing_is_stale
    check (num_nonnulls(product_id, sku, category, everything) = 1);
create unique index everything_is_stale_once on stale (everything) where everything;
insert into stale (everything) select true where not exists (select from documents);

-- Another model's lists are never taken for this one's.
update generation set number = number + (extract(epoch from clock_timestamp()) * 1000)::bigint;
