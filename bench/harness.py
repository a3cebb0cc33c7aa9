"""What bench/overload and bench/long-run share: a server of their own, a load against it, and beside it a small account that asks as if
nothing were; everything that was seen, by the monotonic clock."""

import bisect
import contextlib
import http.client
import itertools
import json
import os
import random
import re
import secrets
import shutil
import signal
import socket
import subprocess
import sys
import threading
import time
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
PAGE = os.sysconf("SC_PAGE_SIZE")
MIB = 2**20
PASSWORD = "correct horse battery staple"
# Seconds: between two of each, before the load is started, and after it.
CONTROL_EVERY, PROBE_EVERY, POINT_EVERY = 0.05, 0.02, 0.1
QUIET_BEFORE, QUIET_AFTER = 3, 5


def fail(words):
    print(f"{os.path.relpath(sys.argv[0], ROOT)}: {words}", file=sys.stderr)
    sys.exit(2)


class refused(Exception):
    """An answer that isn't 2xx."""


class caller:
    """Calls over one connection, that is opened again when it broke."""

    def __init__(self, port, token=None):
        self.connection = http.client.HTTPConnection("127.0.0.1", port, timeout=30)
        self.headers = {"Content-Type": "application/json"} | ({"Authorization": f"Bearer {token}"} if token else {})

    def raw(self, method, path, body=None):
        try:
            self.connection.request(method, path, json.dumps(body).encode() if body is not None else None, self.headers)
            answer = self.connection.getresponse()
            said = answer.read()
        except BaseException:
            self.connection.close()
            raise
        if answer.status >= 300:
            raise refused(f"{method} {path} answered {answer.status} {said[:300].decode(errors='replace')}")
        return said

    def __call__(self, method, path, body=None):
        return json.loads(self.raw(method, path, body))


class server:
    """The program under test, in a directory of its own."""

    def __init__(self, told, folder):
        self.log = folder / "log"
        self.token = "overload-" + secrets.token_hex(16)
        self.port = self.free_port()
        with self.log.open("wb") as log:
            self.process = subprocess.Popen(
                [told.build / "signalbox", "serve", "--data", folder / "data", "--listen", f"127.0.0.1:{self.port}"],
                env={**os.environ, "SIGNALBOX_ADMIN_TOKEN": self.token}, stdin=subprocess.DEVNULL, stdout=log, stderr=log)

    @staticmethod
    def free_port():
        # Below the ephemeral range, so that no outgoing connection holds it.
        for port in random.sample(range(15000, 30000), 20):
            with socket.socket() as attempt, contextlib.suppress(OSError):
                attempt.bind(("127.0.0.1", port))
                return port
        fail("no free port")

    def __enter__(self):
        try:
            end = time.monotonic() + 60
            while time.monotonic() < end and self.runs():
                with contextlib.suppress(OSError, refused, http.client.HTTPException):
                    caller(self.port).raw("GET", "/readyz")
                    return self
                time.sleep(0.05)
            self.say_log()
            fail("the server was not ready within a minute")
        except BaseException:
            self.process.kill()
            self.process.wait()
            raise

    def __exit__(self, wrong, *_):
        try:
            if wrong is None:
                self.process.terminate()
                with contextlib.suppress(subprocess.TimeoutExpired):
                    self.process.wait(30)
        finally:
            self.process.kill()
            self.process.wait()

    def runs(self):
        return self.process.poll() is None

    def resident(self):
        return int(Path(f"/proc/{self.process.pid}/statm").read_text().split()[1]) * PAGE

    def say_log(self):
        print("\n".join(self.log.read_text(errors="replace").splitlines()[-40:]), file=sys.stderr)


class asking:
    """Asks something again and again, at times fixed beforehand; latency counts from then, as the load's does."""

    def __init__(self, every, asks, stop):
        self.points = []  # when it was due, how long until it was answered
        self.wrong = []
        begin = time.monotonic()
        self.lanes = [threading.Thread(target=self.lane, args=(ask, begin + i * every, every * len(asks), stop), daemon=True)
                      for i, ask in enumerate(asks)]
        for lane in self.lanes:
            lane.start()

    def lane(self, ask, due, every, stop):
        while not stop.wait(max(0, due - time.monotonic())):
            try:
                ask()
            except Exception as why:
                self.wrong.append((due, str(why) or type(why).__name__))
            done = time.monotonic()
            # What became due meanwhile isn't asked any more, but would have waited too.
            while due <= done:
                self.points.append((due, done - due))
                due += every

    def between(self, begin, end):
        return [took for due, took in self.points if begin <= due < end]

    def wrong_between(self, begin, end):
        return [why for due, why in self.wrong if begin <= due < end]


class small_account:
    """A second account: an agent by rule, a conversation to close, a thread to publish into."""

    def __init__(self, on):
        self.port = on.port
        name = f"small-{secrets.token_hex(4)}"
        person = {"last_name": "Small", "password": PASSWORD}
        founded = caller(on.port, on.token)("POST", "/v1/accounts", {
            "name": "Small", "subdomain": name, "plan": "enterprise",
            "admin": {"first_name": "Owner", "email": f"owner@{name}.example", **person}})
        self.owner = founded["token"]
        own = caller(on.port, self.owner)
        agent = {"email": f"agent@{name}.example", "password": PASSWORD}
        self.agent_id = own("POST", "/v1/users", {"first_name": "Agent", "seat": "paid", **person, **agent})["id"]
        self.agent = caller(on.port)("POST", "/v1/sessions", agent)["token"]
        self.channel = own("POST", f"/v1/inboxes/{founded['inbox']['id']}/channels", {"type": "custom", "name": "Small"})["id"]
        own("PUT", f"/v1/channels/{self.channel}/assignment", {
            "enabled": True, "assign_to": "specific", "users": [self.agent_id], "teams": [], "only_available": True,
            "strategy": "balanced", "queue": True, "fallback": {"users": [], "teams": []}})
        self.connector = own("POST", "/v1/tokens", {"kind": "connector", "name": "small", "channels": [self.channel]})["token"]
        self.numbers = itertools.count(1)
        self.conversation = self.publisher("to close")()["conversation"]

    def publisher(self, thread):
        call = caller(self.port, self.connector)

        def publish():
            number = next(self.numbers)
            message = {"thread": thread, "id": f"m-{number}", "from": {"id": thread}, "text": f"Message {number}"}
            result = call("POST", f"/v1/channels/{self.channel}/messages", {"messages": [message]})["results"][0]
            if result["status"] != "accepted":
                raise refused(f"a message of the probe was {result}")
            return result

        return publish

    def toggle(self, token, method, path, words):
        call, word = caller(self.port, token), itertools.cycle(words)
        return lambda: call(method, path, {"status": next(word)})

    def presence(self):
        return self.toggle(self.agent, "PUT", f"/v1/users/{self.agent_id}/availability", ("available", "away"))

    def close(self):
        return self.toggle(self.owner, "PATCH", f"/v1/conversations/{self.conversation}", ("closed", "open"))


def mib(values):
    return round(sum(values) / MIB, 1)


# Gauges of the server in a point over time: metric, its labels, what of its values.
HELD = {"heap_mib": ("heap_bytes", "[^}]*", mib), "memtables_mib": ("storage_memory_bytes", 'part="memtables[^}]*', mib),
        "filters_mib": ("storage_memory_bytes", 'part="table_readers"', mib),
        "block_cache_mib": ("storage_memory_bytes", 'part="block_cache"', mib),
        "on_disk_mib": ("storage_disk_bytes", 'part="tables"', mib), "runs_most": ("storage_runs", "[^}]*", max),
        "write_limit_mib": ("storage_write_limit_bytes_per_second", "[^}]*", mib),
        "writes_stopped": ("storage_writes_stopped", "[^}]*", max)}
HELD_EVERY = 0.9  # seconds; the load shares the cores with this program


class counter:
    """What the server says that came in and what it holds, as often as /metrics is asked."""

    def __init__(self, port, probe_every):
        self.call = caller(port)
        self.probe_every = probe_every
        self.samples = []  # when, messages so far
        self.held = []  # when, what the server holds then (see HELD)

    def __call__(self):
        said = self.call.raw("GET", "/metrics").decode()
        now = time.monotonic()
        self.samples.append((now, sum(self.values(said, "messages_received_total"))))
        if not self.held or now - self.held[-1][0] >= HELD_EVERY:
            self.held.append((now, {name: of(self.values(said, gauge, labels)) for name, (gauge, labels, of) in HELD.items()}))

    @staticmethod
    def values(said, name, labels=r"[^}]*"):
        return [float(each) for each in re.findall(rf"^signalbox_{name}(?:\{{{labels}\}})? (\S+)", said, re.MULTILINE)]

    def span(self):
        """From when to when more came in than the probe's own messages."""
        grew = []
        for (before, less), (now, more) in itertools.pairwise(self.samples):
            if more - less - (now - before) / self.probe_every >= 64:
                grew.append((before, now))
        return (grew[0][0], grew[-1][1]) if grew else None

    def held_between(self, begin, end):
        """The most of each; of the last sample before, if there is none in between."""
        first = next((i for i, (now, _) in enumerate(self.held) if now >= begin), len(self.held))
        within = [what for now, what in self.held[first:] if now < end] or [what for _, what in self.held[max(0, first - 1):first]]
        return {name: max(what[name] for what in within) for name in HELD} if within else {}

    def at(self, when):
        """Interpolated."""
        for (before, less), (now, more) in itertools.pairwise(self.samples):
            if before <= when <= now:
                return less + (more - less) * (when - before) / (now - before)
        return self.samples[-1][1] if when > self.samples[-1][0] else 0


def most_resident(seen, begin, end, without=()):
    """MiB in that time, without those of what the server holds (see HELD)."""
    times = [at for at, _ in seen.resident]
    return max((seen.resident[bisect.bisect(times, at) - 1][1] / MIB - sum(what[name] for name in without)
                for at, what in seen.count.held if begin <= at < end), default=0)


def quantile(values, share):
    values = sorted(values)
    return values[min(len(values) - 1, int(share * len(values)))] if values else None


def latency(values):
    """Of seconds, in milliseconds."""
    return {name: quantile(values, share) and round(1000 * quantile(values, share), 3)
            for name, share in (("p50_ms", 0.5), ("p99_ms", 0.99), ("max_ms", 1))} | {"count": len(values)}


def commit():
    def git(*words):
        return subprocess.run(["git", "-C", ROOT, *words], capture_output=True, text=True, check=False).stdout.strip()
    return (git("rev-parse", "HEAD") or "unknown") + ("-dirty" if git("status", "--porcelain") else "")


@contextlib.contextmanager
def load(told, on, out):
    process = subprocess.Popen(
        [told.build / "signalbox_load", "--url", f"127.0.0.1:{on.port}", "--server-pid", str(on.process.pid),
         "--channels", "4", "--agents", "50", "--seconds", str(told.seconds), "--commit", commit(), "--json", out, *told.load],
        env={**os.environ, "SIGNALBOX_ADMIN_TOKEN": on.token}, stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL)
    try:
        yield process
    finally:
        process.kill()
        process.wait()


class course:
    """One run: everything that was seen, by the monotonic clock."""

    def __init__(self, told, folder, control_every=CONTROL_EVERY, probe_every=PROBE_EVERY):
        self.resident = []  # when, bytes
        self.probe_every = probe_every
        self.load_code, self.said = None, None
        stop = threading.Event()
        with server(told, folder) as on, contextlib.ExitStack() as last:
            small = small_account(on)
            self.count = counter(on.port, probe_every)
            last.callback(stop.set)
            self.begin = time.monotonic()
            health = caller(on.port)
            self.asked = {"health": asking(control_every, [lambda: health.raw("GET", "/healthz")], stop),
                          "metrics": asking(control_every, [self.count], stop),
                          "presence": asking(control_every, [small.presence()], stop),
                          "close": asking(control_every, [small.close()], stop)}
            # On ten connections, so that a message is sent though the one before waits for its answer.
            self.probe = asking(probe_every, [small.publisher("probe") for _ in range(10)], stop)
            # Nothing is asked: how late this program itself is while all cores are taken. It is in all other figures.
            self.idle = asking(control_every, [lambda: None], stop)
            self.watch(on, QUIET_BEFORE)
            self.loaded = time.monotonic()
            out = folder / "load.json"
            with load(told, on, out) as process:
                self.watch(on, told.seconds + 120, process)
                self.load_code = process.poll()
            self.watch(on, QUIET_AFTER)
            stop.set()
            for each in (*self.asked.values(), self.probe, self.idle):
                for lane in each.lanes:
                    lane.join(35)
            self.end = time.monotonic()
            self.said = json.loads(out.read_text()) if out.exists() else None
        # 0 is an orderly end after SIGTERM; anything else that it ended before, or didn't end.
        self.server_code = on.process.returncode
        if self.server_code != 0 or self.load_code != 0:
            on.say_log()

    def about(self):
        return {key: self.said[key] for key in ("date", "commit", "machine", "compiler", "flags", "workload")}

    def watch(self, on, seconds, process=None):
        """Samples the memory; no longer than the process runs, if one is given."""
        end = time.monotonic() + seconds
        while time.monotonic() < end and on.runs() and (process is None or process.poll() is None):
            self.resident.append((time.monotonic(), on.resident()))
            time.sleep(POINT_EVERY)


def series(seen, zero, every=POINT_EVERY):
    """A point each `every` seconds; `at` counts from `zero`. The probe's figure is its slowest."""
    out, resident, at = [], iter(seen.resident), seen.begin
    now = next(resident)
    while at + every < seen.end:
        up_to = at + every
        while now[0] < at:
            now = next(resident, (float("inf"), now[1]))
        took = seen.probe.between(at, up_to)
        out.append({"at": round(at - zero, 3), "resident_mib": round(now[1] / MIB, 1),
                    "received_per_second": round((seen.count.at(up_to) - seen.count.at(at)) / every),
                    "probe_p99_ms": round(1000 * quantile(took, 0.99), 3) if took else None,
                    "probe_ms": round(1000 * max(took), 3) if took else None, **seen.count.held_between(at, up_to)})
        at = up_to
    return out


def options(parser):
    parser.add_argument("--json", type=Path, help="write all figures, and points over time, to this file")
    parser.add_argument("--plot", type=Path, help="write an SVG to this file")
    parser.add_argument("--data", type=Path, default=Path(os.environ.get("TMPDIR", "/var/tmp")),
                        help="where the server keeps its files; a real disk")
    parser.add_argument("--build", type=Path, default=ROOT / "build/release", help="where the programs lie")


def main(parser, run):
    """Exit code: `run`'s, 2 when it could not be run."""
    options(parser)
    told = parser.parse_args()
    for program in ("signalbox", "signalbox_load"):
        if not os.access(told.build / program, os.X_OK):
            fail(f"{told.build / program} is not built: cmake --preset release && cmake --build --preset release")
    if told.plot and not shutil.which("gnuplot"):
        fail("gnuplot is missing: deploy/install-packages bench")
    told.data.mkdir(parents=True, exist_ok=True)
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(143))
    try:
        return run(told)
    except KeyboardInterrupt:
        return 130
    except (OSError, refused, http.client.HTTPException) as why:
        fail(why)


def draw(found, path, charts, label, shaded=None):
    """An SVG by gnuplot: a chart over time for each of (words, key of a point, colour, scale)."""
    keys = [key for _, key, _, _ in charts]
    points = "".join(" ".join(["%s" % each["at"]] + [str(each[key] if each[key] is not None else "NaN") for key in keys]) + "\n"
                     for each in found["series"])
    lines = [f"""set terminal svg size 900,620 font "sans,12" background "white"
set output {json.dumps(str(path))}
$seen << EOD
{points}EOD
set multiplot layout {len(charts)},1
set grid
set lmargin 12
set rmargin 3
set xrange [{found['series'][0]['at']}:{found['series'][-1]['at']}]
set style rectangle fillstyle solid noborder fillcolor rgb "#f0e6d8"
"""]
    if shaded:
        lines.append(f"set object 1 rectangle from first 0, graph 0 to first {shaded}, graph 1 behind\n")
    for place, (words, _, colour, scale) in enumerate(charts):
        lines.append(f"set ylabel {json.dumps(words)}\n")
        lines.append("set yrange [*:*]\nset logscale y\n" if scale == "log" else "set yrange [0:*]\nunset logscale y\n")
        if place + 1 == len(charts):
            lines.append(f"set xlabel {json.dumps(label)}\n")
        lines.append(f'plot $seen using 1:{place + 2} with lines linewidth 1.5 linecolor rgb "{colour}" notitle\n')
    subprocess.run(["gnuplot"], input="".join(lines), text=True, check=True)
