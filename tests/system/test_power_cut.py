"""A simulated power cut, which SIGKILL does not show: only what reached the device survives.

The data directory is ext4 in a loop-mounted image. Under load the server is stopped (SIGSTOP), the image's bytes are copied
without the kernel's unwritten pages, the copy is mounted (which replays its journal), and a server is started on it.
SIGNALBOX_POWER_CUTS says how often (default 2), SIGNALBOX_LOAD_SECONDS how long the load is before each (default 3).
"""

import asyncio
import os
import signal
import time

from company import Company
from disk import Image
from flood import Flood
from server import say
from system_test import SystemTest, main

CUTS = int(os.environ.get("SIGNALBOX_POWER_CUTS", "2"))
RESUMABLE_EVENTS = 100_000  # of one agent
SECONDS = float(os.environ.get("SIGNALBOX_LOAD_SECONDS", "3"))


class PowerCut(SystemTest):
    ON_DISK = True

    async def test_every_acknowledged_message_is_there_exactly_once(self):
        for cut in range(CUTS):
            with self.subTest(cut=cut):
                await self.cut()

    async def cut(self):
        server = self.serve(start=False)
        image = Image(self, server.root / "disk.img", server.root / "disk", "1G")
        server.data = image.where / "data"
        server.start()
        company = Company(server)
        members = company.agents(2)
        channels = [company.channel(f"channel {n}", users=members) for n in range(2)]
        agents = [await member.agent().open() for member in members]
        floods = [Flood(company, channel, threads=20, name=f"f{n}-") for n, channel in enumerate(channels)]
        end = time.monotonic() + SECONDS
        connectors = [asyncio.create_task(flood.run(lambda: time.monotonic() > end)) for flood in floods]
        await asyncio.wait(connectors)
        server.send_signal(signal.SIGSTOP)
        copy = await asyncio.to_thread(image.copy_bytes, server.root / "copy.img")
        server.kill()
        for each in [*agents, *(task.result() for task in connectors)]:
            await each.close_code()

        survivor = self.serve(start=False)
        survivor.data = Image(self, copy, survivor.root / "disk").where / "data"
        survivor.port = server.port  # tokens and sockets go on as if the machine had come back
        survivor.start()
        acknowledged = sum(len(flood.acknowledged()) for flood in floods)
        self.assertGreater(acknowledged, 0)
        shown = sum(flood.check() for flood in floods)
        told = {text for agent in agents for text in self.texts(agent.events)}
        kept = {m["text"] for c in company.conversations() for m in company.messages(c["id"])}
        self.assertEqual(told - kept, set(), "an agent was told what is not durable")
        for agent, member in zip(agents, members):
            async with member.agent(cursor=agent.cursor) as again:
                # A fast machine leaves a slow reader further behind than the server reads back for a cursor.
                if acknowledged <= RESUMABLE_EVENTS or again.welcome["resumed"]:
                    self.assertTrue(again.welcome["resumed"])
                else:
                    self.assertEqual(again.welcome["reason"], "cursor_too_old")
        for flood in floods:  # what was acknowledged last is known as such
            last = next((batch for batch, done in reversed(flood.frames) if done.done()), None)
            async with company.connector(token=flood.token) as connector:
                results = await connector.publish(last)
                self.assertEqual([results.get(m["id"], {}).get("status") for m in last], ["duplicate"] * len(last))
        self.assertEqual(survivor.stop(), 0)
        survivor.verify()
        say(f"power cut: {acknowledged} acknowledged, {shown} there, 0 lost")

    @staticmethod
    def texts(events):
        return [e["data"]["message"]["text"] for e in events if e["type"] in ("assignment.created", "message.created")]


if __name__ == "__main__":
    main()
