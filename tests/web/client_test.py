#!/usr/bin/env python3
"""web/client: compiles, its types are those of docs/openapi.yaml, and Node's own test runner finds no fault."""

import subprocess
import sys

import packages


def main() -> int:
    try:
        packages.require_program()
        packages.install(packages.CLIENT)
    except packages.Missing as what:
        packages.skip(what)
    packages.build(packages.CLIENT)
    return subprocess.run(["npm", "test", "--silent"], cwd=packages.CLIENT, check=False).returncode


if __name__ == "__main__":
    sys.exit(main())
