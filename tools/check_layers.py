#!/usr/bin/env python3
"""Checks that every #include in src/ obeys tools/layers.json.

Prints one line per breach, `file:line: what, what is allowed`, and exits with 1 if there is any. Three rules:
the allowed graph is acyclic, every module has an entry, and every include of a module or of an owned
outside header is allowed.
"""

import json
import pathlib
import re
import sys

INCLUDE = re.compile(r'^\s*#\s*include\s*([<"])([^>"]+)[>"]')
TEST_FILE = re.compile(r"(_test|_bench|_testing)\.(cc|h)$")


def cycle_in(graph):
    """A cycle as a list of modules, or None."""
    state = {}

    def visit(node, path):
        if state.get(node) == "done":
            return None
        if state.get(node) == "open":
            return path[path.index(node):] + [node]
        state[node] = "open"
        for neighbour in graph.get(node, []):
            found = visit(neighbour, path + [node])
            if found:
                return found
        state[node] = "done"
        return None

    for node in graph:
        found = visit(node, [])
        if found:
            return found
    return None


def module_of_include(path, modules):
    if path.startswith("essaim/v1/"):
        return "stubs" if path.endswith(".grpc.pb.h") else "wire"
    first = path.split("/", 1)[0]
    return first if "/" in path and first in modules else None


def owners_of(path, owners):
    for prefix, rooms in owners.items():
        if path == prefix or (prefix.endswith("/") and path.startswith(prefix)):
            return prefix, rooms
    return None, None


def owned_by(rooms, module, relative):
    return any(room == module or ("/" in room and relative.startswith(room + "/")) for room in rooms)


def breaches_of_file(path, relative, module, rules):
    """Yields (line number, message)."""
    allowed = {"base", module, *rules["modules"][module]}
    is_test = TEST_FILE.search(path.name) is not None
    for number, line in enumerate(path.read_text(encoding="utf-8").splitlines(), 1):
        match = INCLUDE.match(line)
        if not match:
            continue
        target = match.group(2)
        other = module_of_include(target, rules["modules"])
        if other == "stubs":
            if module != "transport":
                yield number, f"{module} includes gRPC stubs; only transport may"
        elif other is not None and other not in allowed and not is_test:
            yield number, f"{module} includes {target}; it may include only {', '.join(sorted(allowed))}"
        prefix, rooms = owners_of(target, rules["owners"])
        if prefix and not owned_by(rooms, module, relative) and not is_test:
            yield number, f"{module} includes <{target}>; {prefix} belongs to {', '.join(rooms)}"


def check(root):
    """All breaches below root, as printable lines."""
    rules = json.loads((root / "tools/layers.json").read_text(encoding="utf-8"))
    found = []
    loop = cycle_in(rules["modules"])
    if loop:
        found.append(f"tools/layers.json: a cycle: {' -> '.join(loop)}")
    for folder in sorted(p for p in (root / "src").iterdir() if p.is_dir()):
        if folder.name not in rules["modules"]:
            found.append(f"src/{folder.name}: no entry in tools/layers.json")
            continue
        for path in sorted(folder.rglob("*")):
            if path.suffix in (".cc", ".h"):
                relative = path.relative_to(root / "src").as_posix()
                for number, message in breaches_of_file(path, relative, folder.name, rules):
                    found.append(f"src/{relative}:{number}: {message}")
    return found


def main():
    root = pathlib.Path(sys.argv[1] if len(sys.argv) > 1 else ".").resolve()
    found = check(root)
    for line in found:
        print(line)
    return 1 if found else 0


if __name__ == "__main__":
    sys.exit(main())
