"""Starts, stops and kills the program under test: by its process id, on a free loopback port, in a directory of its own."""

import ctypes
import os
import pathlib
import random
import resource
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import time

from signalbox_client import Http

READY_WITHIN = 60.0
STOP_WITHIN = 30.0
ADMIN_TOKEN = "operator-token-of-the-system-tests-0123456789"


def program():
    return os.environ.get("SIGNALBOX_PROGRAM", "")


def free_port():
    """Below the ephemeral range, so that no outgoing connection takes it between two starts."""
    for _ in range(1000):
        port = random.randrange(15000, 32000)
        with socket.socket() as probe:
            try:
                probe.bind(("127.0.0.1", port))
                return port
            except OSError:
                continue
    raise RuntimeError("no free port")


def scratch_place(on_disk):
    """Where a server's directory is made: in memory, where a slow disk says nothing of what is tested, or the usual place."""
    memory = pathlib.Path("/dev/shm")
    roomy = not on_disk and os.access(memory, os.W_OK) and shutil.disk_usage(memory).free > 1 << 30
    return memory if roomy else None


def end_with_parent():
    """A test that is killed takes its server along (PR_SET_PDEATHSIG)."""
    ctypes.CDLL(None).prctl(1, signal.SIGKILL)


def clean_environment(more=None):
    """Nothing of the caller's own SIGNALBOX_* reaches the program."""
    return {k: v for k, v in os.environ.items() if not k.startswith("SIGNALBOX_")} | (more or {})


class Server:
    def __init__(self, environment=None, arguments=(), on_disk=False):
        self.root = pathlib.Path(tempfile.mkdtemp(prefix="signalbox-system-", dir=scratch_place(on_disk)))
        self.data = self.root / "data"
        self.log_path = self.root / "server.log"
        self.out_path = self.root / "server.out"
        self.environment = environment or {}
        self.arguments = list(arguments)
        self.port = free_port()
        self.process = None
        self.exit_code = None

    def command(self, *arguments):
        return [program(), "serve", "--data", str(self.data), "--listen", f"127.0.0.1:{self.port}", "--admin-token", ADMIN_TOKEN,
                *self.arguments, *arguments]

    def clean_environment(self):
        return clean_environment(self.environment)

    def start(self, wait=True):
        with open(self.log_path, "ab") as log, open(self.out_path, "wb") as out:
            log.write(f"---- start {time.strftime('%H:%M:%S')}\n".encode())
            log.flush()
            self.process = subprocess.Popen(self.command(), stdin=subprocess.DEVNULL, stdout=out, stderr=log,
                                            env=self.clean_environment(), preexec_fn=end_with_parent)
        self.exit_code = None
        if wait:
            self.await_ready()
        return self

    def await_ready(self):
        end = time.monotonic() + READY_WITHIN
        while True:
            if (code := self.process.poll()) is not None:
                self.exit_code = code
                raise AssertionError(f"the server ended with {code} instead of getting ready\n{self.log()}")
            try:
                if Http(self.port).raw("GET", "/readyz")[0] == 200 and self.out_path.read_text().strip():
                    return
            except OSError:
                pass
            if time.monotonic() > end:
                raise AssertionError(f"not ready in {READY_WITHIN} s\n{self.log()}")
            time.sleep(0.02)

    @property
    def pid(self):
        return self.process.pid

    @property
    def running(self):
        return self.process is not None and self.process.poll() is None

    def send_signal(self, which):
        os.kill(self.pid, which)

    def wait(self, within=STOP_WITHIN):
        try:
            self.exit_code = self.process.wait(within)
        except subprocess.TimeoutExpired:
            raise AssertionError(f"still running after {within} s\n{self.log()}") from None
        return self.exit_code

    def stop(self, within=STOP_WITHIN):
        """An orderly end; the exit code."""
        self.process.send_signal(signal.SIGTERM)
        return self.wait(within)

    def kill(self):
        if self.running:
            self.process.kill()
            self.process.wait()

    def restart_after_kill(self):
        self.kill()
        return self.start()

    def run(self, *arguments, within=60, environment=None):
        """Another run of the program to its end."""
        return subprocess.run([program(), *map(str, arguments)], capture_output=True, text=True, timeout=within,
                              stdin=subprocess.DEVNULL, env=self.clean_environment() | (environment or {}), preexec_fn=end_with_parent)

    def verify(self):
        """`signalbox verify` on the directory; fails with what it says."""
        done = self.run("verify", "--data", self.data, within=300)
        if done.returncode != 0:
            raise AssertionError(f"verify ended with {done.returncode}\n{done.stdout}{done.stderr}\n{self.log()}")

    def http(self, token=None):
        return Http(self.port, token)

    @property
    def operator(self):
        return self.http(ADMIN_TOKEN)

    def metrics(self):
        """{family: sum of its samples}, labels left aside."""
        sums = {}
        for line in self.operator.raw("GET", "/metrics")[2].decode().splitlines():
            if line and not line.startswith("#"):
                name, value = line.rsplit(" ", 1)
                name = name.split("{")[0]
                sums[name] = sums.get(name, 0.0) + float(value)
        return sums

    @property
    def memory_tells(self):
        """False for a program with a sanitizer in it: its memory is not the product's."""
        return not os.environ.get("SIGNALBOX_SANITIZED")

    def resident_bytes(self):
        for line in pathlib.Path(f"/proc/{self.pid}/status").read_text().splitlines():
            if line.startswith("VmRSS:"):
                return int(line.split()[1]) * 1024
        raise AssertionError("no VmRSS")

    def log(self, last=120):
        text = []
        for path in (self.out_path, self.log_path):
            if path.exists():
                lines = path.read_text(errors="replace").splitlines()
                text.append(f"==== {path.name}, the last of {len(lines)} lines\n" + "\n".join(lines[-last:]))
        return "\n".join(text)

    def remove(self):
        self.kill()
        shutil.rmtree(self.root, ignore_errors=True)


def raise_descriptor_limit():
    """Soft to hard, for this process and the servers it starts; the limit now."""
    _, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (hard, hard))
    return hard


def say(sentence):
    print(sentence, file=sys.stderr, flush=True)
