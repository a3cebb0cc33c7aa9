"""Plays dialogues: connectors stream the contact's turns, agents answer with their own, and everything is looked over at the end.

Both sides live through a server that is killed: a connector sends again what was not acknowledged, and some that was; an agent
comes back with the cursor of the last event it processed and asks again, with the same `ref`, for what was not answered.
"""

import asyncio
import collections
import re

from signalbox_client import PATIENCE, Closed, Problem, message

TAG = re.compile(r"\[(.+?)/(\d+)\] ")
GONE = (OSError, Closed, asyncio.TimeoutError, EOFError)


def tag_of(text):
    found = TAG.match(text)
    if not found:
        raise AssertionError(f"a text that nobody sent: {text[:80]!r}")
    return found[1], int(found[2])


class ConnectorLink:
    """One connector that comes back. `say` ends when the message is acknowledged."""

    def __init__(self, make):
        self.make = make  # gives an unopened Connector
        self.pending = collections.OrderedDict()  # id → (message, future)
        self.acknowledged = collections.OrderedDict()  # id → message
        self.replies = {}  # thread → {number: message id}
        self.offsets = {}  # channel → offsets sent since the last durable one, that one first
        self.resent = set()
        self.changed = asyncio.Event()
        self.frames = 0
        self.session = None

    async def say(self, one):
        future = asyncio.get_running_loop().create_future()
        self.pending[one["id"]] = one, future
        self.changed.set()
        return await future

    def delivered(self, one):
        thread, number = tag_of(one["text"])
        if one["thread"] != thread:
            raise AssertionError(f"a reply of {thread} came for {one['thread']}")
        known = self.replies.setdefault(thread, {}).setdefault(number, one["id"])
        if known != one["id"]:
            raise AssertionError(f"turn {number} of {thread} was delivered as {known} and {one['id']}")
        self.changed.set()

    async def heard(self, thread, number):
        while number not in self.replies.get(thread, {}):
            self.changed.clear()
            await self.changed.wait()

    async def run(self):
        while True:
            session = self.make()
            session.on_deliver = self.delivered
            try:
                self.session = await session.open()
                self.check_offsets()
                await self.stream()
            except GONE:
                await asyncio.sleep(0.05)

    def check_offsets(self):
        for channel, sent in self.offsets.items():
            if self.session.offsets[channel] not in sent:
                raise AssertionError(f"{channel}: offset {self.session.offsets[channel]}, sent since the last durable one: {sent}")

    async def stream(self):
        sent = set()
        again = list(self.acknowledged.values())[-5:]
        self.resent |= {each["id"] for each in again}
        if again:
            results = await self.session.publish(again)
            for each in again:
                if results.get(each["id"], {}).get("status") != "duplicate":
                    raise AssertionError(f"{each['id']} was acknowledged before, now: {results.get(each['id'], 'accepted')}")
        waiting = set()
        try:
            while True:
                batch = [one for one, _ in self.pending.values() if one["id"] not in sent][:64]
                if batch:
                    sent |= {one["id"] for one in batch}
                    waiting.add(asyncio.create_task(self.publish(batch)))
                else:
                    self.changed.clear()
                    closed = asyncio.create_task(self.session.ws.wait_closed())
                    changed = asyncio.create_task(self.changed.wait())
                    await asyncio.wait({closed, changed, *waiting}, return_when=asyncio.FIRST_COMPLETED)
                    closed.cancel(), changed.cancel()
                for task in [t for t in waiting if t.done()]:
                    waiting.remove(task)
                    task.result()
                if self.session.ended or self.session.wrong:
                    raise self.session.wrong or self.session.ended
        finally:
            for task in waiting:
                task.cancel()
            await asyncio.gather(*waiting, return_exceptions=True)

    async def publish(self, batch):
        self.frames += 1
        offset = f"offset-{self.frames}"
        touched = {one["channel"] for one in batch}
        for channel in touched:
            self.offsets.setdefault(channel, [None]).append(offset)
        results = await self.session.publish(batch, offset)
        for channel in touched:
            known = self.offsets[channel]
            self.offsets[channel] = known[known.index(offset):] if offset in known else known
        for one in batch:
            result = results.get(one["id"], {"status": "accepted"})
            if result["status"] not in ("accepted", "duplicate"):
                raise AssertionError(f"{one['id']}: {result}")
            _, future = self.pending.pop(one["id"])
            self.acknowledged[one["id"]] = one
            future.set_result(result)


class AgentLink:
    """One agent who comes back, answers each turn of a contact with the dialogue's own, and closes at its end."""

    def __init__(self, member, exchange):
        self.member, self.exchange = member, exchange
        self.session = None
        self.cursor = None
        self.threads = {}  # conversation → thread
        self.heard = collections.defaultdict(list)  # thread → numbers of the contact's turns, in the order they came
        self.assigned = collections.Counter()
        self.first_seen = {}
        self.tasks = set()
        self.resumed = 0
        self.most_open = self.open = 0
        self.failed = None

    async def run(self):
        while True:
            session = self.member.agent(cursor=self.cursor)
            try:
                self.session = await session.open()
                if self.cursor is not None and not self.session.welcome["resumed"]:
                    raise AssertionError(f"not resumed: {self.session.welcome}")
                self.resumed += self.session.welcome["resumed"]
                seen = 0
                while True:
                    await self.session.until(lambda: len(self.session.events) > seen or self.failed, "an event", 3600)
                    if self.failed:
                        raise self.failed
                    for event in self.session.events[seen:]:
                        self.process(event)
                        self.cursor = event.get("cursor", self.cursor)
                    seen = len(self.session.events)
            except GONE:
                await asyncio.sleep(0.05)

    def process(self, event):
        data = event["data"]
        if event["type"] == "assignment.created":
            conversation = data["conversation"]
            self.threads[conversation["id"]] = conversation["thread"]
            self.assigned[conversation["thread"]] += 1
            self.open += 1
            self.most_open = max(self.most_open, self.open)
            self.turn(conversation["id"], data["message"])
        elif event["type"] == "message.created" and data["message"].get("direction") == "in":
            if data["conversation"] not in self.threads:
                raise AssertionError(f"a message before its assignment: {data}")
            self.turn(data["conversation"], data["message"])

    def turn(self, conversation, said):
        thread, number = tag_of(said["text"])
        if self.threads[conversation] != thread:
            raise AssertionError(f"{thread}'s message in {self.threads[conversation]}")
        self.heard[thread].append(number)
        turns = self.exchange.turns[thread]
        if number + 1 == len(turns) or turns[number + 1][0] == "agent":
            task = asyncio.create_task(self.answer(conversation, thread, number + 1))
            self.tasks.add(task)
            task.add_done_callback(self.done)

    def done(self, task):
        self.tasks.discard(task)
        if not task.cancelled() and (what := task.exception()):
            self.failed = what
            if self.session:
                self.session.changed.set()

    async def answer(self, conversation, thread, number):
        turns = self.exchange.turns[thread]
        while number < len(turns) and turns[number][0] == "agent":
            await self.command("reply", f"{thread}/{number}", conversation=conversation, text=f"[{thread}/{number}] {turns[number][1]}")
            number += 1
        if number == len(turns):
            await self.exchange.all_heard(thread)
            self.open -= 1
            await self.command("close", f"{thread}/close", conversation=conversation)
            self.exchange.closed.add(thread)

    async def command(self, op, ref, **fields):
        while True:
            try:
                return await self.session.command(op, ref, **fields)
            except GONE:
                await asyncio.sleep(0.05)
            except Problem as problem:
                if problem.code != "unavailable":
                    raise
                await asyncio.sleep(0.05)


class Exchange:
    """`dialogues` over the company's channels, one connector a channel."""

    def __init__(self, company, channels, members, dialogues):
        self.company, self.channels = company, channels
        self.turns = {f"d-{name}": turns for name, turns in dialogues}
        self.channel_of = {thread: channels[n % len(channels)] for n, thread in enumerate(self.turns)}
        self.connectors = {}
        for channel in channels:
            token = company.connector_token(channel)
            self.connectors[channel] = ConnectorLink(lambda channel=channel, token=token: company.connector(channel, token=token))
        self.agents = [AgentLink(member, self) for member in members]
        self.closed = set()

    async def converse(self, thread):
        link = self.connectors[self.channel_of[thread]]
        for number, (speaker, text) in enumerate(self.turns[thread]):
            if speaker == "contact":
                await link.say(message(self.channel_of[thread], thread, number, text))
            else:
                await link.heard(thread, number)
        while thread not in self.closed:
            await asyncio.sleep(0.02)

    async def all_heard(self, thread):
        """Every reply of the dialogue reached the connector: so closing is its last event."""
        for number, (speaker, _) in enumerate(self.turns[thread]):
            if speaker == "agent":
                await self.connectors[self.channel_of[thread]].heard(thread, number)

    def acknowledged(self):
        return sum(len(link.acknowledged) for link in self.connectors.values())

    def contact_turns(self):
        return sum(speaker == "contact" for turns in self.turns.values() for speaker, _ in turns)

    async def play(self, meanwhile=None, within=PATIENCE * 6):
        """All dialogues to their end, with `meanwhile` (a coroutine) beside them."""
        links = [asyncio.create_task(each.run()) for each in [*self.connectors.values(), *self.agents]]
        talks = [asyncio.create_task(self.converse(thread)) for thread in self.turns]
        beside = [asyncio.create_task(meanwhile)] if meanwhile else []
        try:
            everything = asyncio.gather(*talks, *beside)
            await asyncio.wait({everything, *links}, timeout=within, return_when=asyncio.FIRST_COMPLETED)
            for link in links:
                if link.done():
                    link.result()
            if not everything.done():
                raise AssertionError(f"in {within} s only {len(self.closed)} of {len(self.turns)} dialogues came to their end; "
                                     f"acknowledged {self.acknowledged()} of {self.contact_turns()}")
            everything.result()
            await self.settle()
        finally:
            for task in [*links, *talks, *beside]:
                task.cancel()
            await asyncio.gather(*links, *talks, *beside, return_exceptions=True)
            for link in [*self.connectors.values(), *self.agents]:
                if link.session:
                    await link.session.close()

    async def settle(self):
        """Statuses are on their way still when the last dialogue ends."""
        for agent in self.agents:
            await agent.session.until(lambda: not agent.tasks, "the agent's commands end")

    def check(self):
        """Holds what the server shows now against what was played."""
        found = self.company.by_thread()
        if set(found) != set(self.turns):
            raise AssertionError(f"missing {set(self.turns) - set(found)}, unknown {set(found) - set(self.turns)}")
        for thread, turns in self.turns.items():
            conversation = found[thread]
            if conversation["channel"] != self.channel_of[thread] or conversation["inbox"] != self.company.inbox:
                raise AssertionError(f"{thread} is in {conversation['inbox']} {conversation['channel']}")
            if conversation["status"] != "closed" or not conversation["closed_at"]:
                raise AssertionError(f"{thread} is {conversation['status']}")
            history = self.company.history(conversation["id"])
            seqs = [entry["seq"] for entry in history]
            if seqs != sorted(set(seqs)):
                raise AssertionError(f"{thread}: history out of order: {seqs}")
            shown = [(e["direction"], e["text"]) for e in history if e["type"] == "message"]
            wanted = [("in" if who == "contact" else "out", f"[{thread}/{n}] {text}") for n, (who, text) in enumerate(turns)]
            if shown != wanted:
                raise AssertionError(f"{thread}: shown {shown}\nwanted {wanted}")
            self.check_assignment(thread, conversation, history)

    def check_assignment(self, thread, conversation, history):
        to = [entry["to"] for entry in history if entry["type"] == "assignment"]
        holders = [agent for agent in self.agents if agent.assigned[thread]]
        if len(holders) != 1 or holders[0].assigned[thread] != 1:
            raise AssertionError(f"{thread} was assigned {[(a.member.id, a.assigned[thread]) for a in holders]}")
        if to != [{"user": holders[0].member.id}] or conversation["assignee"] != to[0]:
            raise AssertionError(f"{thread}: history {to}, conversation {conversation['assignee']}, told {holders[0].member.id}")
        numbers = [n for n, (who, _) in enumerate(self.turns[thread]) if who == "contact"]
        heard = holders[0].heard[thread]
        if heard != numbers[len(numbers) - len(heard):]:
            raise AssertionError(f"{thread}: the agent was told turns {heard} of {numbers}")
