"""The library that ends or starves a program at a moment placed by its progress; see tests/kill/kill_at.cpp."""
import functools
import subprocess

from kit import setting


@functools.cache
def sanitizer(program):
    """The sanitizer's library, which has to come before any other."""
    listed = subprocess.run(["ldd", program], capture_output=True, text=True, check=True).stdout
    return [line.split("=>")[1].split()[0] for line in listed.splitlines() if "san.so" in line and "=>" in line]


def preloaded():
    """The environment of a koppla with the library in it."""
    return {"LD_PRELOAD": ":".join([*sanitizer(setting.program("koppla")), str(setting.PROGRAMS / "libkill_at.so")])}
