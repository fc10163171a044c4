"""Check a changed text before it is written: outside of what was to change, it must mean what it meant."""

from __future__ import annotations

from collections.abc import Collection

from ..errors import UsageError
from ..travis_yml.jobs import RUNS_TOOL, is_pypi
from ..travis_yml.matrix import included, normalized
from ..travis_yml.tree import Node, Plain, listed, mapping, plain, text
from .arguments import PACKAGE
from .translate import SCRIPT_OPTIONS

WRITTEN = {"provider", "script"}


def verify(before: Node | None, after: Node | None, templates: Collection[str], requirement: str = PACKAGE) -> None:
    """Raise UsageError unless both mean the same but for deployments and the step that installs the tool.

    ``templates`` are keys of the file that only hold parts of deployments.
    """
    _refuse_changes(_outline(plain(before), requirement), _outline(plain(after), requirement), templates)


def verify_stage(before: Node, after: Node | None, added: int) -> None:
    """Raise UsageError unless the file is the same but for its deployment, its stages and the jobs at its end."""
    old, new = normalized(mapping(plain(before))), normalized(mapping(plain(after)))
    _refuse_changes(dict(old), dict(new), {"deploy", "stages", "jobs"})
    jobs, more = included(old), included(new)
    is_kept = more[: len(jobs)] == jobs and len(more) - len(jobs) in {added, added + (not jobs)}
    if "deploy" in new or not is_kept:
        message = "the result has other jobs than meant. Migrate this file by hand."
        raise UsageError(message)


def verify_modern_jobs(before: Node | None, after: Node | None) -> None:
    """Raise UsageError unless the file is the same but for the images and Pythons of its jobs."""
    _refuse_changes(_without_images(plain(before)), _without_images(plain(after)), ())


def _refuse_changes(old: Plain, new: Plain, allowed: Collection[str]) -> None:
    for name in {**mapping(old), **mapping(new)}:
        if name not in allowed and mapping(old).get(name) != mapping(new).get(name):
            message = f"{name}: the migration would change this part. Migrate this file by hand."
            raise UsageError(message)


def _outline(value: Plain, requirement: str) -> Plain:
    """Return a value without what a migration changes: the options of deployments, and the step."""
    if isinstance(value, list):
        return [_outline(each, requirement) for each in value]
    if not isinstance(value, dict):
        return value
    if is_pypi(text(value.get("provider"))) or RUNS_TOOL in text(value.get("script")):
        value = {name: each for name, each in value.items() if name in SCRIPT_OPTIONS - WRITTEN}
    kept = {name: _outline(each, requirement) for name, each in value.items()}
    if "deploy" in value:
        blocks: list[Plain] = [
            {"provider": each} if isinstance(each, str) else each for each in listed(value["deploy"])
        ]
        kept["deploy"] = _outline(blocks, requirement)
    commands = [text(each) for each in listed(kept.pop("before_deploy", None))]
    if own := [each for each in commands if each not in {"", "skip", "ignore"} and requirement not in each]:
        kept["before_deploy"] = [*own]
    return kept


def _without_images(value: Plain) -> Plain:
    if isinstance(value, list):
        return [_without_images(each) for each in value]
    if not isinstance(value, dict):
        return value
    return {name: _without_images(each) for name, each in value.items() if name not in {"dist", "python"}}
