"""Many idle sockets, and sockets whose other end is gone without a word. Others are served beside them."""

import asyncio
import json
import os
import resource
import socket
import struct
import time

from company import Company
from server import raise_descriptor_limit, say
from signalbox_client import PATIENCE, Agent, Connector, message
from system_test import SystemTest, main

COUNT = int(os.environ.get("SIGNALBOX_IDLE_SOCKETS", "10000"))
RESERVE = 500  # descriptors for everything else
UPGRADE = ("GET {path} HTTP/1.1\r\nHost: x\r\nUpgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Version: 13\r\n"
           "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\nSec-WebSocket-Protocol: {protocol}\r\n\r\n")
HALF_REQUEST = b"GET /v1/account HTTP/1.1\r\nHost: x\r\nX-Half"


def text_frame(content):
    """As a client sends it, masked with zeros; below 64 KiB."""
    body = json.dumps(content).encode()
    size = bytes([0x80 | len(body)]) if len(body) < 126 else b"\xfe" + struct.pack(">H", len(body))
    return b"\x81" + size + bytes(4) + body


class Crowd:
    """Raw sockets of one kind: what each sends, and what it waits for each time before it counts as there."""

    def __init__(self, port, *steps):
        self.port, self.steps = port, steps
        self.open = []

    async def join(self):
        reader, writer = await asyncio.open_connection("127.0.0.1", self.port, limit=1 << 20)
        self.open.append((reader, writer))
        for sent, mark in self.steps:
            writer.write(sent)
            if mark:
                await asyncio.wait_for(reader.readuntil(mark), PATIENCE)

    async def told(self, size):
        """The different next bytes that they are sent."""
        return set(await asyncio.wait_for(asyncio.gather(*(reader.readexactly(size) for reader, _ in self.open)), PATIENCE))

    def leave(self):
        for _, writer in self.open:
            writer.transport.abort()


class IdleSockets(SystemTest):
    def crowds(self, server, company, members, channel):
        """By what they are: 45 of 100 connectors, 45 agents, 4 without a token, 3 that never say hello, 3 half a request."""
        token = company.connector_token(channel)
        connect, agent = (UPGRADE.format(path=one.PATH, protocol=one.PROTOCOL).encode() for one in (Connector, Agent))
        upgraded, welcomed = b"\r\n\r\n", b'"op":"welcome"'
        hello = {"op": "hello", "connector": "idle/1"}
        made = {name: (count * COUNT // 100, Crowd(server.port, *steps)) for name, count, steps in (
            ("never says hello", 3, [(connect, upgraded)]),
            ("half a request", 3, [(HALF_REQUEST, b"")]),
            ("not authorised", 4, [(connect, upgraded), (text_frame(hello | {"token": "nonsense"}), b"")]),
            ("connector", 45, [(connect, upgraded), (text_frame(hello | {"token": token}), welcomed)]))}
        for member in members:
            greeting = text_frame({"op": "hello", "token": member.token})
            made[f"agent {member.id}"] = (45 * COUNT // 100 // len(members),
                                          Crowd(server.port, (agent, upgraded), (greeting, welcomed)))
        return made

    async def test_ten_thousand_idle_sockets_leave_another_client_untouched(self):
        limit = raise_descriptor_limit()
        if limit < COUNT + RESERVE:
            self.skipTest(f"skipped: {COUNT} idle sockets need {COUNT + RESERVE} open files, the limit is {limit}")
        server = self.serve()
        company = Company(server)
        members = company.agents(10)
        channel = company.channel(users=members[:1])
        worker = await company.connector(channel).open()
        busy = await members[0].agent().open()
        await worker.publish([message(channel, "warm", 0)])
        before, began = server.resident_bytes(), time.monotonic()
        crowds = self.crowds(server, company, members[1:], channel)
        for count, crowd in crowds.values():
            for start in range(0, count, 200):
                await asyncio.gather(*(crowd.join() for _ in range(start, min(start + 200, count))))
        there = sum(len(crowd.open) for _, crowd in crowds.values())
        after = server.resident_bytes()
        say(f"{there} idle sockets in {time.monotonic() - began:.0f} s: {(after - before) / there:.0f} bytes of the server's memory each "
            f"({before >> 20} → {after >> 20} MiB)")
        if server.memory_tells:
            self.assertLess((after - before) / there, 64 << 10, "memory is bounded")
        for n in range(20):
            self.assertEqual(await worker.publish([message(channel, f"served{n}", 0)]), {})
        await busy.event("assignment.created", nth=21)
        self.assertEqual(server.http().raw("GET", "/healthz")[0], 200)

        for name, code in (("not authorised", 4401), ("never says hello", 4400)):
            close, = await crowds[name][1].told(4)
            self.assertEqual((close[0], struct.unpack(">H", close[2:])[0]), (0x88, code), name)
        self.assertEqual(await crowds["half a request"][1].told(12), {b"HTTP/1.1 408"})
        for name, (count, crowd) in crowds.items():
            if name.startswith(("agent", "connector")):
                self.assertFalse(any(reader.at_eof() for reader, _ in crowd.open), f"{name}: welcomed ones stay")
            crowd.leave()
        await worker.publish([message(channel, "after", 0)])
        await busy.event("assignment.created", nth=22)
        await worker.close(), await busy.close()
        self.assertEqual(await asyncio.to_thread(server.stop), 0)

    async def test_beyond_its_own_limit_of_connections_it_refuses_and_goes_on(self):
        server = self.serve(environment={"SIGNALBOX_LIMITS_CONNECTIONS": "50"})
        company = Company(server)
        channel = company.channel()
        worker = await company.connector(channel).open()
        crowd = []
        for _ in range(200):
            one = socket.create_connection(("127.0.0.1", server.port))
            one.setblocking(False)
            crowd.append(one)
        self.assertEqual(await worker.publish([message(channel, "t", 0)]), {})
        for one in crowd:
            one.close()
        await asyncio.sleep(0.5)
        company.http.get("/v1/account")
        await worker.close()

    async def test_when_descriptors_run_out_the_server_goes_on(self):
        soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
        server = self.serve(start=False)
        resource.setrlimit(resource.RLIMIT_NOFILE, (200, hard))
        try:
            server.start()
        finally:
            resource.setrlimit(resource.RLIMIT_NOFILE, (soft, hard))
        company = Company(server)
        channel = company.channel()
        worker = await company.connector(channel).open()
        crowd = [socket.create_connection(("127.0.0.1", server.port)) for _ in range(300)]
        self.assertEqual(await worker.publish([message(channel, "t", 0)]), {})
        for one in crowd:
            one.close()
        await asyncio.sleep(1)
        company.http.get("/v1/account")
        await worker.close()
        self.assertEqual(await asyncio.to_thread(server.stop), 0)


class HalfOpen(SystemTest):
    """Both ends are on one machine, so a peer that vanished is imitated by one that neither reads, answers nor closes."""

    async def test_sockets_that_never_answer_hold_up_nobody_and_lose_nothing(self):
        server = self.serve(environment={"SIGNALBOX_ROUTING_ASSIGNMENT_ACK_TIMEOUT": "1s"})
        company = Company(server)
        gone, there = company.agents(2)
        channel = company.channel(users=[gone, there])
        async with company.connector(channel) as connector, there.agent() as agent:
            dead = await gone.agent().open(reading=False)
            dead.ws.transport.pause_reading()
            frozen = await company.connector(channel).open(reading=False)
            frozen.ws.transport.pause_reading()
            for n in range(6):
                await connector.publish([message(channel, f"t{n}", 0)])
            await agent.event("assignment.created", nth=6)
            self.assertEqual(company.conversations(view="waiting"), [])
            availability = company.http.get(f"/v1/users/{gone.id}/availability")
            self.assertEqual((availability["status"], availability["reason"]), ("away", "no_ack"))
            dead.ws.transport.abort(), frozen.ws.transport.abort()


if __name__ == "__main__":
    main()
