#!/usr/bin/env python3
"""Prometheus understands every expression of the Grafana dashboard. Exits 77 where promtool is missing."""

import json
import pathlib
import shutil
import subprocess
import sys
import tempfile

ROOT = pathlib.Path(__file__).resolve().parents[2]
# What Grafana puts in before it asks.
VARIABLES = {"$__rate_interval": "1m", "$instance": ".*"}


def expressions(part):
    if isinstance(part, list):
        return [found for each in part for found in expressions(each)]
    if isinstance(part, dict):
        own = [part["expr"]] if isinstance(part.get("expr"), str) else []
        return own + [found for each in part.values() for found in expressions(each)]
    return []


def main():
    if not shutil.which("promtool"):
        print("skipped: promtool is not installed")
        return 77
    found = expressions(json.loads((ROOT / "deploy/grafana/signalbox.json").read_text()))
    rules = []
    for number, expression in enumerate(found):
        for name, value in VARIABLES.items():
            expression = expression.replace(name, value)
        rules.append({"record": f"expression:{number}", "expr": expression})
    with tempfile.NamedTemporaryFile("w", suffix=".yml") as file:
        json.dump({"groups": [{"name": "dashboard", "rules": rules}]}, file)  # JSON is YAML
        file.flush()
        done = subprocess.run(["promtool", "check", "rules", file.name], capture_output=True, text=True, check=False)
    print(done.stdout + done.stderr)
    assert len(found) > 20, f"only {len(found)} expressions: the dashboard was not read"
    return done.returncode


if __name__ == "__main__":
    sys.exit(main())
