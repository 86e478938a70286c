-- Mails: written in the transaction of the event that they tell of, sent by a worker.
create table emails (
    id uuid primary key,
    template text not null,
    -- The order or account that the mail is about.
    about text not null,
    -- Personal: cleared when the person is forgotten.
    recipient text not null,
    subject text not null,
    body_text text not null,
    body_html text not null,
    created_at timestamptz not null default now(),
    sent_at timestamptz,
    failure text,
    constraint a_mail_is_sent_or_failed check (sent_at is null or failure is null)
);
create index emails_by_about on emails (about, created_at);
