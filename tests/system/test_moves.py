"""Conversations moved between inboxes, as users and connectors meet it."""

import asyncio

import shapes
from company import Company
from signalbox_client import message
from system_test import SystemTest, main

EVERYONE = {"mode": "everyone", "users": [], "teams": []}


class Moves(SystemTest):
    def setUp(self):
        super().setUp()
        self.server = self.serve()
        self.company = Company(self.server)
        self.http = self.company.http
        self.second = self.inbox("Second")

    def inbox(self, name, access=None):
        return self.http.post("/v1/inboxes", {"name": name, "access": access or EVERYONE}, shapes.inbox, 201)["id"]

    def open(self, channel, thread, number=0):
        answer = self.http.post(f"/v1/channels/{channel}/messages", {"messages": [message(channel, thread, number)]}, None, 200)
        self.assertEqual(answer["results"][0]["status"], "accepted")
        return answer["results"][0]["conversation"]

    def move(self, conversation, to, http=None):
        return (http or self.http).put(f"/v1/conversations/{conversation}/inbox", {"inbox": to}, shapes.conversation)

    def listed(self, inbox, http=None):
        return [c["id"] for c in (http or self.http).all("/v1/conversations", shapes.conversation, inbox=inbox)]

    def test_A41_S2_S70_it_moves_with_its_ticket_and_its_messages_follow(self):
        channel = self.company.channel()
        self.http.put(f"/v1/channels/{channel}/tickets", {"enabled": True})
        conversation = self.open(channel, "t")
        moved = self.move(conversation, self.second)
        self.assertEqual((moved["inbox"], moved["channel"]), (self.second, channel))
        self.assertEqual(self.listed(self.company.inbox), [])
        self.assertEqual(self.listed(self.second), [conversation])
        self.assertEqual(self.http.get(f"/v1/tickets/{moved['ticket']}")["inbox"], self.second)
        self.assertEqual(len(self.http.all("/v1/tickets", inbox=self.second)), 1)
        self.assertEqual(self.open(channel, "t", 1), conversation)
        self.server.restart_after_kill()
        self.assertEqual(self.open(channel, "t", 2), conversation)
        history = self.company.history(conversation)
        self.assertEqual([e["type"] for e in history], ["message", "move", "message", "message"])
        self.assertEqual((history[1]["from"], history[1]["to"], history[1]["by"]),
                         (self.company.inbox, self.second, self.company.admin.id))
        self.assertEqual(self.listed(self.company.inbox), [])
        self.assertEqual(self.listed(self.second), [conversation])
        self.assertEqual(self.move(conversation, self.company.inbox)["inbox"], self.company.inbox)
        self.assertEqual(self.listed(self.second), [])

    def test_A41_plan_access_and_unknown_inboxes(self):
        channel = self.company.channel()
        conversation = self.open(channel, "t")
        worker = self.company.user("Worker")
        closed = self.inbox("Closed", {"mode": "specific", "users": [worker.id], "teams": []})
        own = self.inbox("Own", {"mode": "specific", "users": [self.company.admin.id], "teams": []})
        path = f"/v1/conversations/{conversation}/inbox"
        self.assertProblem("view_only", self.http.put, path, {"inbox": closed}, status=403)
        self.assertProblem("access_denied", worker.http.put, path, {"inbox": own}, status=403)
        self.assertProblem("conflict", self.http.put, path, {"inbox": self.company.inbox}, status=409)
        for body in ({"inbox": "inb_0000000000009"}, {"inbox": Company(self.server).inbox}, {"inbox": 7}, {}):
            problem = self.assertProblem("invalid", self.http.put, path, body, status=422)
            self.assertEqual([e["pointer"] for e in problem.body["errors"]], ["/inbox"])
        self.http.patch("/v1/account", {"plan": "starter"})
        self.assertProblem("plan_limit", self.http.put, path, {"inbox": self.second}, status=403)
        self.assertEqual(self.company.conversation(conversation)["inbox"], self.company.inbox)

    def test_S12_a_moved_one_is_shown_to_who_may_view_its_inbox_alone(self):
        reader = self.company.user("Reader")
        secret = self.inbox("Secret", {"mode": "specific", "users": [self.company.admin.id], "teams": []})
        conversation = self.open(self.company.channel(), "t")
        self.assertEqual(self.listed(self.company.inbox, reader.http), [conversation])
        self.move(conversation, secret)
        self.assertEqual(self.listed(self.company.inbox, reader.http), [])
        for path in ("", "/history", "/decisions"):
            self.assertProblem("access_denied", reader.http.get, f"/v1/conversations/{conversation}{path}", status=403)
        self.assertProblem("access_denied", reader.http.post, f"/v1/conversations/{conversation}/messages", {"text": "x"}, status=403)

    async def test_S12_S70_who_may_view_only_the_new_inbox_sees_all_of_it_and_who_only_the_old_one_nothing(self):
        mover, old, fresh = (self.company.user(name) for name in ("Mover", "Old", "Fresh"))
        before = self.inbox("Before", {"mode": "specific", "users": [mover.id, old.id], "teams": []})
        after = self.inbox("After", {"mode": "specific", "users": [mover.id, fresh.id], "teams": []})
        channel = self.company.channel(inbox=before, users=[old])
        self.http.put(f"/v1/channels/{channel}/tickets", {"enabled": True})
        conversation = self.open(channel, "t")
        other = self.open(channel, "other")
        self.assertEqual(old.http.post(f"/v1/conversations/{conversation}/comments", {"text": "from before"}, None, 201,
                                       Idempotency_Key="k")["text"], "from before")
        whole = old.http.get(f"/v1/conversations/{conversation}", shapes.conversation)
        paths = [f"/v1/conversations/{conversation}{part}" for part in ("", "/history", "/decisions")]
        paths.append(f"/v1/tickets/{whole['ticket']}")

        async with old.agent() as watching_old, fresh.agent() as watching_fresh:
            began = watching_old.cursor
            await watching_old.command("watch", ref="w", inbox=before)
            await watching_fresh.command("watch", ref="w", inbox=after)
            await watching_old.until(lambda: len(watching_old.rows("w") or ()) == 2, "both in the old inbox")
            await watching_fresh.until(lambda: watching_fresh.rows("w") == {}, "nothing in the fresh one")
            for path in paths:
                self.assertProblem("access_denied", fresh.http.get, path, status=403)

            await asyncio.to_thread(self.move, conversation, after, mover.http)
            await watching_old.until(lambda: list(watching_old.rows("w")) == [other], "the other one alone")
            await watching_fresh.until(lambda: list(watching_fresh.rows("w")) == [conversation], "the moved one")
            told_before = len(watching_old.events)
            self.assertEqual(self.open(channel, "t", 1), conversation)
            await asyncio.to_thread(mover.http.put, f"/v1/conversations/{conversation}/assignee", {"user": fresh.id})
            await watching_fresh.event("assignment.created", lambda data: data["conversation"]["id"] == conversation)
            self.open(channel, "t", 2)
            await watching_fresh.event("message.created", lambda data: data["conversation"] == conversation)
            await asyncio.to_thread(old.http.put, f"/v1/conversations/{other}/assignee", {"user": old.id})
            await watching_old.event("assignment.created", lambda data: data["conversation"]["id"] == other)
            self.assertNotIn(conversation, str(watching_old.events[told_before:]))
            self.assertNotIn(after, str(watching_old.events))

        for query in ({}, {"channel": channel}, {"contact": whole["contact"]}, {"status": "open"}, {"view": "all"}):
            self.assertEqual([c["id"] for c in fresh.http.all("/v1/conversations", shapes.conversation, **query)
                              if c["inbox"] != self.company.inbox and c["inbox"] != self.second], [conversation], query)
            self.assertNotIn(conversation, [c["id"] for c in old.http.all("/v1/conversations", shapes.conversation, **query)], query)
        self.assertEqual(self.listed(after, fresh.http), [conversation])
        self.assertEqual(self.listed(before, old.http), [other])
        self.assertProblem("access_denied", old.http.get, "/v1/conversations", inbox=after, status=403)
        self.assertEqual([t["id"] for t in fresh.http.all("/v1/tickets", inbox=after)], [whole["ticket"]])
        self.assertNotIn(whole["ticket"], [t["id"] for t in old.http.all("/v1/tickets")])

        history = fresh.http.all(f"/v1/conversations/{conversation}/history", shapes.history_entry)
        self.assertEqual([e["type"] for e in history], ["message", "comment", "move", "message", "assignment", "message"])
        self.assertEqual(history[1]["text"], "from before")
        self.assertTrue(fresh.http.get(f"/v1/conversations/{conversation}/decisions")["items"])
        self.assertEqual(fresh.http.get(f"/v1/contacts/{whole['contact']}")["id"], whole["contact"])
        for path in paths:
            fresh.http.get(path)
            self.assertProblem("access_denied", old.http.get, path, status=403)

        self.server.restart_after_kill()
        self.assertProblem("access_denied", old.http.post, f"/v1/conversations/{conversation}/comments", {"text": "from before"},
                           status=403, Idempotency_Key="k")
        async with old.agent(cursor=began) as resumed:
            self.assertTrue(resumed.welcome["resumed"])
            self.assertNotIn(conversation, [c["id"] for c in resumed.welcome["open"]])
            await resumed.event("assignment.created", lambda data: data["conversation"]["id"] == other)
            self.assertNotIn(conversation, str(resumed.events))

    async def test_an_agents_socket_tells_of_the_move(self):
        ann, = self.company.agents(1)
        channel = self.company.channel(users=[ann])
        secret = self.inbox("Secret", {"mode": "specific", "users": [self.company.admin.id], "teams": []})
        async with ann.agent() as socket:
            conversation = self.open(channel, "t")
            await socket.event("assignment.created", lambda data: data["conversation"]["id"] == conversation)
            await asyncio.to_thread(self.move, conversation, self.second)
            updated = await socket.event("conversation.updated", lambda data: data["conversation"]["id"] == conversation)
            self.assertEqual(updated["data"]["conversation"]["inbox"], self.second)
            self.assertEqual(updated["data"]["conversation"]["assignee"], {"user": ann.id})
            self.open(channel, "t", 1)
            await socket.event("message.created", lambda data: data["conversation"] == conversation)
            await asyncio.to_thread(self.move, conversation, secret)
            withdrawn = await socket.event("assignment.withdrawn")
            self.assertEqual(withdrawn["data"]["reason"], "moved")
            self.assertNotIn(secret, str(withdrawn))
        self.assertIsNone(self.company.conversation(conversation)["assignee"])

    async def test_messages_keep_their_order_while_it_goes_back_and_forth(self):
        channel = self.company.channel()
        conversation = self.open(channel, "t")
        inboxes = [self.second, self.inbox("Third"), self.company.inbox]
        async with self.company.connector(channel) as connector:
            async def stream():
                for n in range(1, 201):
                    await connector.publish([message(channel, "t", n), message(channel, f"other{n % 7}", n)])

            async def wander():
                for n in range(30):
                    await asyncio.to_thread(self.move, conversation, inboxes[n % 3])

            await asyncio.gather(stream(), wander())
        self.assertEqual([m["text"] for m in self.company.messages(conversation)], [f"[t/{n}] hello" for n in range(201)])
        self.assertEqual(self.listed(inboxes[29 % 3]).count(conversation), 1)
        self.assertEqual(sum(self.listed(each).count(conversation) for each in inboxes), 1)
        self.assertEqual([e["seq"] for e in self.company.history(conversation)], list(range(1, 232)))


if __name__ == "__main__":
    main()
