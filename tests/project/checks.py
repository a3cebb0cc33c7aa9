#!/usr/bin/env python3
"""Holds the project against its own rules of style. Usage: checks.py CHECK [ROOT]; prints each fault, exits 1 if there are any."""

import re
import subprocess
import sys
from pathlib import Path

import documents
import includes
from tree import files_of, text_of

BANNED = {"manager", "helper", "helpers", "util", "utils", "utility", "common", "misc", "data", "info", "process", "impl", "new",
          "old"}
# Words of the domain that hold a banned one: the directory behind --data, and what the operator's POST asks for.
ACCEPTED = {"data_directory", "new_account"}
CODE_FOLDERS = {"rules", "storage", "metrics", "transport", "actors", "app", "bench", "tests"}


def check_names(root: Path) -> list[str]:
    """Names that say nothing are banned, in files' names and in names of types."""
    found = []
    for path in files_of(root):
        words = [] if path.stem.removesuffix("_test") in ACCEPTED else re.split(r"[_\-.]", path.name.lower())
        for word in words:
            if word in BANNED:
                found.append(f"{path}: a name with '{word}' says nothing")
        if re.search(r"[a-z_]2$", path.stem):
            found.append(f"{path}: a name with '2' says nothing")
        if path.parts[0] not in CODE_FOLDERS or path.suffix not in {".hpp", ".cpp"}:
            continue
        for number, line in enumerate(text_of(root, path).splitlines(), 1):
            declared = re.match(r"\s*(?:class|struct|enum class)\s+(?:\[\[\w+\]\]\s*)?(\w+)", line)
            if declared and declared[1] not in ACCEPTED and set(declared[1].split("_")) & BANNED:
                found.append(f"{path}:{number}: a name like {declared[1]} says nothing")
    return found


def lists(cmake: str, name: str) -> bool:
    return bool(re.search(rf"(?<![\w.-]){re.escape(name)}(?![\w.-])", cmake))


def is_test_script(root: Path, path: Path) -> bool:
    """What is run as a test, not what such a program imports."""
    if path.suffix not in {".py", ".sh", ".mjs"} or not re.search(r"_test$|^test_", path.stem):
        return False
    imported = rf"^\s*(from|import) {re.escape(path.stem)}\b"
    beside = [each for each in files_of(root) if each.parent == path.parent and each.suffix == ".py" and each != path]
    return not any(re.search(imported, text_of(root, each), re.MULTILINE) for each in beside)


def globs(cmake: str):
    """Yields (pattern, whether folders below count) for each file(GLOB…)."""
    for kind, arguments in re.findall(r"file\((GLOB\w*)([^)]*)\)", cmake):
        for pattern in re.findall(r"\S*\*\S*", arguments):
            yield pattern.removeprefix("${CMAKE_CURRENT_SOURCE_DIR}/"), kind == "GLOB_RECURSE"


def matches(path: Path, pattern: str, recurse: bool) -> bool:
    deep_enough = recurse or len(path.parts) == len(Path(pattern).parts)
    return deep_enough and path.match(Path(pattern).name if recurse else pattern)


def check_registration(root: Path) -> list[str]:
    """Each test source is built, each test script run, each folder of tests entered."""
    files = [path for path in files_of(root) if path.parts[0] == "tests"]
    cmake = {path.parent: text_of(root, path) for path in files if path.name == "CMakeLists.txt"}
    found = []
    for path in files:
        above = [folder for folder in path.parents if folder in cmake]
        if path.suffix == ".cpp":
            listed = any(
                lists(cmake[folder], path.relative_to(folder).as_posix())
                or any(matches(path.relative_to(folder), pattern, recurse) for pattern, recurse in globs(cmake[folder]))
                for folder in above)
            if not listed:
                found.append(f"{path}: no CMakeLists.txt lists it")
        elif is_test_script(root, path):
            # A function that registers a script may put its name together: test_NAME.py, called with NAME.
            name = path.stem.removeprefix("test_") if any("test_${name}" in text for text in cmake.values()) else path.name
            if not any(lists(cmake[folder], path.name) or lists(cmake[folder], name) for folder in above):
                found.append(f"{path}: no CMakeLists.txt runs it")
        elif path.name == "CMakeLists.txt" and path.parent != Path("tests"):
            parent = next((folder for folder in path.parent.parents if folder in cmake), None)
            if parent is None or not lists(cmake[parent], path.parent.relative_to(parent).as_posix()):
                found.append(f"{path}: {parent or 'tests'}/CMakeLists.txt doesn't enter this folder")
    return found


def check_scripts(root: Path) -> list[str]:
    """Shell and Python programs parse, and those that are run by name may be."""
    found = []
    for path in files_of(root):
        with open(root / path, "rb") as opened:
            first = opened.readline().decode("utf-8", "replace")
        if path.suffix == ".py":
            try:
                compile(text_of(root, path), str(path), "exec")
            except SyntaxError as wrong:
                found.append(f"{path}:{wrong.lineno}: {wrong.msg}")
        elif first.startswith("#!") and "bash" in first:
            parsed = subprocess.run(["bash", "-n", str(root / path)], capture_output=True, text=True, check=False)
            if parsed.returncode != 0:
                found.append(f"{path}: {parsed.stderr.strip()}")
        if first.startswith("#!") and not (root / path).stat().st_mode & 0o100:
            found.append(f"{path}: has #! and can't be run")
    return found


CHECKS = {
    "includes": includes.check,
    "registration": check_registration,
    "docs": documents.check_docs,
    "names": check_names,
    "interfaces": documents.check_interfaces,
    "metrics": documents.check_metrics,
    "scripts": check_scripts,
}


def main(arguments: list[str]) -> int:
    if len(arguments) not in {1, 2} or arguments[0] not in CHECKS:
        print(f"usage: checks.py {'|'.join(CHECKS)} [ROOT]", file=sys.stderr)
        return 2
    root = Path(arguments[1]) if len(arguments) == 2 else Path(__file__).resolve().parents[2]
    found = CHECKS[arguments[0]](root)
    print("\n".join(found))
    return 1 if found else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
