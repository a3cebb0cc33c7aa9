"""SIGKILL at random moments under load: after each, `verify` finds nothing wrong, and in the end nothing is lost or doubled.

SIGNALBOX_KILLS says how often (default 5), SIGNALBOX_SEED from which seed; the seed is printed.
"""

import asyncio
import os
import random
import time

import dialogues
from company import Company
from exchange import Exchange
from server import say
from signalbox_client import message
from system_test import SystemTest, main

KILLS = int(os.environ.get("SIGNALBOX_KILLS", "5"))
SEED = int(os.environ.get("SIGNALBOX_SEED", str(time.time_ns() % 1_000_000)))


class KillUnderLoad(SystemTest):
    ON_DISK = True

    async def test_killed_at_random_moments_of_dialogues(self):
        say(f"SIGNALBOX_SEED={SEED} SIGNALBOX_KILLS={KILLS}")
        chance = random.Random(SEED)
        server = self.serve()
        company = Company(server)
        members = company.agents(3, capacity=5)
        channels = [company.channel(f"channel {n}", users=members) for n in range(2)]
        exchange = Exchange(company, channels, members, dialogues.some(20 * KILLS))

        async def kill():
            for n in range(1, KILLS + 1):
                while exchange.acknowledged() < exchange.contact_turns() * n // (KILLS + 1):
                    await asyncio.sleep(0.001)
                await asyncio.sleep(chance.uniform(0, 0.02))
                server.kill()
                await asyncio.to_thread(server.verify)
                await asyncio.to_thread(server.start)

        await exchange.play(kill(), within=300 + 60 * KILLS)
        exchange.check()
        self.assertEqual(server.stop(), 0)
        server.verify()

    async def test_killed_at_random_moments_of_a_flood(self):
        await self.flood(SEED + 1, self.serve())

    async def test_killed_at_random_moments_of_a_flood_that_two_threads_write(self):
        await self.flood(SEED + 2, self.serve(environment={"SIGNALBOX_SERVER_WRITER_THREADS": "2"}))

    async def flood(self, seed, server):
        chance = random.Random(seed)
        company = Company(server)
        members = company.agents(2)
        channel = company.channel(users=members)
        token = company.connector_token(channel)
        acknowledged, resent, number = set(), [], 0
        for _ in range(KILLS):
            moment = time.monotonic() + chance.uniform(0.05, 0.6)
            connector = await company.connector(channel, token=token).open()
            sent = []
            if resent:
                results = await connector.publish([m for m in resent][:64])
                for each in resent[:64]:
                    if each["id"] in acknowledged:
                        self.assertEqual(results.get(each["id"], {}).get("status"), "duplicate", each["id"])
                    acknowledged.add(each["id"])
            while time.monotonic() < moment:
                batch = [message(channel, f"t{number // 10 + n % 7}", number + n) for n in range(64)]
                number += 64
                await connector.until(lambda: connector.credit >= 64, "credit")
                sent.append((batch, await connector.publish_unchecked(batch)))
                await asyncio.sleep(0)
            server.kill()
            await connector.close_code()
            for batch, done in sent:
                if done.done():
                    self.assertEqual(done.result(), {})
                    acknowledged |= {each["id"] for each in batch}
            resent = sent[-1][0] if sent else []
            await asyncio.to_thread(server.verify)
            server.start()
        shown = []
        for conversation in company.conversations():
            shown += [entry["text"].split("]")[0][1:].replace("/", "-") for entry in company.messages(conversation["id"])]
        self.assertEqual(len(shown), len(set(shown)), "doubled")
        self.assertEqual(acknowledged - set(shown), set(), "acknowledged and lost")


if __name__ == "__main__":
    main()
