"""The way back: what is changed, made and deleted here arrives in the CRM; what the CRM refuses is kept with its reason."""
import csv
import io

from kit.compare import demand_equal
from kit.crm import DYNAMICS, SALESFORCE
from kit.scenario import Scenario, main, soak
from kit.store import Postgres


class Export:
    RECORDS = 300

    def setUp(self):
        super().setUp()
        self.contact, self.table = self.crm.contact, self.crm.table()
        self.org = self.sandbox(self.crm.records(self.RECORDS, 20), crm=self.crm)
        self.koppla.add_account(self.org)
        kept_back = f"{self.contact}={self.crm.fields},{self.crm.external_key}"
        fields = ["--fields", kept_back] if self.crm.keeps_fields_back else []
        self.koppla.do("wizard", "demo", "--tables", self.contact, *fields, "--yes")
        self.koppla.do("import", "demo", self.contact)

    def export(self, *words, code=0):
        return self.koppla.do("export", "demo", self.contact, *words, "--json", code=code).document

    def cells(self, sql):
        with self.koppla.connect() as store:
            return store.execute(sql).fetchall()

    def live(self):
        return self.cells(f"select {self.crm.key.lower()} from {self.table} where isdeleted is not true order by 1")

    def import_and_compare(self):
        self.koppla.do("import", "demo", self.contact)
        demand_equal(self.org, self.koppla, "demo", [self.contact])

    def change_some(self, count):
        key, last, phone = (name.lower() for name in (self.crm.key, self.crm.last_name, self.crm.phone))
        self.koppla.place.change(
            f"create table mine as select {key} as id, 'Ö, \"' || {last} as last, cast(null as text) as phone"
            f" from {self.table} where isdeleted is not true order by {key} limit {count}")
        return f"id={self.crm.key},last={self.crm.last_name},phone={self.crm.phone}:clear"

    def check_changed(self, count):
        last, phone = self.crm.last_name.lower(), self.crm.phone.lower()
        changed = self.cells(f"select count(*) from {self.table} where {last} like 'Ö, \"%' and {phone} is null")
        self.assertEqual(changed[0][0], count)

    def test_changes_arrive_and_come_back(self):
        mapping = self.change_some(50)
        plan = self.export("--table", "mine", "--map", mapping, "--plan")
        self.assertEqual((plan["operation"], plan["rows"], plan["missing"]), ("update", 50, 0))
        self.assertGreaterEqual(len(plan["changes"]), 10)
        self.assertEqual(self.cells("select count(*) from koppla_run where kind = 'export'")[0][0], 0)
        done = self.export("--table", "mine", "--map", mapping)
        self.assertEqual((done["outcome"], done["done"], done["created"], done["refused"]), ("complete", 50, 0, 0))
        self.import_and_compare()
        self.check_changed(50)
        self.assertEqual(self.export("--table", "mine", "--map", mapping, "--plan")["changes"], [])

    def test_new_records_are_made_once_by_their_key(self):
        self.koppla.place.change("create table fresh (code text, last text)")
        for i in range(30):
            self.koppla.place.change(f"insert into fresh values ('K-{i}', 'Fresh {i}')")
        words = ("--table", "fresh", "--map", f"code={self.crm.external_key},last={self.crm.last_name}", "--key",
                 self.crm.external_key)
        done = self.export(*words)
        self.assertEqual((done["operation"], done["created"], done["done"]), ("upsert", 30, 0))
        again = self.export(*words)
        self.assertEqual((again["created"], again["done"]), (0, 30))
        self.import_and_compare()
        self.assertEqual(len(self.live()), self.RECORDS + 30)

    def test_new_records_without_a_key_are_made_once(self):
        self.koppla.place.change("create table fresh (last text)")
        for i in range(20):
            self.koppla.place.change(f"insert into fresh values ('Fresh {i}')")
        done = self.export("--table", "fresh", "--map", f"last={self.crm.last_name}")
        self.assertEqual((done["operation"], done["created"], done["undecided"]), ("insert", 20, 0))
        self.import_and_compare()
        self.assertEqual(len(self.live()), self.RECORDS + 20)

    def test_refused_rows_are_kept_mended_and_sent_again(self):
        key, last = self.crm.key.lower(), self.crm.last_name.lower()
        self.koppla.place.change(
            f"create table mine as select {key} as id, cast(birthdate as text) as born, {last} as last"
            f" from {self.table} where isdeleted is not true order by {key} limit 20")
        ids = [row[0] for row in self.cells("select id from mine order by id")]
        self.koppla.place.change(f"update mine set last = '{'x' * 500}' where id = '{ids[3]}'")
        self.koppla.place.change(f"update mine set born = 'yesterday' where id = '{ids[7]}'")
        done = self.export("--table", "mine", "--map", f"id={self.crm.key},born={self.crm.birth},last={self.crm.last_name}",
                           code=4)
        self.assertEqual((done["done"], done["refused"]), (18, 2))
        text = self.koppla.do("run", "rejects", done["run"], "--csv").stdout
        rejects = list(csv.DictReader(io.StringIO(text, newline="")))
        self.assertEqual({row["error_symbol"] for row in rejects}, {"INVALID_VALUE", self.crm.too_long})
        for row in rejects:
            self.assertTrue(row["error_message"])
            row["last"], row["born"] = "Mended", "1980-02-29"
        mended = io.StringIO()
        writer = csv.DictWriter(mended, rejects[0].keys())
        writer.writeheader()
        writer.writerows(rejects)
        (self.koppla.folder / "mend.csv").write_text(mended.getvalue())
        replayed = self.koppla.do("run", "replay", done["run"], "--csv", "mend.csv", "--json").document
        self.assertEqual((replayed["done"], replayed["refused"]), (2, 0))
        self.import_and_compare()
        self.assertEqual(self.cells(f"select count(*) from {self.table} where {last} = 'Mended'")[0][0], 2)

    def test_records_are_deleted_once(self):
        doomed = [row[0] for row in self.live()[:10]]
        self.koppla.place.change("create table doomed (id text)")
        for each in doomed:
            self.koppla.place.change(f"insert into doomed values ('{each}')")
        words = ("delete", "demo", self.contact, "--table", "doomed", "--key-column", "id", "--json")
        self.assertEqual(self.koppla.do(*words).document["done"], 10)
        self.assertEqual(self.koppla.do(*words).document["done"], 10, "gone already counts as done")
        self.koppla.do("import", "demo", self.contact)
        self.assertEqual(len(self.live()), self.RECORDS - 10)

    def test_a_record_that_is_named_in_two_forms_is_one(self):
        key = self.live()[0][0]
        self.koppla.place.change("create table both_forms (id text, last text)")
        for each in (key, self.other_form(key)):
            self.koppla.place.change(f"insert into both_forms values ('{each}', 'Named {each}')")
        done = self.export("--table", "both_forms", "--map", f"id={self.crm.key},last={self.crm.last_name}", code=4)
        self.assertEqual((done["done"], done["refused"]), (0, 2))
        done = self.koppla.do("delete", "demo", self.contact, "--table", "both_forms", "--key-column", "id", "--json").document
        self.assertEqual((done["rows"], done["done"]), (1, 1))

    def test_a_sweep_finds_what_is_gone_and_stops_where_that_is_too_much(self):
        self.org.change(self.contact, delete=9)
        swept = self.koppla.do("import-deleted", "demo", self.contact, "--sweep", "--json").document
        self.assertEqual((swept["found"], swept["marked"]), (9, 9))
        self.org.change(self.contact, delete=60)
        before = self.koppla.tables()
        refused = self.koppla.do("import-deleted", "demo", self.contact, "--sweep", code=1)
        self.assertRegex(refused.stderr, "--share")
        self.assertEqual(self.koppla.tables(), before)
        self.koppla.do("import-deleted", "demo", self.contact, "--sweep", "--share", 50)
        self.assertEqual(len(self.live()), self.RECORDS - 69)

    def test_what_no_row_can_be_right_with_is_refused_before_anything_is_stored(self):
        self.koppla.place.change("create table mine (id text, last text)")
        for mapping, words in ((f"id={self.crm.key},last={self.crm.stamp}", self.crm.stamp),
                               (f"id={self.crm.key},nothing={self.crm.last_name}", "nothing"),
                               (f"id={self.crm.key},last=Nowhere", "Nowhere"),
                               (f"id={self.crm.key},last={self.crm.last_name},id={self.crm.last_name}",
                                self.crm.last_name)):
            with self.subTest(mapping):
                refused = self.koppla.do("export", "demo", self.contact, "--table", "mine", "--map", mapping, code=1)
                self.assertIn(words, refused.stderr)
        self.assertEqual(self.cells("select count(*) from koppla_run where kind = 'export'")[0][0], 0)


class OfSalesforce(Export, Scenario):
    crm = SALESFORCE

    @staticmethod
    def other_form(key):
        return key[:15]

    def test_changes_arrive_by_bulk_jobs_too(self):
        mapping = self.change_some(50)
        done = self.export("--table", "mine", "--map", mapping, "--batch", "on")
        self.assertEqual((done["outcome"], done["done"], done["refused"]), ("complete", 50, 0))
        self.assertIn("bulk", done["why"])
        self.import_and_compare()
        self.check_changed(50)

    def test_a_deletion_takes_no_records_of_another_object(self):
        accounts = [row["Id"] for row in self.org.rows("Account") if row["IsDeleted"] != "true"]
        self.koppla.place.change(f"create table wrong as select '{accounts[0]}' as id")
        words = ("delete", "demo", "Contact", "--table", "wrong", "--key-column", "id")
        self.assertIn("record of another object", self.koppla.do(*words, "--plan").said)
        for way in ("off", "on"):
            done = self.koppla.do(*words, "--batch", way, "--json", code=4).document
            self.assertEqual((done["done"], done["refused"]), (0, 1))
        self.assertEqual([row["Id"] for row in self.org.rows("Account") if row["IsDeleted"] != "true"], accounts)

    def test_deletions_come_from_the_log(self):
        self.org.change(self.contact, delete=7)
        self.koppla.place.change(f"update {self.table} set isdeleted = false")
        told = self.koppla.do("import-deleted", "demo", self.contact, "--from", "today-7d", "--json").document
        self.assertGreaterEqual(told["found"], 7)
        self.koppla.do("import", "demo", self.contact, "--full")
        demand_equal(self.org, self.koppla, "demo", [self.contact])
        refused = self.koppla.do("import-deleted", "demo", self.contact, "--from", "today-20d", code=1)
        self.assertIn("15 days", refused.stderr)


class OfDynamics(Export, Scenario):
    crm = DYNAMICS

    @staticmethod
    def other_form(key):
        return key.upper()


class OfSalesforceOnPostgres(OfSalesforce):
    store = Postgres


@soak
class OfDynamicsOnPostgres(OfDynamics):
    store = Postgres


if __name__ == "__main__":
    main()
