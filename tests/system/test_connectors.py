"""The connectors of docs/connectors.md conform, and faulty ones are told what they did wrong; both work with the real server."""

import os
import re
import time

from company import Company
from printed_connectors import Conformance, Workshop, await_that, interrupt, packages, printed
from server import say
from system_test import SystemTest, main

SEED = int(os.environ.get("SIGNALBOX_SEED", str(time.time_ns() % 1_000_000)))
SECONDS = 4

# What is changed in the Python connector, and what is said about it then: only that.
FAULTS = {
    "forgets what was not acknowledged": (
        ('def read_behind(place, most):\n', 'far = 0\ndef read_behind(place, most):\n    global far\n    place = max(place, far)\n'),
        ("    return batch, place\n", "    far = place\n    return batch, place\n"),
        r"lost the message \"at-\d+\""),
    "begins again from the start": (
        ('int(each["offset"] or 0) for', "0 for"), r"again without need: it was acknowledged"),
    "doesn't look at its credit": (
        ('min(welcome["credit"], welcome["max_batch"])', '512'),
        r"over its credit|in one frame; the welcome's max_batch"),
    "publishes before it says hello": (
        ('                await socket.send(json.dumps({"op": "hello"',
         '                await socket.send(json.dumps({"op": "publish", "seq": 0, "messages": []}))\n'
         '                await socket.send(json.dumps({"op": "hello"'),
        r"published before hello"),
    "names messages by their place in the frame": (
        ('"id": f"at-{place}"', '"id": f"at-{len(batch)}"'),
        r"again with another (text|thread|from)|again without need"),
    "goes on when it was drained": (('if frame["op"] == "drain"', "if False"), r"ignored the drain"),
    "sends its numbers as text": (('"seq": seq', '"seq": str(seq)'), r"seq is a string instead of a whole number|no message, so"),
    "doesn't answer for replies": (('    await socket.send(json.dumps({"op": "status"', '    json.dumps(({"op": "status"'),
                                   r"did not answer the delivery"),
}


def faulty(changes):
    source = printed("python")
    for before, after in changes:
        if before not in source:
            raise AssertionError(f"the connector of the document has no {before!r}")
        source = source.replace(before, after)
    return source


class Judged(SystemTest):
    def test_the_printed_connectors_conform_and_faulty_ones_are_told_why(self):
        say(f"SIGNALBOX_SEED={SEED}")
        workshop = Workshop()
        self.addCleanup(workshop.end)
        commands = {"python": workshop.python(printed("python"))}
        try:
            commands["typescript"] = workshop.typescript(printed("typescript"))
        except packages.Missing as what:
            say(f"without TypeScript: {what}")
        for number, (name, (*changes, _)) in enumerate(FAULTS.items()):
            commands[name] = workshop.python(faulty(changes), f"faulty_{number}")
        runs = {}
        for number, (name, command) in enumerate(commands.items()):
            runs[name] = run = Conformance(SECONDS, SEED)
            workshop.start(command, run.url, "any", run.channel, f"outbox_{number}")
        for number, (name, run) in enumerate(runs.items()):
            with self.subTest(name):
                code, said = run.verdict()
                story = f"{said}\n{workshop.log(f'outbox_{number}')}"
                complaints = re.findall(r"^connection \d+: it (.*)$", said, re.MULTILINE)
                if name not in FAULTS:
                    self.assertEqual((code, complaints), (0, []), story)
                    self.assertGreater(int(re.search(r"^messages=(\d+)$", said, re.MULTILINE)[1]), 20, story)
                    self.assertGreater(int(re.search(r"^deliveries_answered=(\d+)$", said, re.MULTILINE)[1]), 5, story)
                else:
                    self.assertEqual(code, 1, story)
                    self.assertTrue(complaints, story)
                    expected = FAULTS[name][-1]
                    self.assertEqual([each for each in complaints if not re.search(expected, each)], [], story)


class Connected(SystemTest):
    LINES = 400

    def published_once_through_kills(self, command, workshop):
        server = self.serve()
        company = Company(server)
        member, = company.agents(1)
        channel = company.channel(users=[member])
        token = company.connector_token(channel)
        connector = workshop.start(command, f"http://127.0.0.1:{server.port}", token, channel, "outbox")

        def shown():
            return sum(len(company.messages(each["id"], "in")) for each in company.conversations())

        await_that(lambda: shown() > 20, "the first messages")
        conversation = company.by_thread()["t-0"]["id"]
        member.http.post(f"/v1/conversations/{conversation}/messages", {"text": "answer 0"}, None, 202)
        server.restart_after_kill()
        await_that(lambda: workshop.replies("outbox") == ["answer 0"], "the reply")
        interrupt(connector)
        member.http.post(f"/v1/conversations/{conversation}/messages", {"text": "answer 1"}, None, 202)
        workshop.start(command, f"http://127.0.0.1:{server.port}", token, channel, "outbox")
        await_that(lambda: len(workshop.replies("outbox")) == 2, "the reply that came meanwhile")
        server.kill()
        time.sleep(0.3)
        server.start()
        await_that(lambda: shown() == self.LINES, f"all {self.LINES} messages")
        for number in range(5):
            texts = [each["text"] for each in company.messages(company.by_thread()[f"t-{number}"]["id"], "in")]
            self.assertEqual(texts, [f"Grüße {line}" for line in range(number, self.LINES, 5)])
        self.assertEqual(workshop.replies("outbox"), ["answer 0", "answer 1"])
        await_that(lambda: {each["status"] for each in company.messages(conversation, "out")} == {"sent"}, "their status")

    def workshop(self):
        made = Workshop(lines_max=self.LINES, lines_a_second=200)
        self.addCleanup(made.end)
        return made

    def test_the_python_connector_publishes_once_and_replies_once_through_kills_of_both_sides(self):
        workshop = self.workshop()
        self.published_once_through_kills(workshop.python(printed("python")), workshop)

    def test_the_typescript_connector_publishes_once_and_replies_once_through_kills_of_both_sides(self):
        workshop = self.workshop()
        try:
            command = workshop.typescript(printed("typescript"))
        except packages.Missing as what:
            self.skipTest(str(what))
        self.published_once_through_kills(command, workshop)


if __name__ == "__main__":
    main()
