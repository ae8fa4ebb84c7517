#!/usr/bin/env python3
"""Record linkage as its users have it: duplicates, a claims extract, and three sites that count a patient once.

Usage: test_linkage.py BIN_FOLDER [unittest arguments]
"""

import csv
import hashlib
import hmac
import json
import pathlib
import random
import shutil
import sys
import tempfile
import unittest

ROOT = pathlib.Path(__file__).resolve().parents[2]
sys.path.insert(0, str(ROOT / "tools"))
from federation import Federation  # noqa: E402

BIN = None
OK, FAILED, REFUSED, NOT_FOUND, BAD_INPUT = 0, 1, 3, 4, 6
CLAIMS = ROOT / "tests/data/claims"

MAPPING = """mapping: 1
tables:
  - from: people.csv
    to: person
    fields:
      person_id: {id: person, of: IPP}
      gender_concept_id: {column: SEX, values: {M: 8507, F: 8532}, otherwise: 0}
      year_of_birth: {column: BORN, date: "%Y-%m-%d", part: year}
      race_concept_id: {value: 0}
      ethnicity_concept_id: {value: 0}
      person_source_value: {pseudonym: IPP}
    identity: {value: IPP, family_name: FAMILY, given_names: GIVEN, birth_date: BORN, sex: SEX, postcode: POSTCODE}
  - from: people.csv
    to: visit_occurrence
    fields:
      visit_occurrence_id: {id: stay, of: IPP}
      person_id: {id: person, of: IPP}
      visit_concept_id: {value: 9201}
      visit_start_date: {value: "2020-01-01"}
      visit_end_date: {value: "2020-12-31"}
      visit_type_concept_id: {value: 32817}
  - from: people.csv
    to: condition_occurrence
    fields:
      condition_occurrence_id: {id: diagnosis, of: IPP}
      person_id: {id: person, of: IPP}
      condition_concept_id: {value: 201826}
      condition_start_date: {value: "2020-06-01"}
      condition_type_concept_id: {value: 32817}
"""

STUDY = """essaim: 1
name: diabetes
data:
  omop: |
    cohort:
      cohort: diabetes
      concepts: {diabetes: [{id: 201826, descendants: false}]}
      entry: {events: [{condition: diabetes}]}
    variables:
      - {name: female, type: boolean, from: {sex: 8532}}
sites: [north, centre, south]
privacy: {minimum_cohort: 10, minimum_cell: 5, minimum_sites: 3}
analyses:
  - {name: count, algorithm: descriptive/count, parameters: {by: female}}
"""


def invented(n, seed):
    """Persons with names as common as in life."""
    chance = random.Random(seed)
    names = {}
    with open(ROOT / "tests/data/linkage/names.csv", encoding="utf-8") as file:
        for row in csv.DictReader(file):
            names.setdefault((row["language"], row["kind"]), []).append((row["name"], float(row["weight"])))

    def draw(kind):
        language = chance.choice(["fr", "en"])
        texts, weights = zip(*names[(language, kind)], strict=True)
        return chance.choices(texts, weights)[0]

    people = []
    for _ in range(n):
        sex = chance.choice("MF")
        people.append({"FAMILY": draw("family"), "GIVEN": draw("male" if sex == "M" else "female"),
                       "BORN": f"{chance.randrange(1930, 2000)}-{chance.randrange(1, 13):02d}-{chance.randrange(1, 29):02d}",
                       "SEX": sex, "POSTCODE": f"{chance.randrange(1, 96):02d}{chance.randrange(100, 999)}"})
    return people


def mistyped(person, chance):
    """One error: two letters of a name exchanged, an accentless name in capitals, another postcode."""
    spoilt = dict(person)
    kind = chance.randrange(3)
    if kind == 0 and len(person["FAMILY"]) > 4:
        name = person["FAMILY"]
        spoilt["FAMILY"] = name[:2] + name[3] + name[2] + name[4:]
    elif kind == 1:
        spoilt["GIVEN"] = person["GIVEN"].upper().replace("-", " ")
    else:
        spoilt["POSTCODE"] = "29200"
    return spoilt


def write(folder, people):
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "mapping.yaml").write_text(MAPPING)
    with open(folder / "people.csv", "w", newline="", encoding="utf-8") as file:
        writer = csv.DictWriter(file, ["IPP", "FAMILY", "GIVEN", "BORN", "SEX", "POSTCODE"])
        writer.writeheader()
        for i, person in enumerate(people):
            writer.writerow({"IPP": i + 1, **person})
    return ["--from", "csv", "--mapping", folder / "mapping.yaml", folder / "people.csv"]


class OneSite(unittest.TestCase):
    def setUp(self):
        self.folder = pathlib.Path(tempfile.mkdtemp(prefix="essaim-link-"))
        self.federation = Federation(BIN, self.folder / "f", "one")
        self.site = self.folder / "site"
        self.run_("init", self.site, "--name", "hospital", "--hub", "https://h:1", "--ca-fingerprint", "AB")

    def tearDown(self):
        shutil.rmtree(self.folder, ignore_errors=True)

    def run_(self, *arguments, check=True):
        return self.federation.run("node", *arguments, check=check)

    def persons(self, definition):
        done = self.run_("cohort", self.site, "--definition", definition, "--format", "json")
        return json.loads(done.stdout)["cohorts"][0]["persons"]

    def rows(self, path):
        with open(path, encoding="utf-8") as file:
            return list(csv.DictReader(file))

    def test_duplicates_are_listed_decided_merged_and_parted_again(self):
        people = invented(150, 1)
        chance = random.Random(2)
        doubled = people + [mistyped(p, chance) for p in people[:10]]
        twin = dict(people[20], GIVEN="Balthazar")
        self.run_("load", self.site, *write(self.folder / "data", doubled + [twin]))
        listed = self.folder / "list.csv"
        self.run_("link", "review", self.site, "--out", listed)
        self.assertNotIn(people[0]["FAMILY"], listed.read_text())
        rows = self.rows(listed)
        merges = [r for r in rows if r["decision"] == "merge"]
        self.assertEqual(len(merges), 10)
        self.assertTrue(any(r["decision"] == "" and r["given"] == "none" for r in rows), "the twin is for a person")
        self.run_("link", "review", self.site, "--out", listed, "--show")
        self.assertIn(people[0]["FAMILY"], listed.read_text())
        self.assertEqual(listed.stat().st_mode & 0o777, 0o600)

        definition = self.folder / "all.yaml"
        definition.write_text("cohort: all\nconcepts: {d: [{id: 201826, descendants: false}]}\n"
                              "entry: {events: [{condition: d}]}\n")
        self.assertEqual(self.persons(definition), 161)
        self.assertIn("10 persons", self.run_("link", "accept", self.site, listed).stdout)
        self.assertEqual(self.persons(definition), 151)
        stale = self.run_("link", "accept", self.site, listed, check=False)
        self.assertEqual(stale.returncode, BAD_INPUT)
        self.assertRegex(stale.stderr, r"list\.csv: line 2: a person who is not in the warehouse")
        self.run_("link", "review", self.site, "--out", listed)
        self.assertEqual([r for r in self.rows(listed) if r["decision"] == "merge"], [])
        nothing = self.run_("link", "accept", self.site, listed, check=False)
        self.assertIn("nothing to do", nothing.stderr)
        self.run_("undo", self.site)
        self.assertEqual(self.persons(definition), 161)

    def test_wrong_lists_are_named(self):
        self.run_("load", self.site, *write(self.folder / "data", invented(3, 1)))
        bad = self.folder / "bad.csv"
        for text, said in (("decision,keep,other\nmaybe,1,2\n", "line 2: decision: expected merge"),
                           ("decision,keep,other\nmerge,x,2\n", "line 2: keep: expected a person_id"),
                           ("keep,other\n1,2\n", "expected the columns decision"),
                           ("decision,keep,other\nmerge,1,2\n", "line 2: a person who is not in")):
            bad.write_text(text)
            done = self.run_("link", "accept", self.site, bad, check=False)
            self.assertEqual(done.returncode, BAD_INPUT, done.stderr)
            self.assertIn(said, done.stderr)
        short = self.folder / "short"
        short.write_text("secret\n")
        done = self.run_("link", "export", self.site, "--project", "p", "--secret", short, "--out", self.folder / "x",
                         check=False)
        self.assertEqual(done.returncode, BAD_INPUT)
        self.assertIn("at least 16 bytes", done.stderr)

    def test_a_claims_extract_and_the_hospital_are_one_persons_rows(self):
        self.run_("load", self.site, "--from", "csv", "--mapping", CLAIMS / "hospital.yaml",
                  CLAIMS / "patients.csv", CLAIMS / "diagnostics.csv")
        self.run_("load", self.site, "--from", "csv", "--mapping", CLAIMS / "claims.yaml",
                  CLAIMS / "ir_ben_r.csv", CLAIMS / "er_prs_f.csv", CLAIMS / "t_mco_bc.csv")
        # Diabetes in the hospital's file, metformin in the reimbursements.
        definition = self.folder / "treated.yaml"
        definition.write_text("""cohort: treated
concepts:
  diabetes: [{id: 201826, descendants: false}]
  metformin: [{id: 1503297, descendants: false}]
entry: {events: [{condition: diabetes}]}
include:
  - name: metformin after it
    all: [{drug: metformin, within: [0, 365], beyond_observation: true}]
""")
        self.assertEqual(self.persons(definition), 0)
        listed = self.folder / "list.csv"
        self.run_("link", "review", self.site, "--out", listed)
        self.assertEqual([r for r in self.rows(listed) if r["identifier"] == "equal"], [])  # no secret
        self.run_("link", "review", self.site, "--id-secret", CLAIMS / "secret.txt", "--out", listed)
        self.assertEqual(len([r for r in self.rows(listed) if (r["decision"], r["identifier"]) == ("merge", "equal")]), 8)
        self.run_("link", "accept", self.site, listed)
        # The same from the files themselves.
        with open(CLAIMS / "er_prs_f.csv", encoding="utf-8") as file:
            treated = {r["BEN_NIR_PSA"] for r in csv.DictReader(file, delimiter=";")
                       if r["PHA_PRS_C13"] == "3400930000014"}
        secret = (CLAIMS / "secret.txt").read_text().strip().encode()
        with open(CLAIMS / "diagnostics.csv", encoding="utf-8") as file:
            diabetic = {hmac.new(secret, r["NIR"][:13].encode(), hashlib.sha256).hexdigest()
                        for r in csv.DictReader(file, delimiter=";") if r["CODE"] == "E11"}
        self.assertGreater(len(treated & diabetic), 1)
        self.assertEqual(self.persons(definition), len(treated & diabetic))
        self.run_("undo", self.site)
        self.assertEqual(self.persons(definition), 0)


class ThreeSites(unittest.TestCase):
    """12 persons are at two of three sites, 4 at all three; each is counted once where the study says so."""

    @classmethod
    def setUpClass(cls):
        cls.folder = pathlib.Path(tempfile.mkdtemp(prefix="essaim-link-"))
        cls.federation = Federation(BIN, cls.folder / "f", "link-consortium")
        people = invented(120, 7)
        chance = random.Random(8)
        spoil = lambda some: [mistyped(p, chance) for p in some]  # noqa: E731
        cls.sites = {"north": people[:40],
                     "south": people[40:74] + spoil(people[:12]),
                     "centre": people[74:110] + spoil(people[:4])}
        cls.federation.start_hub()
        for site, patients in cls.sites.items():
            cls.federation.enroll(site)
            cls.node("load", cls.federation.folder / site, *write(cls.folder / site, patients))
        for site in cls.sites:
            cls.federation.start_node(site)
        cls.federation.wait_for_sites(3)

    @classmethod
    def tearDownClass(cls):
        cls.federation.stop()
        shutil.rmtree(cls.folder, ignore_errors=True)

    @classmethod
    def node(cls, *arguments, check=True):
        return cls.federation.run("node", *arguments, check=check)

    def dir(self, site):
        return self.federation.folder / site

    def count(self, text, check=True):
        path = self.folder / "study.yaml"
        path.write_text(text)
        done = self.federation.run("study", "cohort", path, *self.federation.connection(), "--format", "json",
                                   check=check)
        if not check:
            return done
        for analysis in json.loads(done.stdout)["analyses"]:
            for table in analysis["result"]["tables"]:
                if table["id"] == "counts":
                    at = [c["name"] for c in table["columns"]].index("n")
                    return sum(row[at] for row in table["rows"])
        raise AssertionError(done.stdout)

    def test_a_patient_at_several_hospitals_is_counted_once(self):
        once = STUDY + "count_once: diabetes-once\n"
        self.assertEqual(self.count(STUDY), 40 + 46 + 40)
        unlinked = self.count(once, check=False)
        self.assertNotEqual(unlinked.returncode, OK)

        secret = self.folder / "secret"
        secret.write_text("a1" * 32 + "\n")
        exports = []
        for site in self.sites:
            exports.append(self.folder / f"{site}.enc")
            self.node("link", "export", self.dir(site), "--project", "diabetes-once", "--secret", secret, "--out",
                      exports[-1])
            self.assertNotIn(self.sites[site][0]["FAMILY"].encode(), exports[-1].read_bytes())
        matched = self.folder / "matched"
        done = self.node("link", "match", *exports, "--out", matched)
        self.assertIn("12 persons are at more than one site", done.stdout)
        wrong = self.node("link", "import", self.dir("north"), matched / "south.links", check=False)
        self.assertEqual(wrong.returncode, BAD_INPUT)
        self.assertIn("these are the links of south", wrong.stderr)
        for site in self.sites:
            self.node("link", "import", self.dir(site), matched / f"{site}.links")
        self.assertEqual(self.count(once), 40 + 34 + 36)
        self.assertEqual(self.count(STUDY), 40 + 46 + 40)  # who does not ask sees what was there

        # A new export has new tokens: the former links no longer fit.
        self.node("link", "export", self.dir("north"), "--project", "diabetes-once", "--secret", secret, "--out",
                  exports[0])
        stale = self.node("link", "import", self.dir("north"), matched / "north.links", check=False)
        self.assertEqual(stale.returncode, BAD_INPUT)
        self.node("link", "forget", self.dir("north"), "--project", "diabetes-once")
        self.assertNotEqual(self.count(once, check=False).returncode, OK)

    def test_two_sites_count_whom_they_share_and_learn_nothing_else(self):
        question, answer = self.folder / "question", self.folder / "answer"
        self.node("link", "ask", self.dir("south"), "--project", "overlap", "--out", question)
        self.node("link", "answer", self.dir("north"), question, "--out", answer)
        # Of the 12 those without an error in name: what exact comparison finds.
        exact = sum(1 for a, b in zip(self.sites["north"], self.sites["south"][34:], strict=False)
                    if a["FAMILY"] == b["FAMILY"] and a["GIVEN"].upper().replace("-", " ").split(" ")[0] ==
                    b["GIVEN"].upper().split(" ")[0])
        done = self.node("link", "count", self.dir("south"), answer)
        self.assertIn(f"{exact} persons of this site are at north too" if exact >= 5 else "Fewer than 5", done.stdout)
        again = self.node("link", "count", self.dir("south"), answer, check=False)
        self.assertEqual(again.returncode, FAILED)
        self.assertIn("counted already", again.stderr)
        own = self.node("link", "answer", self.dir("south"), question, "--out", answer, check=False)
        self.assertEqual(own.returncode, BAD_INPUT)

    def test_two_sites_agree_on_a_secret_by_their_trusted_keys(self):
        for site in ("north", "south"):
            self.node("link", "offer", self.dir(site), "--out", self.folder / f"{site}.offer")
        exports = []
        for site, other in (("north", "south"), ("south", "north")):
            exports.append(self.folder / f"{site}.pair")
            self.node("link", "export", self.dir(site), "--project", "pair", "--with", self.folder / f"{other}.offer",
                      "--out", exports[-1])
        done = self.node("link", "match", *exports, "--out", self.folder / "pair")
        self.assertIn("north and south: 12 persons in common", done.stdout)
        forged = self.folder / "forged.offer"
        lines = (self.folder / "south.offer").read_text().split("\n")
        lines[2] = (self.folder / "north.offer").read_text().split("\n")[2]
        forged.write_text("\n".join(lines))
        refused = self.node("link", "export", self.dir("north"), "--project", "pair", "--with", forged, "--out",
                            self.folder / "x", check=False)
        self.assertEqual(refused.returncode, REFUSED)
        self.assertIn("not signed by south's key", refused.stderr)
        damaged = self.folder / "damaged.enc"
        damaged.write_bytes(exports[0].read_bytes()[:-5])
        done = self.node("link", "match", damaged, exports[1], "--out", self.folder / "y", check=False)
        self.assertEqual(done.returncode, BAD_INPUT)
        self.assertIn("damaged.enc: not a file of encodings", done.stderr)


if __name__ == "__main__":
    BIN = sys.argv.pop(1)
    unittest.main()
