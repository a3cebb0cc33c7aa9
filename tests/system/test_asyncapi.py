"""docs/asyncapi.yaml against the running server: every frame of a scripted session of both sockets, both ways, is one that the
description names and fits its schema; and every frame and type of event that it names was seen, or stands below with the reason."""

import asyncio
import collections
import json
import pathlib
import signal
import sys

from company import Company
from server import say
from signalbox_client import Agent, Connector, Problem, message
from system_test import SKIPPED, SystemTest, main

try:
    import jsonschema
    import yaml
except ImportError as missing:
    say(f"skipped: {missing.name} is not installed")
    sys.exit(SKIPPED)

DOCS = pathlib.Path(__file__).resolve().parents[2] / "docs"
NEVER_SEEN = {
    # what: why no script can bring it about
}


class Description:
    """The frames of asyncapi.yaml: a validator for each `op` of each socket and direction."""

    def __init__(self):
        documents = {name: yaml.safe_load((DOCS / name).read_text()) for name in ("asyncapi.yaml", "openapi.yaml")}
        self.document = documents["asyncapi.yaml"]
        base = "file:///"
        resolver = jsonschema.RefResolver(base + "asyncapi.yaml", self.document, {base + name: one for name, one in documents.items()})
        checker = jsonschema.FormatChecker()
        self.frames = {}
        for path, channel in self.document["channels"].items():
            for direction in ("publish", "subscribe"):
                for ref in channel[direction]["message"]["oneOf"]:
                    payload = self.document["components"]["messages"][ref["$ref"].rsplit("/", 1)[1]]["payload"]
                    named = payload["properties"]["op"]
                    for op in [named["const"]] if "const" in named else named["enum"]:
                        self.frames[path, direction, op] = jsonschema.Draft202012Validator(payload, resolver=resolver, format_checker=checker)
        self.events = set(self.document["components"]["schemas"]["event"]["properties"]["type"]["enum"])
        self.seen = collections.Counter()

    def check(self, path, direction, frame):
        what = path, direction, frame.get("op")
        if what not in self.frames:
            raise AssertionError(f"{what} is not described: {json.dumps(frame)[:300]}")
        wrong = jsonschema.exceptions.best_match(self.frames[what].iter_errors(frame))
        if wrong is not None:
            raise AssertionError(f"{what}: {wrong.message} at {wrong.json_path}: {json.dumps(frame)[:1000]}")
        self.seen[what] += 1
        for event in frame.get("events", []):
            self.seen[event["type"]] += 1

    def unseen(self):
        return {str(each) for each in self.frames.keys() | self.events if not self.seen[each]}


def recorded(kind, description):
    """`kind` of socket, with every frame held against the description."""

    class Recorded(kind):
        FRAMES = {op: lambda frame, _: description.check(kind.PATH, "subscribe", frame)
                  for path, direction, op in description.frames if path == kind.PATH and direction == "subscribe"}

        async def send(self, frame):
            description.check(self.PATH, "publish", json.loads(json.dumps(frame)))
            await super().send(frame)

        def welcomed(self, frame):
            description.check(self.PATH, "subscribe", frame)
            super().welcomed(frame)

    return Recorded


class Described(SystemTest):
    ENVIRONMENT = {"SIGNALBOX_ROUTING_ASSIGNMENT_ACK_TIMEOUT": "1s"}

    async def asyncSetUp(self):
        self.server = self.serve()
        self.company = Company(self.server)
        self.description = Description()
        self.ada, self.ben = self.company.agents(2)
        self.channel = self.company.channel(users=[self.ada])
        self.token = self.company.connector_token(self.channel)

    def connector(self, **options):
        return recorded(Connector, self.description)(self.server.port, self.token, **options)

    def agent(self, member, **options):
        return recorded(Agent, self.description)(self.server.port, member.token, **options)

    async def test_every_frame_fits_its_schema_and_every_one_described_is_seen(self):
        connector, agent, other = await self.connector(answer_status=None).open(), await self.agent(self.ada).open(), await self.agent(self.ben).open()
        conversation = await self.messages(connector, agent)
        await self.commands(connector, agent, other, conversation)
        await self.refusals(agent, conversation)
        cursor = agent.cursor
        await agent.close()
        agent = await self.agent(self.ada, cursor=cursor).open()
        self.assertTrue(agent.welcome["resumed"])
        too_old = await self.agent(self.ada, cursor="nonsense").open()
        self.assertEqual(too_old.welcome["reason"], "cursor_too_old")
        await too_old.close()  # it acknowledges, and the next step is about what nobody acknowledges
        await self.nobody_there(connector, agent)
        await connector.publish([], "at the end")
        self.server.send_signal(signal.SIGTERM)
        await connector.until(lambda: any(n["op"] == "drain" for n in connector.notices), "drain")
        for each in (connector, agent, other):
            self.assertEqual(await each.close_code(), 1012)
        await asyncio.to_thread(self.server.wait)
        self.assertEqual(self.description.unseen(), set(NEVER_SEEN))

    async def messages(self, connector, agent):
        attached = [{"name": "a.txt", "type": "text/plain", "size": 3, "url": "https://files.example/a"}]
        sender = {"id": "c1", "name": "Cleo", "email": "cleo@example.org", "phone": "+49 30 1", "cookie": "k"}
        full = message(self.channel, "t", 0, sender=sender, html="<p>hello</p>", subject="Help", at="2026-03-01T09:30:00Z", attachments=attached)
        elsewhere = message("chn_0000000000000", "t", 1)
        self.assertEqual(await connector.publish([full], "one"), {})
        results = await connector.publish([full, elsewhere])
        self.assertEqual({k: v["status"] for k, v in results.items()}, {"t-0": "duplicate", "t-1": "rejected"})
        created = await agent.event("assignment.created")
        await connector.publish([message(self.channel, "t", 2)])
        await agent.event("message.created")
        self.company.http.patch(f"/v1/channels/{self.channel}", {"on": False})
        await connector.until(lambda: connector.notices, "a channel frame")
        dropped = await connector.publish([message(self.channel, "t", 3)])
        self.assertEqual(dropped["t-3"]["status"], "dropped")
        self.company.http.patch(f"/v1/channels/{self.channel}", {"on": True})
        return created["data"]["conversation"]["id"]

    async def commands(self, connector, agent, other, conversation):
        await agent.command("reply", conversation=conversation, text="an answer", html="<p>an answer</p>")
        await connector.until(lambda: connector.delivered, "a delivery")
        await connector.report([connector.delivered[0]["id"]], "failed", "no such number")
        await agent.event("message.status", lambda data: data["status"] == "failed")
        await agent.command("comment", conversation=conversation, text="a note", mentions=[self.ben.id])
        await other.send({"op": "typing", "conversation": conversation})
        await agent.event("typing")
        await agent.command("assign", conversation=conversation, user=self.ben.id)
        await agent.event("assignment.withdrawn")
        await other.event("assignment.created")
        for op in ("close", "reopen", "unassign"):
            await other.command(op, conversation=conversation)
        await other.event("conversation.updated")
        for status in ("away", "available"):
            await agent.command("availability", status=status)
        await agent.event("availability.changed", lambda data: data["status"] == "away")
        await other.command("watch", ref="wall", inbox=self.company.inbox, view="all", status="open")
        await other.until(lambda: "wall" in other.views, "a view")
        self.company.http.put(f"/v1/inboxes/{self.company.inbox}/access", {"mode": "specific", "users": [self.ada.id], "teams": []})
        await other.until(lambda: "wall" in other.unwatched, "the end of the watch")
        self.company.http.put(f"/v1/inboxes/{self.company.inbox}/access", {"mode": "everyone", "users": [], "teams": []})
        await other.command("watch", ref="wall", inbox=self.company.inbox)
        await other.command("unwatch", watch="wall")

    async def refusals(self, agent, conversation):
        for op, more in (("reply", {"conversation": conversation, "text": ""}), ("close", {"conversation": "cnv_0000000000000"}),
                         ("accept", {"conversation": conversation}), ("decline", {"conversation": conversation}),
                         ("assign", {"conversation": conversation, "user": "usr_0000000000000"})):
            with self.assertRaises(Problem):
                await agent.command(op, **more)

    async def nobody_there(self, connector, agent):
        """Unacknowledged for a second, an assignment is withdrawn and waits."""
        agent.acknowledging = False
        await connector.publish([message(self.channel, "unheard", 0)])
        await agent.event("assignment.withdrawn", lambda data: data["reason"] == "no_ack")
        await connector.publish([message(self.channel, "later", 0)])
        await agent.event("conversation.waiting", lambda data: data["conversation"]["thread"] == "later")


if __name__ == "__main__":
    main()
