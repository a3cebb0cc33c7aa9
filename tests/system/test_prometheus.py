"""A real Prometheus (Debian's package) with the configuration of deploy/ scrapes the server and is asked what it saw."""

import asyncio
import json
import os
import pathlib
import re
import subprocess
import time
import urllib.parse
import urllib.request

from company import Company
from server import end_with_parent, free_port
from signalbox_client import PATIENCE, message
from system_test import SystemTest, main

PROMETHEUS = "/usr/bin/prometheus"
DEPLOY = pathlib.Path(__file__).resolve().parents[2] / "deploy"


class Prometheus(SystemTest):
    def setUp(self):
        super().setUp()
        if not os.path.exists(PROMETHEUS):
            self.skipTest("skipped: Debian's package prometheus is not installed")
        self.server = self.serve()
        self.company = Company(self.server)
        self.port = free_port()
        text = (DEPLOY / "prometheus" / "prometheus.yml").read_text()
        self.assertIn("127.0.0.1:8080", text)
        text = text.replace("127.0.0.1:8080", f"127.0.0.1:{self.server.port}").replace("15s", "1s")
        where = self.server.root
        (where / "prometheus.yml").write_text(text)
        (where / "alerts.yml").write_text((DEPLOY / "prometheus" / "alerts.yml").read_text())
        with open(where / "prometheus.log", "wb") as log:
            running = subprocess.Popen(
                [PROMETHEUS, f"--config.file={where}/prometheus.yml", f"--storage.tsdb.path={where}/tsdb",
                 f"--web.listen-address=127.0.0.1:{self.port}"], stdout=log, stderr=log, stdin=subprocess.DEVNULL,
                preexec_fn=end_with_parent)
        self.addCleanup(running.wait)
        self.addCleanup(running.kill)

    def query(self, expression):
        url = f"http://127.0.0.1:{self.port}/api/v1/query?" + urllib.parse.urlencode({"query": expression})
        with urllib.request.urlopen(url, timeout=PATIENCE) as answer:
            return [(each["metric"], float(each["value"][1])) for each in json.load(answer)["data"]["result"]]

    def becomes(self, expression, wanted):
        end = time.monotonic() + PATIENCE
        while True:
            try:
                found = [value for _, value in self.query(expression)]
            except OSError as why:
                found = why
            if found == [wanted]:
                return
            self.assertLess(time.monotonic(), end, f"{expression} is {found}, not {wanted}")
            time.sleep(0.2)

    def test_it_sees_what_happened(self):
        self.becomes("up", 1.0)
        member, = self.company.agents(1, capacity=5)
        channel = self.company.channel(users=[member])

        async def exchange():
            async with self.company.connector(channel) as connector, member.agent() as agent:
                await connector.publish([message(channel, f"t{n}", 0) for n in range(8)])
                await connector.publish([message(channel, "t0", 0), message(channel, "t0", 1), message(channel, "t0", 1) | {"text": 7}])
                first = await agent.event("assignment.created", nth=5)
                await agent.command("reply", conversation=first["data"]["conversation"]["id"], text="an answer")
                await connector.until(lambda: connector.delivered, "the delivery")
                await agent.event("message.status", lambda data: "delivered" in str(data))
                await asyncio.to_thread(self.compare)

        asyncio.run(exchange())
        self.becomes('sum(signalbox_sockets{kind=~"agent|connector"})', 0.0)

    def compare(self):
        for expression, wanted in (
                ('signalbox_messages_received_total{outcome="accepted"}', 9.0), ('signalbox_messages_received_total{outcome="duplicate"}', 1.0),
                ('signalbox_messages_received_total{outcome="rejected"}', 1.0), ("signalbox_conversations_opened_total", 8.0),
                ('signalbox_conversations_assigned_total{reason="rule"}', 5.0), ("signalbox_conversations_waiting", 3.0),
                ('signalbox_sockets{kind="agent"}', 1.0), ('signalbox_sockets{kind="connector"}', 1.0),
                ('signalbox_deliveries_total{status="delivered"}', 1.0), ("signalbox_unacknowledged_messages", 0.0),
                ("signalbox_waiting_beside_free_agent_oldest_seconds", 0.0), ("signalbox_build_info", 1.0),
                ('signalbox_message_hop_seconds_count{hop="committed"} > bool 0', 1.0),
                ('signalbox_message_hop_seconds_count{hop="offered"} > bool 0', 1.0),
                ('signalbox_message_hop_seconds_count{hop="pushed"} > bool 0', 1.0),
                ('signalbox_message_hop_seconds_count{hop="acknowledged"} > bool 0', 1.0),
                ("signalbox_commit_seconds_count > bool 0", 1.0)):
            self.becomes(expression, wanted)
        self.dashboard_and_alerts_ask_for_families_that_exist()

    def dashboard_and_alerts_ask_for_families_that_exist(self):
        shown = {line.split(" ")[2] for line in self.server.operator.raw("GET", "/metrics")[2].decode().splitlines()
                 if line.startswith("# TYPE")}
        for file in (DEPLOY / "grafana" / "signalbox.json", DEPLOY / "prometheus" / "alerts.yml"):
            asked = {re.sub("_(bucket|sum|count)$", "", name) for name in re.findall(r"\b(?:signalbox|process)_[a-z_]+\b(?=[{\[\s)\"/]|$)",
                                                                                    file.read_text())}
            self.assertEqual({name for name in asked if name not in shown and name + "_total" not in shown}, set(), file.name)


if __name__ == "__main__":
    main()
