"""Rows that are stamped when they are written but seen later: while contacts change and imports run one after
the other, rows appear behind the end of windows that were read already. The safety lag catches all of them;
without it the same test loses some. KOPPLA_SOAK=1 makes it 10,000 changes."""
import datetime
import threading

from kit import setting
from kit.compare import compare_chosen
from kit.crm import DYNAMICS, SALESFORCE
from kit.scenario import Scenario, main
from kit.store import Postgres

CONTACTS = 5000 if setting.SOAK else 1000
CHANGES = 10_000 if setting.SOAK else 900
A_TIME = 50
LAG_SECONDS = 6 if setting.SOAK else 3
BEHIND_MIN = 500 if setting.SOAK else 50
PAUSE_SECONDS = 0.1


def instant(text):
    return datetime.datetime.fromisoformat(text.replace("Z", "+00:00"))


class LateRows:
    def stamps(self):
        with self.koppla.connect() as store:
            return dict(store.execute(f"select {self.crm.key}, {self.crm.stamp} from {self.crm.table()}"))

    def import_again(self, how, lag, window_end):
        """One import; the end of its window, and how many rows came that lay behind the end of the last one."""
        before = self.stamps()
        report = self.koppla.imported("demo", self.crm.contact, *how)[self.crm.contact]
        # Stamps are whole seconds: only a second that was over when the window ended counts as behind it.
        behind = sum(1 for key, stamp in self.stamps().items()
                     if stamp != before[key] and instant(stamp) < window_end) if window_end else 0
        return instant(report["position"]) + datetime.timedelta(seconds=lag), behind

    def run_with(self, lag, how):
        """Changes and imports at once; the result of comparing, the rows behind."""
        sandbox = self.sandbox({self.crm.contact: CONTACTS}, crm=self.crm)
        self.koppla.add_account(sandbox, safety_lag=f"{lag}s")
        self.koppla.do("wizard", "demo", "--tables", self.crm.contact, "--fields", f"{self.crm.contact}={self.crm.texts}",
                       "--yes")
        self.koppla.imported("demo", self.crm.contact, *how)
        sandbox.post("/sandbox/late", {"max_ms": int(900 * LAG_SECONDS), "seed": setting.SEED})

        ended, failures = threading.Event(), []

        def change():
            try:
                for _ in range(CHANGES // A_TIME):
                    sandbox.change(self.crm.contact, update=A_TIME)
                    ended.wait(PAUSE_SECONDS)
            except Exception as failure:  # told by the thread that waits
                failures.append(failure)
            finally:
                ended.set()

        changer = threading.Thread(target=change)
        changer.start()
        window_end, behind, imports = None, 0, 0
        while not ended.is_set() or sandbox.state()["pending"] > 0:
            window_end, came = self.import_again(how, lag, window_end)
            behind, imports = behind + came, imports + 1
        changer.join()
        self.assertEqual(failures, [])
        _, came = self.import_again(how, lag, window_end)
        result = compare_chosen(sandbox, self.koppla, "demo", self.crm.contact)
        print(f"{self.crm}, lag {lag} s: {CHANGES} changes, {imports + 1} imports, {behind + came} rows appeared behind the "
              f"end of an earlier window; {result}", flush=True)
        return result, behind + came

    def test_the_safety_lag_catches_every_late_row(self):
        result, behind = self.run_with(LAG_SECONDS, self.crm.windows)
        self.assertEqual(result.different, 0, "\n".join(result.examples))
        self.assertGreaterEqual(behind, BEHIND_MIN)

    def test_without_the_lag_the_same_loses_rows(self):
        result, _ = self.run_with(0, self.crm.windows)
        self.assertGreaterEqual(result.different, 1)


class OfSalesforce(LateRows, Scenario):
    crm = SALESFORCE


class OnPostgres(LateRows, Scenario):
    crm, store = SALESFORCE, Postgres
    if not setting.SOAK:
        test_without_the_lag_the_same_loses_rows = None


class OfDynamics(LateRows, Scenario):
    crm = DYNAMICS

    def test_a_feed_passes_no_late_row_whatever_the_lag(self):
        result, behind = self.run_with(0, ())
        self.assertEqual(result.different, 0, "\n".join(result.examples))
        self.assertGreaterEqual(behind, BEHIND_MIN)


if __name__ == "__main__":
    main()
