-- Imports are worked off by a worker, whose job says whether one is parked.
alter table imports add column job_id uuid;
