"""A store in PostgreSQL: with a role that has the rights of docs/guide/postgres.md and no more, and everything that can be
wrong with the server, the role and the tables: a clear error each, and nothing lost."""
import copy
import os

from kit import org_folder, postgres, setting
from kit.certificates import Authority
from kit.compare import demand_equal
from kit.relay import Relay
from kit.sandbox import Sandbox
from kit.scenario import Scenario, main
from kit.store import Postgres


class OfARoleWithNoMoreRights(Postgres):
    """The role owns nothing but its schema."""

    def __init__(self, folder):
        super().__init__(folder)
        self.server.sql(f"alter database {self.database} owner to postgres;"
                        f"revoke all on database {self.database} from public;"
                        f"grant connect on database {self.database} to {postgres.ROLE}")
        self.admin("revoke all on schema public from public")

    def admin(self, sql):
        return self.server.psql(sql, self.database)

    def exists(self):
        return self.admin("select to_regclass('koppla.koppla_store') is not null") == "t\n"


class PostgresStore(Scenario):
    store = OfARoleWithNoMoreRights

    def setUp(self):
        super().setUp()
        self.place = self.koppla.place

    def refuses(self, *words, tells, code=1):
        said = self.koppla.do(*words, code=code).said
        for each in tells:
            self.assertIn(each, said)
        return said

    def with_contacts(self, records=300):
        self.place.admin(f"create schema koppla authorization {postgres.ROLE}")
        sandbox = self.sandbox({"Account": 20, "Contact": records})
        self.koppla.add_account(sandbox)
        self.koppla.do("wizard", "demo", "--tables", "Contact", "--yes")
        return sandbox

    def test_a_role_with_no_more_rights_than_the_guide_says(self):
        self.refuses("account", "list", tells=["no schema koppla", "koppla init"])
        self.refuses("init", tells=["permission denied for database", self.place.database, "docs/guide/postgres.md"])
        sandbox = self.with_contacts()
        self.koppla.imported("demo", "Contact")
        sandbox.change("Contact", update=50, delete=5)
        self.assertEqual(self.koppla.imported("demo", "Contact")["Contact"]["changed"], 55)
        demand_equal(sandbox, self.koppla, "demo", ["Contact"])
        self.koppla.do("doctor")
        labels = self.place.connect().execute("select leadsource_label from demo_contact_labels where leadsource is not null")
        self.assertTrue(labels and all(label for (label,) in labels))
        self.assertEqual(self.place.columns("demo_contact")["isdeleted"], "boolean")
        self.assertEqual(self.place.columns("demo_contact")["systemmodstamp"], "timestamp with time zone")
        self.assertEqual(self.place.columns("demo_contact")["birthdate"], "date")
        self.assertEqual(self.place.columns("demo_contact")["balance__c"], "numeric")

    def test_what_is_wrong_with_server_and_role_is_told(self):
        self.with_contacts()
        address = self.koppla.environment["KOPPLA_STORE"]
        wrong = self.koppla.secret_file("wrong", "wrong\n")
        port = f":{self.place.server.port}/"
        cases = [({"KOPPLA_STORE_PASSWORD_FILE": str(wrong)}, ["password authentication failed", "KOPPLA_STORE_PASSWORD_FILE"]),
                 ({"KOPPLA_STORE": address.replace("koppla@", "koppla:secret@")}, ["holds a password"]),
                 ({"KOPPLA_STORE": address.replace("koppla@", "nobody@")}, ["authentication failed"]),
                 ({"KOPPLA_STORE": address.replace(self.place.database, "nowhere")}, ["nowhere", "createdb"]),
                 ({"KOPPLA_STORE": address.replace(port, ":1/")}, ["127.0.0.1:1", "see whether the server runs"]),
                 ({"KOPPLA_STORE": address.replace("schema=koppla", "schema=other")}, ["no schema other", "koppla init"]),
                 ({"KOPPLA_STORE": address + "&sslmode=verify-full"}, ["SSL"]),
                 ({"KOPPLA_STORE": address + "&color=red"}, ["color"])]
        before = self.koppla.environment
        for change, tells in cases:
            with self.subTest(str(change)):
                self.koppla.environment = {**before, **change}
                self.refuses("account", "list", tells=tells)
        self.koppla.environment = before
        latin = f"{self.place.database}_latin"
        self.place.server.sql(f"create database {latin} template template0 encoding 'LATIN1' lc_collate 'C' lc_ctype 'C'")
        self.koppla.environment = {**before, "KOPPLA_STORE": address.replace(self.place.database, latin)}
        self.refuses("init", tells=["LATIN1", "UTF8"])
        self.koppla.environment = before
        self.place.server.sql(f"alter role {postgres.ROLE} connection limit 0")
        try:
            self.refuses("account", "list", tells=["too many connections", "limit"])
        finally:
            self.place.server.sql(f"alter role {postgres.ROLE} connection limit -1")
        self.koppla.do("account", "list")

    def test_a_server_that_is_too_old_is_told_as_such(self):
        self.with_contacts()
        address = self.koppla.environment["KOPPLA_STORE"]
        own = self.place.server.psql("show server_version").strip()
        older = "12" + own[2:]
        with Relay(self.place.server.port, lambda data: data.replace(f"server_version\0{own}".encode(),
                                                                     f"server_version\0{older}".encode())) as relay:
            self.koppla.environment["KOPPLA_STORE"] = address.replace(f":{self.place.server.port}/", f":{relay.port}/")
            self.refuses("account", "list", tells=[older, "version 13 or later"])
        self.koppla.environment["KOPPLA_STORE"] = address
        self.koppla.do("account", "list")

    def test_a_server_whose_disk_is_full_loses_nothing(self):
        sandbox = self.with_contacts(records=4_000)
        self.koppla.imported("demo", "Contact")
        sandbox.change("Contact", update=3_000, delete=20, insert=2_000)
        tables = self.koppla.tables()
        refusals = 0
        with postgres.SmallDisk(self.place.server, self.place.database, megabytes=100) as disk:
            # As after a vacuum of the catalogues: who connects next writes their cache anew, and first there is no room.
            self.assertTrue(disk.forget_catalogues())
            disk.leave(4 << 10)
            done = self.koppla.run("import", "demo", "Contact")
            self.assertIn("could not write init file", done.stderr)
            self.assertIn("no room left on the server's disk: make room", done.stderr)
            for kilobytes in (64, 256, 1024, 2048, 4096, 65536):
                disk.leave(kilobytes << 10)
                done = self.koppla.run("import", "demo", "Contact")
                if done.code == 0:
                    break
                refusals += 1
                self.assertIn("no room left on the server's disk: make room", done.stderr)
                disk.leave(1 << 20)  # whoever looks may have to write that cache
                self.assertEqual(self.koppla.tables(), tables)
            print(f"{refusals} times a full disk: {done.stdout.strip().splitlines()[-1]}", flush=True)
            demand_equal(sandbox, self.koppla, "demo", ["Contact"])
        self.assertGreaterEqual(refusals, 3)
        self.assertTrue(self.koppla.is_alone())

    def test_tables_that_somebody_changed_stop_the_import_and_lose_nothing(self):
        sandbox = self.with_contacts()
        self.koppla.imported("demo", "Contact")
        sandbox.change("Contact", update=50)
        view = self.place.psql("select pg_get_viewdef('demo_contact_labels')").strip()
        drop, make = "drop view demo_contact_labels", f"create view demo_contact_labels as {view}"
        cases = [(f"{drop}; alter table demo_contact rename email to mail", ["email"],
                  f"alter table demo_contact rename mail to email; {make}"),
                 (f"{drop}; alter table demo_contact alter birthdate type text", ["text", "date"],
                  f"alter table demo_contact alter birthdate type date using birthdate::date; {make}"),
                 (f"{drop}; alter table demo_contact rename to gone", ["demo_contact"],
                  f"alter table gone rename to demo_contact; {make}"),
                 ("alter table demo_contact add constraint none check (lastname is null) not valid", ["none"],
                  "alter table demo_contact drop constraint none"),
                 ("revoke all on demo_contact from koppla", ["permission denied for table demo_contact"],
                  "grant all on demo_contact to koppla")]
        rows = self.place.connect().execute("select count(*) from demo_contact").fetchone()
        for change, tells, back in cases:
            with self.subTest(change):
                self.place.change(change)
                self.refuses("import", "demo", "Contact", tells=tells)
                self.place.change(back)
                self.assertEqual(self.place.connect().execute("select count(*) from demo_contact").fetchone(), rows)
        self.koppla.imported("demo", "Contact")
        demand_equal(sandbox, self.koppla, "demo", ["Contact"])
        self.assertTrue(self.koppla.is_alone())

    def test_a_second_import_of_the_same_object_is_told_who_is_at_it(self):
        sandbox = self.with_contacts()
        sandbox.post("/sandbox/faults", {"next": [{"match": "/services/data/*/query*", "kind": "latency", "ms": 8000}]})
        first = self.started("import", "demo", "Contact", "--via", "pages")
        while self.place.admin("select to_regclass('koppla.koppla_staging_demo_contact') is null") == "t\n":
            self.assertIsNone(first.poll())
        self.refuses("import", "demo", "Contact", tells=["in use", f"koppla {first.pid} on {os.uname().nodename}"])
        self.assertEqual(self.koppla.outcome_of(first).code, 0)
        demand_equal(sandbox, self.koppla, "demo", ["Contact"])

    def test_two_programs_started_together_on_a_fresh_store_both_work(self):
        for i in range(50 if setting.SOAK else 3):
            with self.subTest(i):
                for key in self.koppla.folder.rglob("*.key"):
                    key.unlink()
                self.place.admin(f"drop schema if exists koppla cascade; create schema koppla authorization {postgres.ROLE}")
                both = [self.koppla.outcome_of(process) for process in [self.started("init") for _ in range(2)]]
                self.assertEqual(sorted(done.code for done in both), [0, 1], "\n".join(map(str, both)))
                # As an earlier version left it: the first that comes brings the structure up to date.
                self.place.admin("drop table koppla.koppla_deletion, koppla.koppla_result, koppla.koppla_shipment, "
                                 "koppla.koppla_write; alter table koppla.koppla_reject drop column fields, "
                                 "drop column is_undecided; delete from koppla.koppla_migration where number >= 4")
                both = [self.started("option", "set", name, "1") for name in ("one", "two")]
                for process in both:
                    done = self.koppla.outcome_of(process)
                    self.assertEqual(done.code, 0, str(done))
                self.assertEqual(self.place.admin("select count(*) from koppla.koppla_option"), "2\n")

    def test_another_machines_certificate_is_verified(self):
        authority = Authority(self.folder + "/authority")
        stranger = Authority(self.folder + "/stranger")
        both = authority.certificate("server", "IP:127.0.0.1")
        with postgres.Server(**postgres.FAST) as server:
            server.use_certificate(both)
            address = server.url() + "&sslmode=verify-full&sslrootcert="
            named = address.replace("127.0.0.1", "localhost")
            for store, tells in ((f"{address}{stranger.ca}", ["certificate verify failed"]), (f"{named}{authority.ca}", ["localhost"]),
                                 (server.url() + "&sslmode=verify-full", ["certificate"])):
                self.koppla.environment["KOPPLA_STORE"] = store
                self.refuses("init", tells=tells)
            self.koppla.environment["KOPPLA_STORE"] = f"{address}{authority.ca}"
            self.koppla.do("init")

    def test_names_longer_than_the_server_takes_are_cut_and_kept_apart(self):
        self.place.admin(f"create schema koppla authorization {postgres.ROLE}")
        generated = self.sandbox({"Contact": 30})
        describe, rows = copy.deepcopy(generated.describe("Contact")), generated.rows("Contact")
        names = [f"A_field_whose_name_is_as_long_as_names_of_fields_of_packages_are_{end}__c" for end in ("one", "two")]
        for name in names:
            describe["fields"].append(org_folder.text_field(describe, name))
            for number, row in enumerate(rows):
                row[name] = f"{name[-6]}{number}"
        org = org_folder.write(f"{self.folder}/org", describe, rows)
        sandbox = Sandbox(f"{self.folder}/long", org=org)
        sandbox.__enter__()
        self.addCleanup(sandbox.stop)
        self.koppla.add_account(sandbox)
        said = self.koppla.do("wizard", "demo", "--tables", "Contact", "--yes").said
        self.assertIn("longer than the database takes", said)
        self.koppla.imported("demo", "Contact")
        columns = [column for column in self.place.columns("demo_contact") if column.startswith("a_field_whose")]
        self.assertEqual(len(columns), 2)
        kept = self.place.connect().execute(f"select id, {', '.join(columns)} from demo_contact")
        self.assertEqual({key: {one, two} for key, one, two in kept},
                         {row["Id"]: {row[name] for name in names} for row in rows})


if __name__ == "__main__":
    main()
