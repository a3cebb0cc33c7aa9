"""The agent socket: events without gaps, resuming, several sockets of one user, commands."""

import socket

import shapes
from company import Company
from signalbox_client import Agent, Closed, message
from system_test import SystemTest, main


class AgentSocket(SystemTest):
    async def asyncSetUp(self):
        self.server = self.serve()
        self.company = Company(self.server)
        self.member, = self.company.agents(1)
        self.channel = self.company.channel(users=[self.member])
        self.connector = await self.company.connector(self.channel).open()

    async def asyncTearDown(self):
        await self.connector.close()

    async def say(self, thread, number, **more):
        self.assertEqual(await self.connector.publish([message(self.channel, thread, number, **more)]), {})


class Events(AgentSocket):
    async def test_assignment_created_then_message_created_in_order(self):
        async with self.member.agent() as agent:
            for n in range(20):
                await self.say("t", n)
            await agent.event("message.created", nth=19)
            created, = agent.of("assignment.created")
            self.assertEqual(created["data"]["message"]["text"], "[t/0] hello")
            self.assertEqual(created["data"]["conversation"]["assignee"], {"user": self.member.id})
            self.assertEqual([e["data"]["message"]["text"] for e in agent.of("message.created")], [f"[t/{n}] hello" for n in range(1, 20)])
            self.assertLess(agent.events.index(created), agent.events.index(agent.of("message.created")[0]))

    async def test_several_first_messages_in_one_frame_are_all_known_to_the_agent(self):
        async with self.member.agent() as agent:
            await self.connector.publish([message(self.channel, "t", n) for n in range(5)])
            await self.say("t", 5)
            await agent.event("message.created", lambda d: d["message"]["text"] == "[t/5] hello")
            created, = agent.of("assignment.created")
            shown = self.company.messages(created["data"]["conversation"]["id"])
            told = [created["data"]["message"]["text"], *(e["data"]["message"]["text"] for e in agent.of("message.created"))]
            self.assertEqual(told, [m["text"] for m in shown][-len(told):], "every later one, in order")

    async def test_a_fresh_welcome_has_the_open_conversations(self):
        for n in range(3):
            await self.say(f"t{n}", 0)
        async with self.member.agent() as agent:
            self.assertFalse(agent.welcome["resumed"])
            self.assertEqual([c["thread"] for c in agent.welcome["open"]], ["t0", "t1", "t2"])
            self.assertEqual(agent.welcome["user"]["id"], self.member.id)
            self.assertNotIn("password_hash", agent.welcome["user"])
            await self.say("t0", 1)
            await agent.event("message.created")

    async def test_resuming_gives_every_event_since_and_no_other(self):
        async with self.member.agent() as agent:
            await self.say("t", 0)
            await agent.event("assignment.created")
            seen = agent.cursor
        for n in range(1, 300):
            await self.connector.publish_unchecked([message(self.channel, "t", n)])
        await self.connector.until(lambda: not self.connector.in_flight, "all acks")
        for restart in (lambda: None, self.server.restart_after_kill):
            restart()
            async with self.member.agent(cursor=seen) as agent:
                self.assertTrue(agent.welcome["resumed"])
                await agent.event("message.created", nth=299)
                self.assertEqual([e["data"]["message"]["text"] for e in agent.of("message.created")],
                                 [f"[t/{n}] hello" for n in range(1, 300)])
                self.assertEqual(agent.of("assignment.created"), [])
                last = agent.cursor
        async with self.member.agent(cursor=last) as agent:
            self.assertTrue(agent.welcome["resumed"])
            self.assertEqual(await self.answers(agent), [])

    async def answers(self, agent):
        """What comes before the answer to a command does."""
        before = len(agent.events)
        await agent.command_frame("close", conversation="cnv_0000000000000")
        return agent.events[before:]

    async def test_a_cursor_that_is_garbage_or_ahead_starts_from_open(self):
        await self.say("t", 0)
        async with self.member.agent() as agent:
            known = agent.cursor
        for cursor in ("nonsense", "", "-1", "999999999999999999999999", "18446744073709551615", known + "0000000"):
            with self.subTest(cursor=cursor):
                async with self.member.agent(cursor=cursor) as agent:
                    self.assertEqual((agent.welcome["resumed"], agent.welcome.get("reason")), (False, "cursor_too_old"))
                    self.assertEqual([c["thread"] for c in agent.welcome["open"]], ["t"])

    async def test_several_sockets_of_one_user_each_get_all_events(self):
        sockets = [await self.member.agent().open() for _ in range(3)]
        for n in range(10):
            await self.say("t", n)
        chains = []
        for agent in sockets:
            await agent.event("message.created", nth=9)
            chains.append([(e["cursor"], e["prev"]) for e in agent.events if e["type"] in ("assignment.created", "message.created")])
        self.assertEqual(chains[0], chains[1])
        self.assertEqual(chains[0], chains[2])
        await sockets[0].abort()
        await self.say("t", 10)
        for agent in sockets[1:]:
            await agent.event("message.created", nth=10)
            await agent.close()

    async def test_S12_nobody_elses_events_reach_an_agent(self):
        other = self.company.user("Other")
        other.be("available")
        async with self.member.agent() as agent, other.agent() as bystander:
            for n in range(5):
                await self.say("t", n)
            await agent.event("message.created", nth=4)
            await self.answers(bystander)
            self.assertEqual([e for e in bystander.events if e["type"].startswith(("assignment", "message"))], [])

    async def test_a_user_token_works_and_a_connectors_is_4403(self):
        token = self.member.http.post("/v1/tokens", {"kind": "user", "name": "script"}, expect=201)["token"]
        async with Agent(self.server.port, token) as agent:
            self.assertEqual(agent.welcome["user"]["id"], self.member.id)
        for token, code in ((self.connector.token, 4403), ("nonsense", 4401)):
            with self.assertRaises(Closed) as end:
                await Agent(self.server.port, token).open()
            self.assertEqual(end.exception.code, code)

    async def test_a_socket_that_does_not_read_is_closed_with_4408_and_loses_nothing(self):
        small = socket.socket()
        small.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
        small.setblocking(True)
        small.connect(("127.0.0.1", self.server.port))
        slow = await self.member.agent().open(reading=False, sock=small, max_queue=1, read_limit=4096)
        slow.ws.transport.pause_reading()
        brisk = await self.member.agent().open()
        count, words = 400, "x" * 200_000
        for n in range(count):
            await self.connector.publish([message(self.channel, "t", n, words)])
        await brisk.event("message.created", nth=count - 1)
        slow.ws.transport.resume_reading()
        slow.read_on()
        self.assertEqual(await slow.close_code(), 4408)
        got = [e["data"]["message"]["text"] for e in slow.events if e["type"] in ("assignment.created", "message.created")]
        self.assertLess(len(got), count, "its backlog is bounded")
        async with self.member.agent(cursor=slow.cursor) as again:
            self.assertTrue(again.welcome["resumed"])
            await again.event("message.created", lambda d: d["message"]["text"].startswith(f"[t/{count - 1}]"), within=60)
            got += [e["data"]["message"]["text"] for e in again.events if e["type"] in ("assignment.created", "message.created")]
        self.assertEqual(got, [f"[t/{n}] {words}" for n in range(count)])
        await brisk.close()


class Commands(AgentSocket):
    async def asyncSetUp(self):
        await super().asyncSetUp()
        self.agent = await self.member.agent().open()
        await self.say("t", 0)
        self.conversation = (await self.agent.event("assignment.created"))["data"]["conversation"]["id"]

    async def asyncTearDown(self):
        await self.agent.close()
        await super().asyncTearDown()

    def shown(self, kind="message"):
        return [e for e in self.company.history(self.conversation) if e["type"] == kind]

    async def test_each_command_does_what_it_says(self):
        other = self.company.user("Other")
        await self.agent.command("reply", conversation=self.conversation, text="an answer", html="<b>an answer</b>")
        self.assertEqual([(m["direction"], m["text"]) for m in self.shown()], [("in", "[t/0] hello"), ("out", "an answer")])
        await self.agent.command("comment", conversation=self.conversation, text="between us")
        self.assertEqual([c["text"] for c in self.shown("comment")], ["between us"])
        await self.agent.command("unassign", conversation=self.conversation)
        self.assertIsNone(self.company.conversation(self.conversation)["assignee"])
        await self.agent.command("assign", conversation=self.conversation, user=other.id)
        self.assertEqual(self.company.conversation(self.conversation)["assignee"], {"user": other.id})
        await self.agent.command("close", conversation=self.conversation)
        closed = self.company.conversation(self.conversation)
        self.assertEqual(closed["status"], "closed")
        shapes.moment(closed["closed_at"], "closed_at")
        await self.agent.command("reopen", conversation=self.conversation)
        self.assertEqual(self.company.conversation(self.conversation)["status"], "open")
        await self.connector.until(lambda: self.connector.delivered, "the delivery")
        self.assertEqual([m["text"] for m in self.connector.delivered], ["an answer"], "A42: a comment is never sent")

    async def test_a_repeated_ref_changes_nothing_twice(self):
        for op, fields in (("reply", {"text": "once"}), ("comment", {"text": "once"})):
            first = await self.agent.command(op, ref=f"{op}-1", conversation=self.conversation, **fields)
            again = await self.agent.command(op, ref=f"{op}-1", conversation=self.conversation, **fields)
            self.assertEqual(first.get("id"), again.get("id"))
        self.server.kill()
        await self.agent.close_code()
        await self.connector.close_code()
        self.server.start()
        await self.connector.open()
        self.agent = await self.member.agent(cursor=self.agent.cursor).open()
        await self.agent.command("reply", ref="reply-1", conversation=self.conversation, text="once")
        await self.agent.command("reply", ref="reply-2", conversation=self.conversation, text="twice")
        self.assertEqual([m["text"] for m in self.shown() if m["direction"] == "out"], ["once", "twice"])
        self.assertEqual(len(self.shown("comment")), 1)

    async def test_typing_reaches_the_other_sockets_without_a_cursor(self):
        async with self.member.agent() as second:
            before = second.cursor
            await self.agent.command("typing", conversation=self.conversation)
            await self.say("t", 1)
            await second.event("message.created")
            self.assertNotEqual(second.cursor, before)
            self.assertTrue(all("cursor" not in e for e in second.of("typing")))

    async def test_availability_by_socket_is_seen_everywhere(self):
        async with self.member.agent() as second:
            await self.agent.send({"op": "availability", "status": "away"})
            for each in (self.agent, second):
                await each.event("availability.changed", lambda d: "away" in str(d))
        now = self.member.http.get(f"/v1/users/{self.member.id}/availability", shapes.availability)
        self.assertEqual((now["status"], now["reason"]), ("away", "manual"))
        await self.say("u", 0)
        self.assertEqual([c["thread"] for c in self.company.conversations(view="waiting")], ["u"])
        await self.agent.send({"op": "availability", "status": "available"})
        await self.agent.event("assignment.created", lambda d: d["conversation"]["thread"] == "u")

    async def test_A32_going_away_unassigns_nothing(self):
        self.member.be("away")
        self.assertEqual(self.company.conversation(self.conversation)["assignee"], {"user": self.member.id})

    async def test_reassigning_withdraws_from_one_and_tells_the_other(self):
        other = self.company.user("Other")
        async with other.agent() as second:
            await self.agent.command("assign", conversation=self.conversation, user=other.id)
            await self.agent.event("assignment.withdrawn")
            created = await second.event("assignment.created")
            self.assertEqual(created["data"]["reason"], "by_hand")
            await self.say("t", 1)
            await second.event("message.created")
            self.assertEqual(self.agent.of("message.created"), [])

    async def test_S14_an_admin_who_was_not_chosen_may_view_but_not_act(self):
        self.company.http.put(f"/v1/inboxes/{self.company.inbox}/access", {"mode": "specific", "users": [self.member.id], "teams": []})
        async with self.company.admin.agent() as admin:
            for op, fields in (("reply", {"text": "x"}), ("comment", {"text": "x"}), ("close", {}), ("assign", {"user": self.member.id})):
                await self.assertProblemAsync("view_only", admin.command(op, conversation=self.conversation, **fields))
        self.assertEqual(len(self.company.history(self.conversation)), 2, "a message and its assignment")

    async def test_S12_a_user_without_access_is_refused_and_shown_nothing(self):
        stranger = self.company.user("Stranger")
        self.company.http.put(f"/v1/inboxes/{self.company.inbox}/access", {"mode": "specific", "users": [self.member.id], "teams": []})
        async with stranger.agent() as agent:
            for op, fields in (("reply", {"text": "x"}), ("close", {})):
                with self.assertRaises(Exception) as caught:
                    await agent.command(op, conversation=self.conversation, **fields)
                self.assertIn(caught.exception.code, ("access_denied", "not_found"))
        self.assertEqual(stranger.http.all("/v1/conversations"), [])

    async def test_commands_on_another_accounts_conversation_are_not_found(self):
        stranger = Company(self.server)
        async with stranger.admin.agent() as agent:
            for op, fields in (("reply", {"text": "x"}), ("close", {}), ("unassign", {})):
                await self.assertProblemAsync("not_found", agent.command(op, conversation=self.conversation, **fields))


if __name__ == "__main__":
    main()
