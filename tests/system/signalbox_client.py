"""A client of the HTTP API and of both sockets. It trusts nothing: every answer and frame is held against `shapes`.

The sockets are Debian's python3-websockets, so that no line of the server's own WebSocket code is on this side.
"""

import asyncio
import collections
import gzip
import http.client
import itertools
import json
import os
import time
import urllib.parse

import websockets

import shapes

PATIENCE = 60.0  # seconds that anything may take before the test gives up; never a measure of speed


class Problem(Exception):
    def __init__(self, body):
        super().__init__(f"{body.get('status')} {body.get('code')}: {body.get('detail')} {body.get('errors', '')}")
        self.status, self.code, self.body = body.get("status"), body.get("code"), body


class Closed(Exception):
    def __init__(self, code, reason):
        super().__init__(f"closed with {code} {reason}")
        self.code, self.reason = code, reason


def record(method, path, status, headers, content):
    """Keeps an exchange for system.answers, which holds it against docs/openapi.yaml. A file a process: tests may run side by side."""
    folder = os.environ.get("SIGNALBOX_EXCHANGES")
    if not folder:
        return
    if headers.get("Content-Encoding") == "gzip":
        content = gzip.decompress(content)
    line = json.dumps({"method": method, "path": path, "status": status, "content_type": headers.get("Content-Type", "").split(";")[0],
                       "body": content.decode("utf-8", "replace")})
    with open(os.path.join(folder, f"{os.getpid()}.jsonl"), "a", encoding="utf-8") as file:
        file.write(line + "\n")


class Http:
    """Calls with one bearer token, a connection a call. An answer of 400 or more is raised as `Problem`."""

    def __init__(self, port, token=None):
        self.port, self.token = port, token
        self.patience = PATIENCE

    def raw(self, method, path, body=None, headers=None):
        """(status, headers, bytes), whatever they are."""
        connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=self.patience)
        try:
            sent = dict(headers or {})
            if self.token is not None:
                sent.setdefault("Authorization", "Bearer " + self.token)
            if body is not None and not isinstance(body, (bytes, str)):
                body = json.dumps(body)
                sent.setdefault("Content-Type", "application/json")
            connection.request(method, path, body.encode() if isinstance(body, str) else body, sent)
            answer = connection.getresponse()
            content = answer.read()
            record(method, path, answer.status, answer.headers, content)
            return answer.status, answer.headers, content
        finally:
            connection.close()

    def call(self, method, path, body=None, shape=None, expect=None, **headers):
        status, got, content = self.raw(method, path, body, {k.replace("_", "-"): str(v) for k, v in headers.items()})
        if status >= 400:
            if not got.get("Content-Type", "").startswith("application/problem+json"):
                raise AssertionError(f"{method} {path}: {status} without a problem: {content[:300]!r}")
            parsed = shapes.parse(content)
            shapes.problem(parsed, f"{method} {path}")
            if parsed["status"] != status:
                raise AssertionError(f"{method} {path}: the problem says {parsed['status']}, the response {status}")
            raise Problem(parsed)
        if expect is not None and status != expect:
            raise AssertionError(f"{method} {path}: {status} instead of {expect}: {content[:300]!r}")
        parsed = shapes.parse(content) if content else None
        if shape is not None:
            shape(parsed, f"{method} {path}")
        return parsed

    def get(self, path, shape=None, **query):
        query = {name: value for name, value in query.items() if value is not None}
        return self.call("GET", path + ("?" + urllib.parse.urlencode(query) if query else ""), None, shape, 200)

    def post(self, path, body=None, shape=None, expect=None, **headers):
        return self.call("POST", path, {} if body is None else body, shape, expect, **headers)

    def put(self, path, body, shape=None, expect=200, **headers):
        return self.call("PUT", path, body, shape, expect, **headers)

    def patch(self, path, body, shape=None, expect=200, **headers):
        return self.call("PATCH", path, body, shape, expect, **headers)

    def delete(self, path, **headers):
        return self.call("DELETE", path, None, None, None, **headers)

    def all(self, path, shape=None, limit=200, **query):
        """Every item of a list, page by page."""
        found, after = [], None
        while True:
            answer = self.get(path, shapes.page(shape or shapes.some), limit=limit, after=after, **query)
            if len(answer["items"]) > limit:
                raise AssertionError(f"{path}: {len(answer['items'])} items on a page of {limit}")
            found += answer["items"]
            after = answer["next"]
            if after is None:
                return found


class Socket:
    """One socket, read in the background. Subclasses give PATH, PROTOCOL, `hello` and `take`."""

    PATH = PROTOCOL = None
    FRAMES = {}

    def __init__(self, port, token):
        self.port, self.token = port, token
        self.changed = asyncio.Event()
        self.ended = None
        self.wrong = None
        self.reader = None
        self.ws = None

    @classmethod
    async def bare(cls, port, **options):
        """The socket before its hello."""
        try:
            return await websockets.connect(f"ws://127.0.0.1:{port}{cls.PATH}", subprotocols=[cls.PROTOCOL], max_size=None,
                                            compression=None, ping_interval=None, open_timeout=PATIENCE, close_timeout=2, **options)
        except websockets.InvalidMessage as why:  # the server went in the middle of the handshake
            raise ConnectionResetError(str(why)) from why

    async def open(self, reading=True, **options):
        self.ws = await self.bare(self.port, **options)
        if self.ws.subprotocol != self.PROTOCOL:
            raise AssertionError(f"subprotocol {self.ws.subprotocol!r}")
        await self.send(self.hello())
        try:
            first = shapes.parse(await asyncio.wait_for(self.ws.recv(), PATIENCE))
        except websockets.ConnectionClosed:
            raise Closed(self.ws.close_code, self.ws.close_reason) from None
        self.welcomed(first)
        if reading:
            self.read_on()
        return self

    def read_on(self):
        self.reader = asyncio.create_task(self.read())

    async def __aenter__(self):
        return await self.open()

    async def __aexit__(self, *_):
        await self.close()

    async def send(self, frame):
        try:
            await self.ws.send(frame if isinstance(frame, (str, bytes)) else json.dumps(frame, ensure_ascii=False))
        except websockets.ConnectionClosed:
            raise Closed(self.ws.close_code, self.ws.close_reason) from None

    async def read(self):
        try:
            async for raw in self.ws:
                if not isinstance(raw, str):
                    raise AssertionError("a binary frame")
                frame = shapes.parse(raw)
                if frame.get("op") not in self.FRAMES:
                    raise AssertionError(f"unknown frame {raw[:200]}")
                self.FRAMES[frame["op"]](frame, frame["op"])
                await self.take(frame)
                self.changed.set()
        except (websockets.ConnectionClosed, OSError, Closed):
            pass
        except Exception as what:  # shown by whoever waits
            self.wrong = what
        await self.ws.wait_closed() if self.wrong is None else self.ws.transport.abort()
        self.ended = Closed(self.ws.close_code, self.ws.close_reason)
        self.changed.set()

    async def until(self, condition, what, within=PATIENCE):
        """What `condition` gives as soon as it is true; fails when the socket ends before."""
        end = time.monotonic() + within
        while True:
            if self.wrong is not None:
                raise self.wrong
            if found := condition():
                return found
            if self.ended is not None:
                raise self.ended
            self.changed.clear()
            try:
                await asyncio.wait_for(self.changed.wait(), max(0.0, end - time.monotonic()))
            except asyncio.TimeoutError:
                raise AssertionError(f"in {within} s not: {what}") from None

    async def close_code(self, within=PATIENCE):
        """The code with which the server ends this socket."""
        try:
            await self.until(lambda: False, "the server closes the socket", within)
        except Closed as end:
            return end.code

    async def close(self):
        if self.ws is not None:
            await self.ws.close()
        if self.reader is not None:
            await asyncio.wait([self.reader])
            if self.wrong is not None:
                raise self.wrong

    async def abort(self):
        """Gone without a word."""
        self.ws.transport.abort()
        if self.reader is not None:
            await asyncio.wait([self.reader])


Frame = collections.namedtuple("Frame", "seq ids done")


class Connector(Socket):
    PATH, PROTOCOL, FRAMES = "/v1/connect", "signalbox.connect.v1", shapes.connector_frames

    def __init__(self, port, token, answer_status="delivered", name="system-test/1"):
        super().__init__(port, token)
        self.name, self.answer_status = name, answer_status
        self.seq = itertools.count(1)
        self.unacknowledged = collections.deque()
        self.in_flight = 0
        self.delivered = []  # every message of every deliver
        self.notices = []  # channel and drain frames
        self.on_deliver = lambda message: None

    def hello(self):
        return {"op": "hello", "token": self.token, "connector": self.name}

    def welcomed(self, frame):
        shapes.connector_welcome(frame, "welcome")
        self.welcome = frame
        self.credit = self.credit_given = frame["credit"]
        self.offsets = {each["id"]: each["offset"] for each in frame["channels"]}

    async def publish_unchecked(self, messages, offset=None, seq=None):
        """Sends without asking for credit; gives the future of {message id: result}, only those not simply accepted."""
        frame = {"op": "publish", "seq": next(self.seq) if seq is None else seq, "messages": messages}
        if offset is not None:
            frame["offset"] = offset
        done = asyncio.get_running_loop().create_future()
        self.unacknowledged.append(Frame(frame["seq"], [m.get("id") for m in messages], done))
        self.in_flight += len(messages)
        self.credit -= len(messages)
        await self.send(frame)
        return done

    async def publish(self, messages, offset=None):
        """Sends when there is credit, and waits for the acknowledgement."""
        await self.until(lambda: self.credit >= len(messages), "credit")
        done = await self.publish_unchecked(messages, offset)
        await self.until(done.done, "the acknowledgement")
        return done.result()

    async def take(self, frame):
        if frame["op"] == "ack":
            self.take_ack(frame)
        elif frame["op"] == "deliver":
            for message in frame["messages"]:
                self.delivered.append(message)
                self.on_deliver(message)
            if self.answer_status:
                await self.report([m["id"] for m in frame["messages"]], self.answer_status)
        else:
            self.notices.append(frame)

    def take_ack(self, frame):
        if not self.unacknowledged or frame["seq"] < self.unacknowledged[0].seq:
            raise AssertionError(f"an ack of {frame['seq']}, which acknowledges nothing")
        results = collections.deque(frame["results"])
        while self.unacknowledged and self.unacknowledged[0].seq <= frame["seq"]:
            _, ids, done = self.unacknowledged.popleft()
            own = {}
            for at in range(len(ids)):
                if results and results[0]["id"] in ids and len(own) < len(ids):
                    result = results.popleft()
                    own[result["id"]] = result
            self.in_flight -= len(ids)
            done.set_result(own)
        if results:
            raise AssertionError(f"results for messages that were not sent: {list(results)}")
        self.credit += frame["credit"]
        if self.credit + self.in_flight > self.credit_given:
            raise AssertionError(f"more credit than at first: {self.credit} + {self.in_flight}")

    async def report(self, ids, status, error=None):
        one = {"status": status} | ({"error": error} if error else {})
        await self.send({"op": "status", "statuses": [{"id": each} | one for each in ids]})


class Agent(Socket):
    """Acknowledges every event once it is in `events`, unless made with `acknowledging=False`."""

    PATH, PROTOCOL, FRAMES = "/v1/agent", "signalbox.agent.v1", shapes.agent_frames

    def __init__(self, port, token, cursor=None, acknowledging=True):
        super().__init__(port, token)
        self.cursor, self.given, self.acknowledging = cursor, cursor, acknowledging
        self.events = []
        self.waiting = {}
        self.views = {}  # by the watch's name: {"rows": {id: row}, "counts": {…}, "frames": how many}
        self.unwatched = {}  # by the watch's name: the problem
        self.refs = (f"ref-{id(self)}-{n}" for n in itertools.count(1))

    def hello(self):
        return {"op": "hello", "token": self.token} | ({} if self.given is None else {"cursor": self.given})

    def welcomed(self, frame):
        shapes.agent_welcome(frame, "welcome")
        self.welcome = frame
        if frame["resumed"]:
            if self.given is None:
                raise AssertionError("resumed from nothing")
        else:
            self.cursor = frame["cursor"]

    def rows(self, watch):
        """Of a watch, by id; None before its first frame."""
        return self.views[watch]["rows"] if watch in self.views else None

    async def take(self, frame):
        if frame["op"] == "result":
            if (future := self.waiting.pop(frame["ref"], None)) is None:
                raise AssertionError(f"a result nobody asked for: {frame}")
            if not future.cancelled():
                future.set_result(frame)
            return
        if frame["op"] == "view":
            return self.take_view(frame)
        if frame["op"] == "unwatched":
            del self.views[frame["watch"]]
            self.unwatched[frame["watch"]] = frame["problem"]
            return
        if not frame["events"]:
            raise AssertionError("no events in a frame of events")
        for event in frame["events"]:
            if "cursor" in event:
                first_ever = event.get("prev") is None and not self.events and not self.welcome["resumed"]
                if event.get("prev") != self.cursor and not first_ever:
                    raise AssertionError(f"a gap: {event['type']} {event['cursor']} after {event.get('prev')}, had {self.cursor}")
                self.cursor = event["cursor"]
            self.events.append(event)
        if self.acknowledging:
            await self.acknowledge()

    def take_view(self, frame):
        if frame["whole"] == (frame["watch"] in self.views):
            raise AssertionError(f"the first is whole, the others are not: {frame}")
        view = self.views.setdefault(frame["watch"], {"rows": {}, "counts": {}, "frames": 0})
        changed = frame["counts"] != view["counts"] or frame["gone"] or any(view["rows"].get(r["id"]) != r for r in frame["rows"])
        if not changed:
            raise AssertionError(f"a view that says nothing new: {frame}")
        for gone in frame["gone"]:
            del view["rows"][gone]
        view["rows"] |= {row["id"]: row for row in frame["rows"]}
        view["counts"] = frame["counts"]
        view["frames"] += 1

    async def acknowledge(self, cursor=None):
        await self.send({"op": "ack", "cursor": cursor or self.cursor})

    def of(self, kind):
        return [event for event in self.events if event["type"] == kind]

    async def event(self, kind, fits=lambda data: True, within=PATIENCE, nth=1):
        """The nth event of that type whose data fits, come already or yet to come."""

        def find():
            found = [e for e in self.of(kind) if fits(e["data"])]
            return found[nth - 1] if len(found) >= nth else None

        return await self.until(find, f"{kind} no. {nth} at {self.welcome['user']['email']}", within)

    async def command_frame(self, op, ref=None, **fields):
        ref = ref or next(self.refs)
        future = self.waiting[ref] = asyncio.get_running_loop().create_future()
        await self.send({"op": op, "ref": ref} | fields)
        await self.until(future.done, f"the result of {op}")
        return future.result()

    async def command(self, op, ref=None, **fields):
        """The result's data; a refusal is raised as `Problem`."""
        result = await self.command_frame(op, ref, **fields)
        if not result["ok"]:
            raise Problem(result["problem"])
        return result["data"]


def message(channel, thread, number, words="hello", sender=None, **more):
    """A message of a connector: its id and its text name the thread and the number."""
    return {"channel": channel, "thread": thread, "id": f"{thread}-{number}",
            "from": sender or {"id": f"contact-{thread}", "name": f"Contact {thread}"}, "text": f"[{thread}/{number}] {words}"} | more


async def end_of(ws, within=PATIENCE):
    """Reads a bare socket to its end; the close code."""

    async def drain():
        try:
            while True:
                await ws.recv()
        except websockets.ConnectionClosed:
            return ws.close_code

    return await asyncio.wait_for(drain(), within)
