"""Bad input on both sockets: each gets its close code or its result, and every other client is left untouched.

A witness of each kind is connected all the while and must be served after every case.
"""

import asyncio
import json

import websockets

from company import Company
from signalbox_client import Agent, Connector, end_of, message
from system_test import SystemTest, main

HELLO_WITHIN = 25.0  # protocol: 10 s


class BadFrames(SystemTest):
    async def asyncSetUp(self):
        self.server = self.serve()
        self.company = Company(self.server)
        self.member, = self.company.agents(1)
        self.channel = self.company.channel(users=[self.member])
        self.token = self.company.connector_token(self.channel)
        self.witness = await self.company.connector(self.channel).open()
        self.watcher = await self.member.agent().open()
        self.served = 0

    async def asyncTearDown(self):
        await self.others_are_untouched()
        await self.witness.close()
        await self.watcher.close()

    async def others_are_untouched(self):
        self.served += 1
        self.assertEqual(await self.witness.publish([message(self.channel, f"witness-{self.served}", 0)]), {})
        await self.watcher.event("assignment.created", lambda d: d["conversation"]["thread"] == f"witness-{self.served}")

    async def greeted(self, kind):
        token = self.token if kind is Connector else self.member.token
        ws = await kind.bare(self.server.port)
        await ws.send(json.dumps({"op": "hello", "token": token, "connector": "bad/1"} if kind is Connector else
                                 {"op": "hello", "token": token}))
        await ws.recv()
        return ws

    async def code_after(self, ws, frame):
        await ws.send(frame if isinstance(frame, (str, bytes)) else json.dumps(frame))
        return await end_of(ws)

    async def assertCloses(self, kind, frame, *codes, greeted=True):
        ws = await self.greeted(kind) if greeted else await kind.bare(self.server.port)
        self.assertIn(await self.code_after(ws, frame), codes, str(frame)[:200])

    async def test_frames_that_are_no_objects_with_a_known_op_close_with_4400(self):
        for kind in (Connector, Agent):
            for greeted in (True, False):
                for frame in ("", "{", "null", "[]", "7", '"hello"', "{}", '{"op":7}', '{"op":"dance"}', '{"op":"publish"', "\0", "{}{}",
                              '{"op":"hello"} trailing', "[" * 100_000, '{"op":' * 50_000):
                    with self.subTest(kind=kind.__name__, greeted=greeted, frame=frame[:30]):
                        await self.assertCloses(kind, frame, 4400, greeted=greeted)

    async def test_binary_frames_close_with_4400(self):
        for kind in (Connector, Agent):
            await self.assertCloses(kind, b'{"op":"hello"}', 4400, 1003, greeted=False)
            await self.assertCloses(kind, b"\xff\x00", 4400, 1003)

    async def test_invalid_utf8_closes_with_1007_or_4400(self):
        for kind in (Connector, Agent):
            ws = await self.greeted(kind)
            await ws.write_frame(True, 0x1, b'{"op":"\xff\xfe"}')
            self.assertIn(await end_of(ws), (1007, 4400))

    async def test_hello_that_is_not_whole_closes_with_4400(self):
        for kind, frames in ((Connector, [{"op": "hello"}, {"op": "hello", "token": 7, "connector": "x/1"},
                                          {"op": "hello", "token": self.token, "connector": 7}]),
                             (Agent, [{"op": "hello"}, {"op": "hello", "token": None},
                                      {"op": "hello", "token": self.member.token, "cursor": 7}])):
            for frame in frames:
                with self.subTest(frame=frame):
                    await self.assertCloses(kind, frame, 4400, greeted=False)

    async def test_a_second_hello_closes_with_4400(self):
        await self.assertCloses(Connector, {"op": "hello", "token": self.token, "connector": "x/1"}, 4400)
        await self.assertCloses(Agent, {"op": "hello", "token": self.member.token}, 4400)

    async def test_anything_before_hello_closes_with_4400(self):
        publish = {"op": "publish", "seq": 1, "messages": [message(self.channel, "early", 0)]}
        await self.assertCloses(Connector, publish, 4400, 4401, greeted=False)
        await self.assertCloses(Agent, {"op": "ack", "cursor": "1"}, 4400, 4401, greeted=False)
        self.assertNotIn("early", self.company.by_thread())

    async def test_a_hello_that_never_comes_is_closed(self):
        both = [await kind.bare(self.server.port) for kind in (Connector, Agent)]
        for code in await asyncio.gather(*(end_of(ws, HELLO_WITHIN) for ws in both)):
            self.assertIn(code, (4400, 4401, 4408))

    async def test_publish_frames_of_the_wrong_shape_close_with_4400(self):
        good = message(self.channel, "shape", 0)
        for frame in ({"op": "publish"}, {"op": "publish", "seq": 1}, {"op": "publish", "messages": [good]},
                      {"op": "publish", "seq": "1", "messages": [good]}, {"op": "publish", "seq": -1, "messages": [good]},
                      {"op": "publish", "seq": 1.5, "messages": [good]}, {"op": "publish", "seq": 1, "messages": {}},
                      {"op": "publish", "seq": 1, "messages": "x"}, {"op": "publish", "seq": 1, "messages": [7]},
                      {"op": "publish", "seq": 1, "offset": 7, "messages": [good]},
                      {"op": "publish", "seq": 2**70, "messages": [good]}, {"op": "status"}, {"op": "status", "statuses": 7},
                      {"op": "status", "statuses": [{"id": "msg_1", "status": "eaten"}]}):
            with self.subTest(frame=str(frame)[:80]):
                await self.assertCloses(Connector, frame, 4400)
        self.assertNotIn("shape", self.company.by_thread())

    async def test_a_seq_that_does_not_rise_closes_with_4400(self):
        for second in (5, 4):
            ws = await self.greeted(Connector)
            await ws.send(json.dumps({"op": "publish", "seq": 5, "messages": [message(self.channel, "seq", second)]}))
            frame = {"op": "publish", "seq": second, "messages": [message(self.channel, "seq-after", second)]}
            self.assertEqual(await self.code_after(ws, frame), 4400)
        self.assertNotIn("seq-after", self.company.by_thread())

    async def test_more_messages_than_max_batch_close_and_nothing_is_taken(self):
        frame = {"op": "publish", "seq": 1, "messages": [message(self.channel, "batch", n) for n in range(513)]}
        await self.assertCloses(Connector, frame, 4400, 1009, 4429)
        self.assertNotIn("batch", self.company.by_thread())

    async def test_a_frame_above_max_frame_closes_with_1009(self):
        for kind in (Connector, Agent):
            ws = await self.greeted(kind)
            try:
                await ws.send('{"op":"publish","seq":1,"messages":[],"x":"%s"}' % ("x" * (2 << 20)))
            except websockets.ConnectionClosed:
                pass
            self.assertEqual(await end_of(ws), 1009)

    async def test_bad_messages_are_rejected_one_by_one_and_the_good_one_beside_is_taken(self):
        def bad(**fields):
            return {k: v for k, v in (message(self.channel, "bad", 0) | fields).items() if v is not ...}

        cases = [bad(text=...), bad(text=7), bad(text=None), bad(thread=...), bad(thread=""), bad(thread=7), bad(thread="t" * 257),
                 bad(id="i" * 257), bad(**{"from": ...}), bad(**{"from": "Cleo"}), bad(**{"from": {}}), bad(**{"from": {"id": ""}}),
                 bad(**{"from": {"id": 7}}), bad(**{"from": {"id": "f" * 257}}), bad(**{"from": {"id": "c", "email": 7}}),
                 bad(channel=...), bad(channel=7), bad(at="yesterday"), bad(at="99999-01-01T00:00:00.000Z"),
                 bad(at="0001-01-01T00:00:00Z"), bad(at="2026-02-30T00:00:00Z"), bad(at=7), bad(html=7), bad(subject=[]),
                 bad(attachments={}), bad(attachments=[7]), bad(attachments=[{"name": "a"}])]
        large = [bad(text="x" * (256 * 1024 + 1)), bad(html="x" * (256 * 1024 + 1)), bad(subject="x" * 10_000)]
        async with self.company.connector(token=self.token) as connector:
            for n, case in enumerate(cases + large):
                with self.subTest(case=str(case)[:160]):
                    results = await connector.publish([case, message(self.channel, "good", n)])
                    code = "too_large" if case in large else "invalid"
                    self.assertEqual([(r["status"], r["code"]) for r in results.values()], [("rejected", code)])
                    self.assertTrue(all(r["detail"] and r["pointer"].startswith("/") for r in results.values()), results)
        found = self.company.by_thread()
        self.assertNotIn("bad", found)
        self.assertEqual(len(self.company.messages(found["good"]["id"])), len(cases + large))

    async def test_a_message_without_an_id_is_not_taken(self):
        for case in (..., "", 7, None):
            one = {k: v for k, v in (message(self.channel, "nameless", 0) | {"id": case}).items() if v is not ...}
            ws = await self.greeted(Connector)
            await ws.send(json.dumps({"op": "publish", "seq": 1, "messages": [one]}))
            try:
                ack = json.loads(await ws.recv())
                self.assertEqual([(r["status"], r["code"]) for r in ack["results"]], [("rejected", "invalid")])
                await ws.close()
            except websockets.ConnectionClosed:
                self.assertEqual(ws.close_code, 4400)
        self.assertNotIn("nameless", self.company.by_thread())

    async def test_odd_but_right_text_is_shown_as_it_came(self):
        odd = ["", " ", "\u0000 null", "quote \" back \\ slash /", "\u2028 lines \r\n\t", "🪑 𝄞 ﷽", "a\u0301", "\U0010ffff", "<script>"]
        batch = [message(self.channel, "odd", n) | {"text": f"[odd/{n}] {text}"} for n, text in enumerate(odd)]
        async with self.company.connector(token=self.token) as connector:
            self.assertEqual(await connector.publish(batch), {})
        shown = self.company.messages(self.company.by_thread()["odd"]["id"])
        self.assertEqual([m["text"] for m in shown], [m["text"] for m in batch])

    async def test_lone_surrogates_are_refused(self):
        ws = await self.greeted(Connector)
        one = json.dumps({"op": "publish", "seq": 1, "messages": [message(self.channel, "lone", 0, "MARK")]})
        await ws.send(one.replace("MARK", "\\ud800"))
        try:
            ack = json.loads(await ws.recv())
            self.assertEqual([r["status"] for r in ack["results"]], ["rejected"])
            await ws.close()
        except websockets.ConnectionClosed:
            self.assertEqual(ws.close_code, 4400)
        self.assertNotIn("lone", self.company.by_thread())

    async def test_agents_frames_of_the_wrong_shape_close_with_4400(self):
        for frame in ({"op": "ack"}, {"op": "ack", "cursor": 7}, {"op": "ack", "cursor": "nonsense"}, {"op": "availability"},
                      {"op": "availability", "status": "asleep"}, {"op": "reply"}, {"op": "reply", "ref": 7},
                      {"op": "close", "conversation": "cnv_1"}):
            with self.subTest(frame=frame):
                await self.assertCloses(Agent, frame, 4400)

    async def test_agents_commands_with_bad_fields_get_a_problem(self):
        async with self.member.agent() as agent:
            conversation = self.company.by_thread().popitem()[1]["id"] if self.company.conversations() else None
            if conversation is None:
                await self.others_are_untouched()
                conversation = self.company.conversations()[0]["id"]
            for op, fields, codes in (("reply", {"conversation": conversation}, ("invalid",)),
                                      ("reply", {"conversation": conversation, "text": 7}, ("invalid",)),
                                      ("reply", {"text": "x"}, ("invalid",)),
                                      ("reply", {"conversation": "nonsense", "text": "x"}, ("invalid", "not_found")),
                                      ("close", {"conversation": "cnv_0000000000000"}, ("not_found",)),
                                      ("assign", {"conversation": conversation, "user": "usr_0000000000000"}, ("invalid", "not_found")),
                                      ("assign", {"conversation": conversation}, ("invalid",))):
                with self.subTest(op=op, fields=fields):
                    result = await agent.command_frame(op, **fields)
                    self.assertFalse(result["ok"])
                    self.assertIn(result["problem"]["code"], codes)

    async def test_a_half_open_handshake_and_a_wrong_one_leave_the_listener_free(self):
        for request in (b"GET /v1/connect HTTP/1.1\r\nHost: x\r\nUpgrade: websocket\r\n", b"GET /v1/connect HTTP/1.1\r\nHost: x\r\n\r\n",
                        b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03", b"\0" * 64, b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n"):
            reader, writer = await asyncio.open_connection("127.0.0.1", self.server.port)
            writer.write(request)
            await self.others_are_untouched()
            writer.transport.abort()

    async def test_a_socket_without_the_subprotocol_is_refused(self):
        for protocols in ([], ["signalbox.connect.v9"]):
            with self.assertRaises((websockets.InvalidStatusCode, websockets.InvalidHandshake)):
                await websockets.connect(f"ws://127.0.0.1:{self.server.port}/v1/connect", subprotocols=protocols or None)

    async def test_bad_frames_are_counted(self):
        before = {k: v for k, v in self.server.metrics().items() if "bad" in k}
        self.assertTrue(before, "a metric of bad frames")
        await self.assertCloses(Connector, "{", 4400)
        after = {k: v for k, v in self.server.metrics().items() if "bad" in k}
        self.assertGreater(sum(after.values()), sum(before.values()))


if __name__ == "__main__":
    main()
