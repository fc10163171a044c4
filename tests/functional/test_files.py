"""The command end to end: the files that it is given, their checks, --dry-run and --check-only."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING

import pytest

from tests.support import factories, invented_tokens, sample_projects
from tests.support.command import NOBODY, off_travis, on_staging

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
    *lines, last = ended.err.splitlines()
    assert [line.split(": ")[1] for line in lines] == [", ".join(names[:2]), *names[2:]]
    assert last.startswith("Error: 3 problems found; nothing was uploaded")
    assert index.asked("POST") == 0


@pytest.mark.skipif(sys.platform != "linux", reason="other systems do not take such names")
@pytest.mark.parametrize("options", [(), ("--no-check",)], ids=["checked", "not checked"])
def test_a_file_name_that_is_not_utf_8_is_exit_3_and_shown_once(tmp_path: Path, options: tuple[str, ...]) -> None:
    wheel = factories.wheel(tmp_path).rename(tmp_path / "demo-1.0\udcff-py3-none-any.whl")
    ended = on_staging(str(wheel), *options)
    assert ended.code == 3
    assert ended.err.count("demo-1.0\\udcff") == 1
    assert "not UTF-8" in ended.err


def test_files_that_are_no_distributions_are_one_problem(tmp_path: Path) -> None:
    for path in (factories.wheel(tmp_path), tmp_path / "SHA256SUMS", tmp_path / "demo-1.0-py3.9.egg"):
        path.touch()
    ended = on_staging(str(tmp_path / "*"))
    sentence = "neither a wheel (.whl) nor an sdist (.tar.gz): name only distributions, "
    assert ended.err.splitlines()[-1] == (
        f"Error: SHA256SUMS, demo-1.0-py3.9.egg: {sentence}{tmp_path}/*.whl (unreadable); nothing was uploaded"
    )


def test_given_files_are_published_once_each_and_their_companions_are_left_out(
    tmp_path: Path, index: LoopbackIndex
) -> None:
    wheel, sdist = factories.wheel(tmp_path), factories.sdist(tmp_path)
    companions = [f"{WHEEL}.asc", f"{WHEEL}.publish.attestation"]
    for name in companions:
        (tmp_path / name).touch()
    ended = on_staging(str(tmp_path / "*"), str(wheel), str(tmp_path / "*.gz"), PYPI_SERVER=index.upload_url)
    warning = f"Warning: not uploaded, because they are no distributions: {', '.join(companions)}\n"
    assert (ended.code, ended.err) == (0, warning)
    assert index.files == {wheel.name: wheel.read_bytes(), sdist.name: sdist.read_bytes()}
    assert len(index.uploads) == 2


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
    assert ended.lines[1:] == [
        "Building sdist and bdist_wheel of plain",
        f"Built {dist / WHEEL}",
        f"Built {dist / 'demo-1.0.tar.gz'}",
        "Checking 2 files",
        "Checked 2 files: no problems",
    ]


def test_a_warning_fails_only_if_that_is_asked_for(tmp_path: Path) -> None:
    wheel = str(factories.wheel(tmp_path, metadata=factories.metadata(description_content_type=())))
    lenient, strict = on_staging("--check-only", wheel), on_staging("--check-only", "--strict", wheel)
    assert (lenient.code, strict.code) == (0, 3)
    assert lenient.lines[-1] == "Checked 1 file: 1 warning"
    another = str(
        factories.wheel(tmp_path, tag="py2-none-any", metadata=factories.metadata(description_content_type=()))
    )
    assert on_staging("--check-only", wheel, another).lines[-1] == "Checked 2 files: 1 warning"
    assert "(description-type)" in lenient.err
    assert "(description-type); nothing was uploaded" in strict.err


def test_outside_travis_a_dry_run_needs_neither_conditions_nor_credentials(tmp_path: Path) -> None:
    wheel = str(factories.wheel(tmp_path))
    ended = on_staging("--dry-run", wheel, PYPI_PASSWORD_ENV="MINE", PYPI_CONDITION="-z $CI", **off_travis())
    assert ended.code == 0
    assert "not a Travis job, so no condition was checked" in ended.lines[0]
    assert ended.lines[-1] == f"Would upload {WHEEL} to {NOBODY}"
    assert ended.err.startswith("Warning: the variable MINE, named by PYPI_PASSWORD_ENV, is empty or not set")


def test_a_dry_run_on_travis_keeps_the_conditions() -> None:
    ended = on_staging("--dry-run", "missing.whl", TRAVIS_BRANCH="other")
    assert (ended.code, ended.err) == (0, "")
    assert ended.out.startswith("Skipping the deployment: ")


def test_a_dry_run_rejects_a_bad_token(tmp_path: Path) -> None:
    wheel = str(factories.wheel(tmp_path))
    token = invented_tokens.token("pypi")
    ended = on_staging("--dry-run", wheel, PYPI_SERVER="testpypi", TEST_PYPI_TOKEN=token, **off_travis())
    assert ended.code == 2
    assert "contains a token of pypi, which is never sent to testpypi" in ended.err


def test_a_dry_run_looks_up_the_index_and_uploads_nothing(tmp_path: Path, index: LoopbackIndex) -> None:
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


TOO_LONG = "x" * 300
PATHS = {
    "file": ([f"{TOO_LONG}.whl"], 3),
    "glob": ([f"{TOO_LONG}/*"], 3),
    "null byte": (["a\0b.whl"], 3),
    "project": ([f"--project-dir={TOO_LONG}"], 2),
    "report": ([f"--report={TOO_LONG}", "a.whl"], 2),
    "folder of the report": ([f"--report={TOO_LONG}/report.json", "a.whl"], 2),
}


@pytest.mark.parametrize(("argv", "code"), PATHS.values(), ids=PATHS)
def test_a_path_that_cannot_be_is_an_error_with_a_sentence(argv: list[str], code: int) -> None:
    ended = on_staging("--check-only", *argv)
    assert ended.code == code
    assert "unexpected" not in ended.err
    assert ended.err.startswith("Error: ")
