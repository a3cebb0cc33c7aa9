"""Node and the npm packages that a folder of web/ names in its lock file."""

import fcntl
import os
import re
import shutil
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
CLIENT = ROOT / "web/client"
SKIPPED = 77
NODE_LEAST = 18


class Missing(Exception):
    """Something that isn't here, so that the test can't be run."""


def skip(why):
    print(f"skipped: {why}", file=sys.stderr)
    sys.exit(SKIPPED)


def require_program():
    program = os.environ.get("SIGNALBOX_PROGRAM", "")
    if not os.access(program, os.X_OK):
        raise Missing(f"the program is not built (SIGNALBOX_PROGRAM is {program!r})")


def require_node():
    for name in ("node", "npm"):
        if not shutil.which(name):
            raise Missing(f"{name} is not installed (deploy/install-packages test)")
    version = subprocess.run(["node", "--version"], capture_output=True, text=True, check=True).stdout
    if int(re.match(r"v(\d+)", version)[1]) < NODE_LEAST:
        raise Missing(f"node is {version.strip()}; {NODE_LEAST} is needed")


def install(folder: Path):
    """As the lock file says; nothing when that is done already. Raises `Missing` when the packages can't be had."""
    require_node()
    lock, done = folder / "package-lock.json", folder / "node_modules/.installed-by-tests"
    with open(folder / ".npm-lock", "w") as one_at_a_time:
        fcntl.flock(one_at_a_time, fcntl.LOCK_EX)
        if done.exists() and done.read_bytes() == lock.read_bytes():
            return
        ran = subprocess.run(["npm", "ci", "--no-audit", "--no-fund", "--prefer-offline"], cwd=folder, capture_output=True, text=True,
                             check=False)
        if ran.returncode != 0:
            raise Missing(f"npm can't install what {lock.relative_to(ROOT)} names\n{ran.stdout}{ran.stderr}")
        done.write_bytes(lock.read_bytes())


def build(folder: Path):
    """Compiles it into its `dist`."""
    with open(folder / ".npm-lock", "w") as one_at_a_time:
        fcntl.flock(one_at_a_time, fcntl.LOCK_EX)
        ran = subprocess.run(["npm", "run", "--silent", "build"], cwd=folder, capture_output=True, text=True, check=False)
    if ran.returncode != 0:
        sys.exit(f"{folder.relative_to(ROOT)} doesn't compile\n{ran.stdout}{ran.stderr}")
