"""An object that the CRM describes otherwise from one import to the next: nothing is lost, nothing is wrong."""
import copy
import json
import pathlib

from kit import compare, org_folder, scenario, store
from kit.org_folder import field, text_field

OBJECT = "Contact"
ROWS = 120


def retype(describe, name, like, **more):
    """Gives a field all that another one is, but for its name."""
    old = field(describe, name)
    made = copy.deepcopy(field(describe, like))
    made.update(name=name, label=old["label"], **more)
    old.clear()
    old.update(made)


# What the CRM does to the object, and what of it is told: (what, field, impact).

def added(describe, rows):
    describe["fields"].append(text_field(describe, "Nickname__c"))
    for number, row in enumerate(rows):
        row["Nickname__c"] = f"Nick {number}" if number % 2 else ""
    return "added", "Nickname__c", "safe"


def removed(describe, rows):
    describe["fields"].remove(field(describe, "Department"))
    for row in rows:
        del row["Department"]
    return "gone", "Department", "needs consent"


def longer(describe, rows):
    department = field(describe, "Department")
    department.update(length=200, byteLength=600)
    for row in rows:
        row["Department"] = (row["Department"] or "x") * 5
        row["Department"] = row["Department"][:200]
    return "wider", "Department", "safe"


def shorter(describe, rows):
    field(describe, "Department").update(length=3, byteLength=9)
    for row in rows:
        row["Department"] = row["Department"].strip()[:3].strip()
    return "narrower", "Department", "safe"


def text_to_picklist(describe, rows):
    retype(describe, "Department", "LeadSource")
    values = field(describe, "Department")["picklistValues"]
    for number, row in enumerate(rows):
        row["Department"] = values[number % len(values)]["value"]
    return "retyped", "Department", "safe"


def value_added(describe, rows):
    value = {"active": True, "defaultValue": False, "label": "Word of mouth", "validFor": None, "value": "Mouth"}
    field(describe, "LeadSource")["picklistValues"].append(value)
    for row in rows:
        row["LeadSource"] = "Mouth"
    return "values added", "LeadSource", "safe"


def value_removed(describe, rows):
    values = field(describe, "LeadSource")["picklistValues"]
    lost = values.pop(0)["value"]
    for row in rows:
        if row["LeadSource"] == lost:
            row["LeadSource"] = values[0]["value"]
    return "values removed", "LeadSource", "safe"


def value_relabelled(describe, rows):
    field(describe, "LeadSource")["picklistValues"][0]["label"] = "Another word"
    return "values relabelled", "LeadSource", "safe"


def number_to_text(describe, rows):
    retype(describe, "MailingLatitude", "Department")
    for row in rows:
        row["MailingLatitude"] = f"about {row['MailingLatitude'] or 'nowhere'}"
    return "retyped", "MailingLatitude", "needs consent"


def date_to_instant(describe, rows):
    retype(describe, "Birthdate", "CreatedDate", updateable=True)
    for row in rows:
        row["Birthdate"] = row["Birthdate"] and row["Birthdate"] + "T12:00:00.000Z"
    return "retyped", "Birthdate", "needs consent"


def truth_to_text(describe, rows):
    retype(describe, "HasOptedOutOfEmail", "Department")
    for row in rows:
        row["HasOptedOutOfEmail"] = {"true": "yes", "false": "no"}[row["HasOptedOutOfEmail"]]
    return "retyped", "HasOptedOutOfEmail", "needs consent"


def fewer_digits(describe, rows):
    field(describe, "Balance__c").update(precision=10, scale=1)
    for number, row in enumerate(rows):
        row["Balance__c"] = f"{number}.5"
    return "retyped", "Balance__c", "needs consent"


def described_otherwise(describe, rows):
    field(describe, "Department").update(label="Division", createable=False)
    return "described otherwise", "Department", "safe"


def another_stamp(describe, rows):
    describe["fields"].remove(field(describe, "SystemModstamp"))
    for row in rows:
        del row["SystemModstamp"]
    return "another index field", "", "needs consent"


DRIFTS = [added, removed, longer, shorter, text_to_picklist, value_added, value_removed, value_relabelled,
          number_to_text, date_to_instant, truth_to_text, fewer_digits, described_otherwise, another_stamp]


class Drift:
    def setUp(self):
        super().setUp()
        self.base = pathlib.Path(self.folder)
        generated = self.sandbox({"Account": 10, OBJECT: ROWS})
        self.describe = generated.describe(OBJECT)
        self.rows = generated.rows(OBJECT)

    def org(self, name, describe, rows):
        """A sandbox with just this description and these records."""
        folder = org_folder.write(self.base / name, describe, rows)
        return scenario.Sandbox(self.base / f"{name}-sandbox", org=folder)

    def table(self):
        with self.koppla.connect() as store:
            cursor = store.execute("select * from demo_contact")
            names = [column[0] for column in cursor.description]
            return {row[names.index("id")]: dict(zip(names, row)) for row in cursor}

    def test_every_drift_is_told_and_followed(self):
        with self.org("base", self.describe, self.rows) as sandbox:
            self.koppla.add_account(sandbox)
            self.koppla.do("wizard", "demo", "--tables", OBJECT, "--yes")
            self.koppla.imported("demo", OBJECT)
            compare.demand_equal(sandbox, self.koppla, "demo", [OBJECT])
        first = self.table()
        self.assertEqual(len(first), ROWS)
        saved = self.koppla.save(self.base / "saved")
        for drift in DRIFTS:
            with self.subTest(drift=drift.__name__):
                self.koppla.restore(saved)
                describe, rows = copy.deepcopy(self.describe), copy.deepcopy(self.rows)
                told = drift(describe, rows)
                with self.org(drift.__name__, describe, rows) as sandbox:
                    self.koppla.move_account(sandbox)
                    self.follow(sandbox, first, *told)

    def follow(self, sandbox, first, what, name, impact):
        (differences,) = self.koppla.do("schema", "diff", "demo", "--json", code=3).document
        self.assertIn((what, name, impact),
                      [(each["what"], each["field"], each["impact"]) for each in differences["changes"]])

        # An import that nobody prepared may be refused, but writes nothing that isn't the CRM's.
        unprepared = self.koppla.run("import", "demo", OBJECT)
        new = {row["Id"]: row for row in sandbox.rows(OBJECT)}
        for key, row in self.table().items():
            for column, value in row.items():
                if value != first[key][column]:
                    fresh = {name.lower(): cell for name, cell in new[key].items()}
                    self.assertIn(str(value), (fresh.get(column), str(fresh.get(column) == "true").lower()),
                                  f"{column} of {key}: {unprepared}")

        if impact == "needs consent":
            held = self.koppla.do("wizard", "demo", "--recorded", "--yes", "--json", code=3).document
            self.assertTrue(held["tables"][0]["held_back"])
        self.koppla.do("wizard", "demo", "--recorded", "--yes", "--accept-changes")
        self.assertIn("as it was recorded", self.koppla.do("schema", "diff", "demo").said)
        report = self.koppla.imported("demo", OBJECT, "--full")[OBJECT]
        self.assertEqual(report["outcome"], "complete")
        compare.demand_equal(sandbox, self.koppla, "demo", [OBJECT])
        self.assert_nothing_lost(first, what)

    def assert_nothing_lost(self, first, what):
        """What the CRM doesn't offer any more is still there: in its column, or in the one that was left behind."""
        schema = json.loads(self.koppla.do("schema", "show", "demo", OBJECT, "--json").stdout)[0]
        parked = [each for each in schema["fields"] if each["parked"]]
        self.assertEqual(bool(parked), what == "gone" or what == "another index field" or
                         any("_until_" in each["column"] for each in parked))
        now = self.table()
        self.assertEqual(now.keys(), first.keys())
        for each in parked:
            before = each["column"].split("_until_")[0]
            for key, row in now.items():
                self.assertEqual(row[each["column"]], first[key][before], f"{each['column']} of {key}")
        print(f"{what}: {len(now)} rows, {len(parked)} parked columns unchanged", flush=True)


class OfSqlite(Drift, scenario.Scenario):
    pass


@scenario.soak
class OfPostgres(Drift, scenario.Scenario):
    store = store.Postgres


if __name__ == "__main__":
    scenario.main()
