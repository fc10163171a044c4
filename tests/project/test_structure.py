"""The shape of the code, as DESIGN has it: layers, who may touch the world, what a skipped job costs."""

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
    "errors": 0,
    "job": 1,
    "servers": 1,
    "transport": 1,
    "http": 2,
    "simple_pages": 2,
    "distributions": 1,
    "tokens": 1,
    "settings": 2,
    "checks": 2,
    "builder": 3,
    "index": 3,
    "upload": 3,
    "report": 4,
    "deploy": 5,
    "cli": 6,
    "migrate": 6,
    "__main__": 7,
}
LONGEST_MODULE_LINES = 300
HEAVY = {
    "build",
    "certifi",
    "docutils",
    "email",
    "http",
    "json",
    "packaging",
    "pkginfo",
    "readme_renderer",
    "requests",
    "requests_toolbelt",
    "subprocess",
    "tempfile",
    "tqdm",
    "trove_classifiers",
    "urllib3",
    "zipfile",
}


def modules() -> Iterator[tuple[str, Path]]:
    """Yield the room and the path of every module of the package."""
    for path in sorted(PACKAGE.rglob("*.py")):
        yield path.relative_to(PACKAGE).with_suffix("").parts[0], path


def imported(path: Path) -> Iterator[str]:
    """Yield the full name of everything that a module imports, wherever in it."""
    package = ("travis_pypi_deploy", *path.relative_to(PACKAGE).parent.parts)
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Import):
            yield from (name.name for name in node.names)
        elif isinstance(node, ast.ImportFrom):
            parents = package[: len(package) - node.level + 1] if node.level else ()
            origin = ".".join((*parents, *((node.module,) if node.module else ())))
            yield from (f"{origin}.{name.name}" for name in node.names)


def imported_rooms(path: Path) -> Iterator[str]:
    for name in imported(path):
        parts = name.split(".")
        if parts[0] == "travis_pypi_deploy":
            yield parts[1] if parts[1] in LAYERS else "__init__"


def importers(library: str) -> set[str]:
    return {room for room, path in modules() if any(name.split(".")[0] == library for name in imported(path))}


def test_every_module_stands_in_a_layer() -> None:
    assert {room for room, _ in modules()} == set(LAYERS)


def test_a_module_imports_from_its_own_room_and_from_lower_layers_only() -> None:
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
        ("requests", {"http", "transport"}),
        ("requests_toolbelt", {"upload"}),
        ("subprocess", {"builder", "cli"}),
        ("ruamel", {"migrate"}),
        ("readme_renderer", {"checks"}),
        ("tqdm", {"report"}),
    ],
)
def test_a_library_is_used_in_its_rooms_only(library: str, rooms: set[str]) -> None:
    assert importers(library) == rooms


def test_only_the_edge_reads_the_environment() -> None:
    readers = {
        room
        for room, path in modules()
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8")))
        if isinstance(node, ast.Attribute) and node.attr in ("environ", "getenv") and ast.unparse(node.value) == "os"
    }

    assert readers == {"cli"}


def test_nothing_prints() -> None:
    printers = [
        path.name
        for _, path in modules()
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8")))
        if isinstance(node, ast.Name) and node.id == "print"
    ]

    assert printers == []


def test_no_module_outgrows_its_page() -> None:
    lines = {str(path.relative_to(PACKAGE)): path.read_text(encoding="utf-8").count("\n") for _, path in modules()}

    assert {name: count for name, count in lines.items() if count > LONGEST_MODULE_LINES} == {}


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


def test_a_skipped_job_imports_nothing_heavy(tmp_path: Path) -> None:
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
