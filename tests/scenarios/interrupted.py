"""Ctrl-C in the middle of an import leaves the tables as they were; what was read is kept for the next one."""
import threading

from kit.between import Between
from kit.certificates import Authority
from kit.compare import demand_equal
from kit.scenario import Scenario, main
from kit.store import Postgres


class Interrupted:
    def setUp(self):
        super().setUp()
        self.org = self.sandbox({"Account": 3000})
        self.org.post("/sandbox/bulk", {"page_rows": 1000})
        authority = Authority(self.folder + "/authority")
        self.between = Between(authority.certificate("good"), self.org)
        self.between.__enter__()
        self.addCleanup(self.between.__exit__)
        self.koppla.add_account(self.org)
        self.koppla.do("account", "edit", "demo", "--server", self.between.url, "--ca", authority.ca)
        self.koppla.do("wizard", "demo", "--tables", "Account", "--yes")

    def interrupt_in_the_middle_of(self, *words, of):
        """Starts a command and interrupts it when half of an answer on a path with `of` has been sent."""
        reached, go_on = threading.Event(), threading.Event()

        def hold(path, answer):
            if of in path:
                answer.hold = go_on
                reached.set()

        self.between.tamper = hold
        process = self.started(*words)
        try:
            self.assertTrue(reached.wait(60), "the import never asked for rows")
            return self.koppla.interrupt(process)
        finally:
            go_on.set()
            self.between.tamper = None

    def test_a_merge_that_the_table_refuses_is_tried_again_with_what_the_crm_has_then(self):
        self.koppla.place.change("create unique index mine on demo_account (isdeleted)")
        for _ in range(2):
            refused = self.koppla.do("import", "demo", "Account", code=1)
            self.assertRegex(refused.stderr, "(?i)unique")
            self.assertTrue(self.koppla.is_alone(), "rows that failed are kept, and would fail again")
        self.koppla.place.change("drop index mine")
        self.koppla.do("import", "demo", "Account")
        demand_equal(self.org, self.koppla, "demo", ["Account"])

    def test_ctrl_c_leaves_the_store_as_it_was(self):
        # In the second page: the first one is kept.
        for way, of in (("bulk", "locator="), ("pages", "/query/")):
            with self.subTest(f"first import by {way}"):
                before = self.koppla.tables()
                outcome = self.interrupt_in_the_middle_of("import", "demo", "Account", "--via", way, of=of)
                self.assertEqual(outcome.code, 130, str(outcome))
                self.assertEqual(self.koppla.tables(), before)
                run = self.koppla.do("run", "list", "--json").document[0]
                self.assertEqual(run["outcome"], "incomplete")
                self.assertGreaterEqual(run["read"], 1000)
                self.assertFalse(self.koppla.is_alone())
        self.koppla.do("import", "demo", "Account")
        self.assertTrue(self.koppla.is_alone())
        demand_equal(self.org, self.koppla, "demo", ["Account"])
        self.org.change("Account", update=300, delete=30)
        before = self.koppla.tables()
        for way, of in (("bulk", "/results"), ("pages", "/queryAll")):
            with self.subTest(f"later import by {way}"):
                outcome = self.interrupt_in_the_middle_of("import", "demo", "Account", "--via", way, of=of)
                self.assertEqual(outcome.code, 130, str(outcome))
                self.assertEqual(self.koppla.tables(), before)
        self.koppla.do("import", "demo", "Account")
        self.assertTrue(self.koppla.is_alone())
        demand_equal(self.org, self.koppla, "demo", ["Account"])


class OfSqlite(Interrupted, Scenario):
    pass


class OfPostgres(Interrupted, Scenario):
    store = Postgres


if __name__ == "__main__":
    main()
