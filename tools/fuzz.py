#!/usr/bin/env python3
"""Runs every fuzz target for a number of seconds, two at a time, and reports what was found.

A target starts from fuzz/corpus/NAME. A finding is written to out/fuzz/NAME and ends the script with 1.
"""

import argparse
import concurrent.futures
import os
import pathlib
import re
import subprocess
import sys


def run(program, seconds, root):
    """(name, exit code, executions, last lines)"""
    name = program.name
    corpus = root / "fuzz/corpus" / name
    found = root / "out/fuzz" / name
    grown = found / "corpus"
    grown.mkdir(parents=True, exist_ok=True)
    command = [str(program), f"-max_total_time={seconds}", "-print_final_stats=1", "-timeout=25", "-rss_limit_mb=4096",
               "-max_len=65536", f"-artifact_prefix={found}/", str(grown)]
    if corpus.is_dir():
        command.append(str(corpus))
    done = subprocess.run(command, capture_output=True, text=True, errors="replace", cwd=root,
                          env={**os.environ, "ASAN_OPTIONS": "detect_leaks=1:allocator_may_return_null=1"})
    executions = re.search(r"stat::number_of_executed_units:\s*(\d+)", done.stderr)
    return name, done.returncode, int(executions.group(1)) if executions else 0, done.stderr.splitlines()[-25:]


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--bin", type=pathlib.Path, required=True, help="the folder of the fuzz programs")
    parser.add_argument("--seconds", type=int, default=60)
    parser.add_argument("--target", default="", help="only targets whose name contains this")
    parser.add_argument("--jobs", type=int, default=max(1, os.cpu_count() or 1))
    args = parser.parse_args()
    root = pathlib.Path(__file__).resolve().parents[1]
    programs = sorted(p for p in args.bin.resolve().glob("fuzz_*") if os.access(p, os.X_OK) and p.is_file()
                      and args.target in p.name)
    if not programs:
        print(f"no fuzz program in {args.bin} matches '{args.target}'")
        return 1
    failed = 0
    with concurrent.futures.ThreadPoolExecutor(args.jobs) as pool:
        for name, code, executions, tail in pool.map(lambda p: run(p, args.seconds, root), programs):
            print(f"{name:32} {executions:>10} executions  {'ok' if code == 0 else 'FOUND, see out/fuzz/' + name}",
                  flush=True)
            if code != 0 or executions == 0:
                failed += 1
                print("\n".join(tail))
    print(f"{len(programs) - failed} passed, {failed} failed")
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
