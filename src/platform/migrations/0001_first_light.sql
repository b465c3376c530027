-- {numbered_key} and {bytes} stand for the database's own words.

-- What the store says of itself: key_id, created_at.
create table koppla_store (
    name text primary key,
    value text not null
);

create table koppla_account (
    name text primary key,
    type text not null,
    label text not null,
    comment text not null
);

create table koppla_account_setting (
    account text not null references koppla_account (name) on delete cascade,
    name text not null,
    value text not null,
    primary key (account, name)
);

-- Sealed with the store's key; the context that is bound in is account/<account>/<setting>.
create table koppla_account_secret (
    account text not null references koppla_account (name) on delete cascade,
    setting text not null,
    key_id text not null,
    sealed {bytes} not null,
    primary key (account, setting)
);

create table koppla_option (
    name text primary key,
    value text not null,
    comment text not null,
    scope text not null,
    updated_at text not null,
    updated_by text not null
);

-- definition: model::ObjectSchema as JSON. source: what the CRM said, as it said it.
create table koppla_schema (
    account text not null references koppla_account (name) on delete cascade,
    object text not null,
    local_table text not null,
    label text not null,
    definition text not null,
    source text not null,
    recorded_at text not null,
    primary key (account, object)
);
create unique index koppla_schema_table on koppla_schema (local_table) where local_table <> '';

create table koppla_enumeration (
    account text not null references koppla_account (name) on delete cascade,
    object text not null,
    field text not null,
    label text not null,
    primary key (account, object, field)
);

create table koppla_enumeration_value (
    account text not null,
    object text not null,
    field text not null,
    position integer not null,
    code text not null,
    label text not null,
    is_default boolean not null,
    is_active boolean not null,
    valid_for text not null,
    primary key (account, object, field, position),
    foreign key (account, object, field)
        references koppla_enumeration (account, object, field) on delete cascade
);
create index koppla_enumeration_value_code on koppla_enumeration_value (account, object, field, code);

-- Runs and the audit outlive the accounts they speak of.
create table koppla_run (
    id {numbered_key},
    kind text not null,
    account text not null,
    object text not null,
    started_at text not null,
    ended_at text,
    outcome text not null,
    rows_read bigint not null,
    rows_added bigint not null,
    rows_changed bigint not null,
    rows_unchanged bigint not null,
    rows_rejected bigint not null,
    crm_rows bigint,
    calls bigint not null,
    message text not null,
    detail text not null
);

create table koppla_reject (
    run bigint not null references koppla_run (id) on delete cascade,
    position integer not null,
    object text not null,
    remote_id text not null,
    symbol text not null,
    message text not null,
    record text not null,
    primary key (run, position)
);

create table koppla_audit (
    id {numbered_key},
    at text not null,
    who text not null,
    verb text not null,
    subject text not null,
    detail text not null
);
