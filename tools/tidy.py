#!/usr/bin/env python3
"""House rules that a compiler does not check: sizes, banned words, header templates, links in docs.

Prints `file:line: what, what to do` and exits with 1 if there is any breach.
"""

import pathlib
import re
import sys

LINES_MAX, TEST_LINES_MAX, FUNCTION_LINES_MAX, COLUMNS_MAX = 500, 800, 70, 100
TEMPLATE = ("Released:", "Statistic:", "Input:", "Additive:", "Cost:", "Errors:", "Threads:", "Reference:")
BANNED = (
    (re.compile(r"std::views"), "clang 14 cannot compile it; use std::ranges algorithms"),
    (re.compile(r"\b(TODO|FIXME|XXX)\b(?!\(#\d+\))"), "name an issue: TODO(#12)"),
    (re.compile(r"\brand\(\)|std::random_device"), "use Entropy"),
    (re.compile(r"\.\./shared|/work/"), "the project stands by itself"),
    (re.compile(r"\bconst_cast\b"), "do not cast const away"),
)
LINK = re.compile(r"\[[^\]]*\]\(([^)#\s]+)(?:#[^)]*)?\)")


def long_functions(lines):
    """Yields (line, length) of function bodies over the limit: a brace opened on an unindented line."""
    start = None
    for number, line in enumerate(lines, 1):
        opens = line.endswith("{") and line and not line[0].isspace() and ")" in line
        if start is None and opens and not line.startswith(("namespace", "struct", "class", "enum", "extern")):
            start = number
        elif start is not None and line.startswith("}"):
            if number - start + 1 > FUNCTION_LINES_MAX:
                yield start, number - start + 1
            start = None


def check_source(path, relative):
    lines = path.read_text(encoding="utf-8").splitlines()
    is_test = "_test." in path.name or relative.startswith(("tests/", "fuzz/", "bench/"))
    limit = TEST_LINES_MAX if is_test else LINES_MAX
    if len(lines) > limit:
        yield 1, f"{len(lines)} lines; at most {limit}: split it by idea"
    for number, length in long_functions(lines):
        if not is_test:
            yield number, f"a function of {length} lines; at most {FUNCTION_LINES_MAX}"
    for number, line in enumerate(lines, 1):
        if len(line) > COLUMNS_MAX:
            yield number, f"{len(line)} columns; at most {COLUMNS_MAX}"
        for pattern, advice in BANNED:
            if pattern.search(line):
                yield number, f"banned: {pattern.search(line).group(0)}; {advice}"
    if path.suffix == ".h" and "#pragma once" not in lines:
        yield 1, "a header without #pragma once"
    if relative.startswith("src/algorithms/") and path.suffix == ".h":
        text = "\n".join(lines)
        if re.search(r"public (Algorithm|PersonSum|BlockSum)\b", text):
            for word in TEMPLATE:
                if word not in text:
                    yield 1, f"an algorithm's header without its '{word}' line"


def check_document(path, root):
    for number, line in enumerate(path.read_text(encoding="utf-8").splitlines(), 1):
        for target in LINK.findall(line):
            if "://" not in target and not target.startswith("mailto:"):
                if not (path.parent / target).exists():
                    yield number, f"a link to {target}, which does not exist"
        for pattern, advice in BANNED[3:4]:
            if pattern.search(line):
                yield number, f"banned: {pattern.search(line).group(0)}; {advice}"


def check(root):
    found = []
    for folder in ("src", "tests", "fuzz", "bench"):
        for path in sorted((root / folder).rglob("*")):
            if path.suffix in (".cc", ".h"):
                relative = path.relative_to(root).as_posix()
                found += [f"{relative}:{n}: {m}" for n, m in check_source(path, relative)]
    for path in sorted([*root.glob("*.md"), *(root / "docs").rglob("*.md"), *(root / "data").rglob("*.md")]):
        relative = path.relative_to(root).as_posix()
        found += [f"{relative}:{n}: {m}" for n, m in check_document(path, root)]
    return found


def main():
    found = check(pathlib.Path(sys.argv[1] if len(sys.argv) > 1 else ".").resolve())
    for line in found:
        print(line)
    return 1 if found else 0


if __name__ == "__main__":
    sys.exit(main())
