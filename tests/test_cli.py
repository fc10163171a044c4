"""The command end to end: exit codes, sentences, and what a shell may do to its streams."""

from __future__ import annotations

import os
import signal
import subprocess
import zipfile
from typing import TYPE_CHECKING, NoReturn

import pytest

from travis_pypi_deploy import __version__
from travis_pypi_deploy.settings import command_line

from . import command, factories, invented_tokens, sample_projects
from .named_pipe import NamedPipe

if TYPE_CHECKING:
    from pathlib import Path

    from .loopback_index import LoopbackIndex

NOBODY = "http://127.0.0.1:9/"
WHEEL = "demo-1.0-py3-none-any.whl"
NO_CREDENTIALS = "No credentials are sent: PYPI_PASSWORD is not set"


def deploy(*argv: str, **variables: str | None) -> command.Ended:
    """Run the command in this process, in a job whose branch may deploy, with a server that nobody reaches."""
    return command.deploy(*argv, environ=command.job(**{"PYPI_BRANCH": "staging", "PYPI_SERVER": NOBODY, **variables}))


def off_travis() -> dict[str, str | None]:
    """Return the changes that leave nothing of Travis in a job's environment."""
    return {name: None for name in command.job() if name.startswith("TRAVIS") or name == "CI"}


# What is asked for


def test_help_is_told_on_the_standard_output() -> None:
    assert deploy("--help", "--all-branches") == command.Ended(0, command_line.help_text(), "")


def test_the_version_is_told_on_the_standard_output() -> None:
    assert deploy("--version") == command.Ended(0, f"travis-pypi-deploy {__version__}\n", "")


@pytest.mark.parametrize("argv", [["--serv", "x"], ["--server=nowhere"], ["--password", "s3cret"]], ids=str)
def test_a_usage_error_is_one_sentence_and_exit_2(argv: list[str], tmp_path: Path) -> None:
    report = tmp_path / "report.json"
    ended = deploy(*argv, f"--report={report}")
    assert (ended.code, ended.out) == (2, "")
    assert ended.err.startswith("Error: ")
    assert ended.err.count("\n") == 1
    assert "s3cret" not in ended.err
    assert not report.exists()


# The job and its conditions


@pytest.mark.parametrize("travis", [None, "", "false", "1", "True"])
def test_off_travis_nothing_is_deployed(travis: str | None) -> None:
    assert deploy("a.whl", TRAVIS=travis) == command.Ended(
        2, "", "Error: this is not a Travis job (TRAVIS is not true), so nothing is deployed: rehearse with --dry-run\n"
    )


@pytest.mark.parametrize("value", [None, ""], ids=["unset", "empty"])
@pytest.mark.parametrize("variable", ["TRAVIS_BRANCH", "TRAVIS_PULL_REQUEST"])
def test_a_job_that_does_not_say_what_it_builds_is_exit_2(variable: str, value: str | None) -> None:
    ended = deploy("a.whl", **{variable: value})
    assert (ended.code, ended.out) == (2, "")
    assert ended.err.startswith(f"Error: {variable} is not set, or empty: ")


SKIPPED = {
    "branch": ({"TRAVIS_BRANCH": "master"}, 'branch is "master", not one of: staging (PYPI_BRANCH)'),
    "pull request": (
        {"TRAVIS_PULL_REQUEST": "7"},
        "this job builds pull request 7, and those are never deployed",
    ),
    "failed": ({"TRAVIS_TEST_RESULT": "1"}, "the build's own commands failed (TRAVIS_TEST_RESULT is 1)"),
    "condition": (
        {"PYPI_CONDITION": "$CC = gcc", "CC": "clang"},
        "the condition [[ $CC = gcc ]] does not hold (PYPI_CONDITION)",
    ),
    "spaces": (
        {"TRAVIS_BRANCH": "staging $(touch x); größe"},
        'branch is "staging $(touch x); größe", not one of: staging (PYPI_BRANCH)',
    ),
    "escape codes": (
        {"TRAVIS_BRANCH": "a\x1b[31m\r\nb"},
        'branch is "a\\x1b[31m\\r\nb", not one of: staging (PYPI_BRANCH)',
    ),
}


@pytest.mark.parametrize(("variables", "reason"), SKIPPED.values(), ids=SKIPPED)
def test_an_unmet_condition_is_exit_0_and_no_secret_is_looked_at(variables: dict[str, str], reason: str) -> None:
    ended = deploy("missing.whl", PYPI_PASSWORD_ENV="MISSING", **variables)
    assert ended == command.Ended(0, f"Skipping the deployment: {reason}\n", "")


GOING_ON = {
    "result unset": {"TRAVIS_TEST_RESULT": None},
    "result empty": {"TRAVIS_TEST_RESULT": ""},
    "result 0": {"TRAVIS_TEST_RESULT": "0"},
    "condition": {"PYPI_CONDITION": "$CC = gcc", "CC": "gcc"},
    "non-ASCII branch": {"TRAVIS_BRANCH": "größe mit ü", "PYPI_BRANCH": "größe mit ü"},
    "non-ASCII pattern": {"TRAVIS_BRANCH": "größe mit ü", "PYPI_BRANCH": "größe*ü"},
    "tag": {"TRAVIS_BRANCH": "v1.0", "TRAVIS_TAG": "v1.0", "PYPI_TAGS": "true"},
}


@pytest.mark.parametrize("variables", GOING_ON.values(), ids=GOING_ON)
def test_met_conditions_let_it_go_on(tmp_path: Path, variables: dict[str, str | None]) -> None:
    ended = deploy("--dry-run", str(factories.wheel(tmp_path)), **variables)
    assert (ended.code, ended.err) == (0, "")
    assert ended.lines == [NO_CREDENTIALS, "Reading and checking 1 file", f"Would upload {WHEEL} to {NOBODY}"]


def test_a_condition_that_bash_cannot_parse_is_exit_2_with_its_words() -> None:
    ended = deploy("a.whl", PYPI_CONDITION="$CC = (gcc")
    assert (ended.code, ended.out) == (2, "")
    assert ended.err.startswith("Error: PYPI_CONDITION: bash cannot judge [[ $CC = (gcc ]]: bash: ")


def test_a_condition_without_bash_is_exit_2(tmp_path: Path) -> None:
    ended = deploy("a.whl", PYPI_CONDITION="$CC = gcc", PATH=str(tmp_path))
    assert ended == command.Ended(
        2,
        "",
        "Error: PYPI_CONDITION: [[ $CC = gcc ]] needs bash, which does not start: No such file or directory\n",
    )


# Credentials


def test_a_fork_without_secrets_is_told_why_they_are_missing() -> None:
    ended = deploy("missing.whl", PYPI_SERVER="", TRAVIS_SECURE_ENV_VARS="false")
    assert ended == command.Ended(
        2,
        "",
        "Error: no token for testpypi: TEST_PYPI_TOKEN and PYPI_PASSWORD are not set. Travis gave this job no "
        "encrypted variables (TRAVIS_SECURE_ENV_VARS is false): it builds a fork, or none are defined for this branch "
        "in the repository's settings\n",
    )


def test_a_token_for_another_project_is_told_before_anything_is_sent(tmp_path: Path) -> None:
    token = invented_tokens.token(projects=("spam",))
    ended = deploy(str(factories.wheel(tmp_path)), PYPI_SERVER="", TEST_PYPI_TOKEN=token)
    assert (ended.code, ended.err) == (
        2,
        (
            'Error: The token in TEST_PYPI_TOKEN is not good for "demo" but for "spam": store one for "demo", or one '
            "for the whole account as long as that project does not exist.\n"
        ),
    )


# The files


def test_what_is_no_distribution_is_exit_3_and_nothing_is_sent(tmp_path: Path, index: LoopbackIndex) -> None:
    cut = factories.wheel(tmp_path, name="cut")
    cut.write_bytes(cut.read_bytes()[:50])
    for name in ("empty-1.0-py3-none-any.whl", "empty-1.0.tar.gz"):
        (tmp_path / name).touch()
    (tmp_path / "notes.txt").write_text("Do not forget")
    names = [cut.name, "empty-1.0-py3-none-any.whl", "empty-1.0.tar.gz", "notes.txt"]
    ended = deploy(*(str(tmp_path / name) for name in names), PYPI_SERVER=index.upload_url)
    assert ended.code == 3
    assert ended.err.splitlines() == [
        "Error: cut-1.0-py3-none-any.whl: not a readable zip archive: File is not a zip file",
        "Error: empty-1.0-py3-none-any.whl: not a readable zip archive: File is not a zip file",
        "Error: empty-1.0.tar.gz: not a readable gzip-compressed tar archive: it is no gzip file",
        f"Error: notes.txt: neither a wheel (.whl) nor an sdist (.tar.gz): {tmp_path / 'notes.txt'}",
        "Error: 4 problems to mend. Nothing was sent",
    ]
    assert index.requests == []


def test_a_wheel_without_metadata_is_exit_3(tmp_path: Path) -> None:
    wheel = tmp_path / WHEEL
    with zipfile.ZipFile(wheel, "w") as archive:
        archive.writestr("demo.py", "")
    ended = deploy(str(wheel))
    assert (ended.code, ended.err) == (
        3,
        (
            f"Error: {WHEEL}: has no METADATA in a .dist-info folder: build the wheel anew\n"
            "Error: 1 problem to mend. Nothing was sent\n"
        ),
    )


def test_a_file_that_cannot_be_read_is_exit_3(tmp_path: Path) -> None:
    endless = tmp_path / WHEEL
    endless.symlink_to(endless)
    ended = deploy(str(endless))
    assert (ended.code, ended.err) == (
        3,
        (
            f"Error: {WHEEL}: cannot be read: Too many levels of symbolic links ({endless})\n"
            "Error: 1 problem to mend. Nothing was sent\n"
        ),
    )


@pytest.mark.skipif(os.geteuid() == 0, reason="root reads everything")
def test_a_file_that_may_not_be_read_is_exit_3(tmp_path: Path) -> None:
    wheel = factories.wheel(tmp_path)
    wheel.chmod(0)
    ended = deploy(str(wheel))
    assert (ended.code, ended.err) == (
        3,
        f"Error: {WHEEL}: cannot be read: Permission denied ({wheel})\nError: 1 problem to mend. Nothing was sent\n",
    )


def test_nothing_to_publish_is_exit_3(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    (tmp_path / "folder").mkdir()
    (tmp_path / "folder" / f"{WHEEL}.asc").touch()
    (tmp_path / "file").touch()
    sentences = {argument: deploy(argument) for argument in ("dist/*", WHEEL, f"file/{WHEEL}", "folder", "folder/*")}
    assert {argument: ended.code for argument, ended in sentences.items()} == dict.fromkeys(sentences, 3)
    where = f"in {tmp_path}: was it built, or cleaned away?\n"
    assert {argument: ended.err for argument, ended in sentences.items()} == {
        "dist/*": f"Error: no file matches dist/* {where}",
        WHEEL: f"Error: no file matches {WHEEL} {where}",
        f"file/{WHEEL}": f"Error: no file matches file/{WHEEL} {where}",
        "folder": "Error: folder is a directory: name files, such as folder/*\n",
        "folder/*": f"Warning: {WHEEL}.asc is left out: indexes take no signatures with the legacy upload\n"
        "Error: no distributions in folder/*: nothing to publish\n",
    }


def test_given_files_are_published_once_each_and_signatures_are_left_out(tmp_path: Path, index: LoopbackIndex) -> None:
    wheel, sdist = factories.wheel(tmp_path), factories.sdist(tmp_path)
    for name in (f"{WHEEL}.asc", f"{WHEEL}.publish.attestation"):
        (tmp_path / name).touch()
    ended = deploy(str(tmp_path / "*"), str(wheel), str(tmp_path / "*.gz"), PYPI_SERVER=index.upload_url)
    assert (ended.code, ended.err.splitlines()) == (
        0,
        [
            f"Warning: {WHEEL}.asc is left out: indexes take no signatures with the legacy upload",
            f"Warning: {WHEEL}.publish.attestation is left out: indexes take no signatures with the legacy upload",
        ],
    )
    assert index.files == {wheel.name: wheel.read_bytes(), sdist.name: sdist.read_bytes()}
    assert len(index.uploads) == 2


def test_two_files_of_one_name_are_exit_3(tmp_path: Path) -> None:
    folders = [tmp_path / "a", tmp_path / "b"]
    for folder in folders:
        folder.mkdir()
    first, second = (factories.wheel(folder) for folder in folders)
    ended = deploy(str(first), str(second))
    assert (ended.code, ended.err) == (
        3,
        f"Error: two files called {WHEEL}: {first} and {second}. Name one of them\n",
    )


def test_a_name_with_pattern_characters_is_a_name_first(tmp_path: Path, index: LoopbackIndex) -> None:
    folder = tmp_path / "[0-9]"
    folder.mkdir()
    ended = deploy(str(factories.wheel(folder)), PYPI_SERVER=index.upload_url)
    assert (ended.code, ended.err) == (0, "")
    assert list(index.files) == [WHEEL]


# The checks


CHECKS = {"on": 3, "": 3, " ": 3, "no": 0}


@pytest.mark.parametrize(("value", "code"), CHECKS.items(), ids=map(repr, CHECKS))
def test_an_empty_variable_leaves_the_checks_on(tmp_path: Path, value: str, code: int) -> None:
    local = factories.wheel(tmp_path, version="1.0+local")
    token = invented_tokens.token()
    ended = deploy("--check-only", str(local), PYPI_CHECK=value, PYPI_SERVER="testpypi", TEST_PYPI_TOKEN=token)
    assert ended.code == code
    assert ("local" in ended.err) is (code == 3)


def test_only_checking_needs_no_travis_no_token_and_no_network(tmp_path: Path) -> None:
    project = sample_projects.copy("plain", tmp_path)
    ended = deploy("--check-only", f"--project-dir={project}", PYPI_SERVER="pypi", **off_travis())
    dist = project / "dist"
    assert (ended.code, ended.err) == (0, "")
    assert ended.lines == [
        "Building sdist and bdist_wheel of plain",
        f"Built {dist / WHEEL}",
        f"Built {dist / 'demo-1.0.tar.gz'}",
        "Reading and checking 2 files",
        "Checked 2 files: nothing that would be refused",
    ]


def test_a_warning_fails_only_if_that_is_asked_for(tmp_path: Path) -> None:
    wheel = str(factories.wheel(tmp_path, metadata=factories.metadata(description_content_type=())))
    lenient, strict = deploy("--check-only", wheel), deploy("--check-only", "--strict", wheel)
    assert (lenient.code, strict.code) == (0, 3)
    assert lenient.lines[-1] == "Checked 1 file: nothing that would be refused, with the warnings above"
    assert strict.err == lenient.err.replace("Warning:", "Error:") + "Error: 1 problem to mend. Nothing was sent\n"


# The rehearsal


def test_off_travis_a_rehearsal_tells_what_it_cannot_know_and_goes_on(tmp_path: Path) -> None:
    wheel = str(factories.wheel(tmp_path))
    ended = deploy("--dry-run", wheel, PYPI_PASSWORD_ENV="MINE", PYPI_CONDITION="-n $CI", **off_travis())
    assert ended == command.Ended(
        0,
        "Cannot tell off Travis: whether this is a pull request (TRAVIS_PULL_REQUEST), which is never deployed\n"
        "Cannot tell off Travis: whether the build's own commands passed (TRAVIS_TEST_RESULT)\n"
        "Cannot tell off Travis: whether the branch is one of: staging (PYPI_BRANCH)\n"
        "Cannot tell off Travis: whether [[ -n $CI ]] holds (PYPI_CONDITION)\n"
        "Reading and checking 1 file\n"
        f"Would upload {WHEEL} to {NOBODY}\n",
        "Warning: the variable MINE, which PYPI_PASSWORD_ENV names, is not set. Store it in the repository's settings "
        "on Travis as MINE\n",
    )


def test_a_rehearsal_on_travis_keeps_the_conditions() -> None:
    ended = deploy("--dry-run", "missing.whl", TRAVIS_BRANCH="other")
    assert (ended.code, ended.err) == (0, "")
    assert ended.lines == ['Skipping the deployment: branch is "other", not one of: staging (PYPI_BRANCH)']


def test_a_rehearsal_refuses_a_bad_token(tmp_path: Path) -> None:
    wheel = str(factories.wheel(tmp_path))
    token = invented_tokens.token("pypi")
    ended = deploy("--dry-run", wheel, PYPI_SERVER="testpypi", TEST_PYPI_TOKEN=token, **off_travis())
    assert (ended.code, ended.err) == (
        2,
        (
            "Error: The token in TEST_PYPI_TOKEN is one of pypi, and the server is testpypi: store one of testpypi, or "
            "give --server pypi.\n"
        ),
    )


def test_a_rehearsal_looks_at_the_index_and_sends_nothing(tmp_path: Path, index: LoopbackIndex) -> None:
    wheel, sdist = factories.wheel(tmp_path), factories.sdist(tmp_path)
    index.preload(sdist)
    files = [str(wheel), str(sdist)]
    ended = deploy("--dry-run", f"--index-url={index.simple_url}", *files, PYPI_SERVER=index.upload_url)
    assert (ended.code, ended.err) == (0, "")
    assert ended.lines[-2:] == [
        f"Would upload {WHEEL} to {index.upload_url}",
        f"Would not upload {sdist.name}: identical",
    ]
    assert [(each.method, each.path) for each in index.requests] == [("GET", "/simple/demo/")]


# Streams, signals and defects: these need a process of its own


def test_a_closed_pipe_does_not_stop_an_upload(tmp_path: Path, index: LoopbackIndex) -> None:
    wheel = factories.wheel(tmp_path)
    reader, writer = os.pipe()
    os.close(reader)
    try:
        ended = subprocess.run(
            command.module("--branch=staging", str(wheel)),
            cwd=tmp_path,
            env=command.job(PYPI_SERVER=index.upload_url),
            stdout=writer,
            stderr=subprocess.PIPE,
            check=False,
            timeout=command.RUN_SECONDS,
        )
    finally:
        os.close(writer)
    assert (ended.returncode, ended.stderr) == (0, b"")
    assert list(index.files) == [WHEEL]


@pytest.mark.parametrize("redirection", [">&-", "2>&-", ">&- 2>&-", ">/dev/full", ">/dev/full 2>&1"])
def test_no_stream_at_all_does_not_stop_an_upload(tmp_path: Path, index: LoopbackIndex, redirection: str) -> None:
    wheel = factories.wheel(tmp_path, metadata=factories.metadata(description_content_type=()))
    script = f'exec "$@" {redirection}'
    ended = subprocess.run(
        ["bash", "-c", script, "bash", *command.module("--branch=staging", str(wheel))],
        cwd=tmp_path,
        env=command.job(PYPI_SERVER=index.upload_url),
        capture_output=True,
        check=False,
        timeout=command.RUN_SECONDS,
    )
    assert ended.returncode == 0
    assert b"Traceback" not in ended.stderr
    assert list(index.files) == [WHEEL]


def test_a_log_of_ascii_only_takes_any_branch(tmp_path: Path) -> None:
    environ = command.job(TRAVIS_BRANCH="größe 日本", PYPI_BRANCH="staging", PYTHONIOENCODING="ascii")
    ended = command.run(environ=environ, folder=tmp_path)
    assert ended == command.Ended(
        0,
        'Skipping the deployment: branch is "gr\\xf6\\xdfe \\u65e5\\u672c", not one of: staging (PYPI_BRANCH)\n',
        "",
    )


def test_a_branch_that_is_no_utf_8_is_shown_all_the_same(tmp_path: Path) -> None:
    environ = command.job(TRAVIS_BRANCH=os.fsdecode(b"gr\xf6sse"), PYPI_BRANCH="gr?*z", LC_ALL="C.UTF-8")
    ended = command.run(environ=environ, folder=tmp_path)
    assert ended == command.Ended(
        0, 'Skipping the deployment: branch is "gr\\udcf6sse", not one of: gr?*z (PYPI_BRANCH)\n', ""
    )


@pytest.mark.parametrize(
    ("number", "code", "sentence"),
    [
        (signal.SIGINT, 130, "Error: interrupted\n"),
        (signal.SIGTERM, 143, "Error: terminated (SIGTERM)\n"),
    ],
    ids=["interrupted", "terminated"],
)
def test_a_signal_ends_a_build_and_its_children(
    tmp_path: Path, number: signal.Signals, code: int, sentence: str
) -> None:
    project = sample_projects.copy("waits", tmp_path)
    with (
        NamedPipe(tmp_path / "pipe") as pipe,
        subprocess.Popen(
            command.module("--branch=staging"),
            cwd=project,
            env=command.job(PYPI_SERVER=NOBODY, PIPE=str(pipe.path)),
            stdout=subprocess.DEVNULL,
            stderr=subprocess.PIPE,
        ) as process,
    ):
        assert pipe.read() == b"waiting\n"
        process.send_signal(number)
        _, errors = process.communicate(timeout=command.RUN_SECONDS)
        assert pipe.read() == b""  # the backend is gone
    assert (process.returncode, errors.decode()) == (code, sentence)
    assert not (project / "dist").exists()


class Unlisted(dict[str, str]):
    """An environment that nobody can list."""

    def items(self) -> NoReturn:
        raise RuntimeError("these cannot be listed")


def test_a_defect_is_one_sentence_with_the_traceback_on_request(tmp_path: Path) -> None:
    project = sample_projects.copy("plain", tmp_path)
    environ = Unlisted(command.job(PYPI_CHECK_ONLY="yes", PYPI_PROJECT_DIR=str(project)))
    plain, verbose = command.deploy(environ=environ), command.deploy("--verbose", environ=environ)
    sentence = "Error: a defect of this tool (RuntimeError: these cannot be listed); see --verbose\n"
    assert (plain.code, plain.err) == (verbose.code, verbose.err) == (1, sentence)
    assert "Traceback" not in plain.out
    assert "Traceback (most recent call last):" in verbose.lines
    assert verbose.lines[-1] == "RuntimeError: these cannot be listed"
