"""Supervisors' live view: `watch` on the agent socket of the real program."""

import asyncio
import time

from company import Company
from signalbox_client import Problem, message
from system_test import SystemTest, main


class Watching(SystemTest):
    ENVIRONMENT = {"SIGNALBOX_ROUTING_PRESENCE_GRACE": "0", "SIGNALBOX_ROUTING_ASSIGNMENT_ACK_TIMEOUT": "0"}

    async def asyncSetUp(self):
        self.server = self.serve()
        self.company = Company(self.server)
        self.channel = self.company.channel()
        self.boss = self.company.admin

    def listed(self, **query):
        return self.company.conversations(inbox=self.company.inbox, limit=50, **query)[:50]

    async def shows(self, agent, watch, fits, what):
        await agent.until(lambda: watch in agent.views and fits(agent.views[watch]), what)
        return agent.views[watch]

    async def test_a_view_is_the_list_in_http_and_follows_it(self):
        async with self.company.connector(self.channel) as connector, self.boss.agent() as agent:
            await connector.publish([message(self.channel, f"t{n}", 0) for n in range(3)])
            await agent.command("watch", ref="open", inbox=self.company.inbox, status="open")
            await agent.command("watch", ref="closed", inbox=self.company.inbox, status="closed")
            view = await self.shows(agent, "open", lambda v: v["counts"]["open"] == 3, "three open ones")
            self.assertEqual(view["rows"], {c["id"]: c for c in self.listed(status="open")})
            closed = next(iter(view["rows"]))
            await agent.command("close", conversation=closed)
            await self.shows(agent, "closed", lambda v: closed in v["rows"], "the closed one")
            view = await self.shows(agent, "open", lambda v: closed not in v["rows"], "the others")
            self.assertEqual({n: view["counts"][n] for n in ("open", "closed", "unassigned", "waiting")},
                             {"open": 2, "closed": 1, "unassigned": 2, "waiting": 0})
            self.assertEqual(view["rows"], {c["id"]: c for c in self.listed(status="open")})

    async def test_under_load_it_comes_a_few_times_a_second_and_ends_right(self):
        async with self.company.connector(self.channel) as connector, self.boss.agent() as agent:
            await agent.command("watch", ref="all", inbox=self.company.inbox)
            await self.shows(agent, "all", lambda v: True, "the first picture")
            began, number = time.monotonic(), 0
            while time.monotonic() < began + 3:
                await connector.publish([message(self.channel, f"t{(number + n) % 200}", number + n) for n in range(20)])
                number += 20
            await self.shows(agent, "all", lambda v: v["counts"]["open"] == min(number, 200), "all of them counted")
            listed = {c["id"]: c for c in self.listed()}
            view = await self.shows(agent, "all", lambda v: v["rows"] == listed, "the last of them")
            self.assertLessEqual(view["frames"], 4 * (time.monotonic() - began) + 3)
            frames = view["frames"]
            await asyncio.sleep(1)
            self.assertEqual(agent.views["all"]["frames"], frames, "nothing while nothing changes")

    async def test_S12_losing_access_ends_it(self):
        member, = self.company.agents(1)
        async with member.agent() as agent:
            await agent.command("watch", ref="w", inbox=self.company.inbox)
            await self.shows(agent, "w", lambda v: True, "the first picture")
            access = f"/v1/inboxes/{self.company.inbox}/access"
            self.company.http.put(access, {"mode": "specific", "users": [self.boss.id], "teams": []})
            await agent.until(lambda: "w" in agent.unwatched, "the end of the watch")
            self.assertEqual(agent.unwatched["w"]["code"], "access_denied")
            with self.assertRaises(Problem) as refused:
                await agent.command("watch", ref="w", inbox=self.company.inbox)
            self.assertEqual(refused.exception.code, "access_denied")
            with self.assertRaises(Problem) as refused:
                await agent.command("watch", ref="w", inbox=Company(self.server).inbox)
            self.assertEqual(refused.exception.code, "not_found")

    async def test_counts_are_right_after_a_kill(self):
        async with self.company.connector(self.channel) as connector, self.boss.agent() as agent:
            await connector.publish([message(self.channel, f"t{n}", 0) for n in range(10)])
            for each in self.listed()[:4]:
                await agent.command("close", conversation=each["id"])
        self.server.restart_after_kill()
        async with self.boss.agent() as agent:
            await agent.command("watch", ref="w", inbox=self.company.inbox)
            view = await self.shows(agent, "w", lambda v: True, "the first picture")
            self.assertEqual((view["counts"]["open"], view["counts"]["closed"], len(view["rows"])), (6, 4, 10))


if __name__ == "__main__":
    main()
