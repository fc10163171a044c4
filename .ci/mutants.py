"""Runs the tests on a sample of mutants, small wrong changes to the modules that decide, and lists those that survive.

The changes are made in copies of the work tree, one for each worker, each with its own .venv, so that the processes
that the tests start run the changed code too. The same work tree and seed give the same sample.
"""

from __future__ import annotations

import argparse
import ast
import hashlib
import os
import queue
import shutil
import signal
import subprocess
import sys
import tempfile
import time
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from cosmic_ray.ast import ast_nodes, get_ast
from cosmic_ray.mutating import mutate_code
from cosmic_ray.plugins import get_operator, operator_names

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

PACKAGE = Path("travis_pypi_deploy")
# For each module, the tests that decide about it, the fast ones first; upload stands for all of its modules.
TESTS = {
    "job.py": "unit/test_job.py functional/test_command.py",
    "credentials.py": "unit/test_credentials.py unit/test_masking.py unit/test_macaroon.py "
    "unit/test_macaroon_oracle.py functional/test_command.py functional/test_secrets_misplaced.py "
    "functional/test_secrets_on_the_wire.py functional/test_secrets.py",
    "servers.py": "unit/test_servers.py unit/test_http.py functional/test_trust.py functional/test_command.py",
    "http.py": "unit/test_http.py unit/upload/test_pauses.py unit/test_hostile_answers.py functional/test_trust.py "
    "functional/test_index.py functional/test_connecting.py functional/test_secrets_on_the_wire.py "
    "functional/test_faults.py",
    "index.py": "unit/test_index.py unit/test_hostile_answers.py unit/test_http.py functional/test_index.py "
    "functional/test_wait.py functional/test_trust.py functional/test_faults.py",
    "upload": "unit/upload functional/test_parallel_uploads.py functional/test_changed_files.py "
    "functional/test_trust.py functional/test_secrets_on_the_wire.py functional/test_report.py "
    "functional/test_faults.py functional/test_remedies.py functional/test_signals.py",
}
TOO_SLOW = "any_moment or does_not_end or twenty_seconds or thirty_seconds"
NOT_COPIED = shutil.ignore_patterns(".git", ".venv*", ".*_cache", ".hypothesis", "__pycache__", "*.egg-info", "build")
SAME = ("Eq_Is", "Is_Eq", "NotEq_IsNot", "IsNot_NotEq")  # of the same meaning for small numbers and single objects
RATE_PERCENT = 90
WORKERS = 2


@dataclass(frozen=True)
class Mutant:
    """A module with one change, which is in line ``number``."""

    part: str
    path: Path
    number: int
    before: str
    after: str
    code: str

    def __str__(self) -> str:
        return f"{self.path}:{self.number}\n  - {self.before}\n  + {self.after}"


def sample(size: int, seed: str) -> list[Mutant]:
    """Return so many mutants, each changed at another place, spread evenly over all places.

    They are ordered by a hash of the changed line, so that a change elsewhere leaves most of the sample as it was.
    """
    changes = []
    for part in TESTS:
        for path in [PACKAGE / part] if part.endswith(".py") else (PACKAGE / part).glob("*.py"):
            source = path.read_text(encoding="utf-8")
            lines, nodes = source.splitlines(), list(ast_nodes(get_ast(source)))
            for name in operator_names():
                if get_operator(name).arguments() or name.endswith(SAME):
                    continue  # the first need the names of variables
                starts = [start for node in nodes for start, _ in get_operator(name)().mutation_positions(node)]
                for occurrence, start in enumerate(starts):
                    line = lines[start[0] - 1].strip()
                    if lines[start[0] - 1][start[1] :].startswith("*,"):  # keyword-only parameters
                        continue
                    text = f"{seed} {path.name} {line} {start[1]} {name} {starts[:occurrence].count(start)}"
                    key = hashlib.sha256(text.encode()).hexdigest()
                    changes.append((key, path, start, name, occurrence, source, part))
    mutants: dict[tuple[Path, tuple[int, int]], Mutant] = {}
    for _, path, start, name, occurrence, source, part in sorted(changes):
        code = mutate_code(source, get_operator(name)(), occurrence)
        if (path, start) not in mutants and meaning(code) not in (None, meaning(source)):
            before, after = (text.splitlines()[start[0] - 1].strip() for text in (source, code))
            mutants[path, start] = Mutant(part, path, start[0], before, after, code)
        if len(mutants) == size:
            break
    return list(mutants.values())


def meaning(code: str) -> str | None:
    """Return what Python runs of a module, which excludes annotations; None if it is not valid."""
    try:
        tree = ast.parse(code)
    except SyntaxError:
        return None
    for node in ast.walk(tree):
        if isinstance(node, (ast.arg, ast.AnnAssign)):
            node.annotation = ast.Constant(None)
        elif isinstance(node, (ast.FunctionDef, ast.AsyncFunctionDef)):
            node.returns = None
        elif isinstance(node, ast.If) and "TYPE_CHECKING" in ast.unparse(node.test):
            node.test = ast.Constant(None)
    return ast.dump(tree)


def copied(folder: Path) -> Path:
    """Copy the work tree into a folder, and set up its .venv."""
    shutil.copytree(".", folder, ignore=NOT_COPIED)
    subprocess.run(["make", "--silent", f"PYTHON={sys.executable}", ".venv/ready"], cwd=folder, check=True)
    return folder


def passes(part: str, folder: Path, limit_seconds: float) -> bool:
    """Return whether the tests pass in a folder; those that hang do not."""
    for cache in (folder / PACKAGE).rglob("__pycache__"):
        shutil.rmtree(cache)
    process = subprocess.Popen(
        [
            *(".venv/bin/python", "-m", "pytest", "-q", "-x", "-p", "no:cacheprovider", "-k", f"not ({TOO_SLOW})"),
            *(f"tests/{each}" for each in TESTS[part].split()),
        ],
        cwd=folder,
        env={**os.environ, "PYTHONDONTWRITEBYTECODE": "1", "CI": "true"},
        stdin=subprocess.DEVNULL,
        stdout=(folder / "pytest.log").open("w"),
        stderr=subprocess.STDOUT,
        start_new_session=True,
    )
    try:
        return process.wait(limit_seconds) == 0
    except subprocess.TimeoutExpired:
        return False
    finally:
        if process.poll() is None:
            os.killpg(process.pid, signal.SIGKILL)
            process.wait()


def survivors(mutants: Sequence[Mutant], folders: Sequence[Path]) -> Iterator[Mutant]:
    """Yield the mutants with which all tests pass, as they are found."""
    free: queue.Queue[Path] = queue.Queue()
    for folder in folders:
        free.put(folder)
    limits = {}

    def original(part: str) -> None:
        folder, start = free.get(), time.monotonic()
        if not passes(part, folder, 600):
            sys.exit(f"The tests of {part} fail without any change:\n" + (folder / "pytest.log").read_text())
        limits[part] = 30 + 2 * (time.monotonic() - start)
        print(f"Without a change, the tests of {part} pass in {time.monotonic() - start:.0f} s", flush=True)
        free.put(folder)

    def survives(mutant: Mutant) -> bool:
        folder = free.get()
        unchanged = (folder / mutant.path).read_bytes()
        (folder / mutant.path).write_text(mutant.code, encoding="utf-8")
        try:
            return passes(mutant.part, folder, limits[mutant.part])
        finally:
            (folder / mutant.path).write_bytes(unchanged)
            free.put(folder)

    threads = ThreadPoolExecutor(len(folders))
    try:
        list(threads.map(original, TESTS))
        for number, (mutant, survived) in enumerate(zip(mutants, threads.map(survives, mutants)), 1):
            if survived:
                yield mutant
            if number % 10 == 0:
                print(f"{number} of {len(mutants)} mutants", flush=True)
    finally:
        threads.shutdown(cancel_futures=True)


def main() -> None:
    """Print every survivor and the rate; exit 1 if too many survive."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--size", type=int, default=120)
    parser.add_argument("--seed", default="1")
    arguments = parser.parse_args()
    mutants = sample(arguments.size, arguments.seed)
    with tempfile.TemporaryDirectory() as root, ThreadPoolExecutor(WORKERS) as threads:
        folders = list(threads.map(copied, [Path(root, str(number)) for number in range(WORKERS)]))
        survived = 0
        for mutant in survivors(mutants, folders):
            survived += 1
            print(f"Survived: {mutant}", flush=True)
    killed = 100 * (len(mutants) - survived) / len(mutants)
    print(f"{len(mutants) - survived} of {len(mutants)} mutants killed: {killed:.0f} %")
    sys.exit(killed < RATE_PERCENT)


if __name__ == "__main__":
    main()
