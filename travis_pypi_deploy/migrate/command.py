"""The command: a file in, a unified diff out, and with --write the file itself."""

from __future__ import annotations

import difflib
import re
import tempfile
from argparse import Namespace
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import TextIO

from ..errors import UsageError
from ..travis_yml.lints import Note, arranged
from ..travis_yml.parse import parse, read
from ..travis_yml.tree import MappingNode, Node
from .arguments import read_arguments
from .deploying_jobs import WITH_STAGE
from .edits import apply
from .modern_jobs import lines_as_before, modern_jobs
from .rewrite import Migration, migrate
from .stage import to_stage
from .translate import aliases
from .verify import verify, verify_modern_jobs, verify_stage


def main(arguments: Sequence[str], stdout: TextIO, stderr: TextIO) -> int:
    """Run the command and return its exit code: 0, also if something could not be carried over, or 2.

    The diff goes to ``stdout``, ready for `patch` and `git apply`, every sentence to ``stderr``.
    """
    options = read_arguments(arguments)
    path: Path = options.path
    try:
        text, root = read(path)
        if options.stage and isinstance(root, MappingNode):
            migration = _staged(text, root, options)
        else:
            migration = _migrate(text, root, options)
        if options.write and migration.text != text:
            _write(path, migration.text)
    except UsageError as error:
        stderr.write(f"{error}\n")
        return error.exit_code
    stdout.write(_diff(text, migration.text, path))
    stderr.writelines(f"{path}:{note.line}: {note.text}\n" for note in migration.notes)
    stderr.write(_summary(path, migration, written=options.write))
    return 0


def _migrate(text: str, root: Node | None, options: Namespace) -> Migration:
    """Return the migration; raises UsageError unless it is right and a second one changes nothing."""
    migration = migrate(text, root, _aliases(options.path), options.install)
    if not migration.deployments:
        return migration
    try:
        after = parse(migration.text)
        verify(root, after, migration.templates, options.install)
    except UsageError as error:
        message = f"{options.path} was not changed, because the result would be wrong: {error}"
        raise UsageError(message) from None
    if migrate(migration.text, after, _aliases(options.path), options.install).text != migration.text:
        message = f"{options.path} was not changed: a second run would change it again. Migrate this file by hand."
        raise UsageError(message)
    return migration


def _staged(text: str, root: MappingNode, options: Namespace) -> Migration:
    """Return the migration into a stage of its own; a job that is one already gets a Python that can run the tool."""
    try:
        staged = to_stage(text, root, _aliases(options.path), options.install)
        if staged is None:
            return _in_modern_jobs(text, root, options)
        after = parse(staged.text)
        verify_stage(root, after, staged.deployments)
    except UsageError as error:
        message = f"{options.path} was not changed: {error}"
        raise UsageError(message) from None
    return replace(staged, text=_migrate(staged.text, after, options).text)  # templates of deployments are left


def _in_modern_jobs(text: str, root: MappingNode, options: Namespace) -> Migration:
    edits, notes = modern_jobs(text, root)
    modern = apply(text, edits)
    after = parse(modern)
    verify_modern_jobs(root, after)
    migration = _migrate(modern, after, options)
    if not notes and migration.deployments:
        notes = (Note(root.line, "--stage does nothing here: the deployments stand in jobs, not beside them."),)
    return replace(migration, notes=arranged((*notes, *lines_as_before(migration.notes, text, edits))))


def _aliases(path: Path) -> dict[str, str]:
    """Return the aliases of the setup.cfg beside a .travis.yml."""
    setup_cfg = path.with_name("setup.cfg")
    return aliases(setup_cfg.read_text(encoding="utf-8", errors="replace")) if setup_cfg.is_file() else {}


def _write(path: Path, text: str) -> None:
    """Replace a file in one step, by another of the same mode."""
    target = path.resolve()
    try:
        with tempfile.TemporaryDirectory(dir=target.parent, prefix=f"{target.name}.") as folder:
            new = Path(folder, target.name)
            new.write_bytes(text.encode())
            new.chmod(target.stat().st_mode)
            new.replace(target)
    except OSError as error:
        message = f"{path} cannot be written: {error.strerror}."
        raise UsageError(message) from None


def _diff(before: str, after: str, path: Path) -> str:
    """Return a unified diff that keeps line endings, with git's word for a last line without one."""
    old, new = (re.findall(r"[^\n]*\n|[^\n]+", text) for text in (before, after))
    name = path.as_posix().lstrip("/")
    diff = difflib.unified_diff(old, new, f"a/{name}", f"b/{name}")
    return "".join(line if line.endswith("\n") else f"{line}\n\\ No newline at end of file\n" for line in diff)


def _summary(path: Path, migration: Migration, *, written: bool) -> str:
    count = migration.deployments
    if not count:
        return f"{path} was left as it is: no deployment to rewrite.\n"
    counted = "1 deployment" if count == 1 else f"{count} deployments"
    if written:
        is_offered = any(WITH_STAGE in note.text for note in migration.notes)
        restore = " To use --stage instead, restore the file first." if is_offered else ""
        return f"{path} was written: {counted} rewritten.{restore}\n"
    return f"{path} was not written: {counted} to rewrite with --write.\n"
