"""Every answer that the system tests and those of the edge (tests/transport/http_api) got, held against docs/openapi.yaml by a JSON
Schema validator from npm (answers/validate.mjs).

    answers_test.py empty FOLDER   before them: begins a new record
    answers_test.py check FOLDER   behind them. 77 without npm

The record is what tests/system/signalbox_client.py and tests/transport/http_api/api_rig.cpp keep in $SIGNALBOX_EXCHANGES.
"""

import json
import shutil
import subprocess
import sys
from pathlib import Path

from npm_packages import installed, missing_programs

ROOT = Path(__file__).resolve().parents[2]
ANSWERS = ROOT / "tests/project/answers"

PROBLEM = {"type": "about:blank", "title": "Not found", "status": 404, "code": "not_found"}
# Each must be seen, or the validator is worth nothing: (status, content type, body) of GET /v1/account.
FAULTY = (
    (200, "application/json", {"id": 7}),
    (200, "application/problem+json", PROBLEM),
    (404, "application/problem+json", PROBLEM | {"status": "404"}),
    (418, "application/json", {}),
)


def validate(folder, files):
    return subprocess.run(["node", str(ANSWERS / "validate.mjs"), str(ROOT / "docs/openapi.yaml"), *map(str, files)], cwd=folder,
                          capture_output=True, text=True, timeout=240, check=False)


def faults_are_seen(folder):
    file = folder / "faulty.jsonl"
    for status, content_type, body in FAULTY:
        file.write_text(json.dumps({"method": "GET", "path": "/v1/account", "status": status, "content_type": content_type, "body": json.dumps(body)}) + "\n")
        if validate(folder, [file]).returncode != 1:
            sys.exit(f"an answer {status} {content_type} {body} was not seen to be wrong")
    file.write_text("")
    if validate(folder, [file]).returncode != 1:
        sys.exit("a record of nothing is taken for a good one")


def main(what, record):
    if what == "empty":
        shutil.rmtree(record, ignore_errors=True)
        record.mkdir(parents=True)
        return 0
    if missing := missing_programs():
        print(f"skipped: {' and '.join(missing)} not installed")
        return 77
    folder = installed(ANSWERS)
    faults_are_seen(folder)
    done = validate(folder, sorted(record.glob("*.jsonl")))
    print(done.stdout + done.stderr)
    return done.returncode


if __name__ == "__main__":
    sys.exit(main(sys.argv[1], Path(sys.argv[2])))
