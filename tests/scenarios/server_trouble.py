"""The PostgreSQL server of a store crashes in the middle of an import, is restarted in order, or koppla itself is killed,
at moments placed by what koppla has sent to the server: the import ends with words, and after one rerun the store is
as if nothing had happened. KOPPLA_SOAK=1 makes it 50 crashes."""
import random
import signal

from kit import postgres, setting
from kit.compare import demand_equal
from kit.postgres import Server
from kit.relay import Relay
from kit.scenario import Scenario, main
from kit.store import Postgres

CRASHES = 50 if setting.SOAK else 3
OTHERS = 20 if setting.SOAK else 1  # of each kind
RECORDS = 6_000 if setting.SOAK else 1_500


class ServerTrouble(Scenario):
    def store(self, folder):
        """On a server of this test's own, reached by way of the relay."""
        self.server = Server()
        self.server.__enter__()
        self.addCleanup(self.server.__exit__)
        self.relay = Relay(self.server.port)
        self.relay.__enter__()
        self.addCleanup(self.relay.__exit__)
        place = Postgres(folder, self.server)
        place.environment["KOPPLA_STORE"] = place.environment["KOPPLA_STORE"].replace(f":{self.server.port}/",
                                                                                     f":{self.relay.port}/")
        return place

    def setUp(self):
        super().setUp()
        self.random = random.Random(setting.SEED)
        self.org = self.sandbox({"Account": 50, "Contact": RECORDS})
        self.org.post("/sandbox/bulk", {"page_rows": 500})
        self.koppla.add_account(self.org)
        self.koppla.do("wizard", "demo", "--tables", "Contact", "--yes")
        first = self.koppla.save(self.folder + "/first")
        self.koppla.do("import", "demo", "Contact")
        self.org.change("Contact", update=RECORDS // 3, delete=RECORDS // 50, insert=RECORDS // 10)
        later = self.koppla.save(self.folder + "/later")
        self.cases = [("first", first), ("later", later)]
        self.seen = {}
        for name, place in self.cases:
            self.koppla.restore(place)
            self.relay.begin()
            self.koppla.do("import", "demo", "Contact", "--via", "bulk")
            demand_equal(self.org, self.koppla, "demo", ["Contact"])
            self.seen[name] = (self.relay.sent, self.koppla.tables())

    def meets(self, trouble, times):
        """Imports that meet it, each gone on with by a rerun; how many of them ended there."""
        ended = gone_on = 0
        for i in range(times):
            name, place = self.cases[i % len(self.cases)]
            bytes_sent, wanted = self.seen[name]
            at = self.random.randrange(1, bytes_sent)
            with self.subTest(f"{name} import: {trouble.__name__} at byte {at} of {bytes_sent}"):
                self.koppla.restore(place)
                self.relay.begin()
                process = self.started("import", "demo", "Contact", "--via", "bulk")
                self.relay.at(at, lambda process=process: trouble(process))
                done = self.koppla.outcome_of(process)
                if self.relay.reached.is_set():
                    self.assertTrue(self.relay.done.wait(60))
                    ended += done.code != 0
                self.assertIn(done.code, (0, 1, 3, -signal.SIGKILL), str(done))
                if done.code > 0:
                    self.assertGreater(len(done.stderr.strip()), 40, str(done))
                self.server.start_again()
                report = self.koppla.imported("demo", "Contact", "--via", "bulk")["Contact"]
                gone_on += any("goes on where" in notice for notice in report["notices"])
                self.assertEqual(report["outcome"], "complete")
                self.assertEqual(self.koppla.tables(), wanted)
                self.assertTrue(self.koppla.is_alone())
        print(f"{trouble.__name__}: {times} times, {ended} imports ended by it, {gone_on} gone on with", flush=True)
        return ended

    def test_whatever_ends_an_import_leaves_the_store_as_it_was(self):
        def crash(_):
            self.server.stop("immediate")

        def restart(_):
            self.server.stop("fast")

        def kill(process):
            process.kill()

        def administrator(_):
            """Ends whatever statement runs then, if one does, and leaves the connections."""
            self.server.sql("select pg_cancel_backend(pid) from pg_stat_activity "
                            f"where usename = '{postgres.ROLE}' and state = 'active'")

        for trouble, times in ((crash, CRASHES), (restart, OTHERS), (kill, OTHERS)):
            self.assertGreaterEqual(self.meets(trouble, times), times // 2, "too few met it")
        self.meets(administrator, OTHERS)


if __name__ == "__main__":
    main()
