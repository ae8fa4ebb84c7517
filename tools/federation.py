"""A hub and its sites as real processes on loopback, driven through the command line as a user would."""

import json
import os
import pathlib
import re
import signal
import socket
import subprocess
import time


class Failure(Exception):
    """Something did not go as the documentation says; the text is for people."""


def free_port():
    with socket.socket() as s:
        s.bind(("127.0.0.1", 0))
        return s.getsockname()[1]


class Federation:
    """One consortium: one hub, its sites, one folder. Processes are ended by their own pid."""

    def __init__(self, bin_folder, folder, name):
        self.bin = pathlib.Path(bin_folder).resolve()
        self.folder = pathlib.Path(folder).resolve()
        self.folder.mkdir(parents=True, exist_ok=True)
        self.name = name
        self.processes = {}
        self.environment = {k: v for k, v in os.environ.items() if not k.lower().endswith("_proxy")}

    # ---- commands ------------------------------------------------------------------------------

    def run(self, *arguments, check=True, timeout=120, program="essaim"):
        done = subprocess.run([str(self.bin / program), *map(str, arguments)], capture_output=True, text=True,
                              timeout=timeout, env=self.environment, stdin=subprocess.DEVNULL)
        if check and done.returncode != 0:
            raise Failure(f"{program} {' '.join(map(str, arguments))}: exit code {done.returncode}\n"
                          f"{done.stdout[-2000:]}{done.stderr[-2000:]}")
        return done

    def connection(self):
        return ["--hub", f"https://127.0.0.1:{self.rest_port}", "--ca", self.folder / "hub/ca.pem",
                "--token-file", self.folder / "hub/operator.token"]

    def command_line(self, *arguments):
        return " ".join(map(str, [self.bin / "essaim", *arguments, *self.connection()]))

    def spawn(self, name, program, *arguments):
        log = open(self.folder / f"{name}.log", "ab")
        self.processes[name] = subprocess.Popen(
            [str(self.bin / program), *map(str, arguments)], stdout=log, stderr=log, stdin=subprocess.DEVNULL,
            env=self.environment, start_new_session=True)
        log.close()

    # ---- life ----------------------------------------------------------------------------------

    def start(self, sites, dataset, schema, data_folder):
        self.start_hub()
        for site in sites:
            self.enroll(site)
            self.load(site, dataset, schema, data_folder / f"{site}.csv")
        for site in sites:
            self.start_node(site)
        self.wait_for_sites(len(sites))

    def start_omop(self, folders):
        """Sites that hold OMOP tables: {site: folder of its files}."""
        self.start_hub()
        for site, folder in folders.items():
            self.enroll(site)
            self.run("node", "load", self.folder / site, "--from", "omop", folder)
        for site in folders:
            self.start_node(site)
        self.wait_for_sites(len(folders))

    def start_hub(self, init=True):
        if init:
            self.rest_port, self.grpc_port = free_port(), free_port()
            self.run("hub", "init", self.folder / "hub", "--name", self.name, "--rest", f"127.0.0.1:{self.rest_port}",
                     "--grpc", f"127.0.0.1:{self.grpc_port}")
        self.spawn("hub", "essaim-hub", "serve", self.folder / "hub")
        for _ in range(200):
            if self.run("hub", "status", self.folder / "hub", check=False).returncode == 0:
                return
            if self.processes["hub"].poll() is not None:
                break
            time.sleep(0.05)
        raise Failure(f"the hub did not start; see {self.folder}/hub.log")

    def enroll(self, site):
        folder = self.folder / site
        status = json.loads(self.run("hub", "status", self.folder / "hub", "--format", "json").stdout)
        self.run("node", "init", folder, "--name", site, "--hub", f"https://127.0.0.1:{self.rest_port}",
                 "--ca-fingerprint", status["ca_fingerprint"], "--approve", "auto")
        process = subprocess.Popen([str(self.bin / "essaim-node"), "enroll", str(folder)], stdout=subprocess.PIPE,
                                   stderr=subprocess.STDOUT, text=True, env=self.environment,
                                   stdin=subprocess.DEVNULL)
        shown = ""
        for line in process.stdout:
            shown += line
            match = re.search(r"([0-9A-Fa-f]{2}(?::[0-9A-Fa-f]{2}){15,})", line)
            if match:
                self.run("hub", "approve", self.folder / "hub", site, "--fingerprint", match.group(1))
                break
        shown += process.stdout.read()
        if process.wait(60) != 0:
            raise Failure(f"{site} could not enrol:\n{shown}")

    def load(self, site, dataset, schema, *files):
        self.run("node", "load", self.folder / site, "--dataset", dataset, "--schema", schema, *files)

    def start_node(self, site):
        self.spawn(site, "essaim-node", "serve", self.folder / site)

    def sites(self):
        status = json.loads(self.run("hub", "status", self.folder / "hub", "--format", "json").stdout)
        return status["sites"]

    def wait_for_sites(self, count, timeout=30):
        deadline = time.monotonic() + timeout
        while sum(1 for s in self.sites() if s["connected"]) < count:
            if time.monotonic() > deadline:
                raise Failure(f"fewer than {count} sites connected; see {self.folder}/*.log")
            time.sleep(0.05)
        for site in self.sites():
            self.run("node", "peers", "trust", self.folder / site["name"], "--all")

    def kill(self, name):
        self.processes[name].send_signal(signal.SIGKILL)
        self.processes.pop(name).wait()

    def pids(self):
        return [p.pid for p in self.processes.values()]

    def stop(self):
        for process in self.processes.values():
            if process.poll() is None:
                process.terminate()
        for process in self.processes.values():
            try:
                process.wait(10)
            except subprocess.TimeoutExpired:
                process.kill()
        self.processes.clear()

    # ---- studies -------------------------------------------------------------------------------

    def submit(self, path):
        done = self.run("study", "submit", path, *self.connection(), "--format", "json")
        return json.loads(done.stdout)["id"]

    def watch(self, study, check=True):
        return self.run("study", "watch", study, *self.connection(), check=check)

    def status(self, study):
        return json.loads(self.run("study", "show", study, *self.connection(), "--format", "json").stdout)

    def wait_for_analyses(self, study, finished, timeout=30):
        """Returns once that many analyses of the study have a result and it still runs."""
        deadline = time.monotonic() + timeout
        while time.monotonic() < deadline:
            status = self.status(study)
            if status["finished"] >= finished:
                return
            time.sleep(0.01)
        raise Failure(f"{study} did not finish {finished} analyses in {timeout} s")

    def result(self, study):
        return json.loads(self.run("study", "result", study, *self.connection(), "--format", "json").stdout)

    def show(self, study, analysis):
        return self.run("study", "result", study, "--analysis", analysis, *self.connection()).stdout

    def report(self, study, path):
        self.run("report", study, "--out", path, *self.connection())

    def simulate(self, study, files):
        sites = [argument for name, file in files.items() for argument in ("--site", f"{name}={file}")]
        return self.run("simulate", study, *sites, "--compare-pooled").stdout

    def masked_sample(self, study):
        done = self.run("study", "show", study, *self.connection(), "--masked-sample", "--format", "json")
        return json.loads(done.stdout)["masked_sample"]
