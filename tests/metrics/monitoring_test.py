#!/usr/bin/env python3
"""Prometheus accepts what deploy/ gives it: scrape configuration, alerts with their tests, and every expression of the Grafana
dashboard. Exits 77 where promtool is missing. That it sees what happens is shown by tests/system/test_prometheus.py."""

import json
import pathlib
import re
import shutil
import subprocess
import sys
import tempfile

ROOT = pathlib.Path(__file__).resolve().parents[2]
DEPLOYED = ROOT / "deploy/prometheus"
# What Grafana puts in before it asks.
VARIABLES = {"$__rate_interval": "1m", "$instance": ".*"}


def expressions(part):
    if isinstance(part, list):
        return [found for each in part for found in expressions(each)]
    if isinstance(part, dict):
        own = [part["expr"]] if isinstance(part.get("expr"), str) else []
        return own + [found for each in part.values() for found in expressions(each)]
    return []


def promtool(*arguments):
    done = subprocess.run(["promtool", *map(str, arguments)], capture_output=True, text=True, check=False)
    print(done.stdout + done.stderr)
    return done.returncode == 0


def main():
    if not shutil.which("promtool"):
        print("skipped: promtool is not installed")
        return 77
    good = promtool("check", "config", DEPLOYED / "prometheus.yml")
    good = promtool("check", "rules", DEPLOYED / "alerts.yml") and good
    good = promtool("test", "rules", DEPLOYED / "alerts_test.yml") and good

    found = expressions(json.loads((ROOT / "deploy/grafana/signalbox.json").read_text()))
    assert len(found) > 20, f"only {len(found)} expressions: the dashboard was not read"
    rules = []
    for number, expression in enumerate(found):
        for name, value in VARIABLES.items():
            expression = expression.replace(name, value)
        rules.append({"record": f"expression:{number}", "expr": expression})
    with tempfile.NamedTemporaryFile("w", suffix=".yml") as file:
        json.dump({"groups": [{"name": "dashboard", "rules": rules}]}, file)  # JSON is YAML
        file.flush()
        good = promtool("check", "rules", file.name) and good

    tested = (DEPLOYED / "alerts_test.yml").read_text()
    for alert in re.findall(r"alert: (\w+)", (DEPLOYED / "alerts.yml").read_text()):
        if not any(re.fullmatch(pattern, alert) for pattern in re.findall(r'alertname(?:=~?"|: )([^"\s,}]+)', tested)):
            print(f"{alert} has no test")
            good = False
    return 0 if good else 1


if __name__ == "__main__":
    sys.exit(main())
