"""An org folder in which a recorded reply is true: the describes that were recorded, and the records, parents
and children that the reply shows."""
import csv
import json
import re

ALPHABET = "ABCDEFGHIJKLMNOPQRSTUVWXYZ012345"
OWN = ("User", "Organization")  # every sandbox has them


def checked(id15):
    """The 18 characters of an id's 15. [Salesforce: record ids]"""
    groups = (id15[i:i + 5] for i in (0, 5, 10))
    return id15 + "".join(ALPHABET[sum(c.isupper() << i for i, c in enumerate(group))] for group in groups)


def is_record(value):
    return isinstance(value, dict) and isinstance(value.get("attributes"), dict) and "type" in value["attributes"]


def is_children(value):
    return isinstance(value, dict) and isinstance(value.get("records"), list)


class PastOrg:
    def __init__(self, describes):
        self.describes = dict(describes)
        self.listed = None  # the list of objects, where it was recorded
        self.rows = {}  # object -> id -> {field: value}
        self.ids = {}   # as recorded, trimmed or foreign -> valid here

    def id_of(self, name, recorded):
        """The valid id that stands for a recorded one."""
        if recorded not in self.ids:
            prefix = self.describe(name)["keyPrefix"]
            self.ids[recorded] = checked(f"{prefix}{len(self.ids) + 1:012d}")
        return self.ids[recorded]

    def describe(self, name, fields=()):
        """The recorded describe; of an object without one, what the reply tells of it."""
        if name not in self.describes:
            letters = "abcdefghijklmnopqrstuvwxyz"
            field = {"type": "id", "length": 18, "name": "Id", "filterable": True, "idLookup": True}
            self.describes[name] = {"name": name, "label": name, "queryable": True, "createable": True,
                                    "keyPrefix": f"a{letters[len(self.describes) % 26]}z", "fields": [field]}
        known = {field["name"].lower() for field in self.describes[name]["fields"]}
        for field in fields:
            if field.lower() not in known and not self.describes[name].get("childRelationships"):
                self.describes[name]["fields"].append(
                    {"name": field, "label": field, "type": "string", "length": 255, "filterable": True,
                     "sortable": True, "nillable": True, "createable": True, "updateable": True})
        return self.describes[name]

    def reference(self, name, relationship):
        return next((f["name"] for f in self.describe(name)["fields"] if f.get("relationshipName") == relationship),
                    None)

    def child(self, name, relationship):
        for link in self.describe(name).get("childRelationships", []):
            if link.get("relationshipName") == relationship and link["childSObject"] in self.describes:
                return link["field"]
        return None

    def add_row(self, name, recorded_id, fields):
        own = self.id_of(name, recorded_id)
        self.rows.setdefault(name, {}).setdefault(own, {}).update(fields)
        return own

    def add(self, record, **links):
        """A record of a reply, with all that hangs on it; its id here."""
        name, url = record["attributes"]["type"], record["attributes"].get("url", "")
        if name in OWN:
            return None
        plain = {k: v for k, v in record.items() if k != "attributes" and not isinstance(v, (dict, list))}
        self.describe(name, plain)
        plain.update(links)
        for key, value in record.items():
            if is_record(value) and self.reference(name, key):
                plain[self.reference(name, key)] = self.add(value)
        plain.pop("Id", None)
        own = self.add_row(name, url.rsplit("/", 1)[-1], plain)
        for key, value in record.items():
            if is_children(value) and self.child(name, key):
                for child in value["records"]:
                    self.add(child, **{self.child(name, key): own})
        return own

    def add_reply(self, reply):
        """Every record that a reply shows, wherever in it."""
        if is_record(reply):
            self.add(reply)
        elif isinstance(reply, dict):
            for value in reply.values():
                self.add_reply(value)
        elif isinstance(reply, list):
            for value in reply:
                self.add_reply(value)

    def add_mentioned(self, text):
        """A record for each id that a request names."""
        prefixes = {d.get("keyPrefix"): name for name, d in self.describes.items()}
        for id18 in re.findall(r'"([0-9A-Za-z]{18})"', text or ""):
            name = prefixes.get(id18[:3])
            if name:
                self.add_row(name, id18, {})

    def fulfil(self, soql):
        """Gives the rows what the query demands of them by `=`."""
        name = re.search(r"\bFROM\s+(\w+)(?!.*\))", soql, re.I | re.S)
        if name and name[1] in self.rows and " where " in soql.lower():
            demanded = dict(re.findall(r"\b(\w+)\s*=\s*'([^']*)'", soql))
            demanded.pop("Id", None)
            self.describe(name[1], demanded)
            for row in self.rows[name[1]].values():
                row.update(demanded)

    def translated(self, text):
        for recorded, own in self.ids.items():
            pattern = re.escape(recorded) if len(recorded) >= 15 else rf"(?<=/){re.escape(recorded)}(?=$|[/?])"
            text = re.sub(pattern, own, text)
        return text

    def write(self, folder):
        (folder / "describe").mkdir(parents=True)
        (folder / "records").mkdir()
        if self.listed:
            (folder / "describe" / "_global.json").write_text(json.dumps(self.listed))
        for name, describe in self.describes.items():
            (folder / "describe" / f"{name}.json").write_text(json.dumps(describe))
        for name, rows in self.rows.items():
            types = {f["name"]: f["type"] for f in self.describes[name]["fields"]}
            columns = sorted({c for row in rows.values() for c in row if types.get(c) not in (None, "address", "location")})
            with open(folder / "records" / f"{name}.csv", "w", newline="", encoding="utf-8") as file:
                writer = csv.writer(file, quoting=csv.QUOTE_ALL)
                writer.writerow(["Id", *columns])
                for own, row in rows.items():
                    writer.writerow([own, *(self.cell(row.get(column)) for column in columns)])
        return folder

    @staticmethod
    def cell(value):
        if value is None:
            return ""
        if isinstance(value, bool):
            return "true" if value else "false"
        return re.sub(r"^(\d{4}-\d\d-\d\dT[\d:.]+)\+0000$", r"\1Z", str(value))
