"""Metadata and records from outside that are as bad as can be: wide, badly named, huge."""
import copy
import pathlib

from kit import compare, org_folder, scenario

RESERVED = ["Select__c", "Order__c", "Group__c", "Index__c", "Table__c", "Rowid", "Oid__c", "Null__c"]
TWINS = ["Twin__c", "TWIN__c", "tWIN__c", "Twin__c_2"]
LONG = "L" + "o" * 195 + "ng__c"


class Hostile(scenario.Scenario):
    def setUp(self):
        super().setUp()
        self.base = pathlib.Path(self.folder)
        generated = self.sandbox({"Account": 5, "Contact": 40})
        self.describe = generated.describe("Contact")
        self.rows = generated.rows("Contact")

    def org(self, describe, rows):
        folder = org_folder.write(self.base / "org", describe, rows)
        sandbox = scenario.Sandbox(self.base / "org-sandbox", org=folder)
        sandbox.__enter__()
        self.addCleanup(sandbox.stop)
        self.koppla.add_account(sandbox)
        return sandbox

    def with_fields(self, names):
        describe, rows = copy.deepcopy(self.describe), copy.deepcopy(self.rows)
        for number, name in enumerate(names):
            describe["fields"].append(org_folder.text_field(describe, name))
            for at, row in enumerate(rows):
                row[name] = f"{number}/{at}"
        return describe, rows

    def test_an_object_as_wide_as_a_table_can_be(self):
        # The sandbox's own table has one column more.
        describe, rows = self.with_fields([f"Wide{number:04}__c" for number in range(1999 - len(self.rows[0]))])
        sandbox = self.org(describe, rows[:10])
        self.koppla.do("wizard", "demo", "--tables", "Contact", "--yes")
        report = self.koppla.imported("demo", "Contact")["Contact"]
        self.assertIn("too long for a URL", report["why"])
        compare.demand_equal(sandbox, self.koppla, "demo", ["Contact"])

    def test_names_that_collide_or_are_words_of_sql(self):
        names = [*RESERVED, LONG, *TWINS[:1]]
        describe, rows = self.with_fields(names)
        sandbox = self.org(describe, rows)
        self.koppla.do("wizard", "demo", "--tables", "Contact", "--yes")
        self.koppla.imported("demo", "Contact", "--via", "bulk")
        compare.demand_equal(sandbox, self.koppla, "demo", ["Contact"])
        self.koppla.imported("demo", "Contact", "--full", "--via", "pages")
        compare.demand_equal(sandbox, self.koppla, "demo", ["Contact"])

    def test_a_cell_of_32_megabytes(self):
        describe, rows = copy.deepcopy(self.describe), copy.deepcopy(self.rows)
        org_folder.field(describe, "Description").update(length=40_000_000)
        rows[3]["Description"] = "large €" * (4 << 20)
        sandbox = self.org(describe, rows)
        self.koppla.do("wizard", "demo", "--tables", "Contact", "--yes")
        for way in ("bulk", "pages"):
            report = self.koppla.imported("demo", "Contact", "--full", "--via", way)["Contact"]
            self.assertEqual((report["read"], report["rejected"]), (len(rows), 0))
            compare.demand_equal(sandbox, self.koppla, "demo", ["Contact"])


if __name__ == "__main__":
    scenario.main()
