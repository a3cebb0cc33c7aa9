"""Backups of a running server: whole, sound, with all that was acknowledged before; and what is refused, over HTTP and from a shell."""

import asyncio
import copy

import shapes
from company import Company
from disk import small
from flood import Flood
from server import ADMIN_TOKEN, free_port
from signalbox_client import message
from system_test import SystemTest, main

FAILED, USAGE, UNAVAILABLE, LOCKED = 1, 64, 69, 73
COPIES = 3

taken = shapes.record({"directory": shapes.filled, "commit": shapes.whole, "bytes": shapes.whole, "taken_at": shapes.moment})


class Backup(SystemTest):
    ON_DISK = True

    def ask(self, server, directory):
        operator = server.operator
        operator.patience *= 5  # everything in memory goes to the disk first, beside the load
        return operator.post("/v1/backups", {"directory": str(directory)}, taken, 201)

    def served_from(self, directory, company):
        """The company as a second server shows it that runs on a backup."""
        other = self.serve(start=False)
        other.data = directory
        other.start()
        view = copy.copy(company)
        view.server, view.http = other, other.http(company.admin.token)
        return view

    def shown(self, company):
        found = {}
        for thread, conversation in company.by_thread().items():
            ids = [m["text"].split("]")[0][1:].replace("/", "-") for m in company.messages(conversation["id"], "in")]
            numbers = [int(one.rsplit("-", 1)[1]) for one in ids]
            self.assertEqual(numbers, sorted(set(numbers)), f"{thread} is out of order or doubled")
            found |= dict.fromkeys(ids)
        return set(found)

    async def test_a_backup_under_load_is_sound_and_holds_what_was_acknowledged_before_it(self):
        server = self.serve()
        company = Company(server)
        members = company.agents(2)
        flood = Flood(company, company.channel(users=members), words="x" * 300)
        over, copies, least = False, [], 0
        load = asyncio.create_task(flood.run(lambda: over))
        for n in range(COPIES):
            while len(flood.acknowledged()) < least:
                self.assertFalse(load.done(), "the load goes on while backups are taken")
                await asyncio.sleep(0.01)
            before = flood.acknowledged()
            told = await asyncio.to_thread(self.ask, server, server.root / f"copy-{n}")
            copies.append((server.root / f"copy-{n}", before, told))
            least = len(flood.acknowledged()) + 1500
        over = True
        await load
        self.assertGreater(copies[-1][2]["commit"], copies[0][2]["commit"])
        for directory, before, _ in copies:
            done = await asyncio.to_thread(server.run, "verify", "--data", directory, within=300)
            self.assertEqual(done.returncode, 0, done.stdout + done.stderr)
            view = await asyncio.to_thread(self.served_from, directory, company)
            shown = await asyncio.to_thread(self.shown, view)
            self.assertEqual(before - shown, set(), "acknowledged before the backup, and not in it")
            self.assertEqual(view.server.stop(), 0)
            view.server.verify()
        self.assertTrue(copies[-1][1], "something was acknowledged")
        flood.check()  # and the server itself lost nothing by it
        self.assertEqual(server.stop(), 0)
        server.verify()

    def test_what_is_refused_over_http_changes_nothing(self):
        server = self.serve()
        company = Company(server)
        full = server.root / "full"
        full.mkdir()
        (full / "precious").write_text("mine")
        for directory in ("copy", "", 7, None):
            self.assertProblem("invalid", server.operator.post, "/v1/backups", {"directory": directory}, status=422)
        for directory in (full, full / "precious", full / "precious" / "below", server.data, server.data / "inside", "/", "/proc/x"):
            self.assertProblem("conflict", server.operator.post, "/v1/backups", {"directory": str(directory)}, status=409)
        to = {"directory": str(server.root / "copy")}
        self.assertProblem("access_denied", company.http.post, "/v1/backups", to)
        self.assertProblem("unauthorized", server.http().post, "/v1/backups", to)
        self.assertEqual([one.name for one in full.iterdir()], ["precious"])
        self.assertFalse((server.root / "copy").exists())
        self.ask(server, server.root / "copy")
        self.assertProblem("conflict", server.operator.post, "/v1/backups", to)
        server.stop()
        server.verify()

    def test_a_full_disk_of_the_copy_does_not_end_the_server(self):
        server = self.serve()
        company = Company(server)
        channel = company.channel()
        company.http.post(f"/v1/channels/{channel}/messages", {"messages": [message(channel, "t", n, "x" * 9000) for n in range(90)]})
        where = small(self, server.root / "disk", "64k").where
        self.assertProblem("conflict", server.operator.post, "/v1/backups", {"directory": str(where / "copy")})
        self.assertEqual([one.name for one in where.iterdir()], [], "nothing half is left")
        company.http.post(f"/v1/channels/{channel}/messages", {"messages": [message(channel, "t", 90)]})
        self.assertEqual(len(company.messages(company.conversations()[0]["id"])), 91)
        self.ask(server, server.root / "copy")

    def test_from_a_shell(self):
        server = self.serve()
        company = Company(server)
        channel = company.channel()
        company.http.post(f"/v1/channels/{channel}/messages", {"messages": [message(channel, "t", 0)]})
        url, to = f"http://127.0.0.1:{server.port}", server.root / "copy"
        for offline in (("backup", "--data", server.data, to), ("verify", "--data", server.data)):
            done = server.run(*offline)
            self.assertEqual(done.returncode, LOCKED, done.stdout + done.stderr)
            self.assertIn("signalbox backup --url http://", done.stderr)
        done = server.run("backup", "--url", url, to, environment={"SIGNALBOX_ADMIN_TOKEN": ADMIN_TOKEN})
        self.assertEqual(done.returncode, 0, done.stderr)
        self.assertIn(str(to), done.stdout)
        for code, words, arguments in ((FAILED, "conflict", (url, ADMIN_TOKEN, to)), (FAILED, "unauthorized", (url, "wrong", to)),
                                       (USAGE, "absolute", (url, ADMIN_TOKEN, "copy")), (USAGE, "--url", ("nowhere", ADMIN_TOKEN, to)),
                                       (UNAVAILABLE, "no server", (f"http://127.0.0.1:{free_port()}", ADMIN_TOKEN, to))):
            done = server.run("backup", "--url", arguments[0], "--admin-token", arguments[1], arguments[2])
            self.assertEqual(done.returncode, code, done.stdout + done.stderr)
            self.assertIn(words, done.stderr)
        self.assertEqual(server.run("verify", "--data", to).returncode, 0)
        self.assertEqual(server.run("restore", to, "--data", server.root / "restored").returncode, 0)
        view = self.served_from(server.root / "restored", company)
        self.assertEqual(self.shown(view), {"t-0"})
        # Offline as ever, and not over what is there.
        server.stop()
        self.assertEqual(server.run("backup", "--data", server.data, server.root / "offline").returncode, 0)
        self.assertEqual(server.run("verify", "--data", server.root / "offline").returncode, 0)


if __name__ == "__main__":
    main()
