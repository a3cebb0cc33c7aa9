"""Webhooks and GET /v1/events against a real receiver: signed, in order per conversation, again after failure and kill -9."""

import concurrent.futures
import hashlib
import hmac
import http.server
import json
import socket
import threading
import time
from pathlib import Path

from company import Company
from signalbox_client import message
from system_test import SystemTest, main

PATIENCE = 60


class Receiver:
    """A web server of this test's own. `says(event)` gives the status; None: it never answers."""

    def __init__(self, says=lambda event: 200):
        self.says, self.secret, self.arrived, self.lock = says, None, [], threading.Lock()
        outer = self

        class Handler(http.server.BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"

            def do_POST(self):
                body = self.rfile.read(int(self.headers["Content-Length"]))
                status = outer.take(self.headers, body)
                if status is None:
                    time.sleep(3)
                    self.close_connection = True
                    return
                self.send_response(status)
                self.send_header("Content-Length", "0")
                self.end_headers()

            def log_message(self, *_):
                pass

        self.server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.server.daemon_threads = True
        self.server.handle_error = lambda *_: None  # a server that is killed leaves its connections cut off
        threading.Thread(target=self.server.serve_forever, daemon=True).start()

    @property
    def url(self):
        return f"http://127.0.0.1:{self.server.server_address[1]}/in"

    def take(self, headers, body):
        event = json.loads(body)
        status = self.says(event)
        with self.lock:
            self.arrived.append((event, dict(headers), body, status, time.time()))
        return status

    def good(self):
        """Events that were answered with a 2xx, in order."""
        with self.lock:
            return [event for event, _, _, status, _ in self.arrived if status and 200 <= status < 300]

    def close(self):
        self.server.shutdown()
        self.server.server_close()


def documented_check():
    """The receiver's check as docs/webhooks.md gives it."""
    text = (Path(__file__).parents[2] / "docs" / "webhooks.md").read_text()
    names = {}
    exec(text.split("```python\n")[1].split("```")[0], names)
    return names["is_ours"]


def signature(secret, headers, body):
    parts = dict(part.split("=", 1) for part in headers["Signalbox-Signature"].split(","))
    signed = f"{parts['t']}.{headers['Signalbox-Delivery']}.".encode() + body
    return parts, hmac.new(secret.encode(), signed, hashlib.sha256).hexdigest()


class Webhooks(SystemTest):
    ENVIRONMENT = {"SIGNALBOX_WEBHOOKS_ALLOW_PRIVATE": "true", "SIGNALBOX_WEBHOOKS_TIMEOUT": "1s"}

    def begin(self, says=lambda event: 200, events=(), host="127.0.0.1", **environment):
        self.server = self.serve(environment=environment)
        self.company = Company(self.server)
        self.http = self.company.http
        self.channel = self.company.channel()
        self.receiver = Receiver(says)
        self.addCleanup(self.receiver.close)
        made = self.http.post("/v1/webhooks", {"url": self.receiver.url.replace("127.0.0.1", host), "events": list(events), "name": "test"}, expect=201)
        self.hook, self.receiver.secret = made["id"], made["secret"]

    def write(self, *pairs):
        body = {"messages": [message(self.channel, thread, ident) for thread, ident in pairs]}
        for each in self.http.post(f"/v1/channels/{self.channel}/messages", body)["results"]:
            self.assertEqual(each["status"], "accepted")

    def until(self, true, what):
        end = time.monotonic() + PATIENCE
        while not true():
            if time.monotonic() > end:
                raise AssertionError(f"not within {PATIENCE} s: {what}; arrived: "
                                     f"{[(e['id'], e['type'], s) for e, _, _, s, _ in self.receiver.arrived]}")
            time.sleep(0.02)

    def pulled(self, **query):
        found, after = [], None
        while True:
            answer = self.http.get("/v1/events", after=after, **query)
            found += answer["items"]
            self.assertNotEqual(answer["next"], after if answer["more"] else None)
            after = answer["next"]
            if not answer["more"]:
                return found, after

    def test_what_happens_is_told_signed_and_as_it_is_pulled(self):
        self.begin()
        _, before = self.pulled()
        self.write(("a", "a-1"), ("a", "a-2"), ("b", "b-1"))
        conversation = self.company.by_thread()["a"]["id"]
        self.http.put(f"/v1/conversations/{conversation}/assignee", {"user": self.company.admin.id})
        self.http.post(f"/v1/conversations/{conversation}/messages", {"text": "Coming"})
        self.http.post(f"/v1/conversations/{conversation}/comments", {"text": "Really?"})
        self.http.patch(f"/v1/conversations/{conversation}", {"status": "closed"})
        wanted = {"contact.created": 2, "conversation.created": 2, "message.created": 4, "comment.created": 1, "assignment.created": 1,
                  "conversation.updated": 1}
        self.until(lambda: len(self.receiver.good()) >= sum(wanted.values()), "all deliveries")
        told = self.receiver.good()
        self.assertEqual({kind: sum(e["type"] == kind for e in told) for kind in wanted}, wanted)
        for event, headers, body, _, when in self.receiver.arrived:
            parts, mine = signature(self.receiver.secret, headers, body)
            self.assertEqual(parts["v1"], mine)
            self.assertLess(abs(int(parts["t"]) - when), 30)
            self.assertEqual(headers["Signalbox-Delivery"], event["id"])
            self.assertEqual(headers["Content-Type"], "application/json")
        pulled = self.http.get("/v1/events", after=before, limit=200)["items"]
        self.assertEqual({e["id"]: e for e in pulled}, {e["id"]: e for e in told}, "the same events, the same JSON")
        self.assertEqual([e["position"] for e in pulled], sorted(e["position"] for e in pulled))
        paged, after = [], before
        for _ in range(100):
            answer = self.http.get("/v1/events", after=after, limit=2, types="message.created")
            paged += answer["items"]
            after = answer["next"]
            if not answer["more"]:
                break
        self.assertEqual(paged, [e for e in pulled if e["type"] == "message.created"])

    def test_tickets_contacts_and_the_configuration_are_told(self):
        types = ["configuration.changed", "contact.created", "contact.updated", "contact.merged", "contact.deleted", "ticket.created",
                 "ticket.updated"]
        self.begin(events=types)
        _, before = self.pulled()
        team = self.http.post("/v1/teams", {"name": "secret-name"}, expect=201)["id"]
        self.http.put(f"/v1/channels/{self.channel}/tickets", {"enabled": True})
        self.write(("a", "a-1"))
        conversation = self.company.by_thread()["a"]
        self.http.patch(f"/v1/tickets/{conversation['ticket']}", {"subject": "Broken"})
        ida = self.http.post("/v1/contacts", {"name": "Ida"}, expect=201)["id"]
        other = self.http.post("/v1/contacts", {"name": "Ida Old"}, expect=201)["id"]
        self.http.patch(f"/v1/contacts/{ida}", {"phone": "+49 1"})
        self.http.post(f"/v1/contacts/{other}/merge", {"into": ida})
        self.http.delete(f"/v1/contacts/{ida}")
        self.http.delete(f"/v1/teams/{team}")
        wanted = {"configuration.changed": 3, "contact.created": 3, "contact.updated": 1, "contact.merged": 1, "contact.deleted": 1,
                  "ticket.created": 1, "ticket.updated": 1}

        def look(events):
            self.assertEqual({kind: sum(e["type"] == kind for e in events) for kind in types}, wanted)
            found = {kind: [e["data"] for e in events if e["type"] == kind] for kind in types}
            by = self.company.admin.id
            self.assertEqual(found["configuration.changed"], [
                {"resource": "team", "id": team, "change": "created", "by": by},
                {"resource": "channel", "id": self.channel, "change": "changed", "by": by},
                {"resource": "team", "id": team, "change": "deleted", "by": by}])
            self.assertEqual([(d["id"], d["by"]) for d in found["contact.created"]],
                             [(conversation["contact"], "contact"), (ida, by), (other, by)])
            self.assertEqual([(d["id"], d["merged"]) for d in found["contact.merged"]], [(ida, other)])
            self.assertEqual(found["contact.deleted"], [{"id": ida, "contact": None, "by": by}])
            self.assertEqual([(d["ticket"]["subject"], d["by"]) for d in found["ticket.created"] + found["ticket.updated"]],
                             [(None, "rule"), ("Broken", by)])
            return found

        self.until(lambda: len(self.receiver.good()) >= sum(wanted.values()), "all deliveries")
        look(sorted(self.receiver.good(), key=lambda event: event["position"]))
        self.server.restart_after_kill()
        pulled = self.http.get("/v1/events", after=before, types=",".join(types), limit=200)["items"]
        found = look(pulled)
        self.assertEqual([d["contact"] and d["contact"]["id"] for d in found["contact.created"]], [conversation["contact"], None, None],
                         "of a deleted contact nothing is kept")
        self.assertNotIn("secret-name", json.dumps(pulled))

    def test_while_its_secret_is_rotated_a_receiver_may_know_either(self):
        self.begin(events=["message.created"])
        is_ours = documented_check()
        first = self.receiver.secret
        self.write(("a", "a-1"))
        self.until(lambda: len(self.receiver.good()) == 1, "the one before")
        rotated = self.http.post(f"/v1/webhooks/{self.hook}/rotate-secret", expect=200)
        second = rotated["secret"]
        self.assertNotEqual(second, first)
        self.assertNotIn("secret", self.http.get(f"/v1/webhooks/{self.hook}"))
        self.server.restart_after_kill()
        self.write(("a", "a-2"))
        self.until(lambda: len(self.receiver.good()) >= 2, "the one after")
        _, headers, body, *_ = self.receiver.arrived[0]
        self.assertEqual([is_ours(secret, headers, body) for secret in (first, second)], [True, False])
        _, headers, body, *_ = self.receiver.arrived[-1]
        self.assertEqual([is_ours(secret, headers, body) for secret in (first, second, "whsec_other")], [True, True, False])
        self.assertFalse(is_ours(second, headers, body + b" "))
        audited = json.dumps(self.http.get("/v1/audit", resource=self.hook))
        self.assertNotIn(first, audited)
        self.assertNotIn(second, audited)

    def test_a_call_that_waits_is_answered_when_something_happens(self):
        self.begin(events=["availability.changed"])
        _, newest = self.pulled()
        began = time.monotonic()
        empty = self.http.get("/v1/events", after=newest, wait=1)
        self.assertEqual((empty["items"], empty["more"]), ([], False))
        self.assertGreaterEqual(time.monotonic() - began, 0.9)
        other = self.server.http(self.company.admin.token)
        with concurrent.futures.ThreadPoolExecutor() as pool:
            told = pool.submit(other.get, "/v1/events", after=empty["next"], wait=30, types="message.created")
            time.sleep(0.5)
            self.assertFalse(told.done())
            began = time.monotonic()
            self.write(("a", "a-1"))
            self.assertEqual([e["type"] for e in told.result(PATIENCE)["items"]], ["message.created"])
            self.assertLess(time.monotonic() - began, 10)
        self.assertProblem("invalid", self.http.get, "/v1/events", wait=31)

    def test_calls_that_wait_are_bounded_forgotten_and_answered_at_the_end(self):
        self.begin(events=["availability.changed"])
        _, newest = self.pulled()
        path = f"/v1/events?after={newest}&wait=30"
        lines = f"GET {path} HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer {self.company.admin.token}\r\n\r\n".encode()

        def wait():
            line = socket.create_connection(("127.0.0.1", self.server.port), PATIENCE)
            self.addCleanup(line.close)
            line.sendall(lines)
            return line

        waiting = [wait() for _ in range(8)]
        time.sleep(1)
        self.assertProblem("rate_limited", self.http.get, "/v1/events", after=newest, wait=30)
        self.assertEqual(self.http.get("/v1/events", after=newest)["items"], [], "without wait it is answered at once")
        for line in waiting:
            line.close()
        time.sleep(2)  # seen a second after the call at the latest
        waiting = [wait() for _ in range(2)]
        time.sleep(0.5)
        self.assertEqual(self.server.stop(), 0)
        for line in waiting:
            said = b""
            while part := line.recv(65536):
                said += part
            self.assertTrue(said.startswith(b"HTTP/1.1 200 "), said)
            self.assertIn(b'"items":[]', said)

    def test_order_holds_per_conversation_while_others_go_on(self):
        failing = {"left": 2}

        def says(event):
            if event["data"]["message"]["text"] == "a-1" and failing["left"]:
                failing["left"] -= 1
                return 500
            return 200

        self.begin(says, ["message.created"])
        for n in range(1, 5):
            body = {"messages": [message(self.channel, thread, n, text=f"{thread}-{n}") for thread in "abc"]}
            self.http.post(f"/v1/channels/{self.channel}/messages", body)
        self.until(lambda: len(self.receiver.good()) == 12, "all twelve")
        texts = [e["data"]["message"]["text"] for e in self.receiver.good()]
        for thread in "abc":
            self.assertEqual([t for t in texts if t[0] == thread], [f"{thread}-{n}" for n in range(1, 5)])
        self.assertEqual([t[0] for t in texts[:8]].count("a"), 0, "b and c did not wait for a")
        first = [e["id"] for e, *_ in self.receiver.arrived if e["data"]["message"]["text"] == "a-1"]
        self.assertEqual((len(first), len(set(first))), (3, 1), "one id over all attempts")

    def test_killed_in_the_middle_it_loses_nothing(self):
        self.begin(lambda event: 200, ["message.created"])
        sent = set()
        for n in range(6):
            self.write(*[(f"t{k}", f"m-{n}-{k}") for k in range(20)])
            sent |= {f"m-{n}-{k}" for k in range(20)}
            if n % 2:
                self.server.restart_after_kill()
        wanted = {e["id"] for e in self.pulled(types="message.created")[0]}
        self.assertEqual(len(wanted), len(sent))
        self.until(lambda: {e["id"] for e in self.receiver.good()} == wanted, "each at least once")
        seen, order = set(), {}
        for event in self.receiver.good():
            if event["id"] not in seen:
                order.setdefault(event["data"]["conversation"], []).append(event["position"])
            seen.add(event["id"])
        for positions in order.values():
            self.assertEqual(positions, sorted(positions))
        time.sleep(1.5)  # what was delivered is written down a second later at most
        count = len(self.receiver.arrived)
        self.server.restart_after_kill()
        self.write(("t0", "last"))
        self.until(lambda: len(self.receiver.arrived) > count, "the next one")
        self.assertEqual(len(self.receiver.arrived), count + 1, "what was written as delivered is not sent again")
        self.assertEqual(self.server.stop(), 0)
        self.server.verify()

    def test_a_receiver_that_was_down_gets_everything_when_it_is_back(self):
        down = {"is": True}
        self.begin(lambda event: 503 if down["is"] else 204, ["message.created"])
        self.write(*[(f"t{k}", f"m-{k}") for k in range(10)])
        self.until(lambda: self.http.get(f"/v1/webhooks/{self.hook}/deliveries", status="pending", limit=200)["items"][9:], "ten pending")
        pending = self.http.get(f"/v1/webhooks/{self.hook}/deliveries", status="pending")["items"][0]
        self.assertEqual((pending["http_status"], pending["type"]), (503, "message.created"))
        self.assertGreaterEqual(pending["attempts"], 1)
        self.assertEqual(self.receiver.good(), [])
        self.server.restart_after_kill()
        down["is"] = False
        self.until(lambda: len({e["id"] for e in self.receiver.good()}) == 10, "all ten")
        self.until(lambda: not self.http.get(f"/v1/webhooks/{self.hook}/deliveries", status="pending")["items"], "nothing pending")
        recent = self.http.get(f"/v1/webhooks/{self.hook}/deliveries", status="delivered")["items"]
        self.assertEqual({r["http_status"] for r in recent}, {204})

    def test_dead_letters_are_looked_at_and_sent_again(self):
        down = {"is": True}
        self.begin(lambda event: 500 if down["is"] else 200, ["message.created"], SIGNALBOX_WEBHOOKS_GIVE_UP_AFTER="1s")
        self.write(("a", "a-1"), ("b", "b-1"))
        dead = f"/v1/webhooks/{self.hook}/deliveries"
        self.until(lambda: len(self.http.get(dead, status="dead")["items"]) == 2, "two dead letters")
        down["is"] = False
        one = self.http.get(dead, status="dead")["items"][0]
        self.assertEqual(self.http.post(f"/v1/webhooks/{self.hook}/redeliver", {"delivery": one["delivery"]}, expect=202), {"deliveries": 1})
        self.until(lambda: [e["id"] for e in self.receiver.good()] == [one["delivery"]], "that one")
        self.assertEqual(self.http.post(f"/v1/webhooks/{self.hook}/redeliver", {"status": "dead"}, expect=202), {"deliveries": 1})
        self.until(lambda: len(self.receiver.good()) == 2, "the other one")
        self.until(lambda: not self.http.get(dead, status="dead")["items"], "no dead letters")
        self.http.post(f"/v1/webhooks/{self.hook}/redeliver", {"from": one["position"]}, expect=202)
        self.until(lambda: [e["id"] for e in self.receiver.good()].count(one["delivery"]) == 2, "once more")
        self.assertProblem("not_found", self.http.post, f"/v1/webhooks/{self.hook}/redeliver", {"delivery": "evt_0000000000000"}, status=404)

    def test_a_slow_receiver_slows_nobody_else(self):
        self.begin(lambda event: None, ["message.created"])
        for n in range(20):
            began = time.monotonic()
            self.write(*[(f"t{n}-{k}", f"m-{n}-{k}") for k in range(20)])
            self.assertLess(time.monotonic() - began, 5)
        self.until(lambda: len(self.receiver.arrived) >= 8, "it is tried")
        pending = self.http.get(f"/v1/webhooks/{self.hook}/deliveries", status="pending")
        self.until(lambda: any(d["error"] for d in self.http.get(f"/v1/webhooks/{self.hook}/deliveries", status="pending")["items"]),
                   "an error that says so")
        self.assertLessEqual(len(pending["items"]), 50)
        began = time.monotonic()
        self.assertEqual(self.server.stop(), 0)
        self.assertLess(time.monotonic() - began, 15)

    def test_a_failing_webhook_is_paused_and_resumed(self):
        down = {"is": True}
        self.begin(lambda event: 500 if down["is"] else 200, ["message.created"], SIGNALBOX_WEBHOOKS_PAUSE_AFTER="3s")
        path = f"/v1/webhooks/{self.hook}"
        self.write(("a", "a-1"))
        self.until(lambda: self.http.get(path)["paused_since"], "a pause")
        self.assertTrue(self.http.get(path)["paused_reason"])
        self.write(("b", "b-1"))
        down["is"] = False
        time.sleep(0.5)
        self.assertEqual(self.receiver.good(), [])
        self.assertIsNone(self.http.patch(path, {"paused": False})["paused_since"])
        self.until(lambda: len(self.receiver.good()) == 2, "both")

    def test_a_deleted_webhook_stops_at_once(self):
        self.begin(lambda event: 500, ["message.created"])
        self.write(("a", "a-1"))
        self.until(lambda: self.receiver.arrived, "the first attempt")
        self.http.delete(f"/v1/webhooks/{self.hook}")
        self.assertProblem("not_found", self.http.get, f"/v1/webhooks/{self.hook}", status=404)
        count = len(self.receiver.arrived)
        self.write(("b", "b-1"))
        time.sleep(4)  # longer than until the second attempt
        self.assertLessEqual(len(self.receiver.arrived), count + 1)
        self.assertEqual(self.server.stop(), 0)
        self.server.verify()

    def test_another_attempt_shows_the_contact_as_it_is_by_then(self):
        changed = threading.Event()
        self.begin(says=lambda event: 200 if changed.is_set() else 500, events=["contact.created"])
        made = self.http.post("/v1/contacts", {"name": "Ann"}, expect=201)
        self.until(lambda: self.receiver.arrived, "a first attempt")
        self.http.patch(f"/v1/contacts/{made['id']}", {"name": "Anna"})
        changed.set()
        self.until(self.receiver.good, "another attempt")
        first, last = self.receiver.arrived[0][0], self.receiver.good()[-1]
        self.assertEqual((first["data"]["contact"]["name"], last["data"]["contact"]["name"]), ("Ann", "Anna"))
        self.assertLess(first["data"]["contact"]["version"], last["data"]["contact"]["version"])
        for event in (first, last):
            del event["data"]["contact"]
        self.assertEqual(first, last, "all but the contact is the same in every attempt")

    def test_private_addresses_are_refused_unless_allowed(self):
        self.begin(events=["message.created"], host="localhost", SIGNALBOX_WEBHOOKS_ALLOW_PRIVATE="false")
        for call, path in ((self.http.post, "/v1/webhooks"), (self.http.patch, f"/v1/webhooks/{self.hook}")):
            refused = self.assertProblem("invalid", call, path, {"url": self.receiver.url}, status=422)
            self.assertEqual([each["pointer"] for each in refused.body["errors"]], ["/url"])
        self.write(("a", "a-1"))
        deliveries = f"/v1/webhooks/{self.hook}/deliveries"
        self.until(lambda: self.http.get(deliveries)["items"], "a failed attempt")
        failed = self.http.get(deliveries)["items"][0]
        self.assertIn("allow_private", failed["error"])
        self.assertIsNone(failed["http_status"])
        self.assertEqual(self.receiver.arrived, [])

    def test_only_super_admins_may_be_told(self):
        self.begin(events=["conversation.created", "message.created"])
        other = Company(self.server)
        for path in (f"/v1/webhooks/{self.hook}", f"/v1/webhooks/{self.hook}/deliveries"):
            self.assertProblem("not_found", other.http.get, path, status=404)
        member = self.company.user("Member", permissions=["account_access"])
        for path in ("/v1/webhooks", "/v1/events", f"/v1/webhooks/{self.hook}"):
            self.assertProblem("access_denied", member.http.get, path, status=403)
        self.write(("a", "a-1"))
        self.until(lambda: len(self.receiver.good()) == 2, "its own")
        self.assertEqual({e["account"] for e in self.receiver.good()}, {self.company.account["id"]})
        self.assertEqual([e for e in other.http.get("/v1/events")["items"] if e["type"] == "message.created"], [])


if __name__ == "__main__":
    main()
