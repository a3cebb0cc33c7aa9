#!/usr/bin/env python3
"""deploy/quickstart, as somebody new runs it: what it prints, the curl lines that it prints, Ctrl-C, and its refusals.
Uses build/release; exits 77 where that isn't built or the build under test is another one (SIGNALBOX_PROGRAM)."""

import os
import pathlib
import re
import signal
import socket
import subprocess
import sys
import tempfile
import unittest

ROOT = pathlib.Path(__file__).resolve().parents[2]
QUICKSTART = ROOT / "deploy/quickstart"
PROGRAM = ROOT / "build/release/signalbox"


def free_port():
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


def clean_environment():
    return {name: value for name, value in os.environ.items() if not name.startswith("SIGNALBOX_")}


def refused(*arguments):
    return subprocess.run([QUICKSTART, *arguments], capture_output=True, text=True, stdin=subprocess.DEVNULL, timeout=120,
                          env=clean_environment(), check=False)


class Quickstart(unittest.TestCase):
    def setUp(self):
        self.folder = tempfile.TemporaryDirectory(prefix="signalbox-quickstart-")
        self.data = pathlib.Path(self.folder.name) / "store"

    def tearDown(self):
        self.folder.cleanup()

    def run_to_the_end(self, port):
        """Its output until it only waits, the curl lines run meanwhile, and its exit code after Ctrl-C."""
        # A session of its own: Ctrl-C reaches the script and its server, as on a terminal.
        running = subprocess.Popen([QUICKSTART, "--port", str(port), "--data", str(self.data)], stdout=subprocess.PIPE,
                                   stderr=subprocess.STDOUT, stdin=subprocess.DEVNULL, text=True, start_new_session=True,
                                   env=clean_environment())
        said, answers = "", {}
        try:
            for line in running.stdout:
                said += line
                if "Ctrl-C" in line:
                    break
            for line in re.findall(r"^ +(curl .*)$", said, re.MULTILINE):
                done = subprocess.run(line.replace("curl -s", "curl -sSf", 1), shell=True, capture_output=True, text=True,
                                      timeout=30, check=False)
                self.assertEqual(done.returncode, 0, f"{line}\n{done.stdout}{done.stderr}")
                answers[line] = done.stdout
            os.killpg(running.pid, signal.SIGINT)
            said += running.stdout.read()
            return said, answers, running.wait(60)
        finally:
            if running.poll() is None:
                os.killpg(running.pid, signal.SIGKILL)
                running.wait()
            running.stdout.close()

    def test_a_first_and_a_second_run(self):
        port = free_port()
        for _ in range(2):
            said, answers, code = self.run_to_the_end(port)
            self.assertEqual(code, 0, said)
            self.assertEqual(len(answers), 6, said)
            text = "\n".join(answers.values())
            self.assertIn('"status":"accepted"', text)
            self.assertIn("signalbox_messages_acknowledged_total", text)
            self.assertIn("Is anybody there?", said)
            self.assertRegex(text, r'"direction":"out"[^\n]*"text":"Yes, what can I do for you\?"')
            self.assertNotRegex(said, r"Bearer '|tokens?: *\n|=\n")

    def test_a_busy_port_is_one_sentence(self):
        with socket.socket() as busy:
            busy.bind(("127.0.0.1", 0))
            busy.listen()
            done = refused("--port", str(busy.getsockname()[1]), "--data", str(self.data))
        self.assertEqual(done.returncode, 69, done.stdout + done.stderr)
        self.assertRegex(done.stderr, r"^quickstart: port \d+ is in use; [^\n]+\n$")

    def test_a_directory_that_cannot_be_written(self):
        (self.data.parent / "file").write_text("")
        done = refused("--data", str(self.data.parent / "file/store"), "--port", str(free_port()))
        self.assertEqual(done.returncode, 73, done.stdout + done.stderr)
        self.assertRegex(done.stderr, r"^quickstart: no permission to write to [^\n]+\n$")

    def test_a_port_that_is_none(self):
        for wrong in ("0", "65536", "http", ""):
            done = refused("--port", wrong)
            self.assertEqual(done.returncode, 64, wrong)
            self.assertIn("--port wants a number", done.stderr)

    def test_build_only_starts_nothing(self):
        done = refused("--build-only", "--data", str(self.data))
        self.assertEqual(done.returncode, 0, done.stdout + done.stderr)
        self.assertIn("Built: build/release/signalbox", done.stdout)
        self.assertFalse(self.data.exists())


if __name__ == "__main__":
    tested = pathlib.Path(os.environ.get("SIGNALBOX_PROGRAM", PROGRAM))
    if not PROGRAM.exists() or tested.resolve() != PROGRAM.resolve():
        print("skipped: build/release is not what is tested here")
        sys.exit(77)
    unittest.main(verbosity=2)
