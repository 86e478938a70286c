-- For everybody in the database, so that it does not belong to one model. The next file finds it here.
create extension if not exists pg_trgm schema public;
