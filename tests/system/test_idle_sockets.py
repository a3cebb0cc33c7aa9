"""Many idle sockets, and sockets whose other end is gone without a word. Others are served beside them."""

import asyncio
import os
import resource
import socket

from company import Company
from server import raise_descriptor_limit, say
from signalbox_client import Connector, message
from system_test import SystemTest, main

WANTED = int(os.environ.get("SIGNALBOX_IDLE_SOCKETS", "10000"))
RESERVE = 500  # descriptors for everything else


class IdleSockets(SystemTest):
    async def test_thousands_of_idle_sockets_leave_others_served(self):
        limit = raise_descriptor_limit()
        count = min(WANTED, limit - RESERVE)
        if count < WANTED:
            say(f"the limit of open files is {limit}: {count} idle sockets instead of {WANTED}")
        server = self.serve()
        company = Company(server)
        members = company.agents(10)
        channel = company.channel(users=members[:1])
        token = company.connector_token(channel)
        worker = await company.connector(channel).open()
        busy = await members[0].agent().open()
        await worker.publish([message(channel, "warm", 0)])
        before = server.resident_bytes()
        idle, failed = [], []

        async def hold(n):
            maker = members[1 + n % 9].agent() if n % 2 else Connector(server.port, token)
            try:
                idle.append(await maker.open(reading=False))
            except Exception as what:
                failed.append(what)

        for start in range(0, count, 100):
            await asyncio.gather(*(hold(n) for n in range(start, min(start + 100, count))))
            if failed:
                break
        self.assertEqual(failed[:3], [], f"after {len(idle)} sockets")
        after = server.resident_bytes()
        say(f"{len(idle)} idle sockets: {(after - before) / len(idle):.0f} bytes of the server's memory each "
            f"({before >> 20} → {after >> 20} MiB)")
        if server.memory_tells:
            self.assertLess((after - before) / len(idle), 64 << 10, "memory is bounded")
        for n in range(20):
            await worker.publish([message(channel, f"served{n}", 0)])
        await busy.event("assignment.created", nth=21)
        self.assertEqual(server.http().raw("GET", "/healthz")[0], 200)
        for each in idle:
            each.ws.transport.abort()
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
