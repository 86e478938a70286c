-- What the request wrote (a Sync-Token), so that its answer names it when it is given again.
alter table fleet.idempotency_keys add column written text not null default '';
