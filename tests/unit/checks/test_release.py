"""Rules for the release as a whole."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from packaging.version import Version

from tests.support import factories
from tests.support.cases import problems, rules
from travis_pypi_deploy.checks.release import version_of_tag

if TYPE_CHECKING:
    from pathlib import Path

RULES = ("one-project", "one-version", "one-sdist", "tag")


def test_one_sdist_and_several_wheels_of_one_version_pass(tmp_path: Path) -> None:
    assert rules(*release(tmp_path), tag="v1.0") == []


def test_a_file_of_another_project_is_found(tmp_path: Path) -> None:
    found = problems(*release(tmp_path), factories.wheel(tmp_path, "other"))
    assert [(problem.filename, problem.rule, problem.severity) for problem in found] == [
        ("other-1.0-py3-none-any.whl", "one-project", "error")
    ]


def test_the_same_project_in_another_spelling_passes(tmp_path: Path) -> None:
    spelled = factories.wheel(tmp_path, "My.Demo")
    assert rules(spelled, factories.sdist(tmp_path, "my-demo")) == []


def test_a_file_of_another_version_is_found(tmp_path: Path) -> None:
    found = problems(*release(tmp_path), factories.wheel(tmp_path, version="0.9"))
    assert [(problem.filename, problem.rule, problem.severity) for problem in found] == [
        ("demo-0.9-py3-none-any.whl", "one-version", "error")
    ]


def test_the_same_version_in_another_spelling_passes(tmp_path: Path) -> None:
    assert rules(factories.sdist(tmp_path), factories.wheel(tmp_path, version="1.0.0")) == []


def test_invalid_versions_are_compared_as_text(tmp_path: Path) -> None:
    files = [factories.sdist(tmp_path, version=version) for version in ("one", "two")]
    found = problems(*files, with_files=False)
    assert [problem.rule for problem in found] == ["one-version", "one-sdist"]


def test_a_second_sdist_is_found(tmp_path: Path) -> None:
    again = tmp_path / "again"
    again.mkdir()
    second = factories.sdist(again, files={"other.py": b""})
    assert [(p.filename, p.rule) for p in problems(factories.sdist(tmp_path), second)] == [
        ("demo-1.0.tar.gz", "one-sdist")
    ]


def test_a_tag_of_another_version_is_found_once(tmp_path: Path) -> None:
    (problem,) = problems(*release(tmp_path), tag="v1.1")
    assert (problem.rule, problem.severity) == ("tag", "error")
    assert problem.message == (
        'the tag "v1.1" means version "1.1", but the release is "1.0": '
        "set the version before tagging, or use --no-match-tag."
    )


@pytest.mark.parametrize("tag", ["v1.0.0", "1.0", "demo-1.0", "release/v1", "nightly", "v2", "other-1.1", ""])
def test_a_tag_of_the_same_version_or_of_none_passes(tag: str, tmp_path: Path) -> None:
    assert rules(*release(tmp_path), tag=tag) == []


def test_the_release_is_validated_even_if_the_files_are_not(tmp_path: Path) -> None:
    files = [
        factories.wheel(tmp_path, tag="cp39-cp39-linux_x86_64"),
        factories.wheel(tmp_path, version="0.9"),
    ]
    found = problems(*files, tag="v0.9", with_files=False, is_pypi=False)
    assert [(problem.rule, problem.severity) for problem in found] == [
        ("tag", "error"),
        ("one-version", "error"),
    ]


@pytest.mark.parametrize(
    ("tag", "version"),
    [
        ("1.0", "1.0"),
        ("v1.0", "1.0"),
        ("V1.0", "1.0"),
        ("v1.0.0-rc.1", "1.0rc1"),
        ("1!2.0.post1", "1!2.0.post1"),
        ("my-demo-1.0", "1.0"),
        ("My_Demo/v1.0", "1.0"),
        ("my.demo_1.0", "1.0"),
        ("release-1.0", "1.0"),
        ("release/v1.0", "1.0"),
        ("RELEASE_1.0", "1.0"),
        ("my-demo-1.0-1", "1.0.post1"),
        ("1", None),
        ("v2", None),
        ("20240101", None),
        ("other-1.0", None),
        ("demo-1.0", None),
        ("release1.0", None),
        ("my-demo-v1", None),
        ("1.0-final-2", None),
        ("nightly", None),
        ("", None),
    ],
)
def test_what_a_tag_reads_as(tag: str, version: str | None) -> None:
    assert version_of_tag(tag, project="my-demo") == (version and Version(version))


def release(folder: Path) -> list[Path]:
    return [
        factories.wheel(folder),
        factories.wheel(folder, tag="cp39-cp39-win_amd64"),
        factories.sdist(folder),
    ]
