"""Packages from npm that tests run, at the versions of a lock file."""

import hashlib
import shutil
import subprocess
import sys
from pathlib import Path


def missing_programs():
    return [name for name in ("node", "npm") if shutil.which(name) is None]


def installed(source):
    """A folder with the packages of `source`, below the one that the test runs in; once for each lock file."""
    digest = hashlib.sha256((source / "package-lock.json").read_bytes()).hexdigest()[:16]
    folder = Path.cwd() / source.name / digest
    if (folder / "complete").exists():
        return folder
    folder.mkdir(parents=True, exist_ok=True)
    for name in ("package.json", "package-lock.json"):
        shutil.copy(source / name, folder)
    done = subprocess.run(["npm", "ci", "--ignore-scripts", "--no-audit", "--no-fund"], cwd=folder, capture_output=True, text=True, timeout=240,
                          check=False)
    if done.returncode != 0:
        sys.exit(f"npm ci failed\n{done.stdout}{done.stderr}")
    (folder / "complete").touch()
    return folder
