#!/usr/bin/env python3
"""The listener for HL7 v2 messages as a process: real sockets, real TLS, really killed.

Usage: test_listener.py BIN_FOLDER [unittest arguments]
"""

import json
import pathlib
import shutil
import signal
import socket
import ssl
import subprocess
import sys
import tempfile
import threading
import time
import unittest

BIN = None
REFUSED, UNAVAILABLE, BAD_INPUT = 3, 5, 6


def message(number, person=None):
    person = number if person is None else person
    return (f"MSH|^~\\&|LAB|HA|E|HB|20200105120000||ADT^A01|M{number}|P|2.5\rEVN||20200101100000\r"
            f"PID|1||{person}^^^H^MR||Moreau^Anne||19500302|F\rPV1|1|I|||||||||||||||||V{number}\r").encode()


class Sender:
    def __init__(self, port, context=None):
        self.socket = socket.create_connection(("127.0.0.1", port), timeout=60)
        if context:
            try:
                self.socket = context.wrap_socket(self.socket)
            except OSError:
                self.socket.close()
                raise
        self.bytes = b""

    def send(self, *messages):
        self.socket.sendall(b"".join(b"\x0b" + m + b"\x1c\r" for m in messages))

    def answer(self):
        """MSA-1 and MSA-2 of the next answer; None if the connection ended."""
        while b"\x1c\r" not in self.bytes:
            piece = self.socket.recv(65536)
            if not piece:
                return None
            self.bytes += piece
        frame, self.bytes = self.bytes.split(b"\x1c\r", 1)
        return tuple(frame.decode().split("\rMSA|")[1].split("\r")[0].split("|")[:2])

    def close(self):
        self.socket.close()


class Site(unittest.TestCase):
    def setUp(self):
        self.folder = pathlib.Path(tempfile.mkdtemp(prefix="essaim-listen-"))
        self.site = self.folder / "site"
        self.node("init", self.site, "--name", "va", "--hub", "https://localhost:1", "--ca-fingerprint", "AB")
        self.listeners = []
        self.senders = []

    def sender(self, *arguments):
        self.senders.append(Sender(*arguments))
        return self.senders[-1]

    def tearDown(self):
        for sender in self.senders:
            sender.close()
        for process in self.listeners:
            if process.poll() is None:
                process.kill()
            process.wait()
            process.stdout.close()
            process.stderr.close()
        shutil.rmtree(self.folder, ignore_errors=True)

    def node(self, *arguments, expect=0):
        done = subprocess.run([BIN / "essaim-node", *map(str, arguments)], capture_output=True, text=True, timeout=120)
        self.assertEqual(done.returncode, expect, done.stdout + done.stderr)
        return done.stdout + done.stderr

    def listen(self, *arguments):
        """The process and its port, once it listens."""
        process = subprocess.Popen([BIN / "essaim-node", "listen", str(self.site), "--port", "0", "--format", "json",
                                    *map(str, arguments)], stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
        self.listeners.append(process)
        first = json.loads(process.stdout.readline())
        self.assertEqual(first["event"], "listening")
        return process, first["port"]

    def stop(self, process):
        """Its further events."""
        process.send_signal(signal.SIGTERM)
        out, err = process.communicate(timeout=120)
        self.assertEqual(process.returncode, 0, err)
        return [json.loads(line) for line in out.splitlines()]


class Durable(Site):
    def test_a_killed_listener_has_what_it_acknowledged(self):
        process, port = self.listen("--every", 3600, "--batch", 100000)
        acknowledged, done = set(), threading.Event()

        def talk(first):
            sender = self.sender(port)
            try:
                for number in range(first, first + 100000):
                    sender.send(message(number))
                    answer = sender.answer()
                    if answer is None:
                        break
                    self.assertEqual(answer, ("AA", f"M{number}"))
                    acknowledged.add(number)
                    if len(acknowledged) > 200:
                        done.set()
            except OSError:
                pass
            finally:
                sender.close()

        threads = [threading.Thread(target=talk, args=(first,)) for first in (1_000_000, 2_000_000)]
        for thread in threads:
            thread.start()
        self.assertTrue(done.wait(120))
        process.kill()
        for thread in threads:
            thread.join()
        self.assertGreater(len(acknowledged), 200)

        process, port = self.listen("--every", 1)
        sender = self.sender(port)
        for number in sorted(acknowledged):  # as senders do that had no answer
            sender.send(message(number))
            self.assertEqual(sender.answer(), ("AA", f"M{number}"))
        events = self.stop(process)
        loaded = sum(e["messages"] for e in events if e["event"] == "loaded")
        self.assertEqual(events[-1]["messages_again"], len(acknowledged))
        self.assertEqual(events[-1]["messages_taken"], 0)
        # At most one message a sender was on its way: kept, and not yet acknowledged.
        self.assertTrue(len(acknowledged) <= loaded <= len(acknowledged) + 2, (len(acknowledged), loaded))
        self.assertEqual(list(self.site.glob("listen/*.spool")), [])

        # What was seen outlives the segment; what is undone is taken again.
        process, port = self.listen()
        sender = self.sender(port)
        sender.send(message(min(acknowledged)))
        self.assertEqual(sender.answer()[0], "AA")
        self.assertEqual(self.stop(process)[-1]["messages_again"], 1)
        self.node("undo", self.site)
        process, port = self.listen()
        sender = self.sender(port)
        sender.send(message(min(acknowledged)))
        self.assertEqual(sender.answer()[0], "AA")
        self.assertEqual(self.stop(process)[-1]["messages_taken"], 1)

    def test_stopped_it_loads_what_waits_and_says_how_it_is(self):
        process, port = self.listen("--every", 3600)
        sender = self.sender(port)
        sender.send(message(1), message(2), b"nonsense", message(1))
        self.assertEqual([sender.answer()[0] for _ in range(4)], ["AA", "AA", "AR", "AA"])
        time.sleep(2)
        status = json.loads(self.node("status", self.site, "--format", "json"))["listener"]
        self.assertEqual((status["messages_taken"], status["messages_again"], status["messages_rejected"]), (2, 1, 1))
        self.assertIn("2 messages taken", self.node("status", self.site))
        other = self.node("listen", self.site, "--port", 0, expect=UNAVAILABLE)
        self.assertIn("another process listens", other)
        events = self.stop(process)
        self.assertEqual([e["event"] for e in events], ["loaded", "stopped"])
        self.assertEqual(events[0]["messages"], 2)
        self.assertIsNone(json.loads(self.node("status", self.site, "--format", "json"))["listener"])

    def test_batches_are_loaded_while_it_listens_and_the_warehouse_is_free_between(self):
        process, port = self.listen("--every", 3600, "--batch", 3)
        sender = self.sender(port)
        sender.send(*[message(number) for number in range(3)])
        for _ in range(3):
            self.assertEqual(sender.answer()[0], "AA")
        event = json.loads(process.stdout.readline())
        self.assertEqual((event["event"], event["messages"]), ("loaded", 3))
        hl7 = self.folder / "one.hl7"
        hl7.write_bytes(message(9))
        self.assertIn("Load 2", self.node("load", self.site, "--from", "hl7v2", hl7))
        self.stop(process)

    def test_the_spool_is_sealed(self):
        process, port = self.listen("--every", 3600)
        sender = self.sender(port)
        sender.send(message(1))
        self.assertEqual(sender.answer()[0], "AA")
        process.kill()
        process.wait()
        [segment] = self.site.glob("listen/*.spool")
        self.assertGreater(segment.stat().st_size, 100)
        for file in self.site.glob("listen/*"):
            self.assertEqual(file.stat().st_mode & 0o077, 0)
            self.assertNotIn(b"Moreau", file.read_bytes())


class Tls(Site):
    def certificate(self, name, authority=None):
        """PEM files of a key and a certificate by that authority, or by itself."""
        key, certificate = self.folder / f"{name}.key", self.folder / f"{name}.pem"
        arguments = ["openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes",
                     "-days", "2", "-subj", f"/CN={name}", "-keyout", key, "-out", certificate,
                     "-addext", "subjectAltName=IP:127.0.0.1"]
        if authority:
            arguments += ["-CA", authority[1], "-CAkey", authority[0], "-addext", "basicConstraints=critical,CA:FALSE"]
        subprocess.run(arguments, check=True, capture_output=True)
        return key, certificate

    def context(self, trusted, own=None):
        context = ssl.create_default_context(cafile=str(trusted[1]))
        context.check_hostname = False
        if own:
            context.load_cert_chain(str(own[1]), str(own[0]))
        return context

    def refused(self, port, context):
        """In TLS 1.3 a client learns of it with the first bytes it reads."""
        try:
            sender = self.sender(port, context)
            sender.send(message(1))
            return sender.answer() is None
        except (ssl.SSLError, ConnectionError):
            return True

    def test_only_known_senders_and_only_tls_1_3(self):
        authority, stranger = self.certificate("authority"), self.certificate("stranger")
        server, lab = self.certificate("server", authority), self.certificate("lab", authority)
        intruder = self.certificate("intruder", stranger)
        process, port = self.listen("--tls", "--certificate", server[1], "--key", server[0], "--client-ca", authority[1])
        self.assertTrue(self.refused(port, self.context(authority)), "no certificate")
        self.assertTrue(self.refused(port, self.context(authority, intruder)), "another authority's")
        old = self.context(authority, lab)
        old.maximum_version = ssl.TLSVersion.TLSv1_2
        self.assertTrue(self.refused(port, old), "TLS 1.2")
        self.assertTrue(self.refused(port, None), "no TLS")
        with self.assertRaises(ssl.SSLError):  # a sender that trusts another authority stays away
            self.sender(port, self.context(stranger, lab))
        sender = self.sender(port, self.context(authority, lab))
        self.assertEqual(sender.socket.version(), "TLSv1.3")
        large = message(1) + b"NTE|1||" + b"x" * 1_000_000 + b"\r"
        sender.send(large, message(2))
        self.assertEqual([sender.answer(), sender.answer()], [("AA", "M1"), ("AA", "M2")])
        for byte in b"\x0b" + message(3) + b"\x1c\r":
            sender.socket.sendall(bytes([byte]))
        self.assertEqual(sender.answer(), ("AA", "M3"))
        last = self.stop(process)[-1]
        self.assertEqual(last["messages_taken"], 3)

    def test_what_cannot_be_used_is_said_at_the_start(self):
        server, other = self.certificate("server"), self.certificate("other")
        listen = ("listen", self.site, "--port", 0)
        self.assertIn("--plain-on-network", self.node(*listen, "--address", "0.0.0.0", expect=REFUSED))
        self.assertIn("IP address", self.node(*listen, "--address", "localhost", expect=BAD_INPUT))
        self.assertIn("--certificate", self.node(*listen, "--tls", expect=BAD_INPUT))
        self.assertIn("go with --tls", self.node(*listen, "--key", server[0], expect=BAD_INPUT))
        self.assertIn("not the certificate's", self.node(*listen, "--tls", "--certificate", server[1], "--key",
                                                         other[0], expect=BAD_INPUT))
        self.assertIn("authority", self.node(*listen, "--tls", "--certificate", server[1], "--key", server[0],
                                             "--client-ca", server[0], expect=BAD_INPUT))
        process, port = self.listen("--address", "0.0.0.0", "--plain-on-network")
        sender = self.sender(port)
        sender.send(message(1))
        self.assertEqual(sender.answer()[0], "AA")
        self.stop(process)


if __name__ == "__main__":
    BIN = pathlib.Path(sys.argv.pop(1)).resolve()
    unittest.main()
