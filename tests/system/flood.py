"""A connector that sends as fast as its credit allows, and remembers what was acknowledged."""

import itertools

from signalbox_client import Closed, message


class Flood:
    def __init__(self, company, channel, token=None, threads=50, batch=64, words="hello", name="f"):
        self.company, self.channel = company, channel
        self.token = token or company.connector_token(channel)
        self.threads, self.batch, self.words, self.name = threads, batch, words, name
        self.number = itertools.count()
        self.frames = []  # (messages, future)

    def next_batch(self):
        return [message(self.channel, f"{self.name}{n % self.threads}", n, self.words) for n in itertools.islice(self.number, self.batch)]

    async def run(self, until):
        """Sends until `until()` is true or the server is gone; reads what still comes."""
        connector = await self.company.connector(token=self.token).open()
        try:
            while not until():
                await connector.until(lambda: connector.credit >= self.batch, "credit")
                batch = self.next_batch()
                self.frames.append((batch, await connector.publish_unchecked(batch)))
        except (Closed, OSError):
            pass
        if connector.wrong:
            raise connector.wrong
        return connector

    def acknowledged(self):
        """Ids of messages that were simply accepted."""
        found = set()
        for batch, done in self.frames:
            if done.done():
                refused = done.result()
                if refused:
                    raise AssertionError(f"not simply accepted: {refused}")
                found |= {each["id"] for each in batch}
        return found

    def check(self, company=None):
        """Everything acknowledged is shown once, in its thread's order, and nothing that was not sent."""
        company = company or self.company
        shown = []
        for thread, conversation in company.by_thread().items():
            if not thread.startswith(self.name):
                continue
            numbers = [int(m["text"].split("]")[0].split("/")[1]) for m in company.messages(conversation["id"], "in")]
            if numbers != sorted(set(numbers)):
                raise AssertionError(f"{thread} is out of order or doubled: {numbers}")
            shown += [f"{thread}-{n}" for n in numbers]
        sent = {each["id"] for batch, _ in self.frames for each in batch}
        if lost := self.acknowledged() - set(shown):
            raise AssertionError(f"{len(lost)} acknowledged messages are lost, such as {sorted(lost)[:5]}")
        if foreign := set(shown) - sent:
            raise AssertionError(f"shown but never sent: {sorted(foreign)[:5]}")
        return len(shown)
