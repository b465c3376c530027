"""What every scenario starts from: a folder of its own that goes when the test is over, and Koppla in it."""
import shutil
import sys
import tempfile
import unittest

from kit import setting
from kit.crm import DYNAMICS, SALESFORCE
from kit.koppla import Koppla, end
from kit.sandbox import Sandbox
from kit.store import Sqlite

FIVE = ["Account", "Contact", "Lead", "Opportunity", "Order"]


# For classes that tell a story again elsewhere, at length.
soak = unittest.skipUnless(setting.SOAK, "scripts/test --soak")


class Scenario(unittest.TestCase):
    maxDiff = 4000
    store = Sqlite  # or Postgres: where koppla keeps what it knows

    def setUp(self):
        self.folder = tempfile.mkdtemp(prefix="koppla-scenario-")
        self.addCleanup(shutil.rmtree, self.folder, ignore_errors=True)
        self.koppla = Koppla(self.folder + "/koppla", self.store)

    def sandbox(self, records=None, crm=SALESFORCE, **more):
        """A running sandbox that ends with the test, in its part as this CRM."""
        sandbox = Sandbox(self.folder + "/sandbox", records, **more)
        sandbox.__enter__()
        self.addCleanup(sandbox.stop)
        return sandbox.dynamics if crm is DYNAMICS else sandbox

    def started(self, *words):
        """A command beside the test; it ends with it at the latest."""
        process = self.koppla.start(*words)
        self.addCleanup(end, process)
        return process


def main():
    print(f"programs in {setting.PROGRAMS}; KOPPLA_SEED={setting.SEED}", file=sys.stderr, flush=True)
    unittest.main(verbosity=2)
