"""Rules for the release as a whole."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from packaging.version import Version

from tests.support import factories
from tests.support.cases import problems, rules
from travis_pypi_deploy.checks.release import split_tag

if TYPE_CHECKING:
    from pathlib import Path

RULES = ("one-project", "one-version", "one-sdist", "tag")


def test_one_sdist_and_several_wheels_of_one_version_pass(tmp_path: Path) -> None:
    assert rules(*release(tmp_path), tag="v1.0") == []


def test_files_of_several_projects_are_one_problem(tmp_path: Path) -> None:
    """Another version, a second sdist and the tag are no problems of their own then."""
    found = problems(
        *release(tmp_path),
        factories.wheel(tmp_path, "demo-cli", "0.9"),
        factories.sdist(tmp_path, "demo-cli", "0.9"),
        factories.sdist(tmp_path, "other"),
        tag="v0.9",
    )
    assert [(problem.filename, problem.rule, problem.severity) for problem in found] == [
        ("demo_cli-0.9-py3-none-any.whl", "one-project", "error")
    ]
    assert found[0].message == (
        "the files are of 3 projects, demo and demo-cli and other: deploy one project at a time, and name only its "
        f"files, such as {tmp_path}/demo-*."
    )


def test_the_named_files_are_those_of_one_project_only(tmp_path: Path) -> None:
    older = factories.sdist(tmp_path, "demo-cli", filename="demo-cli-1.0.tar.gz")
    (found,) = problems(factories.wheel(tmp_path), older, is_pypi=False, with_files=False)
    assert f"such as {tmp_path}/demo-[0-9]*." in found.message


def test_the_same_project_in_another_spelling_passes(tmp_path: Path) -> None:
    spelled = factories.wheel(tmp_path, "My.Demo")
    assert rules(spelled, factories.sdist(tmp_path, "my-demo")) == []


def test_a_file_of_another_version_is_found(tmp_path: Path) -> None:
    (problem,) = problems(*release(tmp_path), factories.wheel(tmp_path, version="0.9"))
    assert (problem.filename, problem.rule) == ("demo-0.9-py3-none-any.whl", "one-version")


def test_the_same_version_in_another_spelling_passes(tmp_path: Path) -> None:
    assert rules(factories.sdist(tmp_path), factories.wheel(tmp_path, version="1.0.0")) == []


def test_invalid_versions_are_compared_as_text(tmp_path: Path) -> None:
    files = [factories.sdist(tmp_path, version=version) for version in ("one", "two")]
    found = problems(*files, with_files=False)
    assert [problem.rule for problem in found] == ["one-version", "one-sdist"]


def test_a_second_sdist_is_found(tmp_path: Path) -> None:
    (tmp_path / "again").mkdir()
    (problem,) = problems(factories.sdist(tmp_path), factories.sdist(tmp_path / "again", files={"other.py": b""}))
    assert (problem.filename, problem.rule) == ("demo-1.0.tar.gz", "one-sdist")


def test_a_tag_of_another_version_is_found_once(tmp_path: Path) -> None:
    (problem,) = problems(*release(tmp_path), tag="v1.1")
    assert (problem.rule, problem.severity) == ("tag", "error")
    assert problem.message == (
        'the tag "v1.1" means version "1.1", but the release is "1.0": '
        "set the version before tagging, or use --no-match-tag."
    )


def test_the_remedy_for_a_tag_that_names_a_package_says_how_to_leave_it_out(tmp_path: Path) -> None:
    (problem,) = problems(*release(tmp_path), tag="demo-cli-v0.9.0")
    condition = "$TRAVIS_TAG == demo[-@/]?(v)[0-9]*"
    assert f"deploy demo on its own tags only, such as with --condition '{condition}'; if" in problem.message


@pytest.mark.parametrize("tag", ["v1.0.0", "1.0", "demo-1.0", "release/v1", "other@1.0", "nightly", "2", ""])
def test_a_tag_of_the_same_version_or_of_none_passes(tag: str, tmp_path: Path) -> None:
    assert rules(*release(tmp_path), tag=tag) == []


def test_the_release_is_validated_even_if_the_files_are_not(tmp_path: Path) -> None:
    files = [factories.wheel(tmp_path, tag="cp39-cp39-linux_x86_64"), factories.wheel(tmp_path, version="0.9")]
    found = problems(*files, tag="v0.9", with_files=False, is_pypi=False)
    assert [(problem.rule, problem.severity) for problem in found] == [("one-version", "error"), ("tag", "error")]


VERSIONS = {
    "1.0": "1.0 v1.0 V1.0 my-demo-1.0 My_Demo/v1.0 my.demo_1.0 release-1.0 release/v1.0 RELEASE_1.0 v.1.0 release1.0",
    "1.0rc1": "v1.0.0-rc.1",
    "1!2.0.post1": "1!2.0.post1",
    "1.0.post1": "my-demo-1.0-1",
    "0.9.0": "acme-cli-v0.9.0",
    "1.0.0": "acme-cli@1.0.0 @acme/cli@1.0.0 version-1.0.0",
    "1.2": "core/v1.2 py3-core-1.2",
    "1": "my-demo-v1",
    "2": "core/v2 v2",
    "": "1 20240101 nightly-2 release-2024-01-15 dev2 1.0-final-2 1.0.0-hotfix.1.2 1.0-py3 v1.x nightly",
}


@pytest.mark.parametrize(
    ("tag", "version"), [("", ""), *((tag, version) for version, tags in VERSIONS.items() for tag in tags.split())]
)
def test_the_version_at_the_end_of_a_tag(tag: str, version: str) -> None:
    assert split_tag(tag)[1] == (Version(version) if version else None)


def release(folder: Path) -> list[Path]:
    return [factories.wheel(folder), factories.wheel(folder, tag="cp39-cp39-win_amd64"), factories.sdist(folder)]
