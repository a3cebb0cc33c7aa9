"""The files of the project, and what a Markdown text says in code."""

import re
import subprocess
from pathlib import Path

SKIPPED_FOLDERS = {".git", "build", "data", "node_modules", "__pycache__"}


def files_of(root: Path) -> list[Path]:
    """Every file that is or could be committed, relative to the root, in order."""
    if (root / ".git").exists():
        listed = subprocess.run(
            ["git", "-C", str(root), "ls-files", "--cached", "--others", "--exclude-standard", "-z"],
            capture_output=True, check=False)
        if listed.returncode == 0:
            paths = {Path(name) for name in listed.stdout.decode().split("\0") if name}
            return sorted(path for path in paths if (root / path).is_file())
    return sorted(path.relative_to(root) for path in root.rglob("*")
                  if path.is_file() and not SKIPPED_FOLDERS & set(path.relative_to(root).parts))


def text_of(root: Path, path: Path) -> str:
    return (root / path).read_text(encoding="utf-8", errors="replace")


def code_lines(markdown: str):
    """Yields (line number, code, fenced) for each line of a fenced block and each code span."""
    fenced = False
    for number, line in enumerate(markdown.splitlines(), 1):
        if line.lstrip().startswith("```"):
            fenced = not fenced
        elif fenced:
            yield number, line, True
        else:
            for span in re.findall(r"`([^`]+)`", line):
                yield number, span, False


def links(markdown: str):
    """Yields (line number, target) of each link to a file."""
    for number, line in enumerate(markdown.splitlines(), 1):
        for target in re.findall(r"\]\(([^)\s]+)\)", line):
            if not re.match(r"[a-z]+:|#", target):
                yield number, target.split("#")[0]
