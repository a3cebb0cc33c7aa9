"""Time of day: working hours, out-of-office spans and business hours on the real program, its clock and its time zones."""

import asyncio
import datetime
import time

import shapes
from company import Company
from signalbox_client import PATIENCE, message
from system_test import SystemTest, main

DAYS = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")


def now():
    return datetime.datetime.now(datetime.timezone.utc)


def text(at):
    return at.isoformat(timespec="milliseconds").replace("+00:00", "Z")


def some_other_day():
    """A whole one, in UTC, that is neither today nor tomorrow."""
    return {"day": DAYS[(now().weekday() + 3) % 7], "from": "00:00", "to": "24:00"}


class Hours(SystemTest):
    ENVIRONMENT = {"SIGNALBOX_ROUTING_PRESENCE_GRACE": "0", "SIGNALBOX_ROUTING_ASSIGNMENT_ACK_TIMEOUT": "0"}

    async def asyncSetUp(self):
        self.server = self.serve()
        self.company = Company(self.server)
        self.member, = self.company.agents(1)
        self.channel = self.company.channel(users=[self.member])

    def availability(self):
        said = self.company.http.get(f"/v1/users/{self.member.id}/availability", shapes.availability)
        return said["status"], said["reason"]

    def change(self, **fields):
        return self.company.http.patch(f"/v1/users/{self.member.id}", fields, shapes.user)

    def open_at(self, hours):
        return self.company.http.patch(f"/v1/channels/{self.channel}", {"business_hours": hours}, shapes.channel)

    async def becomes(self, expected, within=PATIENCE):
        end = time.monotonic() + within
        while (said := self.availability()) != expected:
            self.assertLess(time.monotonic(), end, f"is {said}, not {expected}")
            await asyncio.sleep(0.05)

    async def test_a_zone_that_does_not_exist_is_refused_with_its_place(self):
        for path, body, pointer in (
                (f"/v1/users/{self.member.id}", {"time_zone": "Mars/Phobos"}, "/time_zone"),
                (f"/v1/users/{self.member.id}", {"time_zone": "../../etc/passwd"}, "/time_zone"),
                (f"/v1/channels/{self.channel}", {"business_hours": {"time_zone": "europe/berlin"}}, "/business_hours/time_zone")):
            problem = self.assertProblem("invalid", self.company.http.patch, path, body, status=422)
            self.assertEqual([e["pointer"] for e in problem.body["errors"]], [pointer])
        self.assertEqual(self.change(time_zone="Australia/Lord_Howe")["time_zone"], "Australia/Lord_Howe")

    async def test_A27_outside_their_hours_a_user_is_away_and_by_hand_holds_to_the_next_boundary(self):
        self.change(working_hours=[some_other_day()])
        self.assertEqual(self.availability(), ("available", "manual"), "said by hand before the hours begin")
        said = self.member.be("away")
        begins = datetime.datetime.combine(now().date(), datetime.time()) + datetime.timedelta(days=3)
        self.assertEqual(said, {"status": "away", "reason": "manual", "until": begins.isoformat(timespec="milliseconds") + "Z"})

    async def test_A28_out_of_office_begins_ends_and_is_told(self):
        async with self.member.agent() as agent:
            begins = now() + datetime.timedelta(seconds=1)
            self.change(out_of_office=[{"from": text(begins), "to": text(begins + datetime.timedelta(seconds=2)), "note": "lunch"}])
            await agent.event("availability.changed", lambda d: d["reason"] == "out_of_office" and d["status"] == "away")
            async with self.company.connector(self.channel) as connector:
                await connector.publish([message(self.channel, "t", 0)])
                self.assertEqual(len(self.company.conversations(view="waiting")), 1)
                await agent.event("assignment.created")
            self.assertEqual(self.availability(), ("available", "manual"))

    async def test_A25_outside_business_hours_it_waits_and_the_decision_names_the_rule(self):
        self.open_at({"time_zone": "UTC", "hours": [some_other_day()], "holidays": ["2026-12-25"]})
        async with self.company.connector(self.channel) as connector, self.member.agent() as agent:
            await connector.publish([message(self.channel, "t", 0)])
            conversation, = self.company.conversations(view="waiting")
            why = self.company.http.get(f"/v1/conversations/{conversation['id']}/decisions")["items"][-1]
            self.assertEqual([(one["excluded"], one["rule"]) for one in why["seen"]], [("business_hours", "A25")])
            self.assertEqual(self.availability(), ("available", "manual"), "the person is not asked")
            self.server.restart_after_kill()
            await agent.close_code(), await connector.close_code()
        self.assertEqual(len(self.company.conversations(view="waiting")), 1)
        self.open_at(None)
        async with self.member.agent(cursor=agent.cursor) as agent:
            await agent.event("assignment.created")

    async def test_A25_A27_channel_and_user_begin_with_the_minute_and_the_oldest_goes_first(self):
        self.company.http.put(f"/v1/users/{self.member.id}/availability",
                              {"status": "available", "until": text(now() + datetime.timedelta(seconds=1))}, shapes.availability)
        if now().second > 50:
            await asyncio.sleep(61 - now().second)
        begins = now() + datetime.timedelta(minutes=1)
        span = {"day": DAYS[begins.weekday()], "from": f"{begins.hour:02}:{begins.minute:02}", "to": f"{(begins.hour + 2) % 24:02}:00"}
        self.change(working_hours=[span])
        self.open_at({"time_zone": "UTC", "hours": [span]})
        await self.becomes(("away", "manual"))
        async with self.company.connector(self.channel) as connector, self.member.agent() as agent:
            for n in range(3):
                await connector.publish([message(self.channel, f"t{n}", 0)])
            self.assertEqual(len(self.company.conversations(view="waiting")), 3)
            await agent.event("assignment.created", nth=3, within=70)
            self.assertEqual([e["data"]["conversation"]["thread"] for e in agent.of("assignment.created")], ["t0", "t1", "t2"])
            self.assertEqual(self.availability(), ("available", "hours"))
            self.assertLess(abs((now() - begins.replace(second=0, microsecond=0)).total_seconds()), 10)


if __name__ == "__main__":
    main()
