"""What scripts/demo prints at the end: demo_report.py FOLDER CRM…; each CRM's files of the first and the second import
lie in the folder, what koppla reported, what it took, and the calls as the sandbox charged them."""
import json
import pathlib
import sys

CHANGED = 550


def report(folder, crm, name):
    """Prints one import; True where it is what was to be expected."""
    document = json.loads((folder / f"{crm}-{name}.json").read_text())
    elapsed, user, system, peak_kib = (folder / f"{crm}-{name}.time").read_text().split()
    charged = int((folder / f"{crm}-{name}.calls").read_text())
    print(f"\n{crm.capitalize()}, {name} import")
    print(f"  {'':14}{'read':>10}{'new':>10}{'changed':>10}{'rejected':>10}{'calls':>8}{'seconds':>10}")
    totals = dict.fromkeys(("read", "added", "changed", "rejected"), 0)
    for each in document["imports"]:
        print(f"  {each['object']:14}" + "".join(f"{each[key]:>10,}" for key in totals) +
              f"{each['charged_calls']:>8}{each['seconds']:>10.2f}")
        totals = {key: totals[key] + each[key] for key in totals}
    print(f"  {'all':14}" + "".join(f"{total:>10,}" for total in totals.values()) +
          f"{document['charged_calls']:>8}{float(elapsed):>10.2f}")
    print(f"  {totals['read'] / max(float(elapsed), 0.01):,.0f} rows a second, {float(user) + float(system):.2f} s of CPU, "
          f"peak memory {int(peak_kib) / 1024:.0f} MiB; the sandbox charged {charged} API calls")
    contact = next(each for each in document["imports"] if each["object"].lower() == "contact")
    # In Dynamics, what pointed at a deleted record changes with it.
    is_right = contact["changed"] == contact["read"] and contact["changed"] >= CHANGED
    return document["charged_calls"] == charged and (name == "first" or is_right)


def main(folder, *crms):
    right = [report(pathlib.Path(folder), crm, name) for name in ("first", "second") for crm in crms]
    if not all(right):
        sys.exit(f"\nThat is not what was to be expected: the calls differ, or not just the {CHANGED} changes came.")


if __name__ == "__main__":
    main(*sys.argv[1:])
