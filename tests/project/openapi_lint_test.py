"""docs/openapi.yaml under a linter from npm, at the versions of openapi_lint/package-lock.json. 77 without npm."""

import subprocess
import sys
from pathlib import Path

from npm_packages import installed, missing_programs

ROOT = Path(__file__).resolve().parents[2]
LINT = ROOT / "tests/project/openapi_lint"
FAULTS = (("operationId: listUsers", "operationId: listTeams"), ("responses/stale\"", "responses/stalled\""), ("summary: The account's users\n", "x: y\n"))


def problems(folder, file):
    return subprocess.run(["node", str(LINT / "lint.mjs"), str(file)], cwd=folder, capture_output=True, text=True, timeout=60, check=False)


def main():
    if missing := missing_programs():
        print(f"skipped: {' and '.join(missing)} not installed")
        return 77
    folder = installed(LINT)
    text = (ROOT / "docs/openapi.yaml").read_text()
    for right, wrong in FAULTS:
        if right not in text:
            sys.exit(f"docs/openapi.yaml has no {right!r} any more: choose another fault for this test")
        (folder / "faulty.yaml").write_text(text.replace(right, wrong))
        if problems(folder, folder / "faulty.yaml").returncode != 1:
            sys.exit(f"{wrong!r} for {right!r} was not seen")
    done = problems(folder, ROOT / "docs/openapi.yaml")
    print(done.stdout + done.stderr)
    return done.returncode


if __name__ == "__main__":
    sys.exit(main())
