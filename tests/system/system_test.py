"""What every system test starts from. A file of tests ends with `main()`; CTest reads 77 as skipped."""

import os
import sys
import unittest

from server import Server, program, say
from signalbox_client import Problem

SKIPPED = 77


class SystemTest(unittest.IsolatedAsyncioTestCase):
    """`serve()` gives a running server of this test's own, which is gone after it; its log is shown when the test fails."""

    ENVIRONMENT = {}
    ON_DISK = False  # True: with the fsyncs of a real disk

    def setUp(self):
        self.servers = []
        self._asyncioRunner.get_loop().set_debug(False)  # unittest switches it on: ten times slower under load

    def serve(self, start=True, environment=None, **options):
        server = Server(environment=self.ENVIRONMENT | (environment or {}), on_disk=self.ON_DISK, **options)
        self.servers.append(server)
        self.addCleanup(server.remove)
        return server.start() if start else server

    def doCleanups(self):
        if self.failed():
            for server in self.servers:
                say(f"\n==== {self.id()} failed; its server (exit code {server.process and server.process.poll()}):\n{server.log()}")
        return super().doCleanups()

    def failed(self):
        result = self._outcome.result
        return any(test is self for test, _ in result.failures + result.errors)

    def assertProblem(self, code, call, *arguments, status=None, **named):
        """The call is refused with this stable code; gives the problem."""
        with self.assertRaises(Problem) as caught:
            call(*arguments, **named)
        self.assertEqual(caught.exception.code, code, caught.exception)
        if status:
            self.assertEqual(caught.exception.status, status)
        return caught.exception

    async def assertProblemAsync(self, code, awaitable):
        with self.assertRaises(Problem) as caught:
            await awaitable
        self.assertEqual(caught.exception.code, code, caught.exception)
        return caught.exception


def require_root(what):
    if os.geteuid() != 0:
        raise unittest.SkipTest(f"skipped: {what} needs root")


def main():
    if not program() or not os.access(program(), os.X_OK):
        say(f"skipped: the program is not built (SIGNALBOX_PROGRAM is {program()!r})")
        sys.exit(SKIPPED)
    done = unittest.main(exit=False, verbosity=2).result
    for test, why in done.skipped:
        say(f"{test}: {why}")
    if not done.wasSuccessful():
        sys.exit(1)
    sys.exit(SKIPPED if done.testsRun == len(done.skipped) else 0)
