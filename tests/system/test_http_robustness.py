"""HTTP from clients that are slow, endless or broken, and the operators' pages. Others are served all the while."""

import asyncio
import gzip
import os
import re
import socket
import subprocess
import time

import shapes
from company import Company
from signalbox_client import message
from system_test import SystemTest, main

GIVE_UP = 90.0


class Robustness(SystemTest):
    def setUp(self):
        super().setUp()
        self.server = self.serve()
        self.company = Company(self.server)
        self.channel = self.company.channel()
        self.sent = 0

    def others_are_served(self):
        self.sent += 1
        answer = self.company.http.post(f"/v1/channels/{self.channel}/messages", {"messages": [message(self.channel, "w", self.sent)]})
        self.assertEqual([r["status"] for r in answer["results"]], ["accepted"])

    def connect(self):
        plain = socket.create_connection(("127.0.0.1", self.server.port))
        plain.settimeout(GIVE_UP)
        self.addCleanup(plain.close)
        return plain

    def status_of(self, plain):
        """The status code, or nothing when the server just closed."""
        try:
            head = b""
            while b"\r\n" not in head:
                if not (more := plain.recv(4096)):
                    return None
                head += more
            return int(head.split()[1])
        except ConnectionError:
            return None

    def request(self, raw):
        plain = self.connect()
        try:
            plain.sendall(raw)
        except ConnectionError:
            pass
        return self.status_of(plain)

    def authorized(self, head):
        return head.replace("\r\n", f"\r\nHost: x\r\nAuthorization: Bearer {self.company.admin.token}\r\n", 1).encode()

    def test_malformed_requests_are_answered_with_400_or_closed(self):
        for raw in (b"\r\n\r\n\r\n", b"GET\r\n\r\n", b"GET / HTTP/9.9\r\n\r\n", b"\0\0\0\0\r\n\r\n", b"GET /\xff HTTP/1.1\r\nHost: x\r\n\r\n",
                    b"GET /%zz HTTP/1.1\r\nHost: x\r\n\r\n", b"GET / HTTP/1.1\r\nbad header\r\n\r\n",
                    b"POST / HTTP/1.1\r\nHost: x\r\nContent-Length: -1\r\n\r\n", b"POST / HTTP/1.1\r\nHost: x\r\nContent-Length: x\r\n\r\n",
                    b"POST / HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\nzz\r\n"):
            with self.subTest(raw=raw):
                self.assertIn(self.request(raw), (None, 400, 401, 404, 405, 501, 505))
                self.others_are_served()

    def test_headers_above_the_limit_are_refused(self):
        status = self.request(b"GET /healthz HTTP/1.1\r\nHost: x\r\nX-Long: " + b"x" * (1 << 20) + b"\r\n\r\n")
        self.assertIn(status, (None, 400, 413, 431))
        status = self.request(b"GET /healthz HTTP/1.1\r\n" + b"".join(b"X-%d: y\r\n" % n for n in range(100_000)) + b"\r\n")
        self.assertIn(status, (None, 400, 413, 431))
        self.others_are_served()

    def test_a_body_that_announces_too_much_is_413_at_once(self):
        raw = self.authorized(f"POST /v1/channels/{self.channel}/messages HTTP/1.1\r\nContent-Type: application/json\r\n"
                              f"Content-Length: {1 << 40}\r\n\r\n")
        self.assertEqual(self.request(raw + b"{"), 413)
        self.others_are_served()

    def test_a_body_without_end_is_cut_off(self):
        plain = self.connect()
        plain.sendall(self.authorized(f"POST /v1/channels/{self.channel}/messages HTTP/1.1\r\nTransfer-Encoding: chunked\r\n\r\n"))
        chunk = b"10000\r\n" + b" " * 0x10000 + b"\r\n"
        before, end = self.server.resident_bytes(), time.monotonic() + GIVE_UP
        try:
            while time.monotonic() < end:
                plain.sendall(chunk)
            self.fail(f"the server still reads after {GIVE_UP} s")
        except ConnectionError:
            pass
        if self.server.memory_tells:
            self.assertLess(self.server.resident_bytes() - before, 64 << 20)
        self.others_are_served()

    def test_slow_headers_and_bodies_are_cut_off_and_others_are_served(self):
        slow_head, slow_body, silent = self.connect(), self.connect(), self.connect()
        slow_body.sendall(self.authorized(f"POST /v1/channels/{self.channel}/messages HTTP/1.1\r\nContent-Length: 100000\r\n\r\n"))
        ended, end = set(), time.monotonic() + GIVE_UP
        while len(ended) < 3:
            self.assertLess(time.monotonic(), end, f"still open after {GIVE_UP} s: {3 - len(ended)} of 3")
            for name, plain, byte in (("head", slow_head, b"G"), ("body", slow_body, b" "), ("silent", silent, b"")):
                if name in ended:
                    continue
                try:
                    plain.send(byte)
                    plain.setblocking(False)
                    if plain.recv(4096) == b"" or name != "silent":
                        ended.add(name)
                except BlockingIOError:
                    pass
                except OSError:
                    ended.add(name)
                finally:
                    plain.setblocking(True)
            self.others_are_served()
            time.sleep(0.2)

    def test_a_client_that_does_not_read_its_answers_holds_up_nobody(self):
        self.company.http.post(f"/v1/channels/{self.channel}/messages", {"messages": [
            message(self.channel, f"big{n}", 0, "x" * 2000) for n in range(200)]})
        deaf = self.connect()
        deaf.setblocking(False)
        request = self.authorized("GET /v1/conversations?limit=200 HTTP/1.1\r\n\r\n")
        for _ in range(2000):
            try:
                deaf.send(request)
            except OSError:
                break
        self.others_are_served()
        if self.server.memory_tells:
            self.assertLess(self.server.resident_bytes(), 1 << 30)

    def test_json_that_is_wrong_deep_or_odd_is_a_problem(self):
        for body in ("{", "", "nope", "[" * 200_000, '{"a":' * 100_000, '{"messages":[]', b"\xff\xfe", '{"name":"\\ud800"}', '{"name":1e999}'):
            with self.subTest(body=body[:20]):
                status, headers, content = self.company.http.raw("POST", "/v1/teams", body, {"Content-Type": "application/json"})
                self.assertIn(status, (400, 413, 422))
                shapes.problem(shapes.parse(content), "problem")
        self.others_are_served()

    def test_unknown_paths_and_methods(self):
        self.assertProblem("not_found", self.company.http.get, "/v1/nothing", status=404)
        self.assertProblem("not_found", self.company.http.get, "/v1/users/nonsense", status=404)
        status, headers, _ = self.company.http.raw("DELETE", "/v1/users")
        self.assertEqual(status, 405)
        self.assertEqual(set(headers["Allow"].replace(" ", "").split(",")) & {"GET", "POST"}, {"GET", "POST"})

    def test_keep_alive_and_pipelined_requests_are_answered_in_order(self):
        plain = self.connect()
        plain.sendall(b"GET /healthz HTTP/1.1\r\nHost: x\r\n\r\n" * 3 + b"GET /v1/nothing HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n")
        answer = b""
        while more := plain.recv(65536):
            answer += more
        codes = re.findall(rb"HTTP/1\.1 (\d+) ", answer)
        self.assertEqual(codes[:3], [b"200"] * 3)
        self.assertIn(codes[3], (b"401", b"404"))


class Operators(SystemTest):
    def setUp(self):
        super().setUp()
        self.server = self.serve()

    def test_health_and_readiness_need_no_token(self):
        for path in ("/healthz", "/readyz"):
            self.assertEqual(self.server.http().raw("GET", path)[0], 200)

    def test_the_description_of_the_api_is_served(self):
        status, _, content = self.server.http().raw("GET", "/v1/openapi.yaml")
        self.assertEqual(status, 200)
        self.assertTrue(content.startswith(b"openapi:"))

    def test_metrics_count_what_happened_and_promtool_finds_nothing(self):
        company = Company(self.server)
        member, = company.agents(1)
        channel = company.channel(users=[member])

        async def exchange():
            async with company.connector(channel) as connector, member.agent() as agent:
                await connector.publish([message(channel, f"t{n}", 0) for n in range(7)])
                await agent.event("assignment.created", nth=7)

        asyncio.run(exchange())
        text = self.server.operator.raw("GET", "/metrics")[2].decode()
        accepted = [line for line in text.splitlines() if 'accepted"' in line and "message" in line and not line.startswith("#")]
        self.assertIn("7", [line.rsplit(" ", 1)[1] for line in accepted])
        promtool = "/usr/bin/promtool"
        if not os.path.exists(promtool):
            self.skipTest("skipped: promtool (Debian's package prometheus) is not installed")
        done = subprocess.run([promtool, "check", "metrics"], input=text, text=True, capture_output=True, timeout=60)
        self.assertEqual((done.returncode, done.stderr), (0, ""))


class Policies(SystemTest):
    """What the operator decides about calls, in the environment."""

    ENVIRONMENT = {"SIGNALBOX_CORS_ORIGINS": "https://console.example", "SIGNALBOX_LIMITS_REQUESTS_PER_SECOND": "1",
                   "SIGNALBOX_LIMITS_REQUESTS_BURST": "40"}

    def test_a_token_that_calls_too_often_is_told_when_to_go_on_and_others_are_served(self):
        company = Company(self.serve())
        other = company.user("Other")
        for _ in range(41):
            status, headers, _ = company.http.raw("GET", "/v1/account")
            if status != 200:
                break
            self.assertEqual(headers["RateLimit-Limit"], "40")
        self.assertEqual((status, headers["RateLimit-Remaining"]), (429, "0"))
        self.assertProblem("rate_limited", company.http.get, "/v1/account", status=429)
        other.http.get("/v1/account")
        time.sleep(float(headers["Retry-After"]) + 0.1)
        company.http.get("/v1/account")

    def test_pages_of_the_configured_origin_may_call(self):
        http = self.serve().http()
        asking = {"Origin": "https://console.example", "Access-Control-Request-Method": "POST"}
        status, headers, _ = http.raw("OPTIONS", "/v1/sessions", headers=asking)
        self.assertEqual((status, headers["Access-Control-Allow-Origin"]), (204, "https://console.example"))
        _, headers, _ = http.raw("GET", "/v1/account", headers={"Origin": "https://elsewhere.example"})
        self.assertNotIn("Access-Control-Allow-Origin", headers)

    def test_long_answers_come_packed_and_the_request_has_an_id(self):
        http = self.serve().http()
        _, _, plain = http.raw("GET", "/v1/docs")
        _, headers, packed = http.raw("GET", "/v1/docs", headers={"Accept-Encoding": "gzip", "X-Request-Id": "mine"})
        self.assertEqual((headers["Content-Encoding"], headers["X-Request-Id"]), ("gzip", "mine"))
        self.assertLess(len(packed), len(plain) / 2)
        self.assertEqual(gzip.decompress(packed), plain)


if __name__ == "__main__":
    main()
