"""Dynamics 365's service protection, scaled in time: an import keeps to the allowed rate from the start, instead of
running into refusals, and is hardly slower than the limits themselves. KOPPLA_SOAK=1 makes it 400 pages."""
import json
import time

from kit import setting
from kit.crm import DYNAMICS
from kit.scenario import Scenario, main

PAGES = 400 if setting.SOAK else 130
PAGE_ROWS = 500 if setting.SOAK else 20
REQUESTS, WINDOW_SECONDS, IN_FLIGHT = 60, 3, 5
SLOWER_MAX = 1.11
# What begins and ends a program, and a machine that has other things to do.
BESIDES_SECONDS = 0 if setting.SOAK else 5


class ServiceProtection(Scenario):
    def test_an_import_uses_the_allowed_rate_and_ends_complete(self):
        sandbox = self.sandbox(DYNAMICS.records(PAGES * PAGE_ROWS, 20), crm=DYNAMICS)
        self.koppla.add_account(sandbox, page_size=PAGE_ROWS)
        self.koppla.do("wizard", "demo", "--tables", "contact", "--fields", f"contact={DYNAMICS.texts}", "--yes")
        sandbox.post("/sandbox/limits", {"requests": REQUESTS, "window_ms": WINDOW_SECONDS * 1000, "concurrent": IN_FLIGHT})
        sandbox.fetch("/sandbox/journal", method="DELETE")
        begun = time.monotonic()
        report = self.koppla.imported("demo", "contact")["contact"]
        seconds = time.monotonic() - begun
        self.assertEqual((report["outcome"], report["read"]), ("complete", PAGES * PAGE_ROWS))

        journal = sandbox.journal()
        limits = json.loads(sandbox.fetch("/sandbox/limits"))
        refused = [entry for entry in journal if entry["status"] == 429]
        floor = PAGES / REQUESTS * WINDOW_SECONDS
        print(f"{PAGES} pages in {seconds:.1f} s, {seconds / floor:.2f} of the floor of {floor:.1f} s; {len(refused)} requests "
              f"refused, at most {limits['in_flight_max']} in flight of {IN_FLIGHT}", flush=True)
        self.assertLessEqual(seconds, SLOWER_MAX * floor + BESIDES_SECONDS)
        self.assertLessEqual(limits["in_flight_max"], IN_FLIGHT)
        self.assertLessEqual(len(refused), len(journal) // 20)


if __name__ == "__main__":
    main()
