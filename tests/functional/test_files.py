"""The command end to end: the files that it is given, their checks, and the rehearsal of it all."""

from __future__ import annotations

import os
import zipfile
from typing import TYPE_CHECKING

import pytest

from tests.support import factories, invented_tokens, sample_projects
from tests.support.command import NOBODY, Ended, off_travis, on_staging

if TYPE_CHECKING:
    from pathlib import Path

    from tests.support.loopback_index import LoopbackIndex

WHEEL = "demo-1.0-py3-none-any.whl"


def test_what_is_no_distribution_is_exit_3_and_nothing_is_sent(tmp_path: Path, index: LoopbackIndex) -> None:
    cut = factories.wheel(tmp_path, name="cut")
    cut.write_bytes(cut.read_bytes()[:50])
    for name in ("empty-1.0-py3-none-any.whl", "empty-1.0.tar.gz"):
        (tmp_path / name).touch()
    (tmp_path / "notes.txt").write_text("Do not forget")
    names = [cut.name, "empty-1.0-py3-none-any.whl", "empty-1.0.tar.gz", "notes.txt"]
    ended = on_staging(*(str(tmp_path / name) for name in names), PYPI_SERVER=index.upload_url)
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
    ended = on_staging(str(wheel))
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
    ended = on_staging(str(endless))
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
    ended = on_staging(str(wheel))
    assert (ended.code, ended.err) == (
        3,
        f"Error: {WHEEL}: cannot be read: Permission denied ({wheel})\nError: 1 problem to mend. Nothing was sent\n",
    )


def test_nothing_to_publish_is_exit_3(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    (tmp_path / "folder").mkdir()
    (tmp_path / "folder" / f"{WHEEL}.asc").touch()
    (tmp_path / "file").touch()
    sentences = {
        argument: on_staging(argument) for argument in ("dist/*", WHEEL, f"file/{WHEEL}", "folder", "folder/*")
    }
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
    ended = on_staging(str(tmp_path / "*"), str(wheel), str(tmp_path / "*.gz"), PYPI_SERVER=index.upload_url)
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
    ended = on_staging(str(first), str(second))
    assert (ended.code, ended.err) == (
        3,
        f"Error: two files called {WHEEL}: {first} and {second}. Name one of them\n",
    )


def test_a_name_with_pattern_characters_is_a_name_first(tmp_path: Path, index: LoopbackIndex) -> None:
    folder = tmp_path / "[0-9]"
    folder.mkdir()
    ended = on_staging(str(factories.wheel(folder)), PYPI_SERVER=index.upload_url)
    assert (ended.code, ended.err) == (0, "")
    assert list(index.files) == [WHEEL]


CHECKS = {"on": 3, "": 3, " ": 3, "no": 0}


@pytest.mark.parametrize(("value", "code"), CHECKS.items(), ids=map(repr, CHECKS))
def test_an_empty_variable_leaves_the_checks_on(tmp_path: Path, value: str, code: int) -> None:
    local = factories.wheel(tmp_path, version="1.0+local")
    token = invented_tokens.token()
    ended = on_staging("--check-only", str(local), PYPI_CHECK=value, PYPI_SERVER="testpypi", TEST_PYPI_TOKEN=token)
    assert ended.code == code
    assert ("local" in ended.err) is (code == 3)


def test_only_checking_needs_no_travis_no_token_and_no_network(tmp_path: Path) -> None:
    project = sample_projects.copy("plain", tmp_path)
    ended = on_staging("--check-only", f"--project-dir={project}", PYPI_SERVER="pypi", **off_travis())
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
    lenient, strict = on_staging("--check-only", wheel), on_staging("--check-only", "--strict", wheel)
    assert (lenient.code, strict.code) == (0, 3)
    assert lenient.lines[-1] == "Checked 1 file: nothing that would be refused, with the warnings above"
    assert strict.err == lenient.err.replace("Warning:", "Error:") + "Error: 1 problem to mend. Nothing was sent\n"


def test_off_travis_a_rehearsal_tells_what_it_cannot_know_and_goes_on(tmp_path: Path) -> None:
    wheel = str(factories.wheel(tmp_path))
    ended = on_staging("--dry-run", wheel, PYPI_PASSWORD_ENV="MINE", PYPI_CONDITION="-n $CI", **off_travis())
    assert ended == Ended(
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
    ended = on_staging("--dry-run", "missing.whl", TRAVIS_BRANCH="other")
    assert (ended.code, ended.err) == (0, "")
    assert ended.lines == ['Skipping the deployment: branch is "other", not one of: staging (PYPI_BRANCH)']


def test_a_rehearsal_refuses_a_bad_token(tmp_path: Path) -> None:
    wheel = str(factories.wheel(tmp_path))
    token = invented_tokens.token("pypi")
    ended = on_staging("--dry-run", wheel, PYPI_SERVER="testpypi", TEST_PYPI_TOKEN=token, **off_travis())
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
    ended = on_staging("--dry-run", f"--index-url={index.simple_url}", *files, PYPI_SERVER=index.upload_url)
    assert (ended.code, ended.err) == (0, "")
    assert ended.lines[-2:] == [
        f"Would upload {WHEEL} to {index.upload_url}",
        f"Would not upload {sdist.name}: identical",
    ]
    assert [(each.method, each.path) for each in index.requests] == [("GET", "/simple/demo/")]
