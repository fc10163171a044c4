"""Find out what git says about the tree that is built, and whether its version comes from git."""

from __future__ import annotations

import re
import subprocess
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

GIT_SECONDS = 60
TEXT_LIMIT_CHARACTERS = 1_000_000

# Tools that take the version from git, and how a project names them in pyproject.toml, setup.py or setup.cfg.
VERSION_TOOLS = {
    "hatch-vcs": r"hatch[-_]vcs",
    "poetry-dynamic-versioning": r"poetry[-_]dynamic[-_]versioning",
    "uv-dynamic-versioning": r"uv[-_]dynamic[-_]versioning",
    "setuptools-git-versioning": r"setuptools[-_]git[-_]versioning",
    "versioningit": r"versioningit",
    "versioneer": r"versioneer",
    "dunamai": r"dunamai",
    "pbr": r"\bpbr\b",
    "pdm-backend": r"(?s)\[tool\.pdm\.version\][^\[]*source\s*=\s*.scm\b",
    "setuptools-scm": r"setuptools[-_]scm|use_scm_version|flit[-_]scm",  # last, because hatch-vcs may configure it too
}
# The beginnings of the names of variables that give such a tool the version.
VERSION_VARIABLES = (
    "SETUPTOOLS_SCM_PRETEND_VERSION",
    "PBR_VERSION",
    "PDM_BUILD_SCM_VERSION",
    "POETRY_DYNAMIC_VERSIONING_BYPASS",
    "UV_DYNAMIC_VERSIONING_BYPASS",
)
STATIC_VERSION = re.compile(r"^\[project\]\s*$(?:\n(?!\[).*)*?\nversion\s*=", re.MULTILINE)
COMMENT = re.compile(r"^\s*#.*$", re.MULTILINE)


@dataclass(frozen=True)
class SourceTree:
    """What git says about a tree before it is built.

    ``version_tool`` names the tool that takes the version from git, empty if there is none. ``tags`` are those of HEAD
    and of its ancestors that this clone has; ``is_shallow``: it does not have them all. ``changed`` are the files that
    differ from the commit, ``untracked`` those that git neither tracks nor ignores. ``error``: why git cannot read the
    tree; all others are empty then.
    """

    version_tool: str = ""
    tags: tuple[str, ...] = ()
    is_shallow: bool = False
    changed: tuple[str, ...] = ()
    untracked: tuple[str, ...] = ()
    error: str = ""


def read(project: Path, environ: Mapping[str, str]) -> SourceTree:
    """Return the state of a tree; git is asked only if the version comes from git, and not from a variable."""
    tool = version_tool(project)
    if not tool or any(environ.get(name) and name.startswith(VERSION_VARIABLES) for name in environ):
        return SourceTree()
    entries = _git(project, environ, "status", "--porcelain", "--no-renames", "-z").stdout.split("\0")
    return SourceTree(
        version_tool=tool,
        tags=tuple(_git(project, environ, "tag", "--merged", "HEAD").stdout.split()),
        is_shallow=_git(project, environ, "rev-parse", "--is-shallow-repository").stdout.strip() == "true",
        changed=tuple(entry[3:] for entry in entries if entry and not entry.startswith("??")),
        untracked=tuple(entry[3:] for entry in entries if entry.startswith("??")),
        error=git_error(project, environ),
    )


def version_tool(project: Path) -> str:
    """Return the name of the tool that takes the project's version from git; empty if there is none."""
    texts = {name: COMMENT.sub("", text_of(project / name)) for name in ("pyproject.toml", "setup.py", "setup.cfg")}
    if STATIC_VERSION.search(texts["pyproject.toml"]):
        return ""
    text = "\n".join(texts.values())
    return next((tool for tool, sign in VERSION_TOOLS.items() if re.search(sign, text)), "")


def text_of(path: Path) -> str:
    """Return the text of a file, whatever its encoding; empty if it cannot be read."""
    try:
        with path.open(encoding="utf-8", errors="replace") as file:
            return file.read(TEXT_LIMIT_CHARACTERS)
    except OSError:
        return ""


def commit_time(project: Path, environ: Mapping[str, str]) -> str | None:
    """Return the time of the commit that is checked out, in seconds since the epoch; None if git does not know it."""
    seconds = _git(project, environ, "rev-list", "--max-count=1", "--timestamp", "HEAD").stdout.partition(" ")[0]
    return seconds if seconds.isdecimal() else None


def git_error(project: Path, environ: Mapping[str, str]) -> str:
    """Return why git cannot read the tree; empty if it can."""
    answer = _git(project, environ, "rev-parse", "--git-dir")
    return answer.stderr.strip() if answer.returncode else ""


def _git(project: Path, environ: Mapping[str, str], *arguments: str) -> subprocess.CompletedProcess[str]:
    """Return what a git command prints; nothing on the standard output if it cannot run."""
    command = ["git", *arguments]
    try:
        return subprocess.run(  # noqa: S603 - the job's own git
            command,
            cwd=project,
            env={**environ, "LC_ALL": "C"},
            stdin=subprocess.DEVNULL,
            capture_output=True,
            check=False,
            timeout=GIT_SECONDS,
            encoding="utf-8",
            errors="surrogateescape",
        )
    except (OSError, subprocess.SubprocessError) as error:
        return subprocess.CompletedProcess(command, 1, "", str(error))
