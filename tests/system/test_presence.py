"""Who stops answering: unacknowledged assignments go on to the next candidate, and the disconnected count as away."""

import asyncio
import time

import shapes
from company import Company
from signalbox_client import PATIENCE, message
from system_test import SystemTest, main


class Presence(SystemTest):
    def availability(self, member):
        now = self.company.http.get(f"/v1/users/{member.id}/availability", shapes.availability)
        return now["status"], now["reason"]

    async def becomes(self, member, expected):
        end = time.monotonic() + PATIENCE
        while (now := self.availability(member)) != expected:
            self.assertLess(time.monotonic(), end, f"{member.user['email']} is {now}, not {expected}")
            await asyncio.sleep(0.02)


class Unacknowledged(Presence):
    ENVIRONMENT = {"SIGNALBOX_ROUTING_ASSIGNMENT_ACK_TIMEOUT": "1s"}

    async def asyncSetUp(self):
        self.server = self.serve()
        self.company = Company(self.server)
        self.members = self.company.agents(2)
        self.channel = self.company.channel(users=self.members)
        self.connector = await self.company.connector(self.channel).open()

    async def asyncTearDown(self):
        await self.connector.close()

    async def test_it_is_withdrawn_goes_to_the_next_candidate_and_the_silent_one_is_away(self):
        sockets = {m.id: await m.agent(acknowledging=False).open() for m in self.members}
        await self.connector.publish([message(self.channel, "t", 0)])
        conversation, = self.company.conversations()
        silent = conversation["assignee"]["user"]
        other, = set(sockets) - {silent}
        sockets[other].acknowledging = True
        await sockets[silent].event("assignment.created")
        withdrawn = await sockets[silent].event("assignment.withdrawn")
        self.assertEqual(withdrawn["data"]["reason"], "no_ack")
        await sockets[other].event("assignment.created")
        await sockets[silent].event("availability.changed", lambda d: "no_ack" in str(d))
        self.assertEqual(self.availability(next(m for m in self.members if m.id == silent)), ("away", "no_ack"))
        self.assertEqual(self.company.conversation(conversation["id"])["assignee"], {"user": other})
        entries = [e for e in self.company.history(conversation["id"]) if e["type"] == "assignment"]
        self.assertEqual(entries[-1]["to"], {"user": other})
        for each in sockets.values():
            await each.close()

    async def test_with_nobody_left_it_waits_with_its_age_and_comes_back_to_who_is_available_again(self):
        self.members[1].be("away")
        member = self.members[0]
        async with member.agent(acknowledging=False) as agent:
            await self.connector.publish([message(self.channel, "old", 0)])
            await agent.event("assignment.withdrawn")
            await self.connector.publish([message(self.channel, "young", 0)])
            waiting = self.company.conversations(view="waiting")
            self.assertEqual({c["thread"] for c in waiting}, {"old", "young"})
            since = {c["thread"]: c["waiting_since"] for c in waiting}
            self.assertLess(since["old"], since["young"], "its age is kept")
            agent.acknowledging = True
            await agent.send({"op": "availability", "status": "available"})
            await agent.event("assignment.created", nth=3)
            self.assertEqual([e["data"]["conversation"]["thread"] for e in agent.of("assignment.created")], ["old", "old", "young"])

    async def test_an_acknowledged_one_stays(self):
        async with self.members[0].agent() as one, self.members[1].agent() as other:
            await self.connector.publish([message(self.channel, f"t{n}", 0) for n in range(4)])
            for agent in (one, other):
                await agent.event("assignment.created", nth=2)
            with self.assertRaises(AssertionError):
                await one.event("assignment.withdrawn", within=2.5)
            self.assertEqual(other.of("assignment.withdrawn"), [])

    async def test_it_lapses_after_a_kill_too(self):
        self.members[1].be("away")
        async with self.members[0].agent(acknowledging=False) as agent:
            cursor = agent.cursor  # the one before: a hello's cursor acknowledges too
            await self.connector.publish([message(self.channel, "t", 0)])
            await agent.event("assignment.created")
            self.server.restart_after_kill()
            await agent.close_code()
        await self.connector.close_code()
        async with self.members[0].agent(acknowledging=False, cursor=cursor) as agent:
            await agent.event("assignment.withdrawn")
        await self.connector.open()


class Grace(Presence):
    ENVIRONMENT = {"SIGNALBOX_ROUTING_PRESENCE_GRACE": "250ms"}

    async def test_who_has_no_live_socket_for_longer_is_away_and_is_back_with_one(self):
        self.company = Company(self.serve())
        leaver, stayer = self.company.agents(2)
        channel = self.company.channel(users=[leaver, stayer])
        async with self.company.connector(channel) as connector, stayer.agent():
            leaving = await leaver.agent().open()
            leaver.be("available"), stayer.be("available")
            self.assertEqual(self.availability(leaver), ("available", "manual"))
            await leaving.abort()
            await self.becomes(leaver, ("away", "disconnected"))
            await connector.publish([message(channel, f"t{n}", 0) for n in range(4)])
            self.assertEqual({c["assignee"]["user"] for c in self.company.conversations()}, {stayer.id})
            async with leaver.agent(cursor=leaving.cursor) as back:
                await self.becomes(leaver, ("available", "manual"))
                await connector.publish([message(channel, "t5", 0)])
                await back.event("assignment.created")

    async def test_what_waits_is_assigned_when_its_agent_connects(self):
        self.company = Company(self.serve())
        member, = self.company.agents(1)
        channel = self.company.channel(users=[member])
        async with self.company.connector(channel) as connector:
            await self.becomes(member, ("away", "disconnected"))
            await connector.publish([message(channel, "t", 0)])
            self.assertEqual(len(self.company.conversations(view="waiting")), 1)
            async with member.agent() as agent:
                await agent.event("assignment.created")


if __name__ == "__main__":
    main()
