#!/usr/bin/env python3
"""Each check sees the fault that it is for, and nothing in a tree without one."""

import sys
import tempfile
import unittest
from pathlib import Path

sys.dont_write_bytecode = True

import checks


class Checks(unittest.TestCase):
    def setUp(self):
        self.folder = tempfile.TemporaryDirectory()
        self.root = Path(self.folder.name)
        self.write("metrics/probes.cpp", 'counter("signalbox_commits_total"); histogram("signalbox_commit_seconds");\n')

    def tearDown(self):
        self.folder.cleanup()

    def write(self, path: str, text: str):
        (self.root / path).parent.mkdir(parents=True, exist_ok=True)
        (self.root / path).write_text(text)

    def found(self, check: str) -> str:
        return "\n".join(checks.CHECKS[check](self.root))

    def test_a_clean_tree_has_no_faults(self):
        self.write("rules/a.hpp", "#pragma once\n#include <map>\n")
        self.write("actors/b.cpp", '#include <caf/typed_actor.hpp>\n#include "rules/a.hpp"\n')
        self.write("tests/CMakeLists.txt", "add_subdirectory(rules)\n")
        self.write("tests/rules/CMakeLists.txt", "file(GLOB sources CONFIGURE_DEPENDS *.cpp)\n")
        self.write("tests/rules/a_test.cpp", '#include "rules/a.hpp"\n')
        self.write("app/main.cpp", 'add_option("--data");\n')
        self.write("README.md", "`signalbox serve --data DIR`, see `rules/a.hpp` and `rules/*.hpp`; `cmake --preset release`\n")
        for check in checks.CHECKS:
            self.assertEqual(self.found(check), "", check)

    def test_includes_of_the_wrong_folder(self):
        self.write("transport/a.hpp", "#pragma once\n")
        self.write("actors/b.cpp", '#include "transport/a.hpp"\n')
        self.assertIn("actors/ may not include transport/", self.found("includes"))

    def test_includes_of_the_wrong_library(self):
        self.write("storage/a.cpp", "#include <boost/json.hpp>\n")
        self.write("storage/b.hpp", "#pragma once\n#include <rocksdb/db.h>\n")
        self.write("rules/c.cpp", "#include <thread>\n")
        self.write("app/d.cpp", "#include <folly/json.h>\n")
        faults = self.found("includes")
        self.assertIn("storage/ may not see Boost", faults)
        self.assertIn("RocksDB in .cpp files only", faults)
        self.assertIn("rules/c.cpp:1: thread", faults)
        self.assertIn("folly/json.h: is of no library", faults)

    def test_rocksdb_in_a_source_of_storage_is_allowed(self):
        self.write("storage/a.cpp", "#include <rocksdb/db.h>\n")
        self.assertEqual(self.found("includes"), "")

    def test_includes_that_are_not_seen_from_the_root(self):
        self.write("rules/a.hpp", "#pragma once\n")
        self.write("rules/a.cpp", '#include "a.hpp"\n')
        self.assertIn("is no file, seen from the root", self.found("includes"))

    def test_actors_do_not_choose_the_store(self):
        self.write("storage/rocks_store.hpp", "#pragma once\n")
        self.write("actors/a.cpp", '#include "storage/rocks_store.hpp"\n')
        self.assertIn("actors see the store's interface alone", self.found("includes"))

    def test_a_clock_in_rules(self):
        self.write("rules/a.cpp", "auto now = std::chrono::system_clock::now();\n")
        self.assertIn("arguments in rules/", self.found("includes"))

    def test_a_header_without_its_guard(self):
        self.write("rules/a.hpp", "struct a;\n")
        self.assertIn("lacks #pragma once", self.found("includes"))

    def test_a_test_that_nobody_builds(self):
        self.write("tests/CMakeLists.txt", "add_subdirectory(rules)\n")
        self.write("tests/rules/CMakeLists.txt", "signalbox_test(rules_test SOURCES listed.cpp)\n")
        self.write("tests/rules/listed.cpp", "\n")
        self.write("tests/rules/forgotten.cpp", "\n")
        self.write("tests/rules/forgotten_test.py", "\n")
        faults = self.found("registration")
        self.assertIn("tests/rules/forgotten.cpp: no CMakeLists.txt lists it", faults)
        self.assertIn("tests/rules/forgotten_test.py: no CMakeLists.txt runs it", faults)
        self.assertNotIn("/listed.cpp", faults)

    def test_a_glob_lists_what_it_matches_and_no_more(self):
        self.write("tests/CMakeLists.txt", "add_subdirectory(rules)\n")
        self.write("tests/rules/CMakeLists.txt", "file(GLOB sources CONFIGURE_DEPENDS *_test.cpp)\n")
        self.write("tests/rules/a_test.cpp", "\n")
        self.write("tests/rules/deeper/b_test.cpp", "\n")
        self.write("tests/rules/c.cpp", "\n")
        self.assertEqual(self.found("registration"), "tests/rules/c.cpp: no CMakeLists.txt lists it\n"
                                                     "tests/rules/deeper/b_test.cpp: no CMakeLists.txt lists it")

    def test_scripts_that_a_function_registers_by_name(self):
        self.write("tests/CMakeLists.txt", "add_subdirectory(system)\n")
        self.write("tests/system/CMakeLists.txt", "add_test(COMMAND python3 test_${name}.py)\nregister(kill)\n")
        self.write("tests/system/test_kill.py", "import system_test\n")
        self.write("tests/system/test_load.py", "import system_test\n")
        self.write("tests/system/system_test.py", "\n")
        self.assertEqual(self.found("registration"), "tests/system/test_load.py: no CMakeLists.txt runs it")

    def test_a_folder_of_tests_that_nobody_enters(self):
        self.write("tests/CMakeLists.txt", "add_subdirectory(rules)\n")
        self.write("tests/actors/CMakeLists.txt", "\n")
        self.assertIn("doesn't enter this folder", self.found("registration"))

    def test_paths_that_documents_name_and_that_do_not_exist(self):
        self.write("docs/a.md", "see `metrics/probes.cpp`, `metrics/gone.cpp`, `gone.hpp` and [this](gone.md)\n")
        faults = self.found("docs")
        self.assertIn("metrics/gone.cpp doesn't exist", faults)
        self.assertIn(" gone.hpp doesn't exist", faults)
        self.assertIn("links to gone.md", faults)
        self.assertNotIn("probes.cpp", faults)

    def test_flags_that_documents_name_and_that_do_not_exist(self):
        self.write("app/main.cpp", 'add_option("--data"); add_option("--listen-all");\n')
        self.write("deploy/quickstart", "#!/bin/bash\n# --port\n")
        self.write("README.md", "```\ndeploy/quickstart --data x\ncurl --silent x | jq --slurp .\n```\n"
                                "`signalbox serve --data x --listen y` `--nowhere`\n")
        faults = self.found("docs")
        self.assertIn("README.md:2: --data", faults)
        self.assertIn("README.md:5: --listen:", faults)
        self.assertIn("README.md:5: --nowhere", faults)
        self.assertEqual(len(faults.splitlines()), 3, faults)

    def test_names_that_say_nothing(self):
        self.write("app/string_utils.hpp", "#pragma once\n")
        self.write("app/a.hpp", "#pragma once\nstruct session_manager {};\n")
        faults = self.found("names")
        self.assertIn("'utils' says nothing", faults)
        self.assertIn("session_manager says nothing", faults)

    def test_interfaces_that_do_not_parse(self):
        self.write("deploy/a.json", "{")
        self.write("deploy/b.toml", "a =")
        faults = self.found("interfaces")
        self.assertIn("deploy/a.json", faults)
        self.assertIn("deploy/b.toml", faults)

    def test_references_that_lead_nowhere(self):
        try:
            import yaml  # noqa: F401
        except ImportError:
            self.skipTest("python3-yaml is not installed")
        self.write("docs/openapi.yaml", 'openapi: "3.1.0"\na: {$ref: "#/b/c"}\nd: {$ref: "#/openapi"}\n')
        self.assertEqual(self.found("interfaces"), "docs/openapi.yaml: #/b/c leads nowhere")

    def test_metrics_that_no_probe_shows(self):
        self.write("deploy/alerts.yml", "expr: signalbox_commits_total + signalbox_commit_seconds_bucket + signalbox_gone_total\n")
        self.assertEqual(self.found("metrics"), "deploy/alerts.yml:1: no probe shows signalbox_gone_total")

    def test_scripts_that_do_not_parse(self):
        self.write("deploy/a", "#!/usr/bin/env bash\nif then\n")
        self.write("tests/b.py", "def:\n")
        faults = self.found("scripts")
        self.assertIn("deploy/a: ", faults)
        self.assertIn("can't be run", faults)
        self.assertIn("tests/b.py:1", faults)


if __name__ == "__main__":
    unittest.main()
