"""docs/openapi.yaml under a linter from npm, at the versions of openapi_lint/package-lock.json. 77 without npm.

Its packages are installed into the folder that the test runs in, once for each lock file.
"""

import hashlib
import shutil
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
LINT = ROOT / "tests/project/openapi_lint"
FAULTS = (("operationId: listUsers", "operationId: listTeams"), ("responses/stale\"", "responses/stalled\""), ("summary: The account's users\n", "x: y\n"))


def installed():
    """A folder with the packages."""
    lock = (LINT / "package-lock.json").read_bytes()
    folder = Path.cwd() / "openapi_lint" / hashlib.sha256(lock).hexdigest()[:16]
    if not (folder / "node_modules/@redocly/openapi-core").is_dir():
        folder.mkdir(parents=True, exist_ok=True)
        for name in ("package.json", "package-lock.json"):
            shutil.copy(LINT / name, folder)
        done = subprocess.run(["npm", "ci", "--ignore-scripts", "--no-audit", "--no-fund"], cwd=folder, capture_output=True, text=True,
                              timeout=240, check=False)
        if done.returncode != 0:
            sys.exit(f"npm ci failed\n{done.stdout}{done.stderr}")
    return folder


def problems(folder, file):
    return subprocess.run(["node", str(LINT / "lint.mjs"), str(file)], cwd=folder, capture_output=True, text=True, timeout=60, check=False)


def main():
    missing = [name for name in ("node", "npm") if shutil.which(name) is None]
    if missing:
        print(f"skipped: {' and '.join(missing)} not installed")
        return 77
    folder = installed()
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
