"""tools/new_algorithm.py makes every file of an algorithm, once, and registers it."""
import pathlib
import subprocess
import sys
import tempfile
import unittest

ROOT = pathlib.Path(__file__).resolve().parents[2]


class NewAlgorithm(unittest.TestCase):
    def setUp(self):
        self.folder = tempfile.TemporaryDirectory()
        self.addCleanup(self.folder.cleanup)
        self.root = pathlib.Path(self.folder.name)
        algorithms = self.root / "src/algorithms"
        (algorithms / "descriptive").mkdir(parents=True)
        for name in ("registry.cc", "descriptive/register.cc", "descriptive/register.h"):
            (algorithms / name).write_bytes((ROOT / "src/algorithms" / name).read_bytes())

    def make(self, algorithm):
        return subprocess.run([sys.executable, ROOT / "tools/new_algorithm.py", algorithm, "--root", self.root],
                              capture_output=True, text=True, check=False)

    def read(self, path):
        return (self.root / path).read_text(encoding="utf-8")

    def test_makes_the_files_and_registers(self):
        self.assertEqual(self.make("descriptive/harmonic_mean").returncode, 0)
        for path in ("src/algorithms/descriptive/harmonic_mean.h", "src/algorithms/descriptive/harmonic_mean.cc",
                     "src/algorithms/descriptive/harmonic_mean_test.cc", "tools/reference/harmonic_mean.R",
                     "tests/golden/harmonic_mean.json", "docs/algorithms/harmonic_mean.md"):
            self.assertTrue((self.root / path).exists(), path)
        register = self.read("src/algorithms/descriptive/register.cc")
        self.assertEqual(register.count("registry.Add(descriptive::HarmonicMeanInfo());"), 1)
        self.assertIn('#include "algorithms/descriptive/harmonic_mean.h"', register)
        self.assertIn('"placeholder": true', self.read("tests/golden/harmonic_mean.json"))

    def test_a_new_family_is_called_from_the_registry(self):
        for name in ("imaging/first", "imaging/second"):
            self.assertEqual(self.make(name).returncode, 0)
        self.assertEqual(self.read("src/algorithms/registry.cc").count("RegisterImaging(registry);"), 1)
        register = self.read("src/algorithms/imaging/register.cc")
        self.assertIn("imaging::FirstInfo()", register)
        self.assertIn("imaging::SecondInfo()", register)

    def test_nothing_is_overwritten(self):
        self.make("descriptive/harmonic_mean")
        again = self.make("descriptive/harmonic_mean")
        self.assertNotEqual(again.returncode, 0)
        self.assertIn("already there", again.stderr)

    def test_names_that_the_build_would_misread_are_refused(self):
        for name in ("harmonic_mean", "descriptive/T", "descriptive/t_test", "descriptive/x_bench", "a/b/c"):
            self.assertNotEqual(self.make(name).returncode, 0, name)


if __name__ == "__main__":
    unittest.main()
