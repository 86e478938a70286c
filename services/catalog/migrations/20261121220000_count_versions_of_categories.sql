-- So that an answer can say which version of a category it wrote, and an older one changes nothing.
alter table categories add column version bigint not null default 1;
