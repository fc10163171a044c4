"""Source trees become distribution files, built by the real PyPA build."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
from typing import TYPE_CHECKING

import pytest

from tests.support import command, factories, sample_projects
from tests.support.named_pipe import NamedPipe
from travis_pypi_deploy import builder
from travis_pypi_deploy.builder import child_environment, commit_time
from travis_pypi_deploy.errors import BuildError
from travis_pypi_deploy.settings.secret_variables import SECRET_VARIABLES

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence
    from pathlib import Path

    from tests.support.loopback_index import LoopbackIndex
    from travis_pypi_deploy.builder import Run

SDIST, WHEEL = "demo-1.0.tar.gz", "demo-1.0-py3-none-any.whl"
BOTH = ("sdist", "bdist_wheel")
CANARY = "canary-4cc0rd1ng-t0-m3"


def build(
    project: Path,
    *formats: str,
    environ: Mapping[str, str] | None = None,
    dist_dir: Path | None = None,
    verbose: bool = False,
    told: list[str] | None = None,
    run: Run = builder.run,
) -> tuple[Path, ...]:
    """Build a project into its dist folder; ``told`` gets what is said meanwhile."""
    heard: list[str] = [] if told is None else told
    return builder.build(
        project,
        formats=formats or BOTH,
        dist_dir=dist_dir or project / "dist",
        environ=environ or os.environ,
        tell=heard.append,
        verbose=verbose,
        run=run,
    )


FORMATS = {"both": (BOTH, [WHEEL, SDIST]), "sdist": (("sdist",), [SDIST]), "wheel": (("bdist_wheel",), [WHEEL])}


@pytest.mark.parametrize(("formats", "names"), FORMATS.values(), ids=FORMATS)
def test_what_was_asked_for_is_built(tmp_path: Path, formats: tuple[str, ...], names: list[str]) -> None:
    project = sample_projects.copy("plain", tmp_path)
    told: list[str] = []
    built = build(project, *formats, told=told)
    assert [path.name for path in built] == names
    assert sorted(path.name for path in (project / "dist").iterdir()) == names
    assert told == []


def test_the_build_is_heard_if_that_is_asked_for_and_makes_the_wheel_from_the_sdist(tmp_path: Path) -> None:
    told: list[str] = []
    build(sample_projects.copy("plain", tmp_path), verbose=True, told=told)
    assert "* Building wheel from sdist" in told
    assert told[-1] == f"Successfully built {SDIST} and {WHEEL}"


@pytest.mark.registry
def test_a_project_of_setup_py_alone_is_built(tmp_path: Path) -> None:
    built = build(sample_projects.copy("legacy", tmp_path, over="legacy"))
    assert [path.name for path in built] == [WHEEL, SDIST]


def test_a_built_file_replaces_one_of_its_name_and_stale_ones_are_not_published(
    tmp_path: Path, index: LoopbackIndex
) -> None:
    project = sample_projects.copy("plain", tmp_path)
    dist = project / "dist"
    dist.mkdir()
    stale = factories.wheel(dist, version="0.9").read_bytes()
    for name in (SDIST, WHEEL):
        (dist / name).write_bytes(b"stale")
    ended = deploy(project, PYPI_SERVER=index.upload_url)
    kept = {path.name: path.read_bytes() for path in dist.iterdir()}
    assert (ended.code, ended.err) == (0, "")
    assert kept.pop("demo-0.9-py3-none-any.whl") == stale
    assert index.files == kept
    assert b"stale" not in kept.values()


def deploy(project: Path, *argv: str, **variables: str | None) -> command.Ended:
    """Deploy a project from its branch, in this process."""
    return command.deploy("--branch=staging", f"--project-dir={project}", *argv, environ=command.job(**variables))


def test_a_failed_build_shows_the_words_of_the_backend_outside_the_fold(tmp_path: Path, index: LoopbackIndex) -> None:
    project = sample_projects.copy("fails", tmp_path)
    ended = deploy(project, PYPI_SERVER=index.upload_url)
    unfolded = ended.out[ended.out.index("travis_fold:end:pypi.build") :]
    assert ended.code == 3
    assert "f\ufffdhler: cannot find demo.h\n" in unfolded
    assert "ERROR Backend subprocess exited when trying to invoke build_wheel\n" in unfolded
    assert ended.err == "Error: the build failed (status 1); its own words stand above\n"
    assert index.requests == []
    assert not (project / "dist").exists()


def test_a_backend_that_lies_about_its_file_is_found_out(tmp_path: Path, index: LoopbackIndex) -> None:
    ended = deploy(sample_projects.copy("lies", tmp_path), PYPI_SERVER=index.upload_url)
    assert ended.code == 3
    assert f"Successfully built {SDIST} and {WHEEL}" in ended.lines
    assert ended.err == (
        "Error: the build said that it succeeded, but made no bdist_wheel: that is a fault of the build backend, which "
        "[build-system] of pyproject.toml names\n"
    )
    assert index.requests == []


def test_a_folder_without_a_project_is_told(tmp_path: Path) -> None:
    ended = deploy(tmp_path, "--server=http://127.0.0.1:9/")
    assert ended.code == 3
    assert ended.err == (
        f"Error: nothing to build in {tmp_path}: it has neither pyproject.toml nor setup.py. Name the project's "
        "folder with --project-dir\n"
    )


@pytest.mark.parametrize("source", ["--project-dir", "PYPI_PROJECT_DIR"])
def test_a_folder_that_does_not_exist_is_told(tmp_path: Path, source: str) -> None:
    missing = str(tmp_path / "missing")
    argv, environ = ([source, missing], {}) if source.startswith("--") else ([], {source: missing})
    ended = command.deploy("--all-branches", "--server=http://127.0.0.1:9/", *argv, environ=command.job(**environ))
    assert (ended.code, ended.err) == (2, f"Error: {source}: there is no folder {missing}\n")


def test_a_folder_for_the_files_that_cannot_be_made_is_told(tmp_path: Path) -> None:
    project = sample_projects.copy("plain", tmp_path)
    with pytest.raises(BuildError) as raised:
        build(project, dist_dir=project / "backend.py")
    assert str(raised.value) == (
        f"cannot put the built files into {project / 'backend.py'}: File exists. Name another folder with --dist-dir"
    )


def test_the_folder_for_the_files_is_relative_to_the_project(tmp_path: Path, index: LoopbackIndex) -> None:
    project = sample_projects.copy("plain", tmp_path)
    ended = deploy(project, "--dist-dir=out/wheels", "--distributions=wheel", PYPI_SERVER=index.upload_url)
    assert (ended.code, ended.err) == (0, "")
    assert index.files == {WHEEL: (project / "out" / "wheels" / WHEEL).read_bytes()}


def test_no_secret_reaches_the_build(tmp_path: Path, index: LoopbackIndex) -> None:
    project = sample_projects.copy("dumps", tmp_path)
    secrets = {name: f"{CANARY}-{name}" for name in (*SECRET_VARIABLES, "PART_ONE", "PART_TWO")}
    copies = {"MY_TOKEN": secrets["PYPI_TOKEN"], "MY_PART": secrets["PART_TWO"]}
    kept = {"PIP_RETRIES": "7", "TRAVIS_BRANCH": "staging", "PYPI_PASSWORD_ENV": "PART_ONE\nPART_TWO"}
    dumped = tmp_path / "environment.json"
    ended = deploy(project, PYPI_SERVER=index.upload_url, DUMP=str(dumped), **secrets, **copies, **kept)
    seen = json.loads(dumped.read_text("utf-8"))
    assert (ended.code, ended.err) == (0, "")
    assert {name: seen.get(name) for name in (*secrets, *copies)} == dict.fromkeys((*secrets, *copies))
    assert {name: seen.get(name) for name in kept} == kept
    assert CANARY not in dumped.read_text("utf-8")
    assert CANARY not in ended.out


def test_an_empty_secret_takes_no_other_variable_along() -> None:
    environ = {"PYPI_TOKEN": "", "EMPTY": "", "PATH": "/bin"}
    assert child_environment(environ, password_env=()) == {"EMPTY": "", "PATH": "/bin"}


EPOCHS = {"commit": ({}, "1577934245"), "given": ({"SOURCE_DATE_EPOCH": "42"}, "42")}


@pytest.mark.parametrize(("given", "expected"), EPOCHS.values(), ids=EPOCHS)
def test_the_date_of_the_commit_is_the_date_of_the_build(
    tmp_path: Path, index: LoopbackIndex, given: dict[str, str], expected: str
) -> None:
    project = sample_projects.copy("dumps", tmp_path)
    commit(project)
    dumped = tmp_path / "environment.json"
    ended = deploy(project, PYPI_SERVER=index.upload_url, DUMP=str(dumped), **given)
    assert (ended.code, ended.err) == (0, "")
    assert json.loads(dumped.read_text("utf-8"))["SOURCE_DATE_EPOCH"] == expected


def test_two_builds_of_a_commit_give_the_same_bytes(tmp_path: Path) -> None:
    first, second = (sample_projects.copy("plain", tmp_path / name) for name in ("first", "second"))
    contents = []
    for project in (first, second):
        commit(project)
        date = commit_time(project, os.environ)
        assert date is not None
        built = build(project, environ={**os.environ, "SOURCE_DATE_EPOCH": date})
        contents.append([path.read_bytes() for path in built])
    assert contents[0] == contents[1]


def commit(project: Path) -> None:
    """Make the project a repository of one commit, of the 2nd of January 2020."""
    date = "2020-01-02T03:04:05Z"
    git = ["git", "-c", "user.name=a", "-c", "user.email=a@example.org", "-c", "init.defaultBranch=main"]
    environ = {**os.environ, "GIT_AUTHOR_DATE": date, "GIT_COMMITTER_DATE": date}
    for arguments in (["init", "--quiet"], ["add", "."], ["commit", "--quiet", "--message", "Begin"]):
        subprocess.run([*git, *arguments], cwd=project, env=environ, check=True)


def test_without_a_commit_there_is_no_date(tmp_path: Path) -> None:
    outside = {"PATH": os.environ["PATH"], "GIT_CEILING_DIRECTORIES": str(tmp_path.parent)}
    assert commit_time(tmp_path, outside) is None


def test_without_git_there_is_no_date(tmp_path: Path) -> None:
    assert commit_time(tmp_path, {"PATH": str(tmp_path)}) is None


def test_a_silent_build_gives_signs_of_life(tmp_path: Path) -> None:
    def silent(command: Sequence[str], folder: Path, environ: Mapping[str, str]) -> Iterator[str]:
        yield ""
        yield "Compiling\n"
        yield from ("", "")
        yield "Linking\n"
        yield ""
        yield from builder.run(command, folder, environ)

    project = sample_projects.copy("plain", tmp_path)
    told: list[str] = []
    builder.build(project, formats=("sdist",), dist_dir=tmp_path, environ=os.environ, tell=told.append, run=silent)
    assert told == [
        "Still building, silent for 30 s",
        "Still building, silent for 30 s; its last line: Compiling",
        "Still building, silent for 60 s; its last line: Compiling",
        "Still building, silent for 30 s; its last line: Linking",
    ]


def test_a_child_that_says_nothing_yields_nothing_now_and_then(tmp_path: Path) -> None:
    child = [sys.executable, "-c", "import time; print('a', flush=True); time.sleep(1); print('b')"]
    lines = list(builder.run(child, tmp_path, os.environ, silence=0.2))
    assert [line for line in lines if line] == ["a\n", "b\n"]
    assert "" in lines


def test_what_a_child_leaves_running_is_not_waited_for(tmp_path: Path) -> None:
    child = ["bash", "-c", "sleep 30 & echo $!"]
    number, *rest = builder.run(child, tmp_path, os.environ, silence=0.1)
    os.kill(int(number), signal.SIGKILL)  # it is still there
    assert set(rest) <= {""}


def test_whoever_stops_listening_ends_the_child_and_its_children(tmp_path: Path) -> None:
    with NamedPipe(tmp_path / "pipe") as pipe:
        child = ["bash", "-c", f"exec 9>{pipe.path}; sleep 600 & echo started; wait"]
        lines = builder.run(child, tmp_path, os.environ)
        assert next(lines) == "started\n"
        lines.close()
        assert pipe.read() == b""


@pytest.mark.parametrize(("script", "status"), [("exit 3", "status 3"), ("kill -9 $$", "signal 9")])
def test_a_failure_is_told_with_its_status(tmp_path: Path, script: str, status: str) -> None:
    project = sample_projects.copy("plain", tmp_path)

    def failing(command: Sequence[str], folder: Path, environ: Mapping[str, str]) -> Iterator[str]:
        return builder.run(["bash", "-c", f"echo words; {script}"], folder, environ)

    with pytest.raises(BuildError) as raised:
        build(project, run=failing)
    assert str(raised.value) == f"the build failed ({status}); its own words stand above"
    assert raised.value.output == ("words",)


SHADOWS = [
    "build/__init__.py",
    "packaging.py",
    "pkginfo.py",
    "requests/__init__.py",
    "tqdm.py",
    "json.py",
    "logging.py",
]


def test_a_project_named_like_a_library_is_not_imported(tmp_path: Path, index: LoopbackIndex) -> None:
    project = sample_projects.copy("plain", tmp_path)
    for shadow in SHADOWS:
        (project / shadow).parent.mkdir(exist_ok=True)
        (project / shadow).write_text("raise SystemExit('a stranger was imported')\n")
    environ = command.job(PYPI_SERVER=index.upload_url, PYPI_BRANCH="staging", PYPI_CONDITION="-n $CI")
    ended = command.run(environ=environ, folder=project)
    assert (ended.code, ended.err) == (0, "")
    assert sorted(index.files) == [WHEEL, SDIST]
