"""What a scenario is run with, from the environment: ctest sets it; by hand, `scripts/build` is enough."""
import os
import pathlib
import random
import sys

ROOT = pathlib.Path(__file__).resolve().parent.parent.parent
PROGRAMS = pathlib.Path(os.environ.get("KOPPLA_PROGRAMS") or ROOT / "build" / "bin")
SHARED = pathlib.Path(os.environ.get("KOPPLA_SHARED") or ROOT.parent / "shared")
SOAK = os.environ.get("KOPPLA_SOAK") == "1"
SEED = int(os.environ.get("KOPPLA_SEED") or random.SystemRandom().randrange(2**31))


def program(name):
    path = PROGRAMS / name
    if not path.exists():
        sys.exit(f"{path} is missing: scripts/build makes it, or KOPPLA_PROGRAMS says where it is")
    return str(path)


# A sanitizer's finding must not look like the exit code 1 that a scenario expects.
SANITIZERS = {"ASAN_OPTIONS": "exitcode=99", "UBSAN_OPTIONS": "exitcode=99:print_stacktrace=1",
              "LSAN_OPTIONS": "exitcode=99", "TSAN_OPTIONS": "exitcode=99"}


def clean_environment(**more):
    """The environment without what could lead a program elsewhere."""
    unwanted = ("koppla_", "http_proxy", "https_proxy", "all_proxy", "no_proxy", "credentials_directory")
    kept = {k: v for k, v in os.environ.items() if not k.lower().startswith(unwanted)}
    return {**SANITIZERS, **kept, **more}
