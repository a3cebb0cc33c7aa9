#!/usr/bin/env python3
"""Debian's Prometheus, with the configuration of deploy/, scrapes the real program, and is then asked what it saw.
Exits 77 where Prometheus isn't installed or the program (SIGNALBOX_PROGRAM) isn't built."""

import ctypes
import json
import os
import pathlib
import re
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import time
import urllib.error
import urllib.parse
import urllib.request

ROOT = pathlib.Path(__file__).resolve().parents[2]
DEPLOYED = ROOT / "deploy/prometheus"
WITHIN = 60.0


def free_port():
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


def end_with_parent():
    ctypes.CDLL(None).prctl(1, signal.SIGKILL)  # PR_SET_PDEATHSIG


def start(arguments, log, **environment):
    clean = {name: value for name, value in os.environ.items() if not name.startswith("SIGNALBOX_")}
    return subprocess.Popen(arguments, stdin=subprocess.DEVNULL, stdout=log, stderr=log, env=clean | environment,
                            preexec_fn=end_with_parent)


def end(started):
    if started.poll() is None:
        started.send_signal(signal.SIGTERM)
        try:
            started.wait(30)
        except subprocess.TimeoutExpired:
            started.kill()
            started.wait()


def get(url):
    with urllib.request.urlopen(url, timeout=5) as answer:
        return answer.read().decode()


def until(what, ask, programs):
    """Asks until there is an answer that isn't empty."""
    end_at = time.monotonic() + WITHIN
    while time.monotonic() < end_at:
        for program in programs:
            if program.poll() is not None:
                raise AssertionError(f"{program.args[0]} ended with {program.returncode}")
        try:
            if answer := ask():
                return answer
        except (OSError, urllib.error.URLError):
            pass
        time.sleep(0.1)
    raise AssertionError(f"not within {WITHIN:.0f} s: {what}")


def adapted(port):
    """The configuration of deploy/, with another port and a faster scrape. Fails when it says neither as expected."""
    text = (DEPLOYED / "prometheus.yml").read_text()
    for old, new in ((r"127\.0\.0\.1:8080", f"127.0.0.1:{port}"), (r"(scrape|evaluation)_interval: 15s", r"\1_interval: 1s")):
        text, count = re.subn(old, new, text)
        assert count, f"prometheus.yml no longer says {old}"
    return text


def run(arguments):
    done = subprocess.run(arguments, capture_output=True, text=True, check=False)
    print(done.stdout + done.stderr)
    assert done.returncode == 0, f"{arguments} ended with {done.returncode}"


def scrape(program, folder):
    port, prometheus_port = free_port(), free_port()
    (folder / "prometheus.yml").write_text(adapted(port))
    shutil.copy(DEPLOYED / "alerts.yml", folder)
    with open(folder / "server.log", "w") as server_log, open(folder / "prometheus.log", "w") as prometheus_log:
        running = []
        try:
            server = start([program, "serve", "--data", str(folder / "data"), "--listen", f"127.0.0.1:{port}"], server_log,
                           SIGNALBOX_ADMIN_TOKEN="operator-token-of-the-scrape-test-0123456789")
            running.append(server)
            until("the server is ready", lambda: get(f"http://127.0.0.1:{port}/readyz") or "ready", running)
            prometheus = start(["prometheus", f"--config.file={folder}/prometheus.yml", f"--storage.tsdb.path={folder}/series",
                                f"--web.listen-address=127.0.0.1:{prometheus_port}"], prometheus_log)
            running.append(prometheus)

            def query(expression):
                asked = urllib.parse.urlencode({"query": expression})
                return json.loads(get(f"http://127.0.0.1:{prometheus_port}/api/v1/query?{asked}"))["data"]["result"]

            until("Prometheus says that the server is up", lambda: query('up{job="signalbox"} == 1'), running)
            build = until("the build is known", lambda: query("signalbox_build_info == 1"), running)[0]["metric"]
            said = subprocess.run([program, "--version"], capture_output=True, text=True, check=True).stdout
            assert build["version"] in said and build["commit"] in said, (build, said)
            for family in ("signalbox_messages_received_total", "signalbox_message_hop_seconds_count", "signalbox_sockets",
                           "signalbox_waiting_beside_free_agent_oldest_seconds", "signalbox_queue_bound",
                           "process_resident_memory_bytes"):
                assert query(f"count({family})"), f"Prometheus has no {family}"
            rules = json.loads(get(f"http://127.0.0.1:{prometheus_port}/api/v1/rules"))["data"]["groups"][0]["rules"]
            until("every alert was evaluated without an error",
                  lambda: all(rule["health"] == "ok" for rule in
                              json.loads(get(f"http://127.0.0.1:{prometheus_port}/api/v1/rules"))["data"]["groups"][0]["rules"]),
                  running)
            firing = query('ALERTS{alertstate="firing"}')
            assert not firing, f"a fresh server fires {firing}"
            print(f"Prometheus scraped {build['version']} ({build['commit']}), {len(rules)} alerts are quiet")
        except AssertionError:
            for name in ("server.log", "prometheus.log"):
                print(f"==== {name}\n" + (folder / name).read_text()[-4000:])
            raise
        finally:
            for program_running in reversed(running):
                end(program_running)
        assert server.returncode == 0, f"the server ended with {server.returncode}"


def main():
    program = os.environ.get("SIGNALBOX_PROGRAM", str(ROOT / "build/release/signalbox"))
    for needed in ("prometheus", "promtool"):
        if not shutil.which(needed):
            print(f"skipped: {needed} is not installed")
            return 77
    run(["promtool", "check", "config", str(DEPLOYED / "prometheus.yml")])
    run(["promtool", "check", "rules", str(DEPLOYED / "alerts.yml")])
    run(["promtool", "test", "rules", str(DEPLOYED / "alerts_test.yml")])
    if not os.access(program, os.X_OK):
        print(f"skipped: {program} is not built")
        return 77
    with tempfile.TemporaryDirectory(prefix="signalbox-scrape-") as folder:
        scrape(program, pathlib.Path(folder))
    return 0


if __name__ == "__main__":
    sys.exit(main())
