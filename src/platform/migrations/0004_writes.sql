-- What an export or a deletion sends. Its rows lie in a table of the run's own, koppla_rows_<run>, from before the
-- first of them leaves until the run is over.
create table koppla_write (
    run bigint primary key references koppla_run (id) on delete cascade,
    definition text not null,
    is_over boolean not null
);

-- What was handed over under a name of the CRM's own (a job), by which it can be asked for.
create table koppla_shipment (
    run bigint not null references koppla_write (run) on delete cascade,
    number bigint not null,
    first_row bigint not null,
    last_row bigint not null,
    reference text not null,
    is_over boolean not null,
    primary key (run, number)
);

-- What became of a row. outcome: done, refused, postponed, undecided.
create table koppla_result (
    run bigint not null references koppla_write (run) on delete cascade,
    position bigint not null,
    shipment bigint not null,
    outcome text not null,
    row_name text,
    remote_id text,
    is_created boolean not null,
    attempts bigint not null,
    symbol text,
    message text,
    fields text,
    primary key (run, position)
);

alter table koppla_reject add column fields text not null default '';
alter table koppla_reject add column is_undecided boolean not null default false;

-- What an import of deletions found, of the last run of an object.
create table koppla_deletion (
    run bigint not null references koppla_run (id) on delete cascade,
    remote_id text not null,
    deleted_at text,
    merged_into text,
    primary key (run, remote_id)
);
