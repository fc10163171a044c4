"""Source trees become distribution files, built by the real PyPA build."""

from __future__ import annotations

import io
import json
import os
import signal
import subprocess
import sys
import tarfile
import tracemalloc
from collections import deque
from pathlib import Path
from typing import TYPE_CHECKING, Callable

import pytest

from tests.support import command, factories, sample_projects
from tests.support.named_pipe import NamedPipe
from travis_pypi_deploy import build_process, builder
from travis_pypi_deploy.builder import child_environment
from travis_pypi_deploy.errors import BuildError
from travis_pypi_deploy.source_tree import commit_time

if TYPE_CHECKING:
    from collections.abc import Mapping

    from tests.support.loopback_index import LoopbackIndex

SDIST, WHEEL = "demo-1.0.tar.gz", "demo-1.0-py3-none-any.whl"
BOTH = ("sdist", "bdist_wheel")
CANARY = "canary-4cc0rd1ng-t0-m3"
# A list of its own: a name that the package loses or misspells has to fail a test.
SECRET_VARIABLES = "TEST_PYPI_TOKEN PYPI_TOKEN PYPI_PASSWORD TWINE_PASSWORD UV_PUBLISH_TOKEN FLIT_PASSWORD".split()


def build(
    project: Path,
    *formats: str,
    environ: Mapping[str, str] | None = None,
    dist_dir: Path | None = None,
    on_line: Callable[[str], None] = lambda _: None,
) -> builder.Build:
    """Build a project into its dist folder."""
    return builder.build(
        project,
        formats=formats or BOTH,
        dist_dir=dist_dir or project / "dist",
        environ=environ or child_environment(os.environ, password_env=()),
        mask=str,
        on_line=on_line,
    )


def names(built: builder.Build) -> list[str]:
    return [path.name for path in built.paths]


def deploy(project: Path, *argv: str, **variables: str | None) -> command.Ended:
    """Deploy a project from its branch, in this process."""
    return command.deploy("--branch=staging", f"--project-dir={project}", *argv, environ=command.job(**variables))


def edited(folder: Path, code: str = "", **replaced: str) -> Path:
    """Return the plain project; its backend has other texts, and more code at its end."""
    project = sample_projects.copy("plain", folder)
    backend = project / "backend.py"
    text = backend.read_text("utf-8")
    for old, new in replaced.items():
        assert old in text
        text = text.replace(old, new)
    backend.write_text(f"{text}\n\n{code}\n", "utf-8")
    return project


def failing(folder: Path, code: str) -> Path:
    """Return a project whose wheel runs this code."""
    return edited(folder, f"def build_wheel(*_):\n    import sys\n    {code}")


def talking(folder: Path, code: str) -> Path:
    """Return a project whose wheel runs this code first."""
    first = f"_build_wheel = build_wheel\ndef build_wheel(*given):\n    {code}\n    return _build_wheel(*given)"
    return edited(folder, first)


FORMATS = {
    "both": (BOTH, [WHEEL, SDIST], ["Building the sdist", "Building the wheel"]),
    "sdist": (("sdist",), [SDIST], ["Building the sdist", "Preparing the metadata of the sdist"]),
    "wheel": (("bdist_wheel",), [WHEEL], ["Building the wheel"]),
}


@pytest.mark.parametrize(("formats", "expected", "lines"), FORMATS.values(), ids=FORMATS)
def test_what_was_asked_for_is_built_the_wheel_from_the_sdist(
    tmp_path: Path, formats: tuple[str, ...], expected: list[str], lines: list[str]
) -> None:
    project = sample_projects.copy("plain", tmp_path)
    printed: list[str] = []
    assert names(build(project, *formats, on_line=printed.append)) == expected
    assert sorted(path.name for path in (project / "dist").iterdir()) == expected
    assert printed[:2] == lines


@pytest.mark.parametrize("top", ["Demo-1.0", "demo"])
def test_an_sdist_may_have_a_top_folder_of_another_name(tmp_path: Path, top: str) -> None:
    project = edited(tmp_path, **{'f"{NAME}-{VERSION}/{name}"': f'f"{top}/{{name}}"'})
    assert names(build(project)) == [WHEEL, SDIST]


REPORTS_ITS_ENVIRONMENT = """\
import sys
print("prefix", sys.prefix)


def get_requires_for_build_wheel(config_settings=None):
    return [{requirement}]
"""


@pytest.mark.parametrize("needs_more", [False, True])
def test_one_environment_serves_both_unless_the_wheel_needs_more(tmp_path: Path, needs_more: bool) -> None:
    requirement = f"extra @ {factories.wheel(tmp_path, 'extra').as_uri()}"
    code = REPORTS_ITS_ENVIRONMENT.format(requirement=repr(requirement) if needs_more else "")
    lines: list[str] = []
    build(edited(tmp_path, code), on_line=lines.append)
    assert len({line for line in lines if line.startswith("prefix")}) == (2 if needs_more else 1)
    assert (f"Installing {requirement}" in lines) is needs_more


@pytest.mark.registry
def test_a_project_of_setup_py_alone_is_built(tmp_path: Path) -> None:
    assert names(build(sample_projects.copy("legacy", tmp_path, over="legacy"))) == [WHEEL, SDIST]


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


def test_a_failed_build_shows_its_output_outside_the_fold_and_ends_with_the_cause(
    tmp_path: Path, index: LoopbackIndex
) -> None:
    project = sample_projects.copy("fails", tmp_path)
    ended = deploy(project, PYPI_SERVER=index.upload_url)
    unfolded = ended.out[ended.out.index("travis_fold:end:pypi.build") :]
    assert ended.code == 3
    assert unfolded.count("f\ufffdhler: cannot find demo.h\n") == 1
    assert ended.err == "Error: The build failed: f\ufffdhler: cannot find demo.h (the full output is above)\n"
    assert index.uploads == []
    assert not (project / "dist").exists()


def test_with_verbose_the_output_of_a_failed_build_is_shown_once(tmp_path: Path) -> None:
    ended = deploy(sample_projects.copy("fails", tmp_path), "--verbose", "--check-only")
    assert ended.out.count("cannot find demo.h") == 1


FAILURES = {
    "an exception": ("raise RuntimeError('cannot find libfoo')", "RuntimeError: cannot find libfoo (the full output"),
    "a known cause": ("import pkg_resources", 'add "setuptools<82" to [build-system] requires'),
    "an exception of any name": (
        "print('Error reading the cache', flush=True); raise type('InvalidVersion', (ValueError,), {})('bad')",
        "InvalidVersion: bad (",
    ),
    "a message in the next line": ("sys.exit('acme.Error:\\n\\n  it is broken')", "acme.Error: it is broken ("),
    "the compiler behind the command": (
        "sys.exit('x.c:1:2: fatal error: no\\nerror: command cc failed with exit code 1')",
        "x.c:1:2: fatal error: no (",
    ),
    "a command alone": ("sys.exit('error: command cc failed with exit code 1')", "error: command cc failed with exit"),
    "a command that has said why": (
        "sys.exit('ERROR: no libfoo\\nsubprocess.CalledProcessError: Command x returned 1')",
        "no libfoo (",
    ),
    "a notice of pip": ("sys.exit('no libfoo\\n[notice] new release of pip')", "no libfoo ("),
    "a long message": ("raise RuntimeError('x' * 1000)", f"{'x' * (300 - len('RuntimeError: '))} ... ("),
}


@pytest.mark.parametrize(("code", "reason"), FAILURES.values(), ids=FAILURES)
def test_a_failed_build_ends_with_the_last_error_of_the_backend_and_a_hint(
    tmp_path: Path, code: str, reason: str
) -> None:
    with pytest.raises(BuildError) as raised:
        build(failing(tmp_path, code))
    assert str(raised.value).startswith("The build failed: ")
    assert reason in str(raised.value)


def test_a_backend_that_names_a_missing_file_is_reported(tmp_path: Path, index: LoopbackIndex) -> None:
    ended = deploy(sample_projects.copy("lies", tmp_path), PYPI_SERVER=index.upload_url)
    assert ended.code == 3
    assert "created no bdist_wheel" in ended.err
    assert index.uploads == []


def test_a_folder_without_a_project_is_exit_3(tmp_path: Path) -> None:
    ended = deploy(tmp_path, "--server=http://127.0.0.1:9/")
    assert ended.code == 3
    assert ended.err.startswith(f"Error: nothing to build in {tmp_path}: there is neither pyproject.toml nor setup.py")


@pytest.mark.parametrize("source", ["--project-dir", "PYPI_PROJECT_DIR"])
def test_a_folder_that_does_not_exist_is_told(tmp_path: Path, source: str) -> None:
    missing = str(tmp_path / "missing")
    argv, environ = ([source, missing], {}) if source.startswith("--") else ([], {source: missing})
    ended = command.deploy("--all-branches", "--server=http://127.0.0.1:9/", *argv, environ=command.job(**environ))
    assert (ended.code, ended.err) == (2, f"Error: {source}: there is no folder {missing} that can be read\n")


def test_a_folder_for_the_files_that_cannot_be_made_is_told(tmp_path: Path) -> None:
    project = sample_projects.copy("plain", tmp_path)
    with pytest.raises(BuildError) as raised:
        build(project, dist_dir=project / "backend.py")
    assert f"cannot be moved to {project / 'backend.py'}: File exists" in str(raised.value)


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
    assert child_environment(environ, password_env=()) == {"EMPTY": "", "PATH": "/bin", "PYTHONUNBUFFERED": "1"}


BREAKING = {
    **dict.fromkeys(("PIP_USER", "PIP_DRY_RUN", "PIP_REQUIRE_VIRTUALENV", "PIP_NO_DEPS"), "1"),
    **dict.fromkeys(("PIP_TARGET", "PIP_PREFIX", "PIP_ROOT"), "/nowhere"),
    "PIP_PLATFORM": "win_amd64",
    "PIP_PYTHON_VERSION": "3.7",
    "PIP_IMPLEMENTATION": "pp",
    "PIP_ABI": "none",
}


@pytest.mark.parametrize("name", BREAKING)
def test_a_setting_of_pip_that_breaks_an_isolated_environment_is_not_given_to_it(tmp_path: Path, name: str) -> None:
    project = edited(tmp_path, "import needed\nimport needed_by_it")
    needed = factories.wheel(tmp_path, "needed", metadata=factories.metadata("needed", requires_dist="needed_by_it"))
    factories.wheel(tmp_path, "needed_by_it")
    (project / "pyproject.toml").write_text(
        f"[build-system]\nrequires = ['needed @ {needed.as_uri()}']\nbuild-backend = 'backend'\nbackend-path = ['.']\n"
    )
    kept = {"PIP_FIND_LINKS": os.path.relpath(tmp_path), "PIP_NO_INDEX": "1"}  # relative, as a job may have it
    environ = child_environment({**os.environ, **kept, name: BREAKING[name]}, password_env=())
    assert name not in environ  # PIP_REQUIRE_VIRTUALENV breaks only a tool that is itself in none
    assert kept.items() <= environ.items()
    assert names(build(project, environ=environ)) == [WHEEL, SDIST]


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
    contents = []
    for name in ("first", "second"):
        project = sample_projects.copy("plain", tmp_path / name)
        commit(project)
        date = commit_time(project, os.environ)
        assert date is not None
        environ = {**child_environment(os.environ, password_env=()), "SOURCE_DATE_EPOCH": date}
        contents.append([path.read_bytes() for path in build(project, environ=environ).paths])
    assert contents[0] == contents[1]


def commit(project: Path) -> None:
    """Make the project a repository of one commit, of the 2nd of January 2020."""
    date = "2020-01-02T03:04:05Z"
    git = ["git", "-c", "user.name=a", "-c", "user.email=a@example.org", "-c", "init.defaultBranch=main"]
    environ = {**os.environ, "GIT_AUTHOR_DATE": date, "GIT_COMMITTER_DATE": date}
    for arguments in (["init", "--quiet"], ["add", "."], ["commit", "--quiet", "--message", "Begin"]):
        subprocess.run([*git, *arguments], cwd=project, env=environ, check=True)


@pytest.mark.parametrize("git", ["exec git", None, "echo gpg: Good signature; echo 1577934245"])
def test_without_git_or_a_commit_and_its_date_there_is_no_date(tmp_path: Path, git: str | None) -> None:
    program = tmp_path / "git"
    if git:
        program.write_text(f'#!/bin/sh\nPATH="{os.environ["PATH"]}"\n{git} "$@"\n')
        program.chmod(0o755)
    outside = {"PATH": str(tmp_path), "GIT_CEILING_DIRECTORIES": str(tmp_path.parent)}
    assert commit_time(tmp_path, outside) is None


def test_what_a_build_leaves_running_ends_and_is_not_waited_for(tmp_path: Path) -> None:
    with NamedPipe(tmp_path / "pipe") as pipe:
        child = ["bash", "-c", f"(exec 9>{pipe.path}; echo here >&9; sleep 600) & sleep 0.5; echo done"]
        lines: list[str] = []
        status = builder.run(child, tmp_path, os.environ, lines.append)
        assert (status, lines) == (0, ["done"])
        assert pipe.read() == b"here\n"
        assert pipe.read() == b""


def test_a_signal_ends_the_child_and_its_children(tmp_path: Path) -> None:
    with NamedPipe(tmp_path / "pipe") as pipe:
        child = ["bash", "-c", f"exec 9>{pipe.path}; sleep 600 & echo started; wait"]
        with pytest.raises(KeyboardInterrupt):
            builder.run(child, tmp_path, os.environ, interrupt)
        assert pipe.read() == b""


def interrupt(_line: str) -> None:
    os.kill(os.getpid(), signal.SIGINT)


def test_the_build_ends_when_the_tool_is_killed(tmp_path: Path) -> None:
    project = sample_projects.copy("waits", tmp_path)
    with (
        NamedPipe(tmp_path / "pipe") as pipe,
        subprocess.Popen(
            command.module("--check-only"), cwd=project, env=command.job(PIPE=str(pipe.path)), stdout=subprocess.DEVNULL
        ) as process,
    ):
        assert pipe.read() == b"waiting\n"
        process.kill()
        assert pipe.read() == b""


def test_long_lines_and_long_outputs_are_cut(tmp_path: Path) -> None:
    script = "import sys\nprint('x' * 50_000_000)\nfor n in range(10_000): print(n)\nsys.exit(1)"
    lines: list[str] = []
    status = builder.run([sys.executable, "-c", script], tmp_path, os.environ, lines.append)
    assert (status, len(lines[0]), lines[1:3], lines[-1]) == (1, 10_000, ["0", "1"], "9999")


def test_a_daemon_that_floods_the_pipe_is_not_waited_for(tmp_path: Path) -> None:
    lines: deque[str] = deque(maxlen=1)
    started = tmp_path / "started"
    os.mkfifo(started)
    script = f"setsid bash -c 'echo >{started}; exec yes noise' & read <{started}"
    status = builder.run(["bash", "-c", script], tmp_path, os.environ, lines.append)
    assert (status, list(lines)) == (0, ["noise"])


def test_the_output_of_a_failed_build_takes_little_memory(tmp_path: Path) -> None:
    project = failing(tmp_path, "[print(chr(0x1F600) * 12_000, flush=True) for _ in range(6_000)]; sys.exit('enough')")
    tracemalloc.start()
    try:
        with pytest.raises(BuildError) as raised:
            build(project)
        _, peak_bytes = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()
    assert sum(map(len, raised.value.output)) <= builder.OUTPUT_LIMIT_CHARACTERS
    assert raised.value.output[-1] == "enough"
    assert peak_bytes < 30_000_000


def test_an_interrupted_build_leaves_no_temporary_folders(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    temporary = tmp_path / "temporary"
    temporary.mkdir()
    monkeypatch.setenv("TMPDIR", str(temporary))
    monkeypatch.setattr("tempfile.tempdir", None)  # read TMPDIR again
    with pytest.raises(KeyboardInterrupt):
        build(sample_projects.copy("plain", tmp_path), on_line=interrupt)
    assert list(temporary.iterdir()) == []


def test_the_error_of_pip_is_the_cause(tmp_path: Path) -> None:
    project = sample_projects.copy("plain", tmp_path)
    (project / "pyproject.toml").write_text("[build-system]\nrequires = ['no-such-distribution']\n", "utf-8")
    with pytest.raises(BuildError, match="The build failed: No matching distribution found for no-such-distribution"):
        build(project, environ={**child_environment(os.environ, password_env=()), "PIP_NO_INDEX": "1"})


SAID = {
    "an error": (
        ("ERROR scm.git listing git files failed - pretending there aren't any",) * 2,
        "ERROR scm.git listing git files failed - pretending there aren't any",
    ),
    "a shallow clone": (
        ('/a/env-1/_git.py:709: UserWarning: "/a/demo" is shallow and may cause errors',),
        '"demo" is shallow and may cause errors',
    ),
    "a README that is not there": (
        ("/e/1.py:9: W: x", "/e/1.py:9: UserWarning: File '/a/README.md' cannot be found"),
        "File 'README.md' cannot be found",
    ),
}


@pytest.mark.parametrize(("lines", "warning"), SAID.values(), ids=SAID)
def test_what_a_successful_build_says_of_a_wrong_result_is_a_warning(
    tmp_path: Path, lines: tuple[str, ...], warning: str
) -> None:
    assert build(talking(tmp_path, f"print(*{lines!r}, sep='\\n')")).warnings == (warning,)


def test_all_other_warnings_are_counted_each_once(tmp_path: Path) -> None:
    lines = ["warning: no files found matching 'x'", "/a/b.py:1: SomethingDeprecationWarning: old", "no problem"] * 2
    result = build(talking(tmp_path, f"print(*{lines!r}, sep='\\n')"))
    assert (result.warnings, result.other_warnings) == ((), 2)


def test_of_many_errors_of_a_successful_build_the_first_are_shown(tmp_path: Path) -> None:
    result = build(talking(tmp_path, "[print('ERROR', number, 'x' * 5000) for number in range(5000)]"))
    assert [line.split()[1] for line in result.warnings] == ["0", "1", "2", "3", "4"]
    assert max(map(len, result.warnings)) == builder.MESSAGE_LIMIT_CHARACTERS
    assert result.other_warnings == 4995


def test_the_warnings_of_a_build_are_in_the_log(tmp_path: Path) -> None:
    ended = deploy(edited(tmp_path, "print('ERROR: no files')\nprint('warning: dull')"), "--check-only")
    assert (ended.code, ended.err) == (0, "Warning: from the build: ERROR: no files\n")
    assert "Other warnings of the build: 1 (shown with --verbose)" in ended.lines


def test_files_without_a_name_say_which_setuptools_made_them(tmp_path: Path) -> None:
    project = edited(tmp_path, **{'NAME, VERSION = "demo", "1.0"': 'NAME, VERSION = "UNKNOWN", "0.0.0"'})
    for given in ([], [str(project / "dist" / "UNKNOWN-*")]):
        ended = deploy(project, "--check-only", *given)
        assert ended.code == 3
        assert ended.err.startswith("Error: UNKNOWN-0.0.0-py3-none-any.whl, UNKNOWN-0.0.0.tar.gz: its metadata has no ")
        assert "setuptools before 61 does not read [project] of pyproject.toml: build it with a newer" in ended.err


def test_an_sdist_alone_is_tried_out(tmp_path: Path) -> None:
    project = edited(tmp_path, "def prepare_metadata_for_build_wheel(*_):\n    open('data.txt')")
    (project / "data.txt").touch()
    with pytest.raises(BuildError, match=r'the line "include data\.txt" to MANIFEST\.in'):
        build(project, "sdist")


@pytest.mark.filterwarnings("ignore::DeprecationWarning")  # of tarfile, which asks for a filter
@pytest.mark.parametrize("has_filter", [True, False])
def test_an_sdist_with_a_member_outside_its_folder_is_not_unpacked(
    tmp_path: Path, has_filter: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    if not has_filter:  # as in Python before 3.9.17, 3.10.12 and 3.11.4
        monkeypatch.delattr(tarfile, "data_filter", raising=False)
    sdist = tmp_path / "demo-1.0.tar.gz"
    with tarfile.open(sdist, "w:gz") as archive:
        archive.addfile(tarfile.TarInfo("../escaped"), io.BytesIO())
    with pytest.raises(tarfile.TarError, match="outside"):
        build_process._unpack(str(sdist), str(tmp_path / "unpacked"))
    assert not (tmp_path / "escaped").exists()


SHADOWS = ["build/__init__.py", "packaging.py", "pkginfo.py", "requests/__init__.py", "json.py", "logging.py"]


def test_a_project_named_like_a_library_is_not_imported(tmp_path: Path, index: LoopbackIndex) -> None:
    project = sample_projects.copy("plain", tmp_path)
    for shadow in SHADOWS:
        (project / shadow).parent.mkdir(exist_ok=True)
        (project / shadow).write_text("raise SystemExit('a stranger was imported')\n")
    environ = command.job(PYPI_SERVER=index.upload_url, PYPI_BRANCH="staging", PYPI_CONDITION="-n $CI")
    ended = command.run(environ=environ, folder=project)
    assert (ended.code, ended.err) == (0, "")
    assert sorted(index.files) == [WHEEL, SDIST]
