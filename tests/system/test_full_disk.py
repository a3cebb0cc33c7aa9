"""A disk that is full: the process says so and ends with its code; what it acknowledged is there when space was made."""

from company import Company
from disk import small
from flood import Flood
from system_test import SystemTest, main

DISK = 74
SMALL_STORE = {"SIGNALBOX_STORAGE_MEMTABLE_BYTES": "4MiB", "SIGNALBOX_STORAGE_BLOCK_CACHE_BYTES": "4MiB"}


class FullDisk(SystemTest):
    ON_DISK = True

    async def test_a_full_disk_ends_the_process_and_loses_nothing_acknowledged(self):
        server = self.serve(start=False, environment=SMALL_STORE)
        where = small(self, server.root / "disk", "96m").where
        server.data = where / "data"
        ballast = where / "ballast"
        ballast.write_bytes(bytes(32 << 20))
        server.start()
        company = Company(server)
        flood = Flood(company, company.channel(), threads=20, batch=32, words="x" * 4000)
        connector = await flood.run(lambda: False)
        self.assertIsNotNone(await connector.close_code())
        self.assertEqual(server.wait(), DISK)
        said = server.log().lower()
        self.assertTrue("no space" in said or "full" in said, "it says why")
        self.assertTrue(flood.acknowledged(), "something was acknowledged before")
        ballast.unlink()
        server.start()
        flood.check()
        again = Flood(company, flood.channel, flood.token, name="again")
        sent = iter(range(20))
        connector = await again.run(lambda: next(sent, None) is None)
        await connector.until(lambda: not connector.in_flight, "all acks")
        await connector.close()
        self.assertEqual(again.check(), 20 * 64)
        self.assertEqual(server.stop(), 0)
        server.verify()

    async def test_starting_on_a_full_disk_is_refused_with_a_sentence(self):
        server = self.serve(start=False, environment=SMALL_STORE)
        where = small(self, server.root / "disk", "16m").where
        try:
            with open(where / "ballast", "wb") as ballast:
                while True:
                    ballast.write(bytes(1 << 16))
        except OSError:
            pass
        done = server.run("serve", "--data", where / "data", "--listen", f"127.0.0.1:{server.port}")
        self.assertIn(done.returncode, (DISK, 73))
        self.assertIn("space", done.stderr.lower())


if __name__ == "__main__":
    main()
