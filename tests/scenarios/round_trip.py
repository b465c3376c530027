"""What is written comes back as it was: each type that the guides' tables name, at its edges, on both CRMs and both
stores. Set to null it is null, set again it is there again, and a deletion comes back as one."""
import csv
import dataclasses
import datetime
import decimal
import io
import itertools
import random
import re

from kit import setting
from kit.compare import compare
from kit.crm import DYNAMICS, SALESFORCE
from kit.scenario import Scenario, main
from kit.store import Postgres

ROWS = 500 if setting.SOAK else 40
SIGNIFICANT = 15  # decimal digits that a double holds, whatever they are


@dataclasses.dataclass
class Field:
    """A field that can be written, as the CRM describes it."""
    name: str
    type: str  # the CRM's own
    can_be_null: bool = True
    length: int = 0
    low: decimal.Decimal = None
    high: decimal.Decimal = None
    scale: int = 0
    codes: tuple = ()  # of a picklist, in the CRM's order
    is_restricted: bool = True  # to these codes
    states: tuple = ()  # of a status: the state of each code
    is_unique: bool = False
    targets: tuple = ()  # objects that a reference may lead to
    has_day_alone: bool = False  # though it is an instant
    target: str = ""  # the one of them that it leads to in this turn
    parents: tuple = ()  # and its records' identifiers

    @property
    def column(self):
        return self.name.lower()


def shortened(text, length):
    """To so many UTF-16 units at most, without half characters."""
    units = text.encode("utf-16-le")[:2 * length]
    return units.decode("utf-16-le", errors="ignore")


def texts(chance, field):
    """Each stays in one line."""
    length = field.length or 4000
    alphabet = "aZ09 _-,;:'\"\\/|^%&<>{}[]()=+@#äßéŁ漢字عبא😀🇪🇺\u200d\u0301"
    edges = ["a", "0", "x" * length, "ö" * length, "😀" * (length // 2), 'say "hi", it\'s', "a;b|c^d`e", "null", "NULL", "\\N",
             "''", '"', "0012", "1e5", "true", "=1+1", "\u202eעברית", "e\u0301", "👩‍💻", "\\u0041 \\n &amp; %41", " a  b ",
             "2026-11-01", "{}", "<b>", "-", "N/A"]
    return [shortened(each, length) for each in edges] + [
        "r" + "".join(chance.choices(alphabet, k=chance.randrange(min(length, 200) // 2))) for _ in range(8)]


def areas(chance, field):
    """Texts of several lines."""
    several = ["one\ntwo", "one\r\ntwo", "a\n\nb", 'a "quoted\nline", b', "<p>Tom &amp; <b>Ann</b></p>\n<br/>", "a\tb",
               "a\u2028b", "line;\n" * (field.length // 6 - 1) + "end"]
    return texts(chance, field) + [shortened(each, field.length) for each in several]


def phones(chance, field):
    edges = ["1", "+49 (30) 1234-567 ext. 89", "0" * field.length]
    return edges + ["+" + str(chance.randrange(10 ** 12)) for _ in range(5)]


def urls(chance, field):
    edges = ["https://example.org", "http://example.org/über?a=1&b=%20#c", "example.org", "https://example.org/"]
    edges.append(edges[-1] + "x" * (field.length - len(edges[-1])))
    return edges + [f"https://{chance.randrange(10 ** 6)}.example.org/?q={chance.random()}" for _ in range(5)]


def emails(chance, field):
    edges = ["a@b.de", "o'hara+tag.x_y-z@mail.example.org", "A.B@Example.ORG"]
    edges.append("x" * (field.length - len("@example.org")) + "@example.org")
    return edges + [f"{chance.randrange(10 ** 6)}@example.org" for _ in range(5)]


def numbers(chance, field):
    """The lowest, the highest, and what lies beside them and beside 0, with as many digits as the field's."""
    step = decimal.Decimal(1).scaleb(-field.scale)
    edges = {field.low, field.high, field.low + step, field.high - step, decimal.Decimal(0), step, -step, 1, -1,
             (field.low + field.high) / 2}
    edges |= {decimal.Decimal(chance.uniform(float(field.low), float(field.high))) for _ in range(8)}
    edges |= {decimal.Decimal(chance.uniform(-1, 1)) for _ in range(4)}
    kept = {each.quantize(step, decimal.ROUND_DOWN) for each in map(decimal.Decimal, edges)}
    return [f"{each:f}" for each in kept if field.low <= each <= field.high]


def doubles(chance, field):
    """No more digits than a double holds."""
    exact = [decimal.Decimal(each) for each in numbers(chance, field)]
    with decimal.localcontext() as context:
        context.prec, context.rounding = SIGNIFICANT, decimal.ROUND_DOWN
        return [f"{+each:f}" for each in exact]


def booleans(chance, field):
    return ["true", "false"]


def codes(chance, field):
    return list(field.codes) + ([] if field.is_restricted else ["Not in the list, but \"taken\""])


def several_codes(chance, field):
    some = [chance.sample(field.codes, chance.randint(1, len(field.codes))) for _ in range(8)]
    return [";".join(each) for each in [*([code] for code in field.codes), field.codes, field.codes[::-1], *some]]


def days(first, last):
    def values(chance, field):
        return [first, last, "1899-12-31", "1969-12-31", "1970-01-01", "1999-12-31", "2000-02-29", "2024-02-29", "2038-01-20",
                *(f"{chance.randint(1800, 3900)}-{chance.randint(1, 12):02}-{chance.randint(1, 28):02}" for _ in range(5))]
    return values


def clocks(chance):
    return f"{chance.randrange(24):02}:{chance.randrange(60):02}:{chance.randrange(60):02}"


def instants(first, last):
    """With and without milliseconds, with other zones; days are their midnights."""
    def values(chance, field):
        if field.has_day_alone:
            return [f"{day}T00:00:00Z" for day in days(first[:10], last[:10])(chance, field)]
        return [first, last, "1969-12-31T23:59:59Z", "1970-01-01T00:00:00Z", "2000-02-29T12:00:00.000Z",
                "2026-03-29T02:30:00+01:00", "2026-10-25T02:30:00.001+02:00", "2026-01-01T00:00:00+14:00",
                "2025-12-31T23:59:59.999-12:00", "2024-02-29T23:30:00-05:30", "2038-01-19T03:14:08Z",
                *(f"{day}T{clocks(chance)}.{chance.randrange(1000):03}Z" for day in days(first[:10], last[:10])(chance, field))]
    return values


def readings(first, last):
    """Of a clock on some wall: no zone."""
    def values(chance, field):
        return [first, last, "2026-03-29T02:30:00", "2000-02-29T12:00:00.000",
                *(f"{day}T{clocks(chance)}" for day in days(first[:10], last[:10])(chance, field))]
    return values


def times(chance, field):
    edges = ["00:00:00.000Z", "23:59:59.999Z", "12:00:00Z", "09:30:00.500Z", "09:30:00"]
    return edges + [f"{clocks(chance)}.000Z" for _ in range(5)]


def parents(chance, field):
    return list(field.parents)


def guids(chance, field):
    made = [f"{chance.randrange(16 ** 32):032x}" for _ in range(5)]
    return ["00000000-0000-0000-0000-000000000001", "ffffffff-ffff-ffff-ffff-ffffffffffff",
            *("-".join((g[:8], g[8:12], g[12:16], g[16:20], g[20:])) for g in made)]


def as_it_is(field, text):
    return text


def trimmed(field, text):
    return text.strip(" \t\r\n\f\v")


def in_their_order(field, text):
    given = text.split(";")
    return ";".join(code for code in field.codes if code in given)


def whole_seconds(field, text):
    moment = datetime.datetime.fromisoformat(text.replace("Z", "+00:00"))
    if moment.tzinfo is None:
        return moment.strftime("%Y-%m-%dT%H:%M:%S.000")
    return moment.astimezone(datetime.timezone.utc).strftime("%Y-%m-%dT%H:%M:%S.000Z")


def with_milliseconds(field, text):
    return (text.rstrip("Z") + ("" if "." in text else ".000")) + "Z"


@dataclasses.dataclass(frozen=True)
class Kind:
    """What values a type takes, and where they arrive otherwise, how, by which words of the guide."""
    values: callable
    arrives: callable = as_it_is
    words: str = ""
    in_the_org: callable = lambda text: text  # how the org's own state tells it


def stamp_of_dynamics(text):
    return text and text[:19] + "Z"


TEXT_OF_SALESFORCE = (trimmed, "Salesforce takes blanks off both ends of a text")
DAYS_OF_SALESFORCE = "1700-01-01", "4000-12-31"
INSTANTS_OF_SALESFORCE = "1700-01-01T00:00:00.000Z", "4000-12-31T23:59:59.999Z"
DAYS_OF_DYNAMICS = "1753-01-01", "9999-12-30"
INSTANTS_OF_DYNAMICS = "1753-01-01T00:00:00Z", "9999-12-30T23:59:59Z"
SECONDS = "date/times are cut to whole seconds"
ORDER = "the codes in the order of the list"

# By the rows of the guides' tables: the CRM's types and how they are written; None for what isn't.
TYPES = {
    SALESFORCE: {
        "text, phone, URL, e-mail, text area, combo box, encrypted text": {
            "string": Kind(texts, *TEXT_OF_SALESFORCE), "phone": Kind(phones), "url": Kind(urls), "email": Kind(emails),
            "textarea": Kind(areas, *TEXT_OF_SALESFORCE), "combobox": Kind(texts, *TEXT_OF_SALESFORCE),
            "encryptedstring": Kind(texts, *TEXT_OF_SALESFORCE)},
        "picklist": {"picklist": Kind(codes)},
        "multi-select picklist": {"multipicklist": Kind(several_codes, in_their_order, ORDER)},
        "checkbox": {"boolean": Kind(booleans)},
        "number, currency, percent": {name: Kind(doubles) for name in ("int", "double", "currency", "percent")},
        "date": {"date": Kind(days(*DAYS_OF_SALESFORCE))},
        "date/time": {"datetime": Kind(instants(*INSTANTS_OF_SALESFORCE), whole_seconds, SECONDS)},
        "time": {"time": Kind(times, with_milliseconds, "`13:00:00.000Z`")},
        "id, lookup, master-detail": {"reference": Kind(parents)},
        "address, geolocation": {},
        "file content (base64)": {"base64": None},
        "formula, roll-up": {}},
    DYNAMICS: {
        "single and multiple lines of text, e-mail, phone, URL": {"String": Kind(texts), "Memo": Kind(areas)},
        "whole number, big integer": {"Integer": Kind(numbers), "BigInt": Kind(numbers)},
        "decimal, currency": {"Decimal": Kind(numbers), "Money": Kind(numbers)},
        "floating point": {"Double": Kind(doubles)},
        "yes/no": {"Boolean": Kind(booleans)},
        "choice, state, status reason": {"Picklist": Kind(codes), "State": Kind(codes), "Status": Kind(codes)},
        "choices (several)": {
            "MultiSelectPicklist": Kind(several_codes, in_their_order, ORDER, lambda text: text.replace(";", ","))},
        "date and time, user local": {
            "DateTime, UserLocal": Kind(instants(*INSTANTS_OF_DYNAMICS), whole_seconds, SECONDS, stamp_of_dynamics)},
        "date and time, time-zone independent": {
            "DateTime, TimeZoneIndependent": Kind(readings("1753-01-01T00:00:00", "9999-12-30T23:59:59"), whole_seconds,
                                                  SECONDS, stamp_of_dynamics)},
        "date only": {"DateTime, DateOnly": Kind(days(*DAYS_OF_DYNAMICS))},
        "lookup, customer, regarding, owner": {
            "Lookup": Kind(parents), "Customer": Kind(parents), "Owner": Kind(parents), "EntityName": None},
        "unique identifier": {"Uniqueidentifier": Kind(guids)},
        "party list": {"PartyList": None},
        "image, file": {"Image": None, "File": None}}}
KINDS = {crm: {name: kind for row in rows.values() for name, kind in row.items()} for crm, rows in TYPES.items()}
NUMBERS = {"int", "double", "currency", "percent", "Integer", "BigInt", "Decimal", "Money", "Double"}

FIELDS = {}  # of objects by name, the same in every sandbox


def guide(crm):
    return (setting.ROOT / "docs" / "guide" / f"connect-{crm.type}.md").read_text()


def documented(crm):
    """The first column of the guide's table of types."""
    section = re.search(r"^## How (?:field|column) types arrive\n\n((?:\|.*\n)+)", guide(crm), re.M)[1]
    return [line.split("|")[1].strip() for line in section.splitlines()[2:]]


def types_of_salesforce(org):
    """Of all fields that can be made and changed."""
    names = [each["name"] for each in org.fetch_as_user("/services/data/v60.0/sobjects")["sobjects"]]
    return {field["type"] for name in names for field in org.describe(name)["fields"]
            if field["createable"] and field["updateable"]}


def types_of_dynamics(org):
    """Without what tells points in time apart."""
    tables = org.ask("EntityDefinitions?$select=LogicalName&$expand=Attributes("
                     "$select=AttributeTypeName,IsValidForCreate,IsValidForUpdate)")["value"]
    return {each["AttributeTypeName"]["Value"].removesuffix("Type") for table in tables for each in table["Attributes"]
            if each["IsValidForCreate"] and each["IsValidForUpdate"]}


def fields_of_salesforce(org, name):
    """Those that can be made and changed."""
    made = []
    for each in org.describe(name)["fields"]:
        if not (each["createable"] and each["updateable"]):
            continue
        field = Field(each["name"], each["type"], each["nillable"], each["length"],
                      codes=tuple(value["value"] for value in each["picklistValues"] if value["active"]),
                      is_restricted=each["restrictedPicklist"], is_unique=each["unique"], targets=tuple(each["referenceTo"]))
        if field.type in NUMBERS:
            field.scale = each["scale"]
            whole = each["digits"] or min(each["precision"] - field.scale, SIGNIFICANT - field.scale)
            field.high = decimal.Decimal(10 ** whole) - decimal.Decimal(1).scaleb(-field.scale)
            for part, bound in (("Latitude", 90), ("Longitude", 180)):
                if part in field.name:
                    field.high = decimal.Decimal(bound)
            field.low = -field.high
        made.append(field)
    return made


def fields_of_dynamics(org, name):
    path = f"EntityDefinitions(LogicalName='{name}')/Attributes"
    described = {each["LogicalName"]: each for each in org.ask(path)["value"]}
    keys = org.ask(f"EntityDefinitions(LogicalName='{name}')/Keys")["value"]
    unique = {column for key in keys for column in key["KeyAttributes"] if key["EntityKeyIndexStatus"] == "Active"}
    choices = ("Picklist", "MultiSelectPicklist", "State", "Status")
    for kind in ("String", "Memo", "Integer", "BigInt", "Decimal", "Double", "Money", "DateTime", "Lookup", *choices):
        asked = "?$expand=OptionSet,GlobalOptionSet" if kind in choices else ""
        for each in org.ask(f"{path}/Microsoft.Dynamics.CRM.{kind}AttributeMetadata{asked}")["value"]:
            described[each["LogicalName"]].update(each)
    made = []
    for each in described.values():
        if not (each["IsValidForCreate"] and each["IsValidForUpdate"]):
            continue
        field = Field(each["LogicalName"], each["AttributeTypeName"]["Value"].removesuffix("Type"),
                      each["RequiredLevel"]["Value"] != "SystemRequired", each.get("MaxLength") or 0,
                      targets=tuple(each.get("Targets") or ()), is_unique=each["LogicalName"] in unique)
        if field.type == "DateTime":
            field.type += ", " + each["DateTimeBehavior"]["Value"]
            field.has_day_alone = each["Format"] == "DateOnly"
        if field.type in NUMBERS:
            field.low, field.high = decimal.Decimal(each["MinValue"]), decimal.Decimal(each["MaxValue"])
            field.scale = each.get("Precision") or 0
        if listed := each.get("OptionSet") or each.get("GlobalOptionSet"):
            field.codes = tuple(str(option["Value"]) for option in listed["Options"])
            field.states = tuple(str(option.get("State")) for option in listed["Options"])
        if field.type in ("State", "Status"):
            field.can_be_null = False
        made.append(field)
    return made


def quoted(text):
    return "null" if text is None else "'" + text.replace("'", "''") + "'"


class RoundTrip:
    """`objects`: together they have a field of each type. Postgres's columns are what differs there."""

    def setUp(self):
        super().setUp()
        self.chance = random.Random(setting.SEED)
        self.org = self.sandbox(self.records, crm=self.crm)
        self.koppla.add_account(self.org)
        self.koppla.do("wizard", "demo", "--tables", ",".join(self.objects), "--yes")
        self.koppla.do("import", "demo", *self.objects)
        self.tables = self.cells = 0

    def table(self, name):
        return f"demo_{name.lower()}"

    def writable(self, name):
        if name not in FIELDS:
            FIELDS[name] = self.fields_of(self.org, name)
        return [field for field in FIELDS[name] if KINDS[self.crm][field.type]]

    def ids(self, name):
        """Of records that a reference may lead to."""
        return [row[self.crm.key_of(name)] for row in self.org.rows(name) if row.get("IsDeleted", "false") == "false"]

    def lead(self, name, fields, turn):
        """Lets each reference lead to one of its objects."""
        known = {}
        for field in (field for field in fields if field.targets):
            for target in field.targets:
                if target == "RecordType":
                    known[target] = [row["Id"] for row in self.org.rows(target) if row["SobjectType"] == name]
                elif target not in known:
                    known[target] = self.ids(target)
            filled = [target for target in field.targets if known[target]]
            field.target = filled[turn % len(filled)]
            field.parents = tuple(known[field.target])

    def values(self, name, fields, keys, turn):
        """A row for each key: what is written, and what arrives."""
        self.lead(name, fields, turn)
        rows, arriving = [dict() for _ in keys], [dict() for _ in keys]
        for field in fields:
            kind = KINDS[self.crm][field.type]
            values = kind.values(self.chance, field)
            self.assertTrue(values, f"{name}.{field.name} has no values")
            self.chance.shuffle(values)
            for row, arrived, value in zip(rows, arriving, itertools.cycle(values)):
                if field.can_be_null and self.chance.random() < 0.1 and "currency" not in field.name:
                    value = None
                row[field.column] = value
                arrived[field.name] = "" if value is None else kind.arrives(field, value)
                if len(field.targets) > 1 and self.crm is DYNAMICS:
                    arrived[field.name + "type"] = field.target if value else ""
        self.fit_states(fields, rows, arriving)
        if any(field.name == "RecordTypeId" for field in fields):
            self.fit_record_types(name, fields, rows, arriving)
        return rows, arriving

    @staticmethod
    def fit_states(fields, rows, arriving):
        """A status reason goes with one state."""
        for status in (field for field in fields if field.type == "Status"):
            states = dict(zip(status.codes, status.states))
            for row, arrived in zip(rows, arriving):
                row["statecode"] = arrived["statecode"] = states[row[status.column]]

    def fit_record_types(self, name, fields, rows, arriving):
        """A record's type, or the usual one, takes some values of a picklist alone."""
        infos = self.org.describe(name)["recordTypeInfos"]
        usual = next(each["recordTypeId"] for each in infos if each["defaultRecordTypeMapping"])
        allowed = {each["recordTypeId"]: self.org.picklists(name, each["recordTypeId"]) for each in infos}
        for field in (field for field in fields if field.codes and field.is_restricted):
            for row, arrived in zip(rows, arriving):
                codes = allowed[row["recordtypeid"] or usual][field.name]
                kept = ";".join(code for code in (row[field.column] or "").split(";") if code in codes)
                row[field.column] = kept or None
                arrived[field.name] = KINDS[self.crm][field.type].arrives(field, kept)

    def make_table(self, name, key, keys, rows, columns, is_typed):
        """A table of the store's: its columns texts, or of the types that the wizard gave them."""
        self.tables += 1
        made = f"mine_{self.tables}"
        every = [key.lower(), *columns]
        if is_typed:
            listed = ", ".join(f'"{column}"' for column in every)
            making = f'create table {made} as select {listed} from "{self.table(name)}" where 1 = 0;\n'
        else:
            listed = ", ".join(f'"{column}" text' for column in every)
            making = f"create table {made} ({listed});\n"
        lines = [", ".join(map(quoted, [own, *(row.get(column) for column in columns)])) for own, row in zip(keys, rows)]
        self.koppla.place.change(making + "".join(f"insert into {made} values ({line});\n" for line in lines))
        return made

    def mapping(self, key, fields):
        parts = [f"{key.lower()}={key}"]
        for field in fields:
            target = f".{field.target}" if len(field.targets) > 1 else ""
            parts.append(f"{field.column}={field.name}{target}" + (":clear" if field.can_be_null else ""))
        return ",".join(parts)

    def send(self, name, table, mapping, *words):
        outcome = self.koppla.run("export", "demo", name, "--table", table, "--map", mapping, *words, "--json")
        if outcome.code == 4:
            rejects = csv.DictReader(io.StringIO(self.koppla.do("run", "rejects", outcome.document["run"], "--csv").stdout))
            self.fail("\n".join(sorted({f"{each['error_symbol']}: {each['error_message']}"[:300] for each in rejects})))
        self.assertEqual(outcome.code, 0, str(outcome))
        self.assertEqual(outcome.document["outcome"], "complete")
        return outcome.document

    def check(self, name, key, keys, fields, arriving):
        """The org's own state, and the store's after an import."""
        self.koppla.do("import", "demo", name)
        types = {field.name: field.type for field in fields}
        rows = {row[key]: row for row in self.org.rows(name)}
        wrong = []
        for own, arrived in zip(keys, arriving):
            for field, value in arrived.items():
                cell = rows[own][field]
                is_same = cell == (KINDS[self.crm][types[field]].in_the_org(value) if field in types else value)
                if types.get(field) in NUMBERS and cell and value:
                    is_same = decimal.Decimal(cell) == decimal.Decimal(value)
                if not is_same:
                    wrong.append(f"{name}.{field} ({types.get(field)}): {value!r:.200} became {cell!r:.200} in the org")
        self.assertEqual(wrong[:10], [])
        result = compare([{key: own, **arrived} for own, arrived in zip(keys, arriving)], self.koppla, self.table(name),
                         self.org.numbers(name), key, f'"{key.lower()}" in ({", ".join(map(quoted, keys))})')
        self.assertEqual(result.examples, [])
        self.cells += result.cells

    def write_and_check(self, name, key, keys, fields, turn, is_typed, *words):
        rows, arriving = self.values(name, fields, keys, turn)
        table = self.make_table(name, key, keys, rows, [field.column for field in fields], is_typed)
        done = self.send(name, table, self.mapping(key, fields), *words)
        self.assertEqual(done["done"] + done["created"], len(keys))
        self.check(name, key, keys, fields, arriving)

    def clear_and_check(self, name, key, keys, fields, *words):
        some = [field for field in fields if field.can_be_null]
        table = self.make_table(name, key, keys, [{}] * len(keys), [field.column for field in some], False)
        self.send(name, table, self.mapping(key, some), *words)
        self.check(name, key, keys, some, [{field.name: "" for field in some}] * len(keys))

    def turns(self):
        """How values are written, whether the table's columns are of the wizard's types, and how all is set to null then."""
        first, last = self.crm.batches[0], self.crm.batches[-1]
        if setting.SOAK:
            return [(first, False, last), (last, True, first), (first, True, last), (last, False, first)]
        return [(last, True, first)] if self.store is Postgres else [(first, False, last), (last, True, None)]

    def write_values_and_nulls(self, name):
        key, fields = self.crm.key_of(name), [field for field in self.writable(name) if not field.is_unique]
        keys = self.ids(name)[:ROWS]
        for turn, (way, is_typed, clearing) in enumerate(self.turns()):
            with self.subTest(name, way=way, is_typed=is_typed):
                self.write_and_check(name, key, keys, fields, turn, is_typed, "--batch", way)
                if clearing:
                    self.clear_and_check(name, key, keys, fields, "--batch", clearing)

    def make_and_change(self, name):
        """By a key of ours, records that were set to null among them."""
        key = next(field.name for field in self.writable(name) if field.is_unique)
        fields = [field for field in self.writable(name) if not field.is_unique]
        known = [row[key] for row in self.org.rows(name) if row[key]][:ROWS // 2]
        words = ["Ö", "O'Hara", '"', "😀", "a,b", "漢字", "a b", "0012", "e\u0301", "a#b", "x=y", "(1)", "a;b", "a$b", "a@b"]
        for turn, way in enumerate(self.crm.batches):
            fresh = [f"{word}-{way}{i}" for i, word in zip(range(ROWS // 2), itertools.cycle(words))]
            with self.subTest(name, key=key, way=way):
                self.write_and_check(name, key, known + fresh, fields, turn, turn % 2 == 0, "--key", key, "--batch", way)

    def removed(self, name):
        with self.koppla.connect() as store:
            key = self.crm.key_of(name).lower()
            return {own for (own,) in store.execute(f'select "{key}" from "{self.table(name)}" where isdeleted')}

    def delete(self, name):
        for way, words in zip(self.crm.batches, self.tells):
            with self.subTest(name, way=way, words=words):
                before = self.removed(name)
                doomed = self.chance.sample(sorted(set(self.ids(name)) - before), 5)
                table = self.make_table(name, self.crm.key, doomed, [{}] * len(doomed), [], False)
                self.koppla.do("delete", "demo", name, "--table", table, "--key-column", self.crm.key.lower(), "--batch", way)
                told = self.koppla.do("import-deleted", "demo", name, *words, "--json").document
                self.assertEqual(told["marked"], len(doomed))
                self.assertEqual(self.removed(name), before | set(doomed))

    def test_what_is_written_comes_back_and_so_do_nulls_and_deletions(self):
        for name in self.objects:
            self.write_values_and_nulls(name)
        for name in (self.crm.contact, self.crm.account):
            self.make_and_change(name)
        self.delete(self.crm.contact)
        self.assertGreater(self.cells, 0)
        print(f"{self.crm}, {self.store.name}: {self.cells} cells compared", flush=True)


class OfSalesforce(RoundTrip, Scenario):
    crm = SALESFORCE
    objects = ("Contact", "Account", "Task")
    records = {"Account": ROWS + 5, "Contact": ROWS + 20, "Task": ROWS, "Lead": 5, "Opportunity": 5, "Order": 5, "Campaign": 5}
    fields_of = staticmethod(fields_of_salesforce)
    tells = ((), ("--sweep", "--share", 50))


class OfDynamics(RoundTrip, Scenario):
    crm = DYNAMICS
    objects = ("contact", "account")
    records = {"account": ROWS + 5, "contact": ROWS + 20, "lead": 5, "pricelevel": 2}
    fields_of = staticmethod(fields_of_dynamics)
    tells = (("--sweep", "--share", 50),)


class OfTheGuides(Scenario):
    def check(self, crm, org, types, shown):
        kinds = KINDS[crm]
        self.assertEqual(documented(crm), list(TYPES[crm]), "documented, and generated")
        self.assertEqual(types - {name.split(",")[0] for name in kinds}, set(), "no row of the table is of these types")
        met = {field.type for name in shown.objects for field in shown.fields_of(org, name)}
        self.assertEqual({name for name, kind in kinds.items() if kind} - met, set(), "nothing is shown of these types")
        said = " ".join(guide(crm).split())
        self.assertEqual([kind.words for kind in kinds.values() if kind and kind.words not in said], [], "not documented")

    def test_each_type_is_documented_and_shown(self):
        org = self.sandbox({})
        self.check(SALESFORCE, org, types_of_salesforce(org), OfSalesforce)
        self.check(DYNAMICS, org.dynamics, types_of_dynamics(org.dynamics), OfDynamics)


class OfSalesforceOnPostgres(OfSalesforce):
    store = Postgres
    objects = OfSalesforce.objects if setting.SOAK else OfSalesforce.objects[:2]


class OfDynamicsOnPostgres(OfDynamics):
    store = Postgres


if __name__ == "__main__":
    main()
