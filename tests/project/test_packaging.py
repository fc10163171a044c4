"""What is published of ourselves: exactly the files that it should be."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
import tarfile
import zipfile
from pathlib import Path

import pytest

import travis_pypi_deploy
from travis_pypi_deploy import __version__, distributions

REPOSITORY = Path(__file__).parents[2]
TOP_LEVEL = {
    "CHANGELOG.md",
    "CONTRIBUTING.md",
    "LICENSE",
    "MANIFEST.in",
    "Makefile",
    "PKG-INFO",
    "README.md",
    "benchmarks",
    "docs",
    "examples",
    "pyproject.toml",
    "setup.cfg",
    "setup.py",
    "tests",
    "travis_pypi_deploy",
    "travis_pypi_deploy.egg-info",
}


@pytest.fixture(scope="module")
def built(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, Path]:
    """Return our own sdist, and the wheel that was built from it."""
    folder = tmp_path_factory.mktemp("dist")
    source = folder / "source"  # a copy, because two workers at once would write into the same egg-info folder
    shutil.copytree(
        REPOSITORY, source, ignore=shutil.ignore_patterns(".git", ".venv*", "*.egg-info", ".*_cache", "build")
    )
    command = [sys.executable, "-m", "build", "--no-isolation", "--outdir", str(folder), str(source)]
    answer = subprocess.run(command, check=False, capture_output=True, text=True)
    assert answer.returncode == 0, answer.stdout + answer.stderr
    return next(folder.glob("*.tar.gz")), next(folder.glob("*.whl"))


def package_files() -> set[str]:
    root = Path(travis_pypi_deploy.__file__).parent
    return {f"travis_pypi_deploy/{path.relative_to(root).as_posix()}" for path in root.rglob("*.py")}


def test_the_wheel_holds_the_package_and_nothing_else(built: tuple[Path, Path]) -> None:
    with zipfile.ZipFile(built[1]) as wheel:
        names = {name for name in wheel.namelist() if ".dist-info/" not in name}

    assert names == package_files()


def test_the_sdist_holds_everything_to_build_and_test_with(built: tuple[Path, Path]) -> None:
    top = f"travis_pypi_deploy-{__version__}"
    with tarfile.open(built[0]) as sdist:
        names = {name.partition("/")[2] for name in sdist.getnames()} - {""}

    assert {name.partition("/")[0] for name in names} == TOP_LEVEL
    assert package_files() <= names
    assert built[0].name == f"{top}.tar.gz"
    assert [name for name in names if "__pycache__" in name or name.endswith(".pyc")] == []


def test_the_command_is_installed_under_its_name(built: tuple[Path, Path]) -> None:
    with zipfile.ZipFile(built[1]) as wheel:
        entry_points = next(name for name in wheel.namelist() if name.endswith("entry_points.txt"))
        text = wheel.read(entry_points).decode()

    assert text == "[console_scripts]\ntravis-pypi-deploy = travis_pypi_deploy.__main__:run\n"


def test_both_files_are_of_this_version(built: tuple[Path, Path]) -> None:
    assert {distributions.read(path).version for path in built} == {__version__}


def test_our_own_release_passes_our_own_checks(built: tuple[Path, Path]) -> None:
    command = [
        sys.executable,
        "-m",
        "travis_pypi_deploy",
        "--check-only",
        "--strict",
        "--server",
        "pypi",
        *map(str, built),
    ]

    answer = subprocess.run(command, capture_output=True, text=True, check=False)

    assert (answer.returncode, answer.stderr) == (0, "")


@pytest.mark.parametrize("way", ["wheel", "git"])
def test_the_tool_can_be_installed_from_a_file_and_from_git(built: tuple[Path, Path], tmp_path: Path, way: str) -> None:
    repository = tmp_path / "repository"
    if way == "git":
        subprocess.run(["tar", "-xf", str(built[0]), "-C", str(tmp_path)], check=True)
        next(tmp_path.glob("travis_pypi_deploy-*")).rename(repository)
        commit = ["-c", "user.name=a", "-c", "user.email=a@example.org", "commit", "-qm", "one"]
        for command in (["init", "-q"], ["add", "-A"], commit):
            subprocess.run(["git", *command], cwd=repository, check=True)
    # With a host, because pip 23 takes no URL without one.
    where = str(built[1]) if way == "wheel" else f"travis-pypi-deploy @ git+file://localhost{repository}"
    pip = [sys.executable, "-m", "pip", "install", "-q", "--no-deps", "--target", str(tmp_path / "installed"), where]
    subprocess.run(pip, check=True)
    command = [sys.executable, "-m", "travis_pypi_deploy", "--version"]
    environ = {**os.environ, "PYTHONPATH": str(tmp_path / "installed")}
    answer = subprocess.run(command, cwd=tmp_path, env=environ, check=True, capture_output=True, text=True)
    assert answer.stdout == f"travis-pypi-deploy {__version__}\n"
