"""The checks check: each house rule is broken on purpose in a temporary tree and must be reported."""

import json
import pathlib
import sys
import tempfile
import unittest

ROOT = pathlib.Path(__file__).resolve().parents[2]
sys.path.insert(0, str(ROOT / "tools"))

import check_layers  # noqa: E402
import tidy  # noqa: E402


class Tree:
    """A small repository in a temporary folder."""

    def __init__(self, files, layers=None):
        self.folder = tempfile.TemporaryDirectory()
        self.root = pathlib.Path(self.folder.name)
        for name in ("src", "tests", "fuzz", "bench", "docs", "data"):
            (self.root / name).mkdir()
        rules = layers or {"modules": {"base": [], "math": [], "algo": ["math"]},
                           "owners": {"duckdb.hpp": ["math"]}}
        files = {"tools/layers.json": json.dumps(rules), **files}
        for name, text in files.items():
            path = self.root / name
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(text, encoding="utf-8")


class LayersTest(unittest.TestCase):
    def found(self, files, layers=None):
        tree = Tree(files, layers)
        return check_layers.check(tree.root)

    def test_allowed_includes_pass(self):
        self.assertEqual([], self.found({"src/algo/a.cc": '#include "math/m.h"\n#include "base/b.h"\n'}))

    def test_a_breach_names_file_and_line(self):
        lines = self.found({"src/math/m.cc": '\n#include "algo/a.h"\n'})
        self.assertEqual(1, len(lines))
        self.assertTrue(lines[0].startswith("src/math/m.cc:2: math includes algo/a.h"), lines[0])

    def test_an_owned_header_is_refused_elsewhere(self):
        self.assertIn("belongs to math", self.found({"src/algo/a.cc": "#include <duckdb.hpp>\n"})[0])

    def test_a_cycle_is_refused(self):
        rules = {"modules": {"a": ["b"], "b": ["a"]}, "owners": {}}
        self.assertIn("a cycle", self.found({}, rules)[0])

    def test_a_module_without_entry_is_refused(self):
        self.assertIn("no entry", self.found({"src/new/n.cc": ""})[0])

    def test_the_project_itself_passes(self):
        self.assertEqual([], check_layers.check(ROOT))


class TidyTest(unittest.TestCase):
    def found(self, files):
        tree = Tree(files)
        return tidy.check(tree.root)

    def test_long_files_and_functions(self):
        self.assertIn("501 lines", self.found({"src/base/x.cc": "\n" * 501})[0])
        body = "void F() {\n" + "  x();\n" * 70 + "}\n"
        self.assertIn("a function of 72 lines", self.found({"src/base/x.cc": body})[0])

    def test_banned_words(self):
        self.assertIn("std::views", self.found({"src/base/x.cc": "auto v = std::views::all;\n"})[0])
        self.assertIn("TODO", self.found({"src/base/x.cc": "// TODO: later\n"})[0])
        self.assertEqual([], self.found({"src/base/x.cc": "// TODO(#12): later\n"}))

    def test_an_algorithm_header_needs_its_template(self):
        header = "#pragma once\nclass X : public PersonSum {};\n"
        self.assertEqual(8, len(self.found({"src/algorithms/f/x.h": header})))

    def test_dead_links(self):
        self.assertIn("does not exist", self.found({"docs/a.md": "[x](gone.md)\n"})[0])


if __name__ == "__main__":
    unittest.main()
