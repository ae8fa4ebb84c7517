#!/usr/bin/env python3
"""Every gate, one after another, and one line of totals.

The README's test command comes first. A gate that fails does not stop the others: all failures are shown
at once. The last line is "N passed, N failed", over tests where a gate counts them and over gates otherwise.
"""

import os
import pathlib
import re
import subprocess
import sys
import time

ROOT = pathlib.Path(__file__).resolve().parents[1]
TSAN = f"ignore_noninstrumented_modules=1 suppressions={ROOT}/tests/tsan.supp second_deadlock_stack=1"
CONCURRENT = ["transport_test", "engine_test", "store_test", "hub_test", "source_test", "listen_test", "integration_test"]


def present(preset, targets):
    """Those of the targets that the preset's build has."""
    listed = subprocess.run(["ninja", "-C", f"build/{preset}", "-t", "targets", "all"], capture_output=True, text=True,
                            cwd=ROOT, check=False).stdout
    return [t for t in targets if re.search(rf"^(\S*/)?{t}: ", listed, re.M)]


def sh(*command, **environment):
    """Runs a command, its output passed through and kept."""
    process = subprocess.Popen(command, cwd=ROOT, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True,
                               errors="replace", env={**os.environ, **environment}, stdin=subprocess.DEVNULL)
    lines = []
    for line in process.stdout:
        print(line, end="", flush=True)
        lines.append(line)
    return process.wait() == 0, "".join(lines)


def tsan():
    done = subprocess.run(["cmake", "--preset", "tsan"], cwd=ROOT, capture_output=True, text=True, check=False)
    targets = present("tsan", CONCURRENT)
    if done.returncode == 0:
        done = subprocess.run(["cmake", "--build", "build/tsan", "--target", *targets], cwd=ROOT, capture_output=True,
                              text=True, check=False)
    if done.returncode != 0:
        print(done.stdout[-6000:], done.stderr[-3000:])
        return False, ""
    pattern = "^(" + "|".join(t.removesuffix("_test") for t in targets) + ")$"
    return sh("ctest", "--test-dir", "build/tsan", "--output-on-failure", "-R", pattern, TSAN_OPTIONS=TSAN)


GATES = [
    ("test", lambda: sh("./dev", "test")),
    ("tidy", lambda: sh("./dev", "tidy")),
    ("format", lambda: sh("./dev", "format", "--check")),
    ("demo", lambda: sh("./dev", "demo")),
    ("asan", lambda: sh("./dev", "asan")),
    ("tsan", tsan),
    ("fuzz", lambda: sh("./dev", "fuzz", os.environ.get("ESSAIM_FUZZ_SECONDS", "10"))),
]


def counts(name, ok, output):
    """(passed, failed): tests as ctest counts them, else the gate itself."""
    match = re.search(r"(\d+)% tests passed, (\d+) tests failed out of (\d+)", output)
    if match:
        failed, total = int(match.group(2)), int(match.group(3))
        return (total - failed, failed) if ok or failed else (total, 1)
    return (1, 0) if ok else (0, 1)


def main():
    wanted = sys.argv[1:]
    passed = failed = 0
    broken = []
    for name, gate in GATES:
        if wanted and name not in wanted:
            continue
        print(f"\n#### {name}", flush=True)
        started = time.monotonic()
        ok, output = gate()
        good, bad = counts(name, ok, output)
        passed, failed = passed + good, failed + bad
        print(f"#### {name}: {'ok' if ok else 'FAILED'} in {time.monotonic() - started:.0f} s", flush=True)
        if not ok:
            broken.append(name)
    if broken:
        print("failed gates: " + ", ".join(broken))
    print(f"{passed} passed, {failed} failed")
    return 1 if broken or failed else 0


if __name__ == "__main__":
    sys.exit(main())
