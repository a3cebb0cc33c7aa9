"""File systems of a test's own: a small one that fills up, and one in an image whose bytes can be copied. Root only."""

import os
import pathlib
import subprocess
import unittest

from system_test import require_root


def run(*command):
    done = subprocess.run([str(c) for c in command], capture_output=True, text=True, timeout=120)
    if done.returncode != 0:
        raise unittest.SkipTest(f"skipped: {' '.join(map(str, command))}: {done.stderr.strip() or done.stdout.strip()}")


class Mounted:
    """A mounted directory, gone after the test."""

    def __init__(self, test, where, *mount):
        require_root("mounting a file system")
        self.where = pathlib.Path(where)
        self.where.mkdir(parents=True, exist_ok=True)
        run("mount", *mount, self.where)
        test.addCleanup(self.unmount)

    def unmount(self):
        subprocess.run(["umount", "-l", str(self.where)], capture_output=True, timeout=60)


def small(test, where, size):
    return Mounted(test, where, "-t", "tmpfs", "-o", f"size={size}", "tmpfs")


class Image:
    """ext4 in a file, mounted through a loop device."""

    def __init__(self, test, path, where, size=None):
        require_root("a loop device")
        if not os.path.exists("/dev/loop-control"):
            raise unittest.SkipTest("skipped: there are no loop devices here")
        self.test, self.path = test, pathlib.Path(path)
        if size is not None:
            run("truncate", "-s", size, self.path)
            run("mkfs.ext4", "-q", "-F", self.path)
        # The kernel's own commits every 5 s would write while the bytes are copied; an fsync writes at once all the same.
        self.mounted = Mounted(test, where, "-o", "loop,commit=300", self.path)
        self.where = self.mounted.where

    def copy_bytes(self, to):
        """What a power cut would leave: the device's bytes now, none of the kernel's unwritten pages. Again if they changed meanwhile."""
        for _ in range(20):
            before = self.path.stat().st_mtime_ns
            run("cp", "--sparse=always", self.path, to)
            if self.path.stat().st_mtime_ns == before:
                return pathlib.Path(to)
        raise AssertionError("the image is written all the time")
