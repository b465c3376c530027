"""What an import does to single fields, which field tells changes, and formulas brought up to date."""
from kit import compare, scenario, store


class Conversions:
    def setUp(self):
        super().setUp()
        self.org = self.sandbox({"Account": 20, "Contact": 300})
        self.koppla.add_account(self.org)
        self.koppla.do("wizard", "demo", "--tables", "Account,Contact", "--yes")

    def column(self, name):
        with self.koppla.connect() as store:
            return dict(store.execute(f"select id, {name} from demo_contact"))

    def test_each_value_is_treated_as_asked(self):
        self.koppla.imported("demo", "Contact", "--convert",
                             "Email=hash,Phone=mask,LastName=trim,CreatedDate=date-only,"
                             "LastModifiedDate=without-time-offset")
        rows = self.org.rows("Contact")
        emails, phones, names = self.column("email"), self.column("phone"), self.column("lastname")
        created, modified = self.column("createddate"), self.column("lastmodifieddate")
        hashes = {}
        for row in rows:
            key = row["Id"]
            if row["Email"]:
                self.assertRegex(emails[key], "^[0-9a-f]{64}$")
                self.assertEqual(hashes.setdefault(row["Email"], emails[key]), emails[key])
            if row["Phone"]:
                self.assertEqual(phones[key], row["Phone"][0] + "***")
            self.assertEqual(names[key], row["LastName"].strip() or None)
            self.assertEqual(created[key], self.day(row["CreatedDate"][:10]))
            self.assertEqual(modified[key], self.reading(row["LastModifiedDate"][:23]))
        self.assertEqual(len(set(hashes.values())), len(hashes))
        contents = list(self.koppla.store_bytes().values())
        self.assertFalse(any(row["Email"] and row["Email"].encode() in content for row in rows for content in contents),
                         "an address lies in the clear")

        # Another conversion is another question.
        refused = self.koppla.do("import", "demo", "Contact", code=1)
        self.assertIn("the conversions were 'CreatedDate=date-only, Email=hash", refused.said)
        self.koppla.imported("demo", "Contact", "--full")
        compare.demand_equal(self.org, self.koppla, "demo", ["Contact"])

    def test_what_does_not_fit_is_refused_before_a_row_is_read(self):
        for conversion, words in [("Email=sha1", "there is no conversion 'sha1'"),
                                  ("Balance__c=mask", "is for texts"),
                                  ("Birthdate=date-only", "is for instants"),
                                  ("Id=hash", "identifies or dates records"),
                                  ("Nowhere=trim", "Contact.Nowhere"),
                                  ("Email", "FIELD=CONVERSION")]:
            said = self.koppla.do("import", "demo", "Contact", "--convert", conversion, code=1).said
            self.assertIn(words, said)
        self.assertEqual(self.column("id"), {})

    def test_the_index_field_can_be_chosen(self):
        self.koppla.imported("demo", "Contact", "--index-field", "LastModifiedDate")
        self.assertIn("the index field was LastModifiedDate and is SystemModstamp",
                      self.koppla.do("import", "demo", "Contact", code=1).said)
        self.org.change("Contact", update=7, delete=2)
        report = self.koppla.imported("demo", "Contact", "--index-field", "lastmodifieddate")["Contact"]
        # A deletion moves SystemModstamp alone, and a person who chose is told.
        self.assertEqual(report["changed"], 7)
        self.assertIn("deletions", " ".join(report["notices"]))
        self.koppla.imported("demo", "Contact", "--full")
        compare.demand_equal(self.org, self.koppla, "demo", ["Contact"])
        for field in ("Email", "Birthdate", "Nowhere"):
            self.assertIn("can't tell changes",
                          self.koppla.do("import", "demo", "Contact", "--index-field", field, code=1).said)

    def test_the_records_that_a_query_names(self):
        self.koppla.imported("demo", "Contact")
        wanted = {row["AccountId"] for row in self.org.rows("Contact") if row["AccountId"]}
        query = "select accountid from demo_contact"
        report = self.koppla.imported("demo", "Account", "--ids-from", query)["Account"]
        self.assertEqual(report["read"], len(wanted))
        self.assertIsNone(report["position"])
        with self.koppla.connect() as store:
            self.assertEqual({key for (key,) in store.execute("select id from demo_account")}, wanted)
        # More than one request's worth, some of them gone.
        query = "select id from demo_contact union select substr(id, 1, 8) || '999' || substr(id, 12, 4) from demo_contact"
        report = self.koppla.imported("demo", "Contact", "--ids-from", query)["Contact"]
        self.assertEqual(report["read"], 300)
        self.assertIn("wanted records", " ".join(report["notices"]))
        for query, words in [("select id from nowhere", "nowhere"), ("select id from demo_lead", "demo_lead"),
                             ("select null", "gives no identifiers"), ("delete from demo_contact", "--ids-from")]:
            self.assertIn(words, self.koppla.do("import", "demo", "Contact", "--ids-from", query, code=1).said)
        compare.demand_equal(self.org, self.koppla, "demo", ["Contact"])

    def test_formulas_are_brought_up_to_date(self):
        calculated = {field["name"]: field["calculated"] for field in self.org.describe("Contact")["fields"]}
        formulas = [name for name in calculated if calculated[name]]
        if not formulas:
            said = self.koppla.do("import", "demo", "Contact", "--refresh-derived", code=1).said
            self.assertIn("no formula or roll-up", said)
            return
        self.koppla.imported("demo", "Contact")
        options = self.koppla.do("option", "list", "--json").stdout
        self.koppla.place.change(f"update demo_contact set {formulas[0].lower()} = null")
        self.org.change("Contact", insert=3)
        report = self.koppla.imported("demo", "Contact", "--refresh-derived")["Contact"]
        self.assertEqual(report["added"], 0)
        self.assertGreater(report["changed"], 0)
        self.assertEqual(self.koppla.do("option", "list", "--json").stdout, options)
        self.koppla.imported("demo", "Contact")
        compare.demand_equal(self.org, self.koppla, "demo", ["Contact"])
        self.assertIn("(calculated)", self.koppla.do("schema", "show", "demo", "Contact").stdout)


class OfSqlite(Conversions, scenario.Scenario):
    """A column of instants takes any text."""

    @staticmethod
    def day(text):
        return text

    reading = day


@scenario.soak
class OfPostgres(Conversions, scenario.Scenario):
    """A column of instants holds instants: a day is its midnight, a clock's reading is taken as UTC."""

    store = store.Postgres

    @staticmethod
    def day(text):
        return text + "T00:00:00.000Z"

    @staticmethod
    def reading(text):
        return text + "Z"


if __name__ == "__main__":
    scenario.main()
