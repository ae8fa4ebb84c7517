#!/usr/bin/env python3
"""The programs as processes on loopback: what a crash, a stranger and a careless user do to them.

Usage: test_federation.py BIN_FOLDER [unittest arguments]
"""

import json
import os
import pathlib
import random
import re
import shutil
import socket
import ssl
import sys
import tempfile
import threading
import time
import unittest
import urllib.error
import urllib.request

ROOT = pathlib.Path(__file__).resolve().parents[2]
sys.path.insert(0, str(ROOT / "tools"))
from federation import Failure, Federation  # noqa: E402

HEART = ["cleveland", "hungary", "switzerland", "va"]
SCHEMA = ROOT / "data/heart/heart.schema.yaml"
BIN = None
OK, FAILED, REFUSED, NOT_FOUND, UNAVAILABLE, BAD_INPUT, CANCELLED = 0, 1, 3, 4, 5, 6, 7


def study_text(source, **replacements):
    text = (ROOT / "studies" / source).read_text()
    for old, new in replacements.values():
        if old not in text:
            raise AssertionError(f"{source} has no '{old}'")
        text = text.replace(old, new)
    return text.replace("../data/heart/heart.schema.yaml", str(SCHEMA))


class Heart(unittest.TestCase):
    """Four hospitals; a fresh federation for each test class."""

    @classmethod
    def setUpClass(cls):
        cls.folder = pathlib.Path(tempfile.mkdtemp(prefix="essaim-e2e-"))
        cls.federation = Federation(BIN, cls.folder / "f", "heart-consortium")
        cls.federation.start(HEART, "heart", SCHEMA, ROOT / "data/heart")

    @classmethod
    def tearDownClass(cls):
        cls.federation.stop()
        shutil.rmtree(cls.folder, ignore_errors=True)

    def write(self, text):
        path = self.folder / "study.yaml"
        path.write_text(text)
        return path

    def submit(self, text):
        return self.federation.submit(self.write(text))

    def hashes(self, study):
        return [a["result_sha256"] for a in self.federation.result(study)["analyses"]]

    def wait_for(self, condition, what, timeout=60):
        deadline = time.monotonic() + timeout
        while not condition():
            self.assertLess(time.monotonic(), deadline, f"still not so: {what}")
            time.sleep(0.02)


WAITING = {"wait": ("on_dropout: continue", "on_dropout: wait")}


class Crashes(Heart):
    def undisturbed(self):
        if not hasattr(Crashes, "expected"):
            study = self.submit(study_text("heart_one_by_one.yaml", **WAITING))
            self.federation.watch(study)
            Crashes.expected = self.hashes(study)
            self.assertEqual(len(Crashes.expected), 11)
        return Crashes.expected

    def test_nodes_killed_at_random_moments_give_the_same_bytes(self):
        expected = self.undisturbed()
        chance = random.Random(20)
        study = self.submit(study_text("heart_one_by_one.yaml", **WAITING))
        kills = 0
        while self.federation.status(study)["status"] == "running" and kills < 6:
            time.sleep(chance.uniform(0.0, 0.3))
            site = chance.choice(HEART)
            self.federation.kill(site)
            self.federation.start_node(site)
            kills += 1
        self.assertGreater(kills, 1)
        self.federation.watch(study)
        self.assertEqual(self.hashes(study), expected)

    def test_a_hub_killed_at_random_moments_gives_the_same_bytes(self):
        expected = self.undisturbed()
        chance = random.Random(21)
        study = self.submit(study_text("heart_one_by_one.yaml", **WAITING))
        for _ in range(4):
            time.sleep(chance.uniform(0.0, 0.3))
            self.federation.kill("hub")
            self.federation.start_hub(init=False)
        self.federation.wait_for_sites(4)
        self.federation.watch(study)
        self.assertEqual(self.hashes(study), expected)

    def test_everybody_killed_at_once_gives_the_same_bytes(self):
        expected = self.undisturbed()
        study = self.submit(study_text("heart_one_by_one.yaml", **WAITING))
        self.federation.wait_for_analyses(study, 2)
        for name in ["hub"] + HEART:
            self.federation.kill(name)
        self.federation.start_hub(init=False)
        for site in HEART:
            self.federation.start_node(site)
        self.federation.watch(study)
        self.assertEqual(self.hashes(study), expected)

    def test_a_run_below_its_threshold_pauses_and_resumes(self):
        expected = self.undisturbed()
        study = self.submit(study_text("heart_one_by_one.yaml", **WAITING))
        self.federation.wait_for_analyses(study, 1)
        for site in ("hungary", "va"):
            self.federation.kill(site)
        self.wait_for(lambda: self.federation.status(study).get("phase") == "paused", "paused")
        message = self.federation.status(study)["message"]
        self.assertRegex(message, "paused: .* are needed; waiting for .*(hungary|va)")
        for site in ("hungary", "va"):
            self.federation.start_node(site)
        self.federation.watch(study)
        self.assertEqual(self.hashes(study), expected)

    def test_results_are_those_of_the_simulation(self):
        study = self.submit(study_text("heart.yaml"))
        self.federation.watch(study)
        sites = [a for s in HEART for a in ("--site", f"{s}={ROOT}/data/heart/{s}.csv")]
        simulated = json.loads(self.federation.run("simulate", ROOT / "studies/heart.yaml", *sites, "--format",
                                                   "json").stdout)
        for real, sim in zip(self.federation.result(study)["analyses"], simulated["analyses"], strict=True):
            self.assertEqual(real["result"], sim["result"])


class People(Heart):
    def connected(self, *arguments, check=True):
        return self.federation.run(*arguments, *self.federation.connection(), check=check)

    def test_cancelled(self):
        self.federation.kill("va")  # so that the study waits
        study = self.submit(study_text("heart.yaml", **WAITING))
        self.connected("study", "cancel", study)
        self.assertEqual(self.federation.watch(study, check=False).returncode, CANCELLED)
        again = self.connected("study", "cancel", study, check=False)
        self.assertEqual(again.returncode, FAILED)
        self.assertIn("cancelled already", again.stderr)
        self.federation.start_node("va")
        self.federation.wait_for_sites(4)

    def test_unknown_study_and_bad_token(self):
        missing = self.connected("study", "result", "nothing-1", check=False)
        self.assertEqual(missing.returncode, NOT_FOUND)
        self.assertIn("no study nothing-1", missing.stderr)
        token = self.folder / "token"
        token.write_text("0" * 64)
        arguments = self.federation.connection()[:-1] + [token]
        refused = self.federation.run("study", "list", *arguments, check=False)
        self.assertEqual(refused.returncode, REFUSED)

    def test_a_researcher_cannot_act_as_operator(self):
        token = self.federation.run("hub", "token", self.federation.folder / "hub", "--name", "ann").stdout.strip()
        path = self.folder / "ann.token"
        path.write_text(token)
        arguments = self.federation.connection()[:-1] + [path]
        self.assertEqual(self.federation.run("study", "list", *arguments).returncode, OK)
        trust = ssl.create_default_context(cafile=self.federation.folder / "hub/ca.pem")
        request = urllib.request.Request(f"https://127.0.0.1:{self.federation.rest_port}/v1/sites/va/revoke",
                                         data=b"{}", headers={"Authorization": f"Bearer {token}"})
        opener = urllib.request.build_opener(urllib.request.ProxyHandler({}), urllib.request.HTTPSHandler(context=trust))
        with self.assertRaises(urllib.error.HTTPError) as refused:
            opener.open(request, timeout=10)
        self.assertEqual(refused.exception.code, 403)
        refused.exception.close()

    def test_a_researcher_sees_their_own_studies_until_the_token_is_revoked(self):
        hub = self.federation.folder / "hub"
        study = self.submit(study_text("heart.yaml"))  # the operator's
        path = self.folder / "eve.token"
        path.write_text(self.federation.run("hub", "token", hub, "--name", "eve").stdout)
        as_eve = self.federation.connection()[:-1] + [path]
        listed = self.federation.run("study", "list", "--format", "json", *as_eve).stdout
        self.assertEqual(json.loads(listed), [])
        for action in ("show", "result", "cancel", "watch"):
            done = self.federation.run("study", action, study, *as_eve, check=False)
            self.assertNotEqual(done.returncode, OK, action)
            self.assertIn("no study", done.stderr)
        self.federation.watch(study)
        names = [t["name"] for t in json.loads(self.federation.run("hub", "tokens", hub, "--format", "json").stdout)]
        self.assertIn("eve", names)
        self.federation.run("hub", "revoke-token", hub, "--name", "eve")
        refused = self.federation.run("study", "list", *as_eve, check=False)
        self.assertEqual(refused.returncode, REFUSED)

    def test_a_node_says_what_it_is_at_and_stops_when_told(self):
        folder = self.federation.folder / "va"
        status = json.loads(self.federation.run("node", "status", folder, "--format", "json").stdout)
        self.assertTrue(status["serving"] and status["connected"])
        self.federation.run("node", "stop", folder)
        self.wait_for(lambda: self.federation.run("node", "stop", folder, check=False).returncode == UNAVAILABLE,
                      "the node has stopped")
        self.federation.start_node("va")
        self.federation.wait_for_sites(4)

    def test_a_hub_with_a_renewed_certificate_is_the_same_hub(self):
        hub = self.federation.folder / "hub"
        before = (hub / "server.pem").read_text()
        self.federation.kill("hub")
        self.federation.run("hub", "renew", hub, "--also", "hub.example")
        self.assertNotEqual((hub / "server.pem").read_text(), before)
        self.federation.start_hub(init=False)
        self.federation.wait_for_sites(4)
        self.federation.watch(self.submit(study_text("heart.yaml")))

    def test_study_file_errors_name_line_and_key(self):
        bad = self.write(study_text("heart.yaml", a=("on_dropout: continue", "on_dropuot: continue")))
        done = self.federation.run("study", "check", bad, check=False)
        self.assertEqual(done.returncode, BAD_INPUT)
        self.assertRegex(done.stderr, r"(?s)study\.yaml:.*18:15: privacy\.on_dropuot: unknown key, did you mean on_dropout")
        bad = self.write(study_text("heart.yaml", a=("[age, sex_male, resting_bp", "[agee, sex_male, resting_bp")))
        done = self.federation.run("study", "check", bad, check=False)
        self.assertEqual(done.returncode, BAD_INPUT)
        self.assertIn("agee", done.stderr)

    def test_bad_rows_are_named_and_nothing_is_loaded(self):
        rows = (ROOT / "data/heart/va.csv").read_text().splitlines()
        cells = rows[3].split(",")
        cells[rows[0].split(",").index("age")] = "sixty"
        rows[3] = ",".join(cells)
        bad = self.folder / "bad.csv"
        bad.write_text("\n".join(rows) + "\n")
        before = self.federation.run("node", "status", self.federation.folder / "va", "--format", "json").stdout
        load = ["node", "load", self.federation.folder / "va", "--dataset", "heart", "--schema", SCHEMA]
        done = self.federation.run(*load, bad, check=False)
        self.assertEqual(done.returncode, BAD_INPUT)
        self.assertRegex(done.stderr, r"bad\.csv:4: column 'age': not a number")
        after = self.federation.run("node", "status", self.federation.folder / "va", "--format", "json").stdout
        self.assertEqual(before, after)

    def test_omop_tables_are_loaded_checked_and_taken_back(self):
        folder = self.folder / "omop-site"
        self.federation.run("node", "init", folder, "--name", "omop", "--hub", "https://h:1", "--ca-fingerprint", "AB")
        tables = ROOT / "tests/data/omop/synthea27"
        loaded = json.loads(self.federation.run("node", "load", folder, "--from", "omop", "--format", "json",
                                                tables).stdout)
        self.assertEqual({t["table"]: t["loaded"] for t in loaded["tables"]}["measurement"], 10040)
        again = self.federation.run("node", "load", folder, "--from", "omop", tables).stdout
        self.assertIn("loaded already", again)
        out = self.folder / "quality.json"
        table = self.federation.run("node", "quality", folder, "--as-of", "2023-01-01", "--out", out).stdout
        self.assertRegex(table, r"all +1275 +46 +1053 +0")
        report = json.loads(out.read_text())
        self.assertEqual(len(report["CheckResults"]), 2374)
        self.assertEqual(len(report["Characteristics"]["metrics"]), 51)
        self.federation.run("node", "undo", folder)
        self.assertEqual(self.federation.run("node", "undo", folder, check=False).returncode, FAILED)
        missing = self.federation.run("node", "load", folder, "--from", "omop", self.folder / "PERSON.csv", check=False)
        self.assertEqual(missing.returncode, NOT_FOUND)
        wrong = self.federation.run("node", "quality", folder, "--as-of", "soon", check=False)
        self.assertEqual(wrong.returncode, BAD_INPUT)

    def test_report_is_one_file_without_addresses(self):
        study = self.submit(study_text("heart.yaml"))
        self.federation.watch(study)
        path = self.folder / "report.html"
        self.federation.report(study, path)
        text = path.read_text(encoding="utf-8").replace("http://www.w3.org", "")
        self.assertNotRegex(text, r"(?i)https?://|src\s*=\s*\"(?!data:)|@import|url\((?!#|data:)")
        self.assertIn("<svg", text)

    def test_doctor(self):
        for folder in ("hub", "va"):
            done = self.federation.run("doctor", self.federation.folder / folder, check=False)
            self.assertEqual(done.returncode, OK, done.stdout)
        key = self.federation.folder / "va/signing.key"
        os.chmod(key, 0o644)
        done = self.federation.run("doctor", self.federation.folder / "va", check=False)
        os.chmod(key, 0o600)
        self.assertEqual(done.returncode, FAILED)
        self.assertIn(f"chmod 600 {key}", done.stdout)

    def test_formats(self):
        study = self.submit(study_text("heart.yaml"))
        self.federation.watch(study)
        table = self.connected("study", "result", study, "--analysis", "cohort").stdout
        self.assertIn("train", table)
        csv = self.connected("study", "result", study, "--format", "csv").stdout
        self.assertIn("# analysis: cohort", csv)
        status = json.loads(self.connected("study", "show", study, "--format", "json").stdout)
        self.assertEqual((status["status"], status["finished"]), ("done", 4))
        self.assertIn(study, self.connected("study", "list").stdout)


class Strangers(Heart):
    def test_wrong_fingerprints_are_refused(self):
        hub = self.federation.folder / "hub"
        self.federation.run("node", "init", self.folder / "evil", "--name", "evil", "--hub",
                            f"https://127.0.0.1:{self.federation.rest_port}", "--ca-fingerprint",
                            ":".join(["AB"] * 32))
        done = self.federation.run("node", "enroll", self.folder / "evil", check=False)
        self.assertNotEqual(done.returncode, OK)
        self.assertIn("fingerprint", done.stderr)
        done = self.federation.run("hub", "approve", hub, "va", "--fingerprint", ":".join(["AB"] * 32), check=False)
        self.assertEqual(done.returncode, REFUSED)
        self.assertIn("Do not approve", done.stderr)

    def test_the_steward_decides(self):
        policy = self.federation.folder / "switzerland/policy.json"
        before = policy.read_text()
        settings = json.loads(before)
        settings["approve"] = "ask"
        policy.write_text(json.dumps(settings))
        try:
            study = self.submit(study_text("heart.yaml", a=("name: heart\n", "name: heart-ask\n"), **WAITING))
            folder = self.federation.folder / "switzerland"
            listed = lambda: json.loads(  # noqa: E731
                self.federation.run("node", "studies", "list", folder, "--format", "json").stdout)
            self.wait_for(lambda: any(s["status"] == "waiting" for s in listed()), "the study waits for the steward")
            time.sleep(0.5)
            self.assertEqual(self.federation.status(study)["finished"], 0)
            self.federation.run("node", "studies", "approve", folder, "heart-ask")
            self.federation.watch(study)
        finally:
            policy.write_text(before)

    def test_under_continue_the_run_waits_for_the_steward_too(self):
        policy = self.federation.folder / "switzerland/policy.json"
        before = policy.read_text()
        settings = json.loads(before)
        settings["approve"] = "ask"
        policy.write_text(json.dumps(settings))
        try:
            study = self.submit(study_text("heart.yaml", a=("name: heart\n", "name: heart-continue\n")))
            folder = self.federation.folder / "switzerland"
            said = lambda: self.federation.status(study)["message"]  # noqa: E731
            self.wait_for(lambda: "the steward of switzerland" in said(), "the hub says for whom it waits")
            self.federation.run("node", "studies", "approve", folder, "heart-continue")
            self.federation.watch(study)
            self.assertIn("switzerland", self.federation.result(study)["analyses"][0]["sites"])
        finally:
            policy.write_text(before)

    def test_a_mistake_in_the_policy_waits_until_it_is_mended(self):
        policy = self.federation.folder / "hungary/policy.json"
        before = policy.read_text()
        policy.write_text('{"minimum_cel": 5}')
        try:
            study = self.submit(study_text("heart.yaml"))
            self.wait_for(lambda: "the steward of hungary" in self.federation.status(study)["message"],
                          "the hub says for whom it waits")
        finally:
            policy.write_text(before)
        self.federation.watch(study)
        self.assertIn("hungary", self.federation.result(study)["analyses"][0]["sites"])

    def test_a_policy_is_kept(self):
        policy = self.federation.folder / "hungary/policy.json"
        before = policy.read_text()
        settings = json.loads(before)
        settings["forbidden_variables"] = ["cholesterol"]
        policy.write_text(json.dumps(settings))
        try:
            study = self.submit(study_text("heart.yaml", **WAITING))
            self.federation.watch(study)
            for analysis in self.federation.result(study)["analyses"]:
                self.assertEqual(analysis["sites"], ["cleveland", "switzerland", "va"])
                self.assertEqual(analysis["left_out"], {"hungary": "REFUSAL_POLICY"})
        finally:
            policy.write_text(before)


class Revoked(Heart):
    def test_a_revoked_site_is_out_at_once(self):
        hub = self.federation.folder / "hub"
        self.federation.run("hub", "revoke", hub, "hungary")
        self.wait_for(lambda: not [s for s in self.federation.sites() if s["name"] == "hungary"][0]["connected"],
                      "hungary is not connected")
        time.sleep(2)
        self.assertFalse([s for s in self.federation.sites() if s["name"] == "hungary"][0]["connected"])
        with self.assertRaisesRegex(Failure, "hungary is not an approved site"):
            self.submit(study_text("heart.yaml"))
        three = study_text("heart.yaml", a=("[cleveland, hungary, switzerland, va]", "[cleveland, switzerland, va]"))
        study = self.submit(three)
        self.federation.watch(study)
        self.assertEqual(self.federation.result(study)["analyses"][0]["sites"], ["cleveland", "switzerland", "va"])


class Omop(unittest.TestCase):
    """Three sites with OMOP tables."""

    @classmethod
    def setUpClass(cls):
        cls.folder = pathlib.Path(tempfile.mkdtemp(prefix="essaim-e2e-"))
        cls.federation = Federation(BIN, cls.folder / "f", "omop-consortium")
        cls.federation.start_omop({site: ROOT / "data/omop" / site for site in ("north", "centre", "south")})

    @classmethod
    def tearDownClass(cls):
        cls.federation.stop()
        shutil.rmtree(cls.folder, ignore_errors=True)

    def cell(self, result, analysis, table, column, row):
        found = next(a for a in result["analyses"] if a["name"] == analysis)
        t = next(t for t in found["result"]["tables"] if t["id"] == table)
        return t["rows"][row][[c["name"] for c in t["columns"]].index(column)]

    def count(self):
        done = self.federation.run("study", "cohort", ROOT / "studies/sinusitis.yaml",
                                   *self.federation.connection(), "--format", "json")
        result = json.loads(done.stdout)
        return [self.cell(result, "cohort", "counts", "n", row) for row in (0, 1)]

    def test_a_study_selects_its_persons_at_every_site(self):
        study = self.federation.submit(ROOT / "studies/sinusitis.yaml")
        self.federation.watch(study)
        result = self.federation.result(study)
        # By a query of its own over the three sites' rows: 656 persons, 155 with the event.
        self.assertEqual([self.cell(result, "table-one", "strata", "n", row) for row in (0, 1)], [501, 155])

    def test_a_site_below_the_demanded_quality_stays_out(self):
        text = (ROOT / "studies/sinusitis.yaml").read_text()
        text = text.replace("omop: sinusitis.omop.yaml", f"omop: {ROOT}/studies/sinusitis.omop.yaml")
        path = self.folder / "demands.yaml"
        path.write_text(text + "quality: {temporality: to_watch}\n")
        study = self.federation.submit(path)
        self.assertNotEqual(self.federation.watch(study, check=False).returncode, OK)
        for site in ("north", "centre", "south"):
            self.federation.run("node", "quality", self.federation.folder / site, "--as-of", "2019-02-01")
        study = self.federation.submit(path)
        self.federation.watch(study)
        # The sites' labels stand beside the result, in every form of it.
        for analysis in self.federation.result(study)["analyses"]:
            self.assertEqual(set(analysis["quality"]), {"north", "centre", "south"})
            label = analysis["quality"]["north"]
            self.assertEqual(label["as_of"], "2019-02-01")
            self.assertTrue(label["since_last_load"])
            self.assertEqual(len(label["levels"]), 7)
            self.assertIn(label["levels"]["temporality"], ("passed", "to watch"))
        for form in ("table", "csv"):
            shown = self.federation.run("study", "result", study, *self.federation.connection(), "--format", form).stdout
            self.assertIn("Data quality, as the sites measured it", shown)
        # Bounds of the study's own: nobody was observed for so long.
        path.write_text(text + "quality: {volume: to_watch, thresholds: {V2: {fail: 1e9}}}\n")
        study = self.federation.submit(path)
        self.assertNotEqual(self.federation.watch(study, check=False).returncode, OK)
        history = json.loads(self.federation.run("node", "quality", self.federation.folder / "north", "--history",
                                                 "--format", "json").stdout)
        self.assertEqual(history[0]["load"], 1)

    def test_who_objects_is_in_no_count(self):
        self.assertEqual(self.count(), [311, 345])
        objections = self.folder / "objections.csv"
        # Persons 3 to 300 at this site: nobody of them is left.
        objections.write_text("person_id,scope\n" + "".join(f"{p},all\n" for p in range(3, 300, 3)))
        self.federation.run("node", "opt-out", "add", self.federation.folder / "north", "--file", objections)
        fewer = self.count()
        self.assertLess(sum(fewer), 656 - 30)
        self.federation.run("node", "opt-out", "remove", self.federation.folder / "north", "--file", objections)
        self.assertEqual(self.count(), [311, 345])


class ConnectProxy(threading.Thread):
    """An HTTP proxy that knows CONNECT only, and counts the bytes that it passes."""

    def __init__(self):
        super().__init__(daemon=True)
        self.listener = socket.create_server(("127.0.0.1", 0))
        self.port = self.listener.getsockname()[1]
        self.targets, self.n_bytes = [], 0

    def run(self):
        while True:
            client, _ = self.listener.accept()
            threading.Thread(target=self.serve, args=(client,), daemon=True).start()

    def serve(self, client):
        head = b""
        while b"\r\n\r\n" not in head:
            data = client.recv(4096)
            if not data:
                return
            head += data
        match = re.match(rb"CONNECT ([^: ]+):(\d+) HTTP", head)
        if not match:
            client.sendall(b"HTTP/1.1 405 Method Not Allowed\r\n\r\n")
            return client.close()
        self.targets.append(f"{match.group(1).decode()}:{match.group(2).decode()}")
        server = socket.create_connection(("127.0.0.1", int(match.group(2))))
        client.sendall(b"HTTP/1.1 200 OK\r\n\r\n")
        threading.Thread(target=self.pump, args=(client, server), daemon=True).start()
        self.pump(server, client)

    def pump(self, source, sink):
        try:
            while data := source.recv(65536):
                self.n_bytes += len(data)
                sink.sendall(data)
            sink.shutdown(socket.SHUT_WR)
        except OSError:
            pass


class Proxies(unittest.TestCase):
    def test_a_node_goes_through_the_proxy(self):
        folder = pathlib.Path(tempfile.mkdtemp(prefix="essaim-e2e-"))
        proxy = ConnectProxy()
        proxy.start()
        federation = Federation(BIN, folder / "f", "proxied")
        try:
            federation.start_hub()
            federation.environment["https_proxy"] = f"http://127.0.0.1:{proxy.port}"
            federation.environment["no_proxy"] = ""
            federation.enroll("va")
            self.assertIn(f"127.0.0.1:{federation.rest_port}", proxy.targets)
            federation.start_node("va")
            federation.wait_for_sites(1)
            self.assertIn(f"127.0.0.1:{federation.grpc_port}", proxy.targets)
            self.assertGreater(proxy.n_bytes, 1000)
        finally:
            federation.stop()
            shutil.rmtree(folder, ignore_errors=True)


if __name__ == "__main__":
    BIN = sys.argv.pop(1)
    unittest.main(verbosity=2, warnings="ignore")
