"""Who may include whom: docs/architecture.md as a table."""

import re
from pathlib import Path

from tree import files_of, text_of

# An include's library by how it begins; the C++ standard library has neither a dot nor a slash.
LIBRARIES = {
    "boost/": "Boost", "caf/": "CAF", "rocksdb/": "RocksDB", "prometheus/": "prometheus-cpp", "fmt/": "fmt", "spdlog/": "spdlog",
    "simdjson.h": "simdjson", "openssl/": "OpenSSL", "sodium.h": "sodium", "toml++/": "toml++", "CLI/": "CLI11", "date/": "date",
    "protozero/": "protozero", "xxhash.h": "xxHash", "benchmark/": "benchmark", "hiredis/": "hiredis", "gtest/": "GoogleTest",
    "gmock/": "GoogleTest", "zlib.h": "zlib", "curl/": "curl", "gumbo.h": "gumbo", "isa-l/": "ISA-L",
}
SYSTEM = re.compile(r"(sys|netinet|arpa|linux|net)/|(unistd|fcntl|signal|poll|dirent|pthread|sched|time|errno|stdlib|netdb|malloc)\.h$")

# folder: folders of ours that it may include, libraries anywhere, libraries in .cpp only
TABLE = {
    "rules": ({"rules"}, set(), set()),
    "metrics": ({"metrics"}, {"system"}, {"prometheus-cpp"}),
    "storage": ({"storage", "rules", "metrics"}, {"system", "protozero"}, {"RocksDB", "xxHash", "ISA-L", "fmt", "spdlog"}),
    "transport": ({"transport", "rules", "metrics"}, {"system", "Boost", "simdjson", "OpenSSL", "sodium", "fmt", "spdlog"}, {"zlib", "curl", "gumbo"}),
    "actors": ({"actors", "rules", "storage", "metrics"}, {"CAF", "fmt", "spdlog", "xxHash"}, set()),
}
EVERYTHING = {"app", "bench", "tests"}
# What tests of one side never see of the other: the edge is tested without actors, actors without sockets.
TESTS_NEVER = {
    "rules": {"storage", "transport", "actors", "app"}, "metrics": {"storage", "transport", "actors", "app"},
    "storage": {"transport", "actors", "app"}, "transport": {"actors", "app", "storage"}, "actors": {"transport", "app"},
}
# Time, chance and threads are arguments in rules/.
RULES_NEVER = {"thread", "mutex", "shared_mutex", "condition_variable", "future", "random", "iostream", "fstream", "filesystem"}
# The store's interface is what actors see; which store stands behind it is decided in app/.
ACTORS_NEVER = {"storage/rocks_store.hpp"}


def library_of(name: str) -> str | None:
    for prefix, library in LIBRARIES.items():
        if name.startswith(prefix):
            return library
    if SYSTEM.match(name):
        return "system"
    if name.startswith("ext/pb_ds/"):
        return "std"  # of libstdc++
    return None if "." in name or "/" in name else "std"


def complaint(path: Path, name: str, ours: bool, files: set[Path]) -> str | None:
    """Why `path` may not include `name`, or None."""
    folder = path.parts[0]
    if ours:
        if Path(name) not in files:
            return "is no file, seen from the root"
        target = Path(name).parts[0]
        if folder == "tests" and len(path.parts) > 2 and target in TESTS_NEVER.get(path.parts[1], set()):
            return f"tests of {path.parts[1]}/ do without {target}/"
        if folder in TABLE and target not in TABLE[folder][0]:
            return f"{folder}/ may not include {target}/"
        if folder == "actors" and name in ACTORS_NEVER:
            return "actors see the store's interface alone"
        return None
    library = library_of(name)
    if library is None:
        return "is of no library that this project uses"
    if folder == "rules" and (library != "std" or name in RULES_NEVER):
        return "rules/ are pure: values and decisions, without clock, chance, thread or log"
    if folder in TABLE and library != "std":
        anywhere, in_sources = TABLE[folder][1:]
        if library not in anywhere | in_sources:
            return f"{folder}/ may not see {library}"
        if library in in_sources and path.suffix != ".cpp":
            return f"{folder}/ may see {library} in .cpp files only"
    return None


def check(root: Path) -> list[str]:
    files = set(files_of(root))
    found = []
    for path in sorted(files):
        if path.suffix not in {".hpp", ".cpp"} or path.parts[0] not in TABLE.keys() | EVERYTHING:
            continue
        text = text_of(root, path)
        if path.suffix == ".hpp" and "#pragma once" not in text:
            found.append(f"{path}: lacks #pragma once")
        for number, line in enumerate(text.splitlines(), 1):
            include = re.match(r'\s*#\s*include\s*(["<])([^">]+)[">]', line)
            if include:
                why = complaint(path, include[2], include[1] == '"', files)
                if why:
                    found.append(f"{path}:{number}: {include[2]}: {why}")
            elif path.parts[0] == "rules" and re.search(r"_clock::now\(|\brand\(|\brandom_device\b", line):
                found.append(f"{path}:{number}: time and chance are arguments in rules/")
    return found
