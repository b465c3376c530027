"""Org folders: descriptions and records that a sandbox is to have instead of generated ones."""
import copy
import csv
import json
import pathlib


def field(describe, name):
    return next(each for each in describe["fields"] if each["name"] == name)


def text_field(describe, name, length=60):
    """A plain text field, made of one that every generated object of people has."""
    made = copy.deepcopy(field(describe, "Department"))
    made.update(name=name, label=name, length=length, byteLength=length * 3)
    return made


def write(folder, describe, rows):
    """An org of one object."""
    folder = pathlib.Path(folder)
    for part in ("describe", "records"):
        (folder / part).mkdir(parents=True)
    name = describe["name"]
    (folder / "describe" / f"{name}.json").write_text(json.dumps(describe))
    with open(folder / "records" / f"{name}.csv", "w", encoding="utf-8", newline="") as file:
        records = csv.DictWriter(file, list(rows[0]), lineterminator="\n")
        records.writeheader()
        records.writerows(rows)
    return folder
