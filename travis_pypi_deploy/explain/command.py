"""The command: a file and an event in, the answers out."""

from __future__ import annotations

import argparse
import re
import subprocess
from collections.abc import Sequence
from pathlib import Path
from typing import TextIO

from ..errors import UsageError
from ..travis_yml.conditions import conditions
from ..travis_yml.jobs import deployments_of_packages, deploys_to_pypi, read_build
from ..travis_yml.lints import arranged, lints
from ..travis_yml.parse import read
from ..travis_yml.tree import MappingNode, listed, mapping, plain, text
from . import messages
from .answers import explain
from .events import Event

PROGRAM = "python -m travis_pypi_deploy.explain"
CURRENT = ""  # the branch that is checked out
SAMPLE_TAGS = ("v1.0.0", "1.0.0")
NAME = re.compile(r"[\w./-]+")


def main(arguments: Sequence[str], stdout: TextIO, stderr: TextIO) -> int:
    """Run the command and return its exit code: 0, 1 if ``--expect`` is not met, 2 if the file cannot be read."""
    options = _parser().parse_args(arguments)
    path = Path(options.file)
    try:
        root = _root(path)
        events = _events(options, root)
    except UsageError as error:
        stderr.write(f"Error: {error}\n")
        return error.exit_code
    config = mapping(plain(root))
    explanations = [explain(config, event) for event in events]
    found = arranged(lints(read_build(root)))
    if options.json:
        stdout.write(messages.dumps(explanations, found) + "\n")
    else:
        is_table = len(explanations) > 1
        shown = messages.table(str(path), explanations) if is_table else messages.lines(str(path), explanations[0])
        imported = [text(mapping(each).get("source")) or text(each) for each in listed(config.get("import"))]
        shown += [*messages.imports(imported), *messages.notes(str(path), found)]
        if any(deploys_to_pypi(node) for _, node in deployments_of_packages(root)):
            shown.append(messages.offer(str(path)))
        stdout.writelines(f"{line}\n" for line in shown)
    fault = messages.expectation(options.expect, explanations) if options.expect is not None else ""
    if fault:
        stderr.write(f"Error: {fault}\n")
    return 1 if fault else 0


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog=PROGRAM,
        description="Show which job of a .travis.yml deploys on an event, and why the others do not.",
        epilog="Without an event: a table for each branch that the file names, a tag, and a pull request.",
        allow_abbrev=False,
    )
    parser.add_argument("file", nargs="?", default=".travis.yml", metavar=".travis.yml", help="the file to read")
    parser.add_argument(
        "--branch", nargs="?", const=CURRENT, metavar="NAME", help="a push to this branch (default: the current one)"
    )
    parser.add_argument("--tag", metavar="NAME", help="a push of this tag")
    parser.add_argument("--pull-request", action="store_true", help="a pull request to the branch")
    parser.add_argument("--cron", action="store_true", help="a cron build of the branch")
    parser.add_argument("--api", action="store_true", help="a build of the branch that the API has started")
    parser.add_argument("--repo", metavar="OWNER/NAME", default="", help="the repository that is built")
    parser.add_argument("--fork", action="store_true", help="the repository is a fork")
    parser.add_argument("--json", action="store_true", help="show the answers as JSON")
    parser.add_argument("--expect", type=int, metavar="N", help="exit with 1 unless exactly N jobs deploy")
    return parser


def _root(path: Path) -> MappingNode:
    _, root = read(path)
    if not isinstance(root, MappingNode):
        message = f"{path} has no keys, so it is not a .travis.yml."
        raise UsageError(message)
    return root


def _events(options: argparse.Namespace, root: MappingNode) -> list[Event]:
    """Return the event that was asked for; without one, those of the table."""
    repo, fork = str(options.repo), bool(options.fork)
    if options.tag:
        return [Event("push", options.tag, options.tag, repo, fork)]
    if options.pull_request or options.cron or options.api or options.branch is not None:
        branch = options.branch or _current_branch()
        if options.pull_request:
            return [Event("pull_request", branch, "", repo, fork)]
        return [Event("cron" if options.cron else "api" if options.api else "push", branch, "", repo, fork)]
    branches = _branches(root)
    pushes = [Event("push", branch, "", repo, fork) for branch in branches]
    tags = [Event("push", tag, tag, repo, fork) for tag in SAMPLE_TAGS]
    tag = max(tags, key=lambda each: len(explain(mapping(plain(root)), each).deploying))
    return [*pushes, tag, Event("pull_request", branches[0], "", repo, fork)]


def _branches(root: MappingNode) -> list[str]:
    """Return the branches that a file names, in its order; master if there are none."""
    named = [name for _, node in deployments_of_packages(root) for name in conditions(node).branches]
    branches = mapping(plain(root)).get("branches")
    only = mapping(branches).get("only") if isinstance(branches, dict) else branches
    named += [text(each) for each in listed(only)]
    return [name for name in dict.fromkeys(named) if NAME.fullmatch(name) and name[0] != "/"] or ["master"]


def _current_branch() -> str:
    """Return the branch that is checked out; raises UsageError if git does not know one."""
    command = ["git", "branch", "--show-current"]
    try:
        ended = subprocess.run(command, capture_output=True, text=True, check=False, timeout=30)  # noqa: S603
    except (OSError, subprocess.SubprocessError) as error:
        raise UsageError(f"git cannot be run ({error}). Name a branch with --branch") from error
    if not ended.stdout.strip():
        raise UsageError("git knows no current branch here. Name one with --branch")
    return ended.stdout.strip()
