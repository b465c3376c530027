"""Compares records as CSV cells with a table of the store, cell by cell."""
import decimal


INSTANTS = ("datetime", "timestamp with time zone", "timestamp without time zone")


class Difference(AssertionError):
    pass


def matches(cell, value, declared, is_number):
    """Whether a store's value of a column declared so is what the CSV's cell says; "" is no value."""
    if cell == "" or value is None:
        return cell == "" and value is None
    if declared == "boolean":
        return cell in ("true", "false") and value == int(cell == "true")
    if declared in INSTANTS and "." not in cell:  # milliseconds, told or not
        return cell.replace("Z", ".000Z") == value
    if declared in ("integer", "bigint"):
        return isinstance(value, int) and decimal.Decimal(cell) == value
    if declared == "real":
        return float(cell) == value
    if is_number:  # more digits than a double holds: exact text, which may leave out an exponent or a last 0
        return isinstance(value, str) and decimal.Decimal(cell) == decimal.Decimal(value)
    return cell == value


class Comparison:
    """The result of comparing one object: counts, and the first differences in words."""

    def __init__(self, table):
        self.table = table
        self.records = self.cells = self.different = 0
        self.examples = []

    def differs(self, text):
        self.different += 1
        if len(self.examples) < 10:
            self.examples.append(f"{self.table}: {text}")

    def __str__(self):
        return f"{self.table}: {self.records} records, {self.cells} cells compared, {self.different} different"


def compare(rows, koppla, table, numbers, key="Id", where="true"):
    """`rows`: dicts by field name; `numbers`: which fields are decimals; `key`: which field identifies a row. Every
    field has to be a column of the table, and every row of the table that is as `where` says has to be among `rows`."""
    result = Comparison(table)
    declared = koppla.place.columns(table)
    fields = list(rows[0]) if rows else []
    missing = [f for f in fields if f.lower() not in declared]
    if missing or not declared:
        result.differs(f"has no column for {missing}" if declared else "is no table of the store")
        return result
    chosen = ", ".join(f'"{f.lower()}"' for f in fields) or f'"{key.lower()}"'
    with koppla.connect() as store:
        kept = store.execute(f'select "{key.lower()}", {chosen} from "{table}" where {where}').fetchall()
    by_key = {row[0]: row[1:] for row in kept}
    for row in rows:
        result.records += 1
        kept = by_key.pop(row[key], None)
        if kept is None:
            result.differs(f"{row[key]} is missing")
            continue
        for field, value in zip(fields, kept):
            result.cells += 1
            if not matches(row[field], value, declared[field.lower()], field in numbers):
                result.differs(f"{row[key]} {field}: {row[field]!r:.120} became {value!r:.120}")
    for surplus in by_key:
        result.differs(f"{surplus} is in the store alone")
    return result


def compare_chosen(sandbox, koppla, account, name, numbers=frozenset()):
    """Compares an object's table with the sandbox's own state, as far as the table has columns."""
    table = f"{account}_{name.lower()}"
    columns = koppla.place.columns(table)
    rows = [{field: cell for field, cell in row.items() if field.lower() in columns} for row in sandbox.rows(name)]
    return compare(rows, koppla, table, numbers, sandbox.crm.key_of(name), sandbox.crm.present)


def compare_whole(sandbox, koppla, account, name):
    """The same where every field has to have its column."""
    return compare(sandbox.rows(name), koppla, f"{account}_{name.lower()}", sandbox.numbers(name), sandbox.crm.key_of(name),
                   sandbox.crm.present)


def demand_equal(sandbox, koppla, account, names):
    """Fails unless each object's table equals the sandbox's own state; prints what was compared."""
    results = [compare_chosen(sandbox, koppla, account, name, sandbox.numbers(name)) if sandbox.crm.keeps_fields_back
               else compare_whole(sandbox, koppla, account, name) for name in names]
    for result in results:
        print(result, flush=True)
    wrong = [text for result in results for text in result.examples]
    if wrong:
        raise Difference("\n".join(wrong))
    if not any(result.cells for result in results):
        raise Difference("nothing was compared")
    return results
