"""The connector socket: acknowledgements, results, offsets, deliveries, tokens and the orderly end."""

import asyncio
import signal

import shapes
from company import Company
from signalbox_client import Closed, Connector, Problem, end_of, message
from system_test import SystemTest, main


class Publishing(SystemTest):
    def setUp(self):
        super().setUp()
        self.server = self.serve()
        self.company = Company(self.server)
        self.channel = self.company.channel()

    async def test_welcome_names_the_channels_of_the_token_and_the_limits(self):
        other = self.company.channel("other")
        async with self.company.connector(self.channel) as one, self.company.connector(self.channel, other) as both:
            self.assertEqual([c["id"] for c in one.welcome["channels"]], [self.channel])
            self.assertEqual({c["id"] for c in both.welcome["channels"]}, {self.channel, other})
            self.assertEqual((one.welcome["credit"], one.welcome["max_batch"], one.welcome["max_frame"]), (4096, 512, 1048576))
            self.assertIsNone(one.welcome["channels"][0]["offset"])

    async def test_accepted_messages_get_no_result_and_repeated_ones_are_duplicates(self):
        batch = [message(self.channel, "t", n) for n in range(3)]
        async with self.company.connector(self.channel) as connector:
            self.assertEqual(await connector.publish(batch), {})
            again = await connector.publish(batch + [message(self.channel, "t", 3)])
            self.assertEqual({k: v["status"] for k, v in again.items()}, {m["id"]: "duplicate" for m in batch})
        conversation, = self.company.conversations()
        self.assertEqual([m["text"] for m in self.company.messages(conversation["id"])], [
            message(self.channel, "t", n)["text"] for n in range(4)])

    async def test_an_id_twice_in_one_frame_is_kept_once(self):
        one = message(self.channel, "t", 0)
        async with self.company.connector(self.channel) as connector:
            results = await connector.publish([one, one, message(self.channel, "t", 1)])
            self.assertEqual({k: v["status"] for k, v in results.items()}, {one["id"]: "duplicate"})
        conversation, = self.company.conversations()
        self.assertEqual(len(self.company.messages(conversation["id"])), 2)

    async def test_the_same_id_on_two_channels_is_two_messages(self):
        other = self.company.channel("other")
        async with self.company.connector(self.channel, other) as connector:
            self.assertEqual(await connector.publish([message(self.channel, "t", 0), message(other, "t", 0)]), {})
        self.assertEqual(len(self.company.conversations()), 2)

    async def test_the_offset_is_the_last_durable_one_of_this_connector(self):
        token = self.company.connector_token(self.channel)
        async with self.company.connector(token=token) as connector:
            await connector.publish([message(self.channel, "t", 0)], "page 1")
            await connector.publish([message(self.channel, "t", 1)])
            await connector.publish([message(self.channel, "t", 2)], "page 2 \"ü\"")
        async with self.company.connector(token=token) as connector, self.company.connector(self.channel) as stranger:
            self.assertEqual(connector.offsets, {self.channel: "page 2 \"ü\""})
            self.assertEqual(stranger.offsets, {self.channel: None})
        self.server.restart_after_kill()
        async with self.company.connector(token=token) as connector:
            self.assertEqual(connector.offsets, {self.channel: "page 2 \"ü\""})

    async def test_an_offset_without_messages_is_kept_for_every_channel_of_the_token(self):
        other, third = self.company.channel("other"), self.company.channel("third")
        token = self.company.connector_token(self.channel, other)
        stranger = self.company.connector_token(self.channel, third)

        async def offsets(of):
            async with self.company.connector(token=of) as connector:
                return connector.offsets

        async with self.company.connector(token=token) as connector:
            await connector.publish([message(self.channel, "t", 0)], "one")
            self.assertEqual(await offsets(token), {self.channel: "one", other: None})
            self.assertEqual(await connector.publish([], "both"), {})
            self.assertEqual(await offsets(token), {self.channel: "both", other: "both"})
            rejected = message(other, "t", 1) | {"text": 7}
            results = await connector.publish([rejected], "beyond the bad one")
            self.assertEqual(results[rejected["id"]]["status"], "rejected")
        self.server.restart_after_kill()
        self.assertEqual(await offsets(token), {self.channel: "both", other: "beyond the bad one"})
        self.assertEqual(await offsets(stranger), {self.channel: None, third: None})

    async def test_seq_may_jump_and_acks_are_cumulative(self):
        async with self.company.connector(self.channel) as connector:
            frames = [await connector.publish_unchecked([message(self.channel, f"t{n}", 0)], seq=seq)
                      for n, seq in enumerate((5, 7, 1000, 10**12))]
            await connector.until(lambda: all(f.done() for f in frames), "all acks")
            self.assertEqual(connector.credit, 4096)

    async def test_credit_comes_back_whole_after_a_flood(self):
        async with self.company.connector(self.channel) as connector:
            for n in range(40):
                await connector.until(lambda: connector.credit >= 512, "credit")
                await connector.publish_unchecked([message(self.channel, f"t{i % 50}", n * 512 + i) for i in range(512)])
            await connector.until(lambda: not connector.in_flight, "all acks")
            self.assertEqual(connector.credit, 4096)

    async def test_sending_beyond_the_credit_is_held_back_or_closed_and_others_are_served(self):
        """Ten times the credit without waiting for an ack: the router stops reading, or closes with 4429."""
        async with self.company.connector(self.channel) as polite:
            greedy = await self.company.connector(self.channel).open()
            frames = []
            try:
                for n in range(80):
                    frames.append(await greedy.publish_unchecked([message(self.channel, f"g{i}", n) for i in range(512)]))
                await greedy.until(lambda: not greedy.in_flight, "all acks", 120)
            except Closed as end:
                self.assertEqual(end.code, 4429)
            self.assertEqual(await polite.publish([message(self.channel, "polite", 0)]), {})
            acknowledged = sum(frame.done() for frame in frames)
            await greedy.close()
        kept = {c["thread"]: c for c in self.company.conversations()}
        self.assertGreaterEqual(len(self.company.messages(kept["g0"]["id"])), acknowledged)

    async def test_beyond_twice_the_credit_closes_with_4429(self):
        company = Company(server := self.serve(environment={"SIGNALBOX_LIMITS_CONNECTOR_CREDIT": "16"}))
        channel = company.channel()
        async with company.connector(channel) as polite:
            self.assertEqual(polite.credit, 16)
            greedy = await company.connector(channel).open()
            await greedy.publish_unchecked([message(channel, "greedy", n) for n in range(100)])
            self.assertEqual(await greedy.close_code(), 4429)
            self.assertEqual(await polite.publish([message(channel, "polite", n) for n in range(16)]), {})
        self.assertTrue(server.running)
        self.assertEqual(set(company.by_thread()), {"polite"})

    async def test_S79_S81_what_comes_while_the_channel_is_off_is_dropped_and_connectors_are_told(self):
        async with self.company.connector(self.channel) as connector:
            self.company.http.patch(f"/v1/channels/{self.channel}", {"on": False}, shapes.channel)
            await connector.until(lambda: connector.notices, "a channel frame")
            self.assertEqual(connector.notices[-1], {"op": "channel", "id": self.channel, "on": False, "name": "channel"})
            results = await connector.publish([message(self.channel, "t", 0)])
            self.assertEqual({k: v["status"] for k, v in results.items()}, {"t-0": "dropped"})
            self.assertEqual(self.company.conversations(), [])
            self.company.http.patch(f"/v1/channels/{self.channel}", {"on": True, "name": "again"}, shapes.channel)
            await connector.until(lambda: connector.notices[-1]["on"], "a channel frame")
            self.assertEqual(connector.notices[-1]["name"], "again")
            self.assertEqual(await connector.publish([message(self.channel, "t", 1)]), {})
        conversation, = self.company.conversations()
        self.assertEqual([m["text"] for m in self.company.messages(conversation["id"])], ["[t/1] hello"])
        self.assertGreaterEqual(sum(v for k, v in self.server.metrics().items() if "message" in k), 1)


class Delivering(SystemTest):
    def setUp(self):
        super().setUp()
        self.server = self.serve()
        self.company = Company(self.server)
        self.member, = self.company.agents(1)
        self.channel = self.company.channel(users=[self.member])
        self.token = self.company.connector_token(self.channel)

    async def opened(self, connector):
        await connector.publish([message(self.channel, "t", 0, sender={"id": "c1", "name": "Cleo", "email": "cleo@example.org"})])
        return self.company.conversations()[0]["id"]

    def reply(self, conversation, text="an answer", **more):
        return self.member.http.post(f"/v1/conversations/{conversation}/messages", {"text": text} | more, shapes.message, 202)

    async def test_a_reply_is_delivered_with_its_thread_and_contact_and_its_status_reaches_the_agent(self):
        async with self.company.connector(token=self.token, answer_status=None) as connector, self.member.agent() as agent:
            conversation = await self.opened(connector)
            sent = self.reply(conversation, html="<p>an answer</p>")
            self.assertEqual(sent["status"], "accepted")
            await connector.until(lambda: connector.delivered, "a delivery")
            got, = connector.delivered
            self.assertEqual((got["id"], got["channel"], got["thread"], got["text"], got["html"], got["attempt"]),
                             (sent["id"], self.channel, "t", "an answer", "<p>an answer</p>", 1))
            self.assertEqual((got["to"]["id"], got["to"]["name"], got["to"]["email"]), ("c1", "Cleo", "cleo@example.org"), got)
            for status in ("sent", "delivered", "read"):
                await connector.report([sent["id"]], status)
                await agent.event("message.status", lambda data: status in str(data) and sent["id"] in str(data))
                shown = [m for m in self.company.messages(conversation, "out")]
                self.assertEqual([m["status"] for m in shown], [status])
            await connector.report([sent["id"]], "sent")  # never back
            await connector.publish([message(self.channel, "t", 1)])
            self.assertEqual(self.company.messages(conversation, "out")[0]["status"], "read")

    async def test_a_failed_delivery_shows_its_reason(self):
        async with self.company.connector(token=self.token, answer_status=None) as connector, self.member.agent() as agent:
            conversation = await self.opened(connector)
            sent = self.reply(conversation)
            await connector.until(lambda: connector.delivered, "a delivery")
            await connector.report([sent["id"]], "failed", "the number is not known")
            status = await agent.event("message.status", lambda data: "failed" in str(data))
            self.assertIn("the number is not known", str(status["data"]))

    async def test_unanswered_deliveries_come_again_after_a_reconnect_and_a_kill_until_answered(self):
        async with self.company.connector(token=self.token, answer_status=None) as connector:
            conversation = await self.opened(connector)
            sent = [self.reply(conversation, f"answer {n}")["id"] for n in range(3)]
            await connector.until(lambda: len(connector.delivered) == 3, "three deliveries")
            await connector.report(sent[:1], "sent")
            await connector.publish([message(self.channel, "t", 1)])  # the report before it was taken
            self.assertEqual(self.company.messages(conversation, "out")[0]["status"], "sent")
        for restart in (lambda: None, self.server.restart_after_kill):
            restart()
            async with self.company.connector(token=self.token, answer_status=None) as connector:
                await connector.until(lambda: len(connector.delivered) >= 2, "two deliveries again")
                self.assertEqual([m["id"] for m in connector.delivered], sent[1:])
        async with self.company.connector(token=self.token) as connector:
            await connector.until(lambda: len(connector.delivered) >= 2, "two deliveries again")
            await connector.publish([message(self.channel, "t", 2)])
        async with self.company.connector(token=self.token) as connector:
            await connector.publish([message(self.channel, "t", 3)])
            self.assertEqual(connector.delivered, [])

    async def test_S78_replying_on_a_channel_that_is_off_is_refused(self):
        async with self.company.connector(token=self.token) as connector:
            conversation = await self.opened(connector)
            self.company.http.patch(f"/v1/channels/{self.channel}", {"on": False})
            self.assertProblem("channel_off", self.reply, conversation)
            self.assertEqual(self.company.messages(conversation, "out"), [])


class Tokens(SystemTest):
    def setUp(self):
        super().setUp()
        self.server = self.serve()
        self.company = Company(self.server)
        self.channel = self.company.channel()

    async def code_of_hello(self, token):
        ws = await Connector.bare(self.server.port)
        await ws.send('{"op":"hello","token":%s,"connector":"x/1"}' % token)
        return await end_of(ws)

    async def test_unknown_tokens_are_4401_and_users_tokens_are_4403(self):
        self.assertEqual(await self.code_of_hello('"nonsense"'), 4401)
        self.assertEqual(await self.code_of_hello('""'), 4401)
        real = self.company.connector_token(self.channel)
        self.assertEqual(await self.code_of_hello('"%s"' % (real[:-1] + ("A" if real[-1] != "A" else "B"))), 4401)
        self.assertEqual(await self.code_of_hello('"%s"' % self.company.admin.token), 4403)

    async def test_a_token_revoked_while_connected_closes_with_4401(self):
        made = self.company.http.post("/v1/tokens", {"kind": "connector", "name": "c", "channels": [self.channel]}, expect=201)
        other = await self.company.connector(self.channel).open()
        connector = await Connector(self.server.port, made["token"]).open()
        await connector.publish([message(self.channel, "t", 0)])
        self.company.http.delete(f"/v1/tokens/{made['id']}")
        self.assertEqual(await connector.close_code(), 4401)
        with self.assertRaises(Closed) as end:
            await Connector(self.server.port, made["token"]).open()
        self.assertEqual(end.exception.code, 4401)
        self.assertEqual(await other.publish([message(self.channel, "t", 1)]), {})
        await other.close()

    async def test_channels_that_are_not_the_tokens_are_rejected_message_by_message(self):
        stranger = Company(self.server)
        foreign, unnamed = stranger.channel(), self.company.channel("unnamed")
        async with self.company.connector(self.channel) as connector:
            for channel in (foreign, unnamed, "chn_0000000000000", "nonsense"):
                results = await connector.publish([message(channel, "x", 0), message(self.channel, f"good {channel}", 0)])
                self.assertEqual({k: v["status"] for k, v in results.items()}, {"x-0": "rejected"}, channel)
                self.assertIn(results["x-0"]["code"], ("not_found", "access_denied"))
        self.assertEqual(stranger.conversations(), [])
        self.assertEqual(len(self.company.conversations()), 4)

    async def test_a_token_for_another_accounts_channel_is_not_made(self):
        foreign = Company(self.server).channel()
        body = {"kind": "connector", "name": "c", "channels": [foreign]}
        self.assertIn(self.assertProblemOf(self.company.http.post, "/v1/tokens", body), ("not_found", "invalid"))

    def assertProblemOf(self, call, *arguments):
        with self.assertRaises(Problem) as caught:
            call(*arguments)
        return caught.exception.code


class OrderlyEnd(SystemTest):
    async def test_sigterm_drains_closes_sockets_and_exits_with_0(self):
        server = self.serve()
        company = Company(server)
        member, = company.agents(1)
        channel = company.channel(users=[member])
        connector = await company.connector(channel).open()
        agent = await member.agent().open()
        frames = [await connector.publish_unchecked([message(channel, f"t{n}", 0)]) for n in range(50)]
        await connector.until(lambda: frames[0].done(), "the first ack")
        server.send_signal(signal.SIGTERM)
        codes = await connector.close_code(), await agent.close_code()
        self.assertTrue(all(code in (1001, 1012) for code in codes), codes)
        self.assertEqual([n["op"] for n in connector.notices], ["drain"])
        self.assertEqual(await asyncio.to_thread(server.wait), 0)
        acknowledged = sum(f.done() for f in frames)
        server.verify()
        server.start()
        self.assertGreaterEqual(len(company.conversations()), acknowledged)

    async def test_sigterm_without_anybody_exits_with_0(self):
        self.assertEqual(self.serve().stop(), 0)

    async def test_sigterm_ends_beside_sockets_that_never_answer(self):
        server = self.serve()
        silent = [await Connector.bare(server.port) for _ in range(20)]
        for ws in silent:
            ws.transport.pause_reading()
        self.assertEqual(await asyncio.to_thread(server.stop), 0)
        for ws in silent:
            ws.transport.abort()


if __name__ == "__main__":
    main()
