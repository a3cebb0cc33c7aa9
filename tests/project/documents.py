"""What documents name exists: paths, flags, links, metrics; what they publish parses."""

import json
import re
from pathlib import Path

from tree import code_lines, files_of, links, text_of

# Programs that aren't ours: their flags are theirs.
FOREIGN = {"cmake", "ctest", "git", "curl", "apt", "apt-get", "apt-cache", "docker", "podman", "systemctl", "journalctl", "python3",
           "promtool", "prometheus", "clang-format", "clang-tidy", "run-clang-tidy-14", "ninja", "cp", "mv", "rm", "mkdir", "install",
           "useradd", "websocat", "npm", "node", "npx", "jq", "kill", "rsync", "tar", "ls", "du", "tail", "head", "grep", "wscat",
           "redis-server", "chmod", "chown", "openssl", "export", "mount", "umount", "systemd-analyze", "perf", "taskset"}
WRAPPERS = {"sudo", "$", "#", "exec", "time", "env"}
SOURCES = {".cpp", ".hpp", ".py", ".sh", ".service", ".mjs", ".js", ""}


def markdown_files(files: list[Path]) -> list[Path]:
    return [path for path in files if path.suffix == ".md"]


def commands(code: str):
    """Yields the words of each command in a line, without what only wraps it."""
    for part in re.split(r"\|\||&&|[|;]", code):
        words = part.split()
        while words and (words[0] in WRAPPERS or re.fullmatch(r"[A-Za-z_]\w*=\S*", words[0])):
            words = words[1:]
        if words:
            yield words


def flags_in(text: str) -> set[str]:
    return set(re.findall(r"(?<![\w-])--[a-z][a-z0-9-]*", text))


def flag_complaints(root: Path, files: list[Path]) -> list[str]:
    known = {path: flags_in(text_of(root, path)) for path in files
             if path.suffix in SOURCES and path.parts[0] in {"app", "bench", "deploy", "tests", ".ci", "transport"}}

    def flags_under(*prefixes: str) -> set[str]:
        return set().union(*(flags for path, flags in known.items() if str(path).startswith(prefixes)))

    found = []
    for document in markdown_files(files):
        for number, code, _ in code_lines(text_of(root, document)):
            for words in commands(code):
                program = words[0].removeprefix("./")
                name = program.split("/")[-1]
                if name in FOREIGN:
                    continue
                if name == "signalbox":
                    allowed = flags_under("app/")
                elif Path(program) in known:
                    allowed = known[Path(program)]
                else:
                    allowed = flags_under("")
                for flag in sorted(flags_in(" ".join(words)) - allowed):
                    found.append(f"{document}:{number}: {flag}: no source of {name if not program.startswith('-') else 'ours'} has it")
    return found


def path_complaints(root: Path, files: list[Path]) -> list[str]:
    folders = {path.parts[0] for path in files if len(path.parts) > 1}
    names = {path.name for path in files}
    found = []
    for document in markdown_files(files):
        text = text_of(root, document)
        for number, target in links(text):
            if not (root / document.parent / target).exists():
                found.append(f"{document}:{number}: links to {target}, which doesn't exist")
        for number, code, fenced in code_lines(text):
            for token in re.findall(r"(?<![\w/.:~$-])\.?[\w.-]+/[\w./*-]*", code):
                path = token.rstrip(".,:")
                if path.split("/")[0] not in folders or "NNNN" in path:
                    continue
                exists = any(root.glob(path)) if "*" in path else (root / path).exists()
                if not exists:
                    found.append(f"{document}:{number}: {path} doesn't exist")
            if not fenced and re.fullmatch(r"[\w-]+\.(hpp|cpp|py|md)", code) and code not in names:
                found.append(f"{document}:{number}: {code} doesn't exist")
    return found


def check_docs(root: Path) -> list[str]:
    files = files_of(root)
    return path_complaints(root, files) + flag_complaints(root, files)


def check_metrics(root: Path) -> list[str]:
    """Every metric that deploy/ and docs/ name is one that the probes show."""
    shown = set(re.findall(r'"((?:signalbox|process)_[a-z_]+)"', text_of(root, Path("metrics/probes.cpp"))))
    found = []
    for path in files_of(root):
        if path.parts[0] not in {"deploy", "docs"} or path.suffix not in {".yml", ".yaml", ".json", ".md"}:
            continue
        for number, line in enumerate(text_of(root, path).splitlines(), 1):
            for name in re.findall(r"\b(?:signalbox|process)_[a-z_]*[a-z]\b", line):
                if name not in shown and re.sub(r"_(bucket|sum|count)$", "", name) not in shown:
                    found.append(f"{path}:{number}: no probe shows {name}")
    return found


def unresolved(document, where) -> list[str]:
    """The local references in `where` that lead nowhere in `document`."""
    if isinstance(where, list):
        return [ref for part in where for ref in unresolved(document, part)]
    if not isinstance(where, dict):
        return []
    found = [ref for key, part in where.items() if key != "$ref" for ref in unresolved(document, part)]
    ref = where.get("$ref")
    if isinstance(ref, str) and ref.startswith("#/"):
        target = document
        for step in ref[2:].split("/"):
            step = step.replace("~1", "/").replace("~0", "~")
            target = target.get(step) if isinstance(target, dict) else None
        if target is None:
            found.append(ref)
    return found


def check_interfaces(root: Path) -> list[str]:
    """Published descriptions and everything in deploy/ parse; references inside them resolve."""
    import tomllib
    found = []
    try:
        import yaml
    except ImportError:
        yaml = None
    for path in files_of(root):
        if path.parts[0] not in {"docs", "deploy", "bench"} and len(path.parts) > 1:
            continue
        text = text_of(root, path)
        try:
            if path.suffix == ".json":
                json.loads(text)
            elif path.suffix == ".ndjson":
                for line in text.splitlines():
                    json.loads(line)
            elif path.suffix == ".toml":
                tomllib.loads(text)
            elif path.suffix in {".yaml", ".yml"} and yaml:
                document = yaml.safe_load(text)
                found += [f"{path}: {ref} leads nowhere" for ref in unresolved(document, document)]
                kind = path.stem
                if kind in {"openapi", "asyncapi"} and not isinstance(document.get(kind), str):
                    found.append(f"{path}: names no version of {kind}")
        except (ValueError, AttributeError) as wrong:
            found.append(f"{path}: {wrong}")
        except Exception as wrong:  # yaml's own errors have no other base that is there without it
            found.append(f"{path}: doesn't parse: {wrong}")
    return found
