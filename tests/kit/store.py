"""What differs between the databases that a store can lie in: one scenario, told once, runs on each of them."""
import atexit
import functools
import itertools
import os
import sqlite3
import subprocess

from kit import postgres

ESCAPES = {"b": "\b", "f": "\f", "n": "\n", "r": "\r", "t": "\t", "v": "\v", "\\": "\\"}


class Sqlite:
    """A store in a file of the folder that koppla works in."""

    name = "sqlite"

    def __init__(self, folder):
        self.folder = folder
        self.path = folder / "koppla.db"
        self.environment = {"KOPPLA_STORE": f"sqlite:{self.path}"}

    def exists(self):
        return self.path.exists()

    def connect(self):
        """Read-only; its `execute` gives rows."""
        return sqlite3.connect(f"file:{self.path}?mode=ro", uri=True)

    def change(self, sql):
        """Somebody else's statements."""
        with sqlite3.connect(self.path) as other:
            other.executescript(sql)
        other.close()

    def columns(self, table):
        """The declared types of a table's columns, by name; empty where there is no such table."""
        with self.connect() as store:
            return {name: kind.lower() for _, name, kind, *_ in store.execute(f'pragma table_info("{table}")')}

    def table_names(self):
        with self.connect() as store:
            return [name for (name,) in store.execute("select name from sqlite_master where type = 'table' "
                                                      "and name not like 'koppla\\_%' escape '\\' order by name")]

    def contents(self):
        """The bytes of all that it is made of, by name: data, write-ahead log, sessions, what lies beside it."""
        return {path.relative_to(self.folder).as_posix(): path.read_bytes() for path in self.folder.rglob("*")
                if path.relative_to(self.folder).parts[0].startswith(self.path.name) and path.is_file()}

    def is_alone(self):
        """True where no run has left rows on their way."""
        known = {self.path.name + end for end in ("", "-wal", "-shm", ".key", "-sessions")}
        return {n for n in os.listdir(self.folder) if n.startswith(self.path.name)} <= known

    def save(self, place):
        """Its files lie in koppla's folder, which is copied as a whole."""

    def restore(self, place):
        pass


class Rows(list):
    """Rows as a cursor of sqlite3 has them."""

    def __init__(self, rows, names):
        super().__init__(rows)
        self.description = [(name,) for name in names]

    def fetchall(self):
        return list(self)

    def fetchone(self):
        return self[0] if self else None


def unescaped(cell):
    """A cell of COPY's text format."""
    if cell == "\\N":
        return None
    if "\\" not in cell:
        return cell
    parts = iter(cell.split("\\"))
    text = next(parts)
    for part in parts:
        text += "\\" + next(parts, "") if part == "" else ESCAPES.get(part[0], part[0]) + part[1:]
    return text


def instant(cell):
    """As Koppla writes instants: with milliseconds."""
    text, zone, _ = cell.replace(" ", "T").partition("+")
    seconds, _, fraction = text.partition(".")
    return f"{seconds}.{fraction:0<3}" + ("Z" if zone else "")


# As sqlite3 has them: truths and whole numbers as int, anything else as text.
READ = {"boolean": lambda cell: int(cell == "t"), "bigint": int, "integer": int, "smallint": int,
        "timestamp with time zone": instant, "timestamp without time zone": instant}


class Psql:
    """Statements by psql, as the store's own role; used as a connection of sqlite3 is."""

    def __init__(self, store):
        self.store = store

    def __enter__(self):
        return self

    def __exit__(self, *_):
        pass

    def execute(self, sql):
        told = self.store.psql(f"{sql} \\gdesc\n\\echo ----\ncopy ({sql}) to stdout;\n")
        described, _, copied = told.partition("----\n")
        columns = [line.split("\x1f") for line in described.splitlines()]
        reads = [READ.get(kind, str) for _, kind in columns]
        rows = []
        for line in copied.split("\n")[:-1]:
            cells = [unescaped(cell) for cell in line.split("\t")]
            rows.append(tuple(None if cell is None else read(cell) for read, cell in zip(reads, cells)))
        return Rows(rows, [name for name, _ in columns])


@functools.cache
def server():
    """One for all tests of a process, in which no test makes it crash."""
    running = postgres.Server(**postgres.FAST)
    running.__enter__()
    atexit.register(running.__exit__)
    return running


class Postgres:
    """A store in a database of its own, on a server of this process."""

    name = "postgres"
    numbers = itertools.count(1)

    def __init__(self, folder, on=None):
        self.server = on or server()
        self.database = f"scenario_{next(self.numbers)}"
        self.server.sql(f"create database {self.database} owner {postgres.ROLE} template template0")
        password = folder / "store-password"
        password.touch(0o600)
        password.write_text(postgres.PASSWORD + "\n")
        self.environment = {"KOPPLA_STORE": self.server.url(self.database), "KOPPLA_STORE_PASSWORD_FILE": str(password),
                            "XDG_CONFIG_HOME": str(folder / "config")}

    def psql(self, sql):
        environment = {**os.environ, "PGOPTIONS": "-c search_path=koppla -c timezone=UTC"}
        done = subprocess.run([postgres.programs() / "psql", "-X", "-q", "-A", "-t", "-F", "\x1f", "-v", "ON_ERROR_STOP=1", "-h",
                               self.server.folder, "-p", str(self.server.port), "-U", postgres.ROLE, "-d", self.database],
                              input=sql, text=True, capture_output=True, encoding="utf-8", env=environment)
        if done.returncode != 0:
            raise AssertionError(f"psql: {done.stderr}\n{sql}")
        return done.stdout

    def exists(self):
        return self.psql("select to_regclass('koppla_store') is not null") == "t\n"

    def connect(self):
        return Psql(self)

    def change(self, sql):
        self.psql(sql)

    def columns(self, table):
        return dict(self.connect().execute("select attname, format_type(atttypid, atttypmod) from pg_attribute where "
                                           f"attrelid = to_regclass('\"{table}\"') and attnum > 0 and not attisdropped"))

    def table_names(self):
        return [name for (name,) in self.connect().execute(
            "select relname from pg_class where relnamespace = 'koppla'::regnamespace and relkind = 'r' and "
            "relname not like 'koppla\\_%' order by relname")]

    def contents(self):
        dumped = subprocess.run([postgres.programs() / "pg_dump", "-h", self.server.folder, "-p", str(self.server.port), "-U",
                                 "postgres", self.database], stdout=subprocess.PIPE, check=True)
        return {"dump": dumped.stdout}

    def is_alone(self):
        return self.psql("select count(*) from pg_class where relname like 'koppla\\_staging\\_%' and relkind = 'r'") == "0\n"

    def save(self, place):
        self.server.sql(f'create database "{place}" template {self.database}')

    def restore(self, place):
        self.server.sql(f"drop database {self.database} with (force)")
        self.server.sql(f'create database {self.database} owner {postgres.ROLE} template "{place}"')
        # A copied sequence goes on without a word in the log: after a crash it would give its numbers out again.
        self.server.sql("checkpoint")
