"""What the product is for: dialogues stream in, each reaches one agent, replies go out, and a kill half-way loses nothing.

The client is python3-websockets: none of the server's own code is on this side.
"""

import asyncio
import unittest

import dialogues
from company import Company
from exchange import Exchange
from server import say
from signalbox_client import message
from system_test import SystemTest, main


class MainJob(SystemTest):
    ON_DISK = True

    async def test_dialogues_reach_one_agent_each_and_replies_reach_the_connector(self):
        company = Company(self.serve())
        members = company.agents(4, capacity=3)
        channels = [company.channel(f"channel {n}", users=members) for n in range(3)]
        exchange = Exchange(company, channels, members, dialogues.some(30))
        await exchange.play()
        exchange.check()
        for agent in exchange.agents:
            self.assertLessEqual(agent.most_open, 3, "A33")
            self.assertTrue(agent.assigned, "balanced leaves nobody idle")

    async def test_killed_half_way_loses_nothing_and_doubles_nothing(self):
        server = self.serve()
        company = Company(server)
        members = company.agents(4, capacity=4)
        channels = [company.channel(f"channel {n}", users=members) for n in range(3)]
        exchange = Exchange(company, channels, members, dialogues.some(40))
        killed_at = []

        async def kill_half_way():
            while exchange.acknowledged() < exchange.contact_turns() // 2:
                await asyncio.sleep(0.002)
            killed_at.append(exchange.acknowledged())
            await asyncio.to_thread(server.restart_after_kill)

        await exchange.play(kill_half_way())
        self.assertTrue(killed_at)
        exchange.check()
        self.assertTrue(any(link.resent for link in exchange.connectors.values()), "something acknowledged was sent again")
        self.assertTrue(all(agent.resumed for agent in exchange.agents), "every agent resumed from its cursor")
        self.assertEqual(server.stop(), 0)
        server.verify()

    async def test_a_file_of_real_dialogues_and_a_kill(self):
        if not (given := dialogues.from_environment()):
            raise unittest.SkipTest("skipped: SIGNALBOX_DIALOGUES names no file of dialogues")
        server = self.serve()
        company = Company(server)
        members = company.agents(6, capacity=10)
        channels = [company.channel(f"channel {n}", users=members) for n in range(3)]
        exchange = Exchange(company, channels, members, list(dialogues.read(*given)))

        async def kill_half_way():
            while exchange.acknowledged() < exchange.contact_turns() // 2:
                await asyncio.sleep(0.002)
            await asyncio.to_thread(server.restart_after_kill)

        await exchange.play(kill_half_way(), within=600)
        exchange.check()
        say(f"{len(exchange.turns)} dialogues, {exchange.acknowledged()} messages in")


class Assignment(SystemTest):
    async def test_S51_balanced_gives_each_agent_as_many(self):
        company = Company(self.serve())
        members = company.agents(3)
        channel = company.channel(users=members)
        sockets = [await member.agent().open() for member in members]
        async with company.connector(channel) as connector:
            for n in range(9):
                await connector.publish([message(channel, f"t{n}", 0)])
            for socket in sockets:
                await socket.event("assignment.created", nth=3)
        held = [conversation["assignee"]["user"] for conversation in company.conversations()]
        self.assertEqual([held.count(member.id) for member in members], [3, 3, 3])
        for socket in sockets:
            await socket.close()

    async def test_A33_S58_at_capacity_it_waits_and_the_longest_waiting_is_next(self):
        company = Company(self.serve())
        member, = company.agents(1, capacity=1)
        channel = company.channel(users=[member])
        async with member.agent() as agent, company.connector(channel) as connector:
            for n in range(4):
                self.assertEqual(await connector.publish([message(channel, f"t{n}", 0)]), {})
            threads = []
            for nth in range(1, 5):
                created = (await agent.event("assignment.created", nth=nth))["data"]
                threads.append(created["conversation"]["thread"])
                held = [c for c in company.conversations(status="open") if c["assignee"] == {"user": member.id}]
                self.assertEqual(len(held), 1)
                waiting = company.conversations(view="waiting")
                self.assertEqual({c["thread"] for c in waiting}, {f"t{n}" for n in range(nth, 4)})
                self.assertTrue(all(c["waiting_since"] and c["assignee"] is None for c in waiting))
                self.assertEqual(created["reason"], "rule" if nth == 1 else "queue")
                await agent.command("close", conversation=created["conversation"]["id"])
            self.assertEqual(threads, ["t0", "t1", "t2", "t3"])

    async def test_S18_A17_S57_only_available_paid_agents_with_access_are_chosen(self):
        company = Company(self.serve())
        chosen, away, outsider, later_free = (company.user(name) for name in ("Chosen", "Away", "Outsider", "Later"))
        for member in (chosen, outsider, later_free):
            member.be("available")
        inbox = company.http.post("/v1/inboxes", {"name": "Support", "access": {
            "mode": "specific", "users": [chosen.id, away.id, later_free.id], "teams": []}}, expect=201)["id"]
        channel = company.channel(inbox=inbox, users=[chosen, away, outsider, later_free])
        company.http.patch(f"/v1/users/{later_free.id}", {"seat": "free"})  # S62: stays listed, is skipped
        async with company.connector(channel) as connector, chosen.agent() as agent:
            await connector.publish([message(channel, f"t{n}", 0) for n in range(3)])
            await agent.event("assignment.created", nth=3)
        for conversation in company.conversations(inbox=inbox):
            self.assertEqual(conversation["assignee"], {"user": chosen.id})
            why = company.http.get(f"/v1/conversations/{conversation['id']}/decisions")
            shown = str(why)
            for word in ("away", "no_access", "free_seat", chosen.id):
                self.assertIn(word, shown, f"the decision says who was filtered and why: {shown}")

    async def test_S58_somebody_who_becomes_available_takes_the_oldest_first(self):
        company = Company(self.serve())
        member, = company.agents(1, capacity=2, available=False)
        channel = company.channel(users=[member])
        async with company.connector(channel) as connector, member.agent() as agent:
            for n in range(3):
                await connector.publish([message(channel, f"t{n}", 0)])
            self.assertEqual(agent.of("assignment.created"), [])
            member.be("available")
            await agent.event("assignment.created", nth=2)
            self.assertEqual([e["data"]["conversation"]["thread"] for e in agent.of("assignment.created")], ["t0", "t1"])
            self.assertEqual([c["thread"] for c in company.conversations(view="waiting")], ["t2"])

    async def test_S49_S58_without_a_rule_or_a_queue_it_stays_unassigned_and_visible(self):
        company = Company(self.serve())
        member, = company.agents(1, available=False)
        plain, unqueued = company.channel("plain"), company.channel("unqueued", users=[member], queue=False)
        async with company.connector(plain, unqueued) as connector:
            await connector.publish([message(plain, "a", 0), message(unqueued, "b", 0)])
        self.assertEqual({c["thread"] for c in company.conversations(view="unassigned")}, {"a", "b"})
        self.assertEqual(company.conversations(view="waiting"), [])
        member.be("available")
        self.assertEqual({c["thread"] for c in company.conversations(view="unassigned")}, {"a", "b"})

    async def test_A39_a_contact_who_writes_again_reopens_it_with_the_same_agent(self):
        company = Company(self.serve())
        members = company.agents(2)
        channel = company.channel(users=members)
        async with company.connector(channel) as connector, members[0].agent() as one, members[1].agent() as other:
            await connector.publish([message(channel, "t", 0)])
            conversation, = company.conversations()
            holder = one if conversation["assignee"]["user"] == members[0].id else other
            await holder.event("assignment.created")
            await holder.command("close", conversation=conversation["id"])
            self.assertEqual(company.conversation(conversation["id"])["status"], "closed")
            await connector.publish([message(channel, "t", 1)])
            again = company.conversation(conversation["id"])
            self.assertEqual((again["status"], again["closed_at"]), ("open", None))
            self.assertEqual(again["assignee"], conversation["assignee"])
            self.assertEqual(len(company.conversations()), 1)


if __name__ == "__main__":
    main()
