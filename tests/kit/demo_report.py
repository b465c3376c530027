"""What scripts/demo prints at the end: demo_report.py FOLDER CALLS CALLS, the calls as the sandbox charged them."""
import json
import pathlib
import sys


def main(folder, *charged):
    wrong = False
    for name, calls in zip(("first", "second"), charged):
        document = json.loads(pathlib.Path(folder, f"{name}.json").read_text())
        elapsed, user, system, peak_kib = pathlib.Path(folder, f"{name}.time").read_text().split()
        print(f"\n{name.capitalize()} import")
        print(f"  {'':14}{'read':>10}{'new':>10}{'changed':>10}{'rejected':>10}{'calls':>8}{'seconds':>10}")
        totals = dict.fromkeys(("read", "added", "changed", "rejected"), 0)
        for report in document["imports"]:
            print(f"  {report['object']:14}" + "".join(f"{report[key]:>10,}" for key in totals) +
                  f"{report['charged_calls']:>8}{report['seconds']:>10.2f}")
            totals = {key: totals[key] + report[key] for key in totals}
        print(f"  {'all':14}" + "".join(f"{total:>10,}" for total in totals.values()) +
              f"{document['charged_calls']:>8}{float(elapsed):>10.2f}")
        print(f"  {totals['read'] / max(float(elapsed), 0.01):,.0f} rows a second, {float(user) + float(system):.2f} s of CPU, "
              f"peak memory {int(peak_kib) / 1024:.0f} MiB; the sandbox charged {calls} API calls")
        wrong |= document["charged_calls"] != int(calls)
        if name == "second":
            contact = next(r for r in document["imports"] if r["object"] == "Contact")
            wrong |= contact["changed"] != 550
    if wrong:
        sys.exit("\nThat is not what was to be expected: the calls differ, or not just the 550 changes came.")


if __name__ == "__main__":
    main(*sys.argv[1:])
