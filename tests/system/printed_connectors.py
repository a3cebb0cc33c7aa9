"""The connectors of docs/connectors.md, taken from the document as they are printed there, and something for them to publish."""

import json
import os
import pathlib
import re
import signal
import subprocess
import sys
import tempfile
import threading
import time

ROOT = pathlib.Path(__file__).resolve().parents[2]
sys.path.append(str(ROOT / "tests/web"))

import packages
from server import clean_environment, end_with_parent, program

DOCUMENT = ROOT / "docs/connectors.md"
LINES_MAX = 60
compiled = {}  # TypeScript and what became of it


def printed(language):
    """The one program in that language."""
    blocks = re.findall(rf"^```{language}\n(.*?)^```$", DOCUMENT.read_text(), re.MULTILINE | re.DOTALL)
    if len(blocks) != 1:
        raise AssertionError(f"{DOCUMENT}: {len(blocks)} programs in {language}")
    if len(blocks[0].splitlines()) >= LINES_MAX:
        raise AssertionError(f"{DOCUMENT}: the program in {language} has {len(blocks[0].splitlines())} lines")
    return blocks[0]


class Workshop:
    """A directory with programs, and the file that they publish, which grows until it is full."""

    def __init__(self, lines_max=100_000, lines_a_second=50):
        self.folder = tempfile.TemporaryDirectory(prefix="signalbox-connectors-")
        self.root = pathlib.Path(self.folder.name)
        self.inbox = self.root / "inbox.ndjson"
        self.inbox.touch()
        self.lines = 0
        self.lines_max, self.pause = lines_max, 1 / lines_a_second
        self.ended = threading.Event()
        self.started = []
        self.writer = threading.Thread(target=self.write)
        self.writer.start()

    def write(self):
        with open(self.inbox, "a", encoding="utf-8") as out:
            while self.lines < self.lines_max and not self.ended.wait(self.pause):
                thread = f"t-{self.lines % 5}"
                out.write(json.dumps({"thread": thread, "from": {"id": f"of {thread}"}, "text": f"Grüße {self.lines}"}) + "\n")
                out.flush()
                self.lines += 1

    def python(self, source, name="connector"):
        """The command of a Python program."""
        path = self.root / f"{name}.py"
        path.write_text(source)
        return [sys.executable, "-B", str(path)]

    def typescript(self, source):
        """The command of a TypeScript program, compiled as the document says; raises `packages.Missing`."""
        modules = self.root / "node_modules"
        (modules / "@types").mkdir(parents=True)
        (modules / "signalbox-client").symlink_to(packages.CLIENT)
        (modules / "@types/node").symlink_to(packages.CLIENT / "node_modules/@types/node")
        path = self.root / "connector.mjs"
        if source not in compiled:
            self.compile(source)
            compiled[source] = path.read_text()
        path.write_text(compiled[source])
        return ["node", str(path)]

    def compile(self, source):
        packages.install(packages.CLIENT)
        packages.build(packages.CLIENT)
        (self.root / "connector.mts").write_text(source)
        arguments, = re.findall(r"^npx tsc (.*)$", DOCUMENT.read_text(), re.MULTILINE)
        done = subprocess.run(["node", packages.CLIENT / "node_modules/typescript/bin/tsc", *arguments.split()], cwd=self.root,
                              capture_output=True, text=True, check=False)
        if done.returncode != 0:
            raise AssertionError(f"connector.mts doesn't compile\n{done.stdout}{done.stderr}")

    def start(self, command, url, token, channel, outbox):
        url = url.replace("http:", "ws:") if command[0] == sys.executable else url
        log = open(self.root / f"{outbox}.log", "ab")
        running = subprocess.Popen([*command, url, token, channel, str(self.inbox), str(self.root / outbox)], cwd=self.root,
                                   stdin=subprocess.DEVNULL, stdout=log, stderr=log, preexec_fn=end_with_parent)
        log.close()
        self.started.append(running)
        return running

    def log(self, outbox):
        return (self.root / f"{outbox}.log").read_text(errors="replace")[-3000:]

    def replies(self, outbox):
        path = self.root / outbox
        return [json.loads(line)["text"] for line in path.read_text().splitlines()] if path.exists() else []

    def end(self):
        self.ended.set()
        self.writer.join()
        for each in self.started:
            each.kill()
            each.wait()
        self.folder.cleanup()


class Conformance:
    """A run of `signalbox conformance` against one connector."""

    def __init__(self, seconds, seed):
        self.running = subprocess.Popen([program(), "conformance", "--listen", "127.0.0.1:0", "--seconds", str(seconds), "--seed", str(seed)],
                                        stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True,
                                        env=clean_environment(), preexec_fn=end_with_parent)
        told = dict(self.running.stdout.readline().strip().split("=", 1) for _ in range(3))
        self.url, self.channel = told["url"], told["channel"]

    def verdict(self, within=120):
        """(exit code, everything that was said)"""
        try:
            said, acts = self.running.communicate(timeout=within)
        except subprocess.TimeoutExpired:
            self.running.kill()
            raise AssertionError(f"no verdict in {within} s") from None
        return self.running.returncode, said + acts


def await_that(condition, what, within=60.0):
    end = time.monotonic() + within
    while not condition():
        if time.monotonic() > end:
            raise AssertionError(f"in {within} s not: {what}")
        time.sleep(0.02)


def interrupt(running):
    os.kill(running.pid, signal.SIGKILL)
    running.wait()
