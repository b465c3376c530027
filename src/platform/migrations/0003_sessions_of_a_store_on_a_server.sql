-- Beside a store that is a file, sessions are files. Sealed; the context that is bound in is session/<account>/….
create table koppla_session (
    account text primary key references koppla_account (name) on delete cascade,
    sealed {bytes} not null
);
