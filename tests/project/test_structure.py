"""The structure of the code: layers, the modules that may use the network and the environment, lazy imports."""

from __future__ import annotations

import ast
import os
import subprocess
import sys
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

import travis_pypi_deploy
from tests.support.travis_job import job
from travis_pypi_deploy.servers import SERVERS

if TYPE_CHECKING:
    from collections.abc import Iterator

PACKAGE = Path(travis_pypi_deploy.__file__).parent
REPOSITORY = Path(__file__).parents[2]
LAYERS = {
    "__init__": 0,
    "build_process": 0,
    "errors": 0,
    "importing": 0,
    "macaroon": 0,
    "source_tree": 0,
    "bash": 1,
    "distributions": 1,
    "given_files": 2,
    "servers": 1,
    "signals": 1,
    "simple_pages": 1,
    "checks": 2,
    "diagnoses": 2,
    "http": 2,
    "masking": 2,
    "builder": 3,
    "console": 3,
    "credentials": 3,
    "options": 3,
    "arguments": 4,
    "index": 4,
    "job": 4,
    "travis_yml": 5,
    "upload": 5,
    "explain": 6,
    "migrate": 6,
    "report": 6,
    "messages": 7,
    "deploy": 8,
    "cli": 9,
    "__main__": 10,
}
NETWORK = {"http", "index", "servers", "upload"}
LAZY_IMPORTS_LIMIT = 4
HEAVY = {
    "build",
    "docutils",
    "pkginfo",
    "readme_renderer",
    "requests",
    "requests_toolbelt",
    "trove_classifiers",
    "urllib3",
}


def modules() -> Iterator[tuple[str, Path]]:
    """Yield the name and the path of every module; the name of a package stands for all of its modules."""
    for path in sorted(PACKAGE.rglob("*.py")):
        yield path.relative_to(PACKAGE).with_suffix("").parts[0], path


def tree(path: Path) -> ast.Module:
    return ast.parse(path.read_text(encoding="utf-8"))


def imports(node: ast.AST) -> Iterator[ast.Import | ast.ImportFrom]:
    """Yield every import, wherever in the module, those for type checkers included."""
    for child in ast.iter_child_nodes(node):
        if isinstance(child, (ast.Import, ast.ImportFrom)):
            yield child
        else:
            yield from imports(child)


def imported(path: Path) -> Iterator[str]:
    """Yield the full name of everything that a module imports."""
    package = ("travis_pypi_deploy", *path.relative_to(PACKAGE).parent.parts)
    for node in imports(tree(path)):
        if isinstance(node, ast.Import):
            yield from (name.name for name in node.names)
        else:
            parents = package[: len(package) - node.level + 1] if node.level else ()
            origin = ".".join((*parents, *((node.module,) if node.module else ())))
            yield from (f"{origin}.{name.name}" for name in node.names)


def imported_rooms(path: Path) -> Iterator[str]:
    for name in imported(path):
        parts = name.split(".")
        if parts[0] == "travis_pypi_deploy":
            yield parts[1] if len(parts) > 1 and parts[1] in LAYERS else "__init__"


def importers(library: str) -> set[str]:
    return {room for room, path in modules() if any(name.split(".")[0] == library for name in imported(path))}


def test_every_module_stands_in_a_layer() -> None:
    assert {room for room, _ in modules()} == set(LAYERS)


def test_a_module_imports_from_its_own_package_and_from_lower_layers_only() -> None:
    upwards = [
        f"{path.relative_to(PACKAGE)} imports {other}"
        for room, path in modules()
        for other in imported_rooms(path)
        if other != room and LAYERS[other] >= LAYERS[room]
    ]

    assert upwards == []


@pytest.mark.parametrize(
    ("library", "rooms"),
    [
        ("requests", NETWORK),
        ("requests_toolbelt", {"upload"}),
        ("urllib3", NETWORK),
        ("subprocess", {"bash", "build_process", "builder", "explain", "source_tree"}),
        ("ruamel", {"travis_yml"}),
        ("readme_renderer", {"checks"}),
        ("tqdm", set()),
    ],
)
def test_a_library_is_used_in_its_modules_only(library: str, rooms: set[str]) -> None:
    assert importers(library) <= rooms


def test_few_imports_stand_inside_functions_and_each_has_its_reason() -> None:
    lazy, unexplained = [], []
    for _, path in modules():
        lines = path.read_text(encoding="utf-8").splitlines()
        functions = [node for node in ast.walk(tree(path)) if isinstance(node, (ast.FunctionDef, ast.AsyncFunctionDef))]
        found = {node.lineno for function in functions for node in imports(function)}
        for number in sorted(found):
            lazy.append(f"{path.relative_to(PACKAGE)}:{number}")
            if "#" not in lines[number - 1] and not lines[number - 2].strip().startswith("#"):
                unexplained.append(lazy[-1])

    assert unexplained == []
    assert len([each for each in lazy if not each.startswith("migrate")]) <= LAZY_IMPORTS_LIMIT, lazy


def test_only_the_command_line_reads_the_environment() -> None:
    readers = {
        room
        for room, path in modules()
        for node in ast.walk(tree(path))
        if isinstance(node, ast.Attribute) and node.attr in ("environ", "getenv") and ast.unparse(node.value) == "os"
    }

    assert readers == {"build_process", "cli"}  # the child process has an environment of its own


def test_nothing_prints() -> None:
    printers = [
        path.name
        for _, path in modules()
        for node in ast.walk(tree(path))
        if isinstance(node, ast.Name) and node.id == "print"
    ]

    assert printers == []


def test_the_addresses_of_the_indexes_stand_in_one_table() -> None:
    hosts = {host for server in SERVERS for host in server.hosts}
    table = PACKAGE / "servers.py"
    tracked = subprocess.run(["git", "ls-files", "-z"], cwd=REPOSITORY, capture_output=True, text=True, check=False)
    if tracked.returncode:
        pytest.skip("not a git checkout")
    files = [REPOSITORY / name for name in tracked.stdout.split("\0") if name]
    elsewhere = [
        f"{path.relative_to(REPOSITORY)}: {host}"
        for path in files
        if path != table and path.is_file()
        for host in hosts
        if host.encode() in path.read_bytes()
    ]

    assert elsewhere == []


def test_a_skipped_job_imports_no_heavy_library(tmp_path: Path) -> None:
    code = (
        "import os, sys\n"
        "before = set(sys.modules)\n"
        "from travis_pypi_deploy import cli\n"
        "code = cli.main(['--branch', 'main'], os.environ, out=sys.stdout, err=sys.stderr)\n"
        "print(code, *sorted({name.partition('.')[0] for name in set(sys.modules) - before}))\n"
    )
    environ = {**job(TRAVIS_BRANCH="feature/x"), "PATH": os.environ["PATH"]}

    answer = subprocess.run([sys.executable, "-c", code], env=environ, capture_output=True, text=True, check=True)

    code_and_modules = answer.stdout.splitlines()[-1].split()
    assert code_and_modules[0] == "0"
    assert HEAVY.intersection(code_and_modules) == set()
