#!/usr/bin/env python3
"""Keys and loads of one site as processes that are killed in the middle.

Usage: test_keys.py BIN_FOLDER [unittest arguments]
"""

import csv
import json
import pathlib
import random
import re
import shutil
import signal
import struct
import subprocess
import sys
import tempfile
import time
import unittest

ROOT = pathlib.Path(__file__).resolve().parents[2]
BIN = None
OK, FAILED, NOT_FOUND, UNAVAILABLE, BAD_INPUT = 0, 1, 4, 5, 6
CONCEPT = ("concept_id\tconcept_name\tdomain_id\tvocabulary_id\tconcept_class_id\tstandard_concept\tconcept_code\t"
           "valid_start_date\tvalid_end_date\tinvalid_reason\n")

COHORT = """cohort: viral sinusitis
concepts:
  sinusitis: [40481087]
entry:
  events: [{condition: sinusitis, first: true}]
keep: first
"""
MAPPING = """mapping: 1
tables:
  - from: patients.csv
    to: person
    fields:
      person_id: {id: person, of: ipp}
      gender_concept_id: {value: 0}
      year_of_birth: {column: born, date: "%d/%m/%Y", part: year}
      race_concept_id: {value: 0}
      ethnicity_concept_id: {value: 0}
  - from: stays.csv
    to: visit_occurrence
    fields:
      visit_occurrence_id: {id: stay, of: nda}
      person_id: {id: person, of: ipp}
      visit_concept_id: {value: 9201}
      visit_start_date: {column: came, date: "%d/%m/%Y"}
      visit_end_date: {column: came, date: "%d/%m/%Y"}
      visit_type_concept_id: {value: 32817}
"""


class Site(unittest.TestCase):
    def setUp(self):
        self.folder = pathlib.Path(tempfile.mkdtemp(prefix="essaim-e2e-"))
        self.site = self.folder / "site"
        self.init()

    def tearDown(self):
        shutil.rmtree(self.folder, ignore_errors=True)

    def init(self, *more):
        self.run_node("init", self.site, "--name", "va", "--hub", "https://h:1", "--ca-fingerprint", "AB", *more)

    def run_node(self, *arguments, code=OK):
        done = subprocess.run([str(BIN / "essaim-node"), *map(str, arguments)], capture_output=True, text=True,
                              timeout=300, stdin=subprocess.DEVNULL)
        self.assertEqual(done.returncode, code, f"{arguments}: {done.stdout[-1500:]}{done.stderr[-1500:]}")
        return done.stdout + done.stderr

    def json_of(self, *arguments):
        return json.loads(self.run_node(*arguments, "--format", "json"))

    def killed(self, seconds, *arguments):
        """Whether the command was killed in the middle, rather than done before; then self.said has its output."""
        with open(self.folder / "said", "wb") as said:
            process = subprocess.Popen([str(BIN / "essaim-node"), *map(str, arguments)], stdout=said, stderr=said,
                                       stdin=subprocess.DEVNULL)
        try:
            process.wait(seconds)
            self.said = (self.folder / "said").read_text()
            self.assertEqual(process.returncode, OK, self.said[-1500:])
            return False
        except subprocess.TimeoutExpired:
            process.send_signal(signal.SIGKILL)
            process.wait()
            return True

    def write(self, name, text):
        path = self.folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text)
        return path

    def load_notes(self, n=2000):
        rows = "".join(f"{i},1,2020-01-01,note {i} of Mrs Dupont\n" for i in range(1, n + 1))
        path = self.write("note.csv", "note_id,person_id,note_date,note_text\n" + rows + "x,1,,a bad row of Mr Martin\n")
        self.run_node("load", self.site, "--from", "omop", path)

    def rejected_texts(self):
        """What opens with the key of free text."""
        path = self.folder / "rejected.csv"
        self.run_node("rejected", "export", self.site, path)
        with open(path, newline="") as f:
            return [row["raw"] for row in csv.DictReader(f)]


class Rotation(Site):
    def assert_readable(self, loads):
        self.assertEqual(self.json_of("loads", self.site), loads)
        self.assertEqual(self.rejected_texts(), ["x,1,,a bad row of Mr Martin"])
        self.run_node("identity", self.site, "--value", "nobody", code=NOT_FOUND)

    def test_killed_at_any_moment_the_old_key_or_the_new_one_opens_everything(self):
        self.run_node("load", self.site, "--from", "omop", ROOT / "tests/data/omop/synthea27")
        self.load_notes()
        self.run_node("load", self.site, "--from", "fhir", ROOT / "tests/data/fhir/synthea.ndjson")
        loads = self.json_of("loads", self.site)
        self.assert_readable(loads)
        quality = ["quality", self.site, "--as-of", "2023-01-01", "--format", "json"]
        before = json.loads(self.run_node(*quality))
        chance = random.Random(7)
        for category, kills in (("general", 6), ("free_text", 6), ("identity", 3), ("master", 5)):
            keys = lambda: {p.name: p.read_bytes() for p in self.site.glob("*.key")}  # noqa: E731
            first = keys()
            began = time.monotonic()
            self.run_node("keys", "rotate", self.site, category)
            seconds = time.monotonic() - began
            self.assertNotEqual(keys(), first)
            n_killed = 0
            for _ in range(kills):
                n_killed += self.killed(chance.uniform(0, seconds), "keys", "rotate", self.site, category)
                self.assert_readable(loads)
            while n_killed == 0 and seconds > 0.001:  # the first, timed run may have been slow
                seconds /= 2
                n_killed += self.killed(seconds, "keys", "rotate", self.site, category)
                self.assert_readable(loads)
            self.assertGreater(n_killed, 0, category)
            self.run_node("keys", "rotate", self.site, category)
            self.assert_readable(loads)
            left = [p.name for p in self.site.iterdir() if ".next" in p.name or p.name.endswith(".resealed")]
            self.assertEqual(left, [], category)
        after = json.loads(self.run_node(*quality))
        self.assertEqual(after["Overview"], before["Overview"])

    def test_rotation_wants_the_folder_for_itself(self):
        self.load_notes(10)
        path = self.write("CONCEPT.csv", CONCEPT + "".join(
            f"{i}\tname\tDrug\tRxNorm\tIngredient\tS\t{i}\t19700101\t20991231\t\n" for i in range(1, 200_000)))
        load = subprocess.Popen([str(BIN / "essaim-node"), "load", str(self.site), "--from", "omop", str(path)],
                                stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, stdin=subprocess.DEVNULL)
        try:
            # Stopped as soon as it holds the folder, so that no speed of the machine lets it end before it is asked.
            holds = re.compile(rf"FLOCK\s+ADVISORY\s+READ\s+{load.pid}\s")
            while load.poll() is None and not holds.search(pathlib.Path("/proc/locks").read_text()):
                time.sleep(0.001)
            load.send_signal(signal.SIGSTOP)
            self.assertIsNone(load.poll())
            self.assertIn("is in use", self.run_node("keys", "rotate", self.site, code=UNAVAILABLE))
            self.assertIn("is in use", self.run_node("keys", "destroy", self.site, "free_text", "--yes",
                                                     code=UNAVAILABLE))
        finally:
            load.kill()
            load.wait()

    def test_what_cannot_be_rotated_says_why(self):
        self.assertIn("every person and row would get another number",
                      self.run_node("keys", "rotate", self.site, "pseudonyms", code=FAILED))
        self.assertIn("no key of 'nothing'", self.run_node("keys", "rotate", self.site, "nothing", code=BAD_INPUT))


def dicom(instance, pixels):
    """A CT slice of 16 bits, explicit little endian (PS3.5, PS3.10)."""
    def element(group, number, vr, value):
        value = value.encode() if isinstance(value, str) else value
        if len(value) % 2:
            value += b"\0" if vr in ("UI", "OB") else b" "
        head = struct.pack("<HH", group, number) + vr.encode()
        return head + (struct.pack("<HI", 0, len(value)) if vr in ("OB", "OW") else struct.pack("<H", len(value))) + value

    def number(n):
        return struct.pack("<H", n)

    kind, uid = "1.2.840.10008.5.1.4.1.1.2", f"1.2.3.{instance % 7}.{instance}"
    meta = (element(2, 1, "OB", b"\0\1") + element(2, 2, "UI", kind) + element(2, 3, "UI", uid)
            + element(2, 0x10, "UI", "1.2.840.10008.1.2.1") + element(2, 0x12, "UI", "1.2.9"))
    side = int((len(pixels) // 2) ** 0.5)
    data = [(8, 0x16, "UI", kind), (8, 0x18, "UI", uid), (8, 0x20, "DA", "20200131"), (8, 0x60, "CS", "CT"),
            (0x10, 0x10, "PN", "DURAND^MARIE"), (0x10, 0x20, "LO", "IPP-1"), (0x10, 0x30, "DA", "19600214"),
            (0x10, 0x40, "CS", "F"), (0x20, 0xD, "UI", "1.2.3"), (0x20, 0xE, "UI", f"1.2.3.{instance % 7}"),
            (0x28, 2, "US", number(1)), (0x28, 4, "CS", "MONOCHROME2"), (0x28, 0x10, "US", number(side)),
            (0x28, 0x11, "US", number(side)), (0x28, 0x100, "US", number(16)), (0x28, 0x101, "US", number(12)),
            (0x28, 0x102, "US", number(11)), (0x28, 0x103, "US", number(0)), (0x7FE0, 0x10, "OW", pixels)]
    return (bytes(128) + b"DICM" + element(2, 0, "UL", struct.pack("<I", len(meta))) + meta
            + b"".join(element(*e) for e in data))


class Imaging(Site):
    def test_killed_at_any_moment_every_image_opens(self):
        n_images, pixels = 1500, bytes(2 * 64 * 64)
        for i in range(n_images):
            path = self.folder / f"pacs/{i:05}"
            path.parent.mkdir(exist_ok=True)
            path.write_bytes(dicom(i, pixels))
        self.run_node("load", self.site, "--from", "dicom", self.folder / "pacs")
        images = [i["image_instance_id"] for i in self.json_of("images", "list", self.site, "--limit", n_images)]
        self.assertEqual(len(images), n_images)
        chance = random.Random(7)

        def key():
            return (self.site / "imaging.key").read_bytes()

        def assert_readable():
            for image in chance.sample(images, 6):
                out = self.folder / "out.dcm"
                self.run_node("images", "export", self.site, "--image", image, "--out", out)  # checks its SHA-256
                out.unlink()

        began, first = time.monotonic(), key()
        self.run_node("keys", "rotate", self.site, "imaging")
        seconds = time.monotonic() - began
        self.assertNotEqual(key(), first)
        assert_readable()
        n_between = 0
        for attempt in range(20):
            before = key()
            killed = self.killed(chance.uniform(0.1, 1) * seconds, "keys", "rotate", self.site, "imaging")
            # Of a rotation that was killed before it had an end, the key and its successor are both there.
            n_between += killed and (self.site / "imaging.next.key").exists() and key() == before
            assert_readable()
            if n_between >= 3:
                break
        self.assertGreater(n_between, 0)
        self.run_node("keys", "rotate", self.site, "master")  # ends what was begun, first
        self.assertFalse((self.site / "imaging.next.key").exists())
        assert_readable()
        self.run_node("keys", "rotate", self.site, "imaging")
        assert_readable()
        self.run_node("keys", "destroy", self.site, "imaging", "--yes")
        self.assertIn("was destroyed", self.run_node("images", "export", self.site, "--image", images[0], "--out",
                                                     self.folder / "out.dcm", code=FAILED))
        self.assertIn("was destroyed", self.run_node("keys", "rotate", self.site, "imaging", code=FAILED))


class Destruction(Site):
    def test_a_destroyed_category_is_unreadable_and_the_rest_works(self):
        self.run_node("load", self.site, "--from", "omop", ROOT / "data/omop/north")
        self.load_notes(10)
        cohort = ["cohort", self.site, "--definition", self.write("cohort.yaml", COHORT), "--format", "json"]
        persons = json.loads(self.run_node(*cohort))["cohorts"][0]["persons"]
        self.assertGreater(persons, 0)
        self.run_node("keys", "rotate", self.site, "genetic")
        self.run_node("load", self.site, "--from", "fhir", ROOT / "tests/data/fhir/synthea.ndjson")
        for category in ("free_text", "identity", "genetic"):
            self.run_node("keys", "destroy", self.site, category, code=FAILED)  # without --yes
            self.run_node("keys", "destroy", self.site, category, "--yes")
        states = {k["category"]: k["state"] for k in self.json_of("keys", "list", self.site)}
        self.assertEqual({c for c, s in states.items() if s == "destroyed"}, {"free_text", "identity", "genetic"})
        self.run_node("quality", self.site, "--as-of", "2023-01-01")
        self.assertGreaterEqual(json.loads(self.run_node(*cohort))["cohorts"][0]["persons"], persons)
        self.assertIn("was destroyed", self.run_node("identity", self.site, "--person", "1", code=FAILED))
        self.assertIn("was destroyed", self.run_node("rejected", "export", self.site, self.folder / "x", code=FAILED))
        self.assertIn("was destroyed", self.run_node("keys", "rotate", self.site, "free_text", code=FAILED))
        # Loads of texts go on without them, and say so.
        path = self.write("more/note.csv", "note_id,person_id,note_date,note_text\n99,1,2020-01-01,secret\n")
        said = self.run_node("load", self.site, "--from", "omop", path)
        self.assertIn("texts that are not kept: 1, because the key of 'free_text' was destroyed", said)
        text = (ROOT / "tests/data/fhir/synthea.ndjson").read_text().splitlines()
        said = self.run_node("load", self.site, "--from", "fhir", self.write("some.ndjson", "\n".join(text[:40]) + "\n"))
        self.assertIn("who persons are is not kept, because the key of 'identity' was destroyed", said)
        self.run_node("keys", "destroy", self.site, "pseudonyms", "--yes")
        self.assertIn("'pseudonyms' was destroyed", self.run_node(
            "load", self.site, "--from", "fhir", self.write("few.ndjson", "\n".join(text[:20]) + "\n"), code=FAILED))
        self.run_node("quality", self.site, "--as-of", "2023-01-01")
        self.run_node("keys", "rotate", self.site)

    def test_a_lost_key_of_pseudonyms_stops_what_would_number_persons_anew(self):
        text = (ROOT / "tests/data/fhir/synthea.ndjson").read_text().splitlines()
        first, more = (self.write(f"{n}.ndjson", "\n".join(text[:n]) + "\n") for n in (20, 40))
        self.run_node("load", self.site, "--from", "fhir", first)
        loads, kept = self.json_of("loads", self.site), self.site / "pseudonyms.key"
        key = kept.read_bytes()
        kept.unlink()
        for command in (["load", self.site, "--from", "fhir", more], ["listen", self.site, "--port", "0"],
                        ["search", self.site, "toux", "--author", "1"]):
            self.assertIn("pseudonyms.key: is not there, and load 1", self.run_node(*command, code=FAILED))
        self.assertFalse(kept.exists())
        self.assertEqual(self.json_of("loads", self.site), loads)
        kept.write_bytes(key)
        self.run_node("load", self.site, "--from", "fhir", more)


    def images(self):
        for i in range(3):
            self.write(f"pacs/{i}", "").write_bytes(dicom(i, bytes(2 * 8 * 8)))
        return self.folder / "pacs"

    def test_a_lost_key_is_not_made_anew_beside_what_it_seals(self):
        self.load_notes(3)
        self.run_node("load", self.site, "--from", "dicom", self.images())
        loads = self.json_of("loads", self.site)
        more = self.write("more/note.csv", "note_id,person_id,note_date,note_text\n99,1,2020-01-01,more\n")
        dictionary = self.write("terms.csv", "term,concept_id\ntoux,254761\n")
        for name, commands in {
                "free_text": (["load", self.site, "--from", "omop", more], ["index", self.site],
                              ["search", self.site, "note"], ["annotate", self.site, "--dictionary", dictionary],
                              ["rejected", "export", self.site, self.folder / "x.csv"],
                              ["listen", self.site, "--port", "0"], ["keys", "rotate", self.site, "free_text"],
                              ["keys", "rotate", self.site, "master"]),
                "imaging": (["load", self.site, "--from", "dicom", self.images()],
                            ["keys", "rotate", self.site, "imaging"], ["keys", "rotate", self.site, "master"]),
                "general": (["loads", self.site], ["keys", "rotate", self.site, "general"],
                            ["keys", "rotate", self.site, "master"])}.items():
            kept = self.site / f"{name}.key"
            key = kept.read_bytes()
            kept.unlink()
            for command in commands:
                with self.subTest(command[0], key=name):
                    self.assertIn(f"{name}.key: is not there, and ", self.run_node(*command, code=FAILED))
                    self.assertEqual([p.name for p in self.site.glob(f"{name}*key")], [])
            kept.write_bytes(key)
        self.assertEqual(self.json_of("loads", self.site), loads)
        self.assertIn("a bad row of Mr Martin", "".join(self.rejected_texts()))
        self.run_node("keys", "rotate", self.site, "master")
        self.run_node("load", self.site, "--from", "omop", more)


class Vocabularies(Site):
    def release(self, name, version, n_concepts, n_ancestors):
        folder = self.folder / name
        folder.mkdir()
        (folder / "VOCABULARY.csv").write_text(
            "vocabulary_id\tvocabulary_name\tvocabulary_reference\tvocabulary_version\tvocabulary_concept_id\n"
            f"None\tOMOP\tOMOP\t{version}\t44819096\n")
        (folder / "CONCEPT.csv").write_text(CONCEPT + "".join(
            f"{i}\tname\tDrug\tRxNorm\tIngredient\tS\t{i}\t19700101\t20991231\t\n" for i in range(1, n_concepts + 1)))
        with open(folder / "CONCEPT_ANCESTOR.csv", "w") as f:
            f.write("ancestor_concept_id\tdescendant_concept_id\tmin_levels_of_separation\tmax_levels_of_separation\n")
            for first in range(1, n_ancestors + 1, 100_000):
                last = min(first + 100_000, n_ancestors + 1)
                f.write("".join(f"{i % 977}\t{i}\t{i % 5}\t{i % 7}\n" for i in range(first, last)))
        return folder

    def loaded(self):
        last = self.json_of("loads", self.site)[-1]
        return {t["table"]: t["loaded"] for t in last["tables"]}

    def load_killing(self, folder, before, after, seconds):
        """Loads a release, killed again and again; how often before its rows were in force, and what resumed last."""
        n_killed = 0
        # Longer each time, so that also on a slow machine a piece is committed at last.
        while self.killed(seconds, "load", self.site, "--from", "vocabulary", folder):
            seconds *= 1.2
            self.assertLess(n_killed, 40)
            versions = [load["version"] for load in self.json_of("loads", self.site)]
            self.assertIn(versions, [before, after])
            if versions == after:  # killed after the exchange, before the process ended
                return n_killed, 0
            n_killed += 1
        self.assertEqual([load["version"] for load in self.json_of("loads", self.site)], after)
        resumed = re.search(r"went on where a stopped load was: (\d+) rows", self.said)
        return n_killed, int(resumed.group(1)) if resumed else 0

    def test_a_killed_load_goes_on_where_it_was(self):
        n = 3_000_000
        self.run_node("load", self.site, "--from", "vocabulary", self.release("old", "v5.0 AUG", 100, 100))
        newer = self.release("new", "v5.0 FEB", 50_000, n)
        n_killed, resumed = 0, 0
        chance = random.Random(11)
        for _ in range(12):  # a kill between the exchange and the process's end leaves nothing to go on with
            killed, resumed = self.load_killing(newer, ["v5.0 AUG"], ["v5.0 AUG", "v5.0 FEB"], chance.uniform(0.2, 0.6))
            n_killed += killed
            if resumed > 500_000:
                break
            self.run_node("undo", self.site)
        print(f"killed {n_killed} times; {resumed} rows were there already", file=sys.stderr)
        self.assertGreater(n_killed, 0)
        self.assertGreater(resumed, 500_000)
        self.assertEqual(self.loaded(), {"concept": 50_000, "vocabulary": 1, "concept_ancestor": n})
        self.assertIn("loaded already", self.run_node("load", self.site, "--from", "vocabulary", newer))
        # What a load counts of its own files may hide a piece that is there twice or not at all. The next release
        # counts the rows of the table itself, and an undo gives them back.
        self.run_node("load", self.site, "--from", "vocabulary", self.release("third", "v5.0 AUG 2", 7, 7))
        last = self.json_of("loads", self.site)[-1]
        self.assertEqual({t["table"]: t["replaced"] for t in last["tables"]},
                         {"concept": 50_000, "vocabulary": 1, "concept_ancestor": n})
        self.run_node("undo", self.site)
        self.assertEqual(self.loaded(), {"concept": 50_000, "vocabulary": 1, "concept_ancestor": n})


class Mending(Site):
    def exported(self):
        path = self.folder / "rejected.csv"
        self.run_node("rejected", "export", self.site, path)
        with open(path, newline="") as f:
            return list(csv.DictReader(f))

    def retry(self, rows):
        path = self.folder / "mended.csv"
        with open(path, "w", newline="") as f:
            writer = csv.DictWriter(f, rows[0].keys())
            writer.writeheader()
            writer.writerows(rows)
        return self.json_of("rejected", "retry", self.site, path)

    def test_rows_of_csv_are_mended_and_come_again(self):
        path = self.write("PERSON.csv", "person_id;year_of_birth;person_source_value\n1;1950;a\n2;nineteen;\"b;c\"\n"
                          "3;19x0;d\n4;1980;e\n")
        self.run_node("load", self.site, "--from", "omop", path)
        rows = self.exported()
        self.assertEqual([(r["line"], r["field"], r["raw"]) for r in rows],
                         [("3", "year_of_birth", "2;nineteen;\"b;c\""), ("4", "year_of_birth", "3;19x0;d")])
        rows[0]["raw"] = rows[0]["raw"].replace("nineteen", "1919")
        done = self.retry(rows)
        self.assertEqual([(d["load"], d["as_load"], d["retried"], d["rejected"]) for d in done], [(1, 2, 2, 1)])
        # What is wrong still is told of the original's line, and waits as a row of the new load.
        again = self.exported()
        self.assertEqual([(r["load"], r["line"], r["file"]) for r in again], [("2", "4", str(path))])
        loads = self.json_of("loads", self.site)
        self.assertEqual([load["retried"] for load in loads], [2, 0])
        self.assertEqual({t["table"]: t["loaded"] for t in loads[1]["tables"]}, {"person": 1})
        self.assertFalse((self.site / "retry").exists())
        self.assertIn("wait no longer", self.run_node("rejected", "retry", self.site, self.folder / "mended.csv"))
        # An undo makes them wait again.
        self.run_node("undo", self.site)
        self.assertEqual(len(self.exported()), 2)

    def test_rows_of_a_mapping_and_of_messages_come_again_through_the_same(self):
        patients = self.write("patients.csv", "ipp,born\nA1,31/12/1950\nA2,31.12.1960\n")
        self.write("stays.csv", "ipp,nda,came\nA1,N1,01/02/2020\n")
        mapping = self.write("mapping.yaml", MAPPING)
        self.run_node("load", self.site, "--from", "csv", "--mapping", mapping, patients, self.folder / "stays.csv")
        rows = self.exported()
        self.assertEqual(len(rows), 1)
        rows[0]["raw"] = "A2,31/12/1960"
        mapping.unlink()  # the load has kept it
        self.assertEqual(self.retry(rows)[0]["rejected"], 0)
        self.assertEqual(len(self.json_of("loads", self.site)), 2)

        message = "MSH|^~\\&|LAB|H|||20200101||ADT^A01|1|P|2.5\rPID|1||{}^^^H||DOE^JANE||19500101|F\rPV1|1|I\r"
        self.run_node("load", self.site, "--from", "hl7v2", self.write("adt.hl7", message.format("")))
        rows = self.exported()
        self.assertEqual([r["field"] for r in rows], ["PID-3"])
        rows[0]["raw"] = rows[0]["raw"].replace("PID|1||", "PID|1||77")
        self.assertEqual(self.retry(rows)[0]["rejected"], 0)
        self.run_node("identity", self.site, "--value", "77")

    def test_rows_of_notes_come_again_with_the_files_that_they_name(self):
        self.write("notes/a.txt", "Examen normal.")
        index = self.write("notes/index.csv", "patient,file,date\n1,a.txt,2020-13-01\n2,b.txt,2020-01-02\n")
        lines = self.write("more/lines.ndjson", '{"patient": "1", "text": "Bon", "date": "never"}\n')
        self.run_node("load", self.site, "--from", "text", "--system", "H", index.parent, lines)
        rows = self.exported()
        self.assertEqual([(r["field"], r["raw"]) for r in rows],
                         [("date", "1,a.txt,2020-13-01"), ("file", "2,b.txt,2020-01-02"),
                          ("date", '{"patient": "1", "text": "Bon", "date": "never"}')])
        rows[0]["raw"] = "1,a.txt,2020-12-01"
        self.write("notes/b.txt", "Toux.")
        rows[2]["raw"] = '{"patient": "1", "text": "Bon", "date": "2020-01-03"}'
        self.assertEqual(self.retry(rows)[0]["rejected"], 0)
        last = self.json_of("loads", self.site)[-1]
        self.assertEqual(({t["table"]: t["loaded"] for t in last["tables"]}, last["kind"]), ({"note": 3}, "text"))

    def test_files_come_again_once_there_is_a_vocabulary(self):
        message = ("MSH|^~\\&|LAB|H|||20200101||ORU^R01|1|P|2.5\rPID|1||77^^^H||DOE^JANE||19500101|F\r"
                   "OBR|1|||x\rOBX|1|NM|7^^SCT||3|||||F|||20200101\r")
        path = self.write("oru.hl7", message)
        self.assertIn("these files again", self.run_node("load", self.site, "--from", "hl7v2", path))
        self.assertIn("loaded already", self.run_node("load", self.site, "--from", "hl7v2", path))
        folder = self.folder / "athena"
        folder.mkdir()
        (folder / "VOCABULARY.csv").write_text(
            "vocabulary_id\tvocabulary_name\tvocabulary_reference\tvocabulary_version\tvocabulary_concept_id\n"
            "None\tOMOP\tOMOP\tv5.0\t44819096\n")
        (folder / "CONCEPT.csv").write_text(
            CONCEPT + '7\tA finding\tMeasurement\tSNOMED\tFinding\tS\t7\t19700101\t20991231\t\n')
        self.run_node("load", self.site, "--from", "vocabulary", folder)
        self.assertNotIn("loaded already", self.run_node("load", self.site, "--from", "hl7v2", path))
        self.assertEqual({t["table"]: t["loaded"] for t in self.json_of("loads", self.site)[-1]["tables"]},
                         {"person": 1, "measurement": 1})
        self.assertIn("loaded already", self.run_node("load", self.site, "--from", "hl7v2", path))

    def test_rows_of_a_vocabulary_come_again_as_rows_of_its_table(self):
        folder = self.folder / "athena"
        folder.mkdir()
        (folder / "VOCABULARY.csv").write_text(
            "vocabulary_id\tvocabulary_name\tvocabulary_reference\tvocabulary_version\tvocabulary_concept_id\n"
            "None\tOMOP\tOMOP\tv5.0\t44819096\n")
        bad = '7x\t5" cannula\tDevice\tSNOMED\tPhysical Object\tS\t7\t19700101\t20991231\t'
        (folder / "CONCEPT.csv").write_text(CONCEPT + bad + "\n")
        self.run_node("load", self.site, "--from", "vocabulary", folder)
        rows = self.exported()
        self.assertEqual([r["raw"] for r in rows], [bad])
        rows[0]["raw"] = bad.replace("7x", "7y")
        self.assertEqual(self.retry(rows)[0]["rejected"], 1)
        rows = self.exported()  # of the second load
        rows[0]["raw"] = bad.replace("7x", "7")
        self.assertEqual(self.retry(rows)[0]["rejected"], 0)
        self.assertEqual({t["table"]: t["loaded"] for t in self.json_of("loads", self.site)[-1]["tables"]},
                         {"concept": 1})
        self.run_node("undo", self.site)
        self.run_node("undo", self.site)
        self.run_node("undo", self.site)

    def test_lines_of_variants_come_again_with_what_their_load_had(self):
        self.run_node("load", self.site, "--from", "hl7v2", self.write(
            "adt.hl7", "MSH|^~\\&|LAB|H|||20200101||ADT^A01|1|P|2.5\rPID|1||77^^^H||DOE^JANE||19500101|F\r"))
        reference = self.write("ref.fa", ">1\nGGCACACACATTTTGC\n")
        vcf = self.write("a.vcf", "##fileformat=VCFv4.2\n##fileDate=20200805\n#CHROM\tPOS\tID\tREF\tALT\tQUAL\tFILTER"
                         "\tINFO\tFORMAT\t77\n1\t8x\t.\tACA\tA\t.\t.\t.\tGT\t0/1\n")
        self.run_node("load", self.site, "--from", "vcf", "--system", "H", "--reference", reference, vcf)
        rows = self.exported()
        self.assertEqual([(r["line"], r["raw"]) for r in rows], [("4", "1\t8x\t.\tACA\tA\t.\t.\t.\tGT\t0/1")])
        rows[0]["raw"] = rows[0]["raw"].replace("8x", "8")
        done = self.retry(rows)
        self.assertEqual(done[0]["rejected"], 0)
        self.assertIn(f"{vcf}: 1 variants of 1 of 1 samples", " ".join(done[0]["notices"]))
        self.assertEqual(self.json_of("genetic", self.site)["variants"], 1)
        self.run_node("undo", self.site)
        self.assertEqual(self.json_of("genetic", self.site)["variants"], 0)
        reference.unlink()
        self.assertIn("these need the same", self.run_node("rejected", "retry", self.site, self.folder / "mended.csv",
                                                           code=NOT_FOUND))
        self.run_node("keys", "destroy", self.site, "genetic", "--yes")
        self.assertIn("none with a text", self.run_node("rejected", "export", self.site, self.folder / "x.csv",
                                                        code=NOT_FOUND))

    def test_a_file_of_another_kind_is_named(self):
        self.run_node("rejected", "list", self.site)
        self.assertIn("no rejected row", self.run_node("rejected", "export", self.site, self.folder / "x.csv",
                                                       code=NOT_FOUND))
        wrong = self.write("wrong.csv", "a,b\n1,2\n")
        self.assertIn("line 1: no column 'load'", self.run_node("rejected", "retry", self.site, wrong, code=BAD_INPUT))
        wrong = self.write("wrong.csv", "load,row,raw\n1,x,2\n")
        self.assertIn("wrong.csv:2", self.run_node("rejected", "retry", self.site, wrong, code=BAD_INPUT))


class OtherKinds(Site):
    def test_a_file_of_another_kind_is_an_error_and_no_load(self):
        table = "name,born\nAnne,1950\n"
        for kind, name in (("hl7v2", "a.csv"), ("dicom", "a.csv"), ("fhir", "a.ndjson"), ("text", "a.ndjson"),
                           ("vcf", "a.vcf"), ("wfdb", "a.hea")):
            said = self.run_node("load", self.site, "--from", kind, self.write(f"{kind}/{name}", table), code=BAD_INPUT)
            self.assertIn(f"{kind}/{name}: expected ", said)
            self.run_node("load", self.site, "--from", kind, self.write(f"{kind}/picture.jpg", "\x01JFIF"), code=BAD_INPUT)
        self.assertEqual(self.json_of("loads", self.site), [])


class Dates(Site):
    def init(self, *more):
        super().init("--shift-dates", "100", "--keep-weekdays")

    def test_dates_are_moved_alike_at_every_load(self):
        self.run_node("load", self.site, "--from", "omop", ROOT / "tests/data/omop/synthea27")
        config = self.site / "node.json"
        before = config.read_text()
        settings = json.loads(before)
        self.assertEqual(settings["shift_dates"], {"days": 100, "keep_weekdays": True})
        path = self.write("person.csv", "person_id,year_of_birth\n900,1950\n")
        for change in ({"days": 50, "keep_weekdays": True}, {"days": 0, "keep_weekdays": False}):
            settings["shift_dates"] = change
            config.write_text(json.dumps(settings))
            self.assertIn("the warehouse's dates are", self.run_node("load", self.site, "--from", "omop", path,
                                                                     code=FAILED))
        settings["shift_dates"] = {"days": 5, "keep_weekdays": True}
        config.write_text(json.dumps(settings))
        self.assertIn("7 to 3650 days", self.run_node("loads", self.site, code=BAD_INPUT))
        config.write_text(before)
        self.run_node("load", self.site, "--from", "omop", path)


if __name__ == "__main__":
    BIN = pathlib.Path(sys.argv.pop(1)).resolve()
    unittest.main(verbosity=2, warnings="ignore")
