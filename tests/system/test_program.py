"""The program from a shell: what it refuses, with which sentence and exit code."""

import os
import re
import signal
import socket
import struct
import subprocess
import threading
import time

import write_ahead_log
from company import Company
from server import ADMIN_TOKEN, free_port, program
from signalbox_client import PATIENCE, Http, message
from system_test import SystemTest, main

UNAVAILABLE, USAGE, LOCKED, CONFIGURATION = 69, 64, 73, 78


class Program(SystemTest):
    def assertSays(self, done, code, *words):
        """It ended with the code, and a person can read why: a sentence or a few, no trace."""
        self.assertEqual(done.returncode, code, done.stdout + done.stderr)
        said = done.stderr.lower()
        for each in words:
            self.assertIn(str(each).lower(), said)
        for noise in ("terminate called", "what():", "backtrace", "assert", "core dumped", "exception"):
            self.assertNotIn(noise, said)

    def serve_again(self, *arguments):
        return self.servers[0].run("serve", *arguments, within=30)

    def test_a_second_server_on_the_same_directory_is_refused_and_the_first_goes_on(self):
        server = self.serve()
        company = Company(server)
        done = self.serve_again("--data", server.data, "--listen", f"127.0.0.1:{free_port()}")
        self.assertSays(done, LOCKED, str(server.data))
        channel = company.channel()
        company.http.post(f"/v1/channels/{channel}/messages", {"messages": [message(channel, "t", 0)]})
        server.restart_after_kill()
        self.assertEqual(len(company.conversations()), 1)

    def test_a_second_server_beside_the_first_on_its_own_directory_is_fine(self):
        one, other = self.serve(), self.serve()
        Company(one), Company(other)
        self.assertEqual((one.stop(), other.stop()), (0, 0))

    def test_a_busy_port_gets_a_sentence(self):
        server = self.serve()
        with socket.socket() as holder:
            holder.bind(("127.0.0.1", 0))
            holder.listen()
            port = holder.getsockname()[1]
            done = self.serve_again("--data", server.root / "other", "--listen", f"127.0.0.1:{port}")
            self.assertSays(done, UNAVAILABLE, port)

    def test_a_directory_that_cannot_be_made_gets_a_sentence(self):
        server = self.serve(start=False)
        (server.root / "file").write_text("not a directory")
        done = self.serve_again("--data", server.root / "file" / "data", "--listen", f"127.0.0.1:{free_port()}")
        self.assertIn(done.returncode, (LOCKED, 74))
        self.assertSays(done, done.returncode, "file")

    def test_a_directory_of_somebody_else_is_not_taken_over(self):
        server = self.serve(start=False)
        other = server.root / "other"
        other.mkdir()
        (other / "precious.txt").write_text("mine")
        done = self.serve_again_bounded(other)
        if done is not None:
            self.assertSays(done, LOCKED, str(other))
        self.assertEqual((other / "precious.txt").read_text(), "mine")

    def serve_again_bounded(self, data):
        try:
            return self.servers[0].run("serve", "--data", data, "--listen", f"127.0.0.1:{free_port()}", within=5)
        except subprocess.TimeoutExpired:
            return None

    def test_a_newer_format_is_refused_however_often(self):
        server = self.serve()
        server.kill()
        logs = sorted(server.data.rglob("*.log"))
        if not sum(write_ahead_log.replace(log, b"format", struct.pack(">I", 255)) for log in logs):
            self.skipTest("skipped: the format's number is not in the write-ahead log; tests/storage refuses a newer one")
        for _ in range(2):
            self.assertSays(self.serve_again("--data", server.data, "--listen", f"127.0.0.1:{free_port()}"), LOCKED, "newer", server.data)

    def test_wrong_configuration_is_named_by_key_and_file(self):
        server = self.serve(start=False)
        file = server.root / "signalbox.toml"
        for text, words in (("[server]\nlisten = 7\n", ("listen",)), ("[routing]\npresence_grace = \"soon\"\n", ("presence_grace", "soon")),
                            ("[serfer]\n", ("serfer",)), ("[server\n", (file.name,))):
            file.write_text(text)
            for command in ("check-config", "serve"):
                self.assertSays(server.run(command, "--config", file, within=30), CONFIGURATION, *words)
        file.write_text("[routing]\npresence_grace = \"5s\"\n")
        self.assertEqual(server.run("check-config", "--config", file).returncode, 0)
        done = server.run("check-config", environment={"SIGNALBOX_ROUTING_PRESENCE_GRACE": "many"})
        self.assertSays(done, CONFIGURATION, "SIGNALBOX_ROUTING_PRESENCE_GRACE")

    def test_version_help_and_nonsense(self):
        server = self.serve(start=False)
        self.assertRegex(server.run("--version").stdout, r"signalbox \d+\.\d+\.\d+")
        helped = server.run("--help")
        self.assertEqual(helped.returncode, 0)
        for word in ("serve", "check-config", "verify", "replay"):
            self.assertIn(word, helped.stdout)
        for nonsense in (["dance"], ["serve", "--no-such-flag"], ["serve", "--listen"]):
            self.assertIn(server.run(*nonsense).returncode, (USAGE, CONFIGURATION))
        for nonsense, said in ((["dance"], "there is no command dance; signalbox --help"),
                               (["serve", "--prot"], "serve has no option --prot; signalbox serve --help")):
            done = server.run(*nonsense)
            self.assertSays(done, USAGE, said)
            self.assertEqual(done.stderr.count("\n"), 1, done.stderr)

    def test_a_command_on_a_store_that_is_held_names_no_address_that_it_made_up(self):
        server = self.serve()
        done = server.run("backup", "--data", server.data, server.root / "copy")
        self.assertSays(done, LOCKED, "signalbox backup --url http://HOST:PORT COPY")
        self.assertNotIn("8080", done.stderr)

    def test_conformance_says_what_it_waits_for(self):
        waiting = subprocess.Popen([program(), "conformance", "--listen", "127.0.0.1:0"], stdout=subprocess.PIPE,
                                   stderr=subprocess.PIPE, text=True)
        try:
            port = re.match(r"url=http://127\.0\.0\.1:(\d+)\n", waiting.stdout.readline())[1]
            self.assertRegex(waiting.stderr.readline(), r"waiting until \d\d:\d\d:\d\d UTC for the connector to connect to "
                             rf"ws://127\.0\.0\.1:{port}/v1/connect\n$")
        finally:
            waiting.kill()
            waiting.communicate()

    def test_replay_outlives_a_server_that_is_killed_while_it_founds_its_company(self):
        server = self.serve()
        file = server.root / "dialogues.ndjson"
        file.write_text('{"id":"d","services":["x"],"turns":[["contact","Hello?"],["agent","Hello!"]]}\n')
        players = subprocess.Popen([program(), "replay", str(file), "--url", f"http://127.0.0.1:{server.port}", "--agents", "40",
                                    "--admin-token", ADMIN_TOKEN], stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
        operator = Http(server.port, ADMIN_TOKEN)
        end = time.monotonic() + PATIENCE
        while not operator.get("/v1/accounts")["items"] and time.monotonic() < end:
            time.sleep(0.005)
        server.restart_after_kill()
        out, err = players.communicate(timeout=2 * PATIENCE)
        self.assertEqual(players.returncode, 0, err)
        self.assertIn("founding the company anew in 250 ms", err)
        self.assertIn("connector_token=", out)

    def test_replay_waits_for_no_server_that_never_was(self):
        server = self.serve(start=False)
        file = server.root / "dialogues.ndjson"
        file.write_text('{"id":"d","turns":[["contact","Hello?"],["agent","Hello!"]]}\n')
        began = time.monotonic()
        done = server.run("replay", file, "--url", f"http://127.0.0.1:{server.port}", "--admin-token", ADMIN_TOKEN)
        self.assertSays(done, UNAVAILABLE, "no server at")
        self.assertLess(time.monotonic() - began, 20)

    def test_ready_is_one_line_with_the_address(self):
        server = self.serve()
        lines = server.out_path.read_text().splitlines()
        self.assertTrue(lines and any(str(server.port) in line for line in lines), lines)

    def test_the_first_start_without_an_admin_token_prints_one_that_works(self):
        server = self.serve(start=False)
        command = [c for c in server.command()]
        at = command.index("--admin-token")
        server.command = lambda: command[:at] + command[at + 2:]
        server.start()
        said = server.out_path.read_text() + server.log_path.read_text()
        candidates = re.findall(r"[A-Za-z0-9_\-]{20,}", said)
        self.assertTrue(any(server.http(each).raw("GET", "/v1/accounts")[0] == 200 for each in candidates), said)
        server.stop()
        server.start()
        again = server.out_path.read_text() + server.log_path.read_text().split("---- start")[-1]
        self.assertFalse(any(each in again for each in candidates if server.http(each).raw("GET", "/v1/accounts")[0] == 200),
                         "it is printed once")

    def test_verify_while_a_server_holds_the_directory_harms_nothing(self):
        server = self.serve()
        company = Company(server)
        done = server.run("verify", "--data", server.data)
        self.assertIn(done.returncode, (0, LOCKED))
        company.http.get("/v1/account")
        server.stop()
        server.verify()

    def test_verify_of_nothing_and_of_damage(self):
        server = self.serve()
        company = Company(server)
        channel = company.channel()
        for n in range(50):
            company.http.post(f"/v1/channels/{channel}/messages", {"messages": [message(channel, "t", n, "x" * 5000)]})
        server.stop()
        server.verify()
        self.assertNotEqual(server.run("verify", "--data", server.root / "nothing").returncode, 0)
        largest = max((p for p in server.data.rglob("*") if p.suffix in (".log", ".sst")), key=lambda p: p.stat().st_size)
        content = bytearray(largest.read_bytes())
        content[len(content) // 2] ^= 0xFF
        largest.write_bytes(content)
        done = server.run("verify", "--data", server.data)
        self.assertNotEqual(done.returncode, 0, "a flipped bit is found")
        self.assertTrue(done.stdout + done.stderr)

    def test_a_term_before_it_serves_ends_it_in_order_too(self):
        """The configuration comes through a pipe that nobody writes to yet: so the program is in its first instants."""
        server = self.serve(start=False)
        pipe = server.root / "signalbox.toml"
        os.mkfifo(pipe)
        server.arguments = ["--config", str(pipe)]
        server.start(wait=False)
        with open(pipe, "w") as writer:  # opens once the program reads
            server.send_signal(signal.SIGTERM)
            time.sleep(0.1)
            self.assertTrue(server.running, "it ended without an order")
            writer.write("[log]\nlevel = \"info\"\n")
        self.assertEqual(server.wait(), 0)

    def test_a_command_that_only_answers_ends_on_a_term(self):
        server = self.serve(start=False)
        pipe = server.root / "signalbox.toml"
        os.mkfifo(pipe)
        checking = subprocess.Popen([program(), "check-config", "--config", str(pipe)], stdout=subprocess.DEVNULL)
        with open(pipe, "w"):
            checking.send_signal(signal.SIGTERM)
            self.assertEqual(checking.wait(PATIENCE), -signal.SIGTERM)

    def test_two_terms_or_an_interrupt_end_it_too(self):
        server = self.serve()
        first = server.process
        again = threading.Timer(0.01, lambda: first.send_signal(signal.SIGTERM))  # nothing when it ended already
        again.start()
        self.assertEqual(server.stop(), 0)
        again.join()
        server.start()
        server.send_signal(signal.SIGINT)
        self.assertEqual(server.wait(), 0)


if __name__ == "__main__":
    main()
