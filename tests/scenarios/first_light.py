"""Five tables discovered, made, imported over https; then only the changes. The store equals the sandbox's own
state cell by cell, and the sandbox charged the calls that koppla told."""
from kit.compare import demand_equal
from kit.koppla import by_object
from kit.scenario import FIVE, Scenario, main
from kit.store import Postgres

RECORDS = {"Account": 400, "Contact": 2500, "Lead": 300, "Opportunity": 400, "Order": 200}


class FirstLight:
    def imports_and_equals(self, sandbox, *words):
        before = sandbox.charged_calls()
        document = self.koppla.do("import", "demo", *words, "--json").document
        self.assertEqual(document["charged_calls"], sandbox.charged_calls() - before)
        reports = by_object(document)
        self.assertEqual({report["outcome"] for report in reports.values()}, {"complete"})
        demand_equal(sandbox, self.koppla, "demo", FIVE)
        return reports

    def test_five_tables_then_only_their_changes(self):
        sandbox = self.sandbox(RECORDS)
        self.koppla.add_account(sandbox)
        self.koppla.do("account", "test", "demo")
        self.koppla.do("wizard", "demo", "--tables", ",".join(FIVE), "--yes")

        first = self.imports_and_equals(sandbox, "--all")
        self.assertEqual({name: first[name]["read"] for name in FIVE}, {name: RECORDS[name] for name in FIVE})

        sandbox.change("Contact", update=500, delete=50)
        second = self.imports_and_equals(sandbox, "--all")
        self.assertEqual(second["Contact"]["changed"], 550)
        self.assertLess(second["Contact"]["read"], RECORDS["Contact"], "it read more than the changes")
        with self.koppla.connect() as store:
            removed = store.execute("select count(*) from demo_contact where isdeleted").fetchone()
        self.assertEqual(removed, (50,))

        third = self.imports_and_equals(sandbox, "--all")
        self.assertEqual({name: report["changed"] + report["added"] for name, report in third.items()},
                         {name: 0 for name in FIVE})

    def test_the_bulk_interface_brings_the_same_as_pages_do(self):
        sandbox = self.sandbox({"Account": 300, "Contact": 1500})
        self.koppla.add_account(sandbox)
        self.koppla.do("wizard", "demo", "--tables", "Account,Contact", "--yes")
        self.koppla.imported("demo", "Account", "Contact", "--via", "pages")
        demand_equal(sandbox, self.koppla, "demo", ["Account", "Contact"])
        by_pages = self.koppla.tables()
        report = self.koppla.imported("demo", "Account", "Contact", "--full", "--via", "bulk")
        self.assertEqual(report["Contact"]["changed"], 0)
        self.assertEqual(self.koppla.tables(), by_pages)

    def test_both_ways_of_logging_in(self):
        sandbox = self.sandbox({"Account": 20})
        for auth in ("client-credentials", "password"):
            with self.subTest(auth):
                name = auth.split("-", maxsplit=1)[0]
                self.koppla.add_account(sandbox, name, auth)
                self.koppla.do("account", "test", name)
                self.koppla.do("wizard", name, "--tables", "Account", "--yes")
                self.koppla.imported(name, "Account")
                demand_equal(sandbox, self.koppla, name, ["Account"])

    def test_an_expired_session_is_renewed_on_the_way(self):
        sandbox = self.sandbox({"Account": 20})
        self.koppla.add_account(sandbox)
        self.koppla.do("wizard", "demo", "--tables", "Account", "--yes")
        sandbox.post("/sandbox/session/expire")
        self.koppla.imported("demo", "Account")
        demand_equal(sandbox, self.koppla, "demo", ["Account"])

    def test_a_filter_fields_and_a_limit(self):
        sandbox = self.sandbox({"Contact": 300})
        self.koppla.add_account(sandbox)
        self.koppla.do("wizard", "demo", "--tables", "Contact", "--yes")
        report = self.koppla.imported("demo", "Contact", "--fields", "LastName,Email", "--filter",
                                      "Email is not empty and CreatedDate < now+1d", "--limit", "7")
        self.assertEqual(report["Contact"]["read"], 7)
        with self.koppla.connect() as store:
            rows = store.execute("select email is not null, lastname is not null, phone is null "
                                 "from demo_contact").fetchall()
        self.assertEqual(rows, [(1, 1, 1)] * 7)


class OfSqlite(FirstLight, Scenario):
    pass


class OfPostgres(FirstLight, Scenario):
    store = Postgres


if __name__ == "__main__":
    main()
