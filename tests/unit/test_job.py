"""The job, the conditions on it, and whether they decide as Travis' own bash does."""

from __future__ import annotations

import os
import subprocess
from typing import TYPE_CHECKING

import pytest

from tests.support import given, travis_job
from travis_pypi_deploy.bash import evaluator
from travis_pypi_deploy.errors import UsageError
from travis_pypi_deploy.job import Job, reason_to_deploy, reasons_to_skip

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

    from travis_pypi_deploy.job import Bash
    from travis_pypi_deploy.options import Settings


def conditions(*argv: str, **environ: str) -> Settings:
    """Return the settings of a command line and an environment."""
    return given.settings(*argv, environ=environ)


def bash(environ: Mapping[str, str]) -> Bash:
    """Return the real bash, in this environment."""
    return evaluator(environ)


def reasons(*argv: str, **changes: str | None) -> tuple[str, ...]:
    """Return why a job with these variables does not deploy; bash has nothing else in its environment."""
    environ = {"PATH": os.environ["PATH"], **travis_job.job(**changes)}
    return reasons_to_skip(Job.from_environment(environ), conditions(*argv), bash(environ))


def job(**changes: str | None) -> Job:
    """Return a job with these variables."""
    return Job.from_environment(travis_job.job(**changes))


def test_a_job_is_read_from_the_variables_of_travis() -> None:
    assert Job.from_environment(travis_job.job(TRAVIS_TAG="v1.0", TRAVIS_BRANCH="v1.0")) == Job(
        on_travis=True,
        branch="v1.0",
        pull_request="false",
        tag="v1.0",
        python="3.6",
        test_result="0",
        slug="octocat/demo",
        build_url="https://app.travis-ci.com/octocat/demo/builds/263000000",
        job_url="https://app.travis-ci.com/octocat/demo/jobs/600000001",
        has_secrets=True,
    )


def test_outside_travis_nothing_is_known() -> None:
    assert Job.from_environment({}) == Job(
        on_travis=False,
        branch="",
        pull_request="",
        tag="",
        python="",
        test_result="",
        slug="",
        build_url="",
        job_url="",
        has_secrets=True,
    )


@pytest.mark.parametrize("value", [None, ""], ids=["unset", "empty"])
@pytest.mark.parametrize("variable", ["TRAVIS_BRANCH", "TRAVIS_PULL_REQUEST"])
def test_a_job_that_does_not_say_what_it_builds_is_an_error(variable: str, value: str | None) -> None:
    for argv in ((), ("--dry-run",)):
        with pytest.raises(UsageError, match=f"^{variable} is empty or not set"):
            reasons(*argv, **{variable: value})
    assert reasons("--check-only", **{variable: value}) == ()


@pytest.mark.parametrize("travis", [None, "", "false", "1", "True"])
def test_outside_travis_only_a_dry_run_and_a_check_are_possible(travis: str | None) -> None:
    for option in ("--dry-run", "--check-only"):
        assert reasons(option, TRAVIS=travis, TRAVIS_PULL_REQUEST="1") == ()
    with pytest.raises(UsageError, match="--dry-run or --check-only"):
        reasons(TRAVIS=travis)


# The decision of Travis' own test, for each of these jobs and each of these blocks of "on:". Where Travis has no option
# for a feature of this tool (a specifier, several Pythons), the test is the condition that a user would write.
JOBS = {
    "staging": {},
    "master": {"TRAVIS_BRANCH": "master"},
    "main": {"TRAVIS_BRANCH": "main"},
    "feature": {"TRAVIS_BRANCH": "feature/x", "TRAVIS_PYTHON_VERSION": "3.10"},
    "release": {"TRAVIS_BRANCH": "release-1.0", "TRAVIS_PYTHON_VERSION": "3.13-dev"},
    "spaces": {"TRAVIS_BRANCH": "a b", "TRAVIS_PYTHON_VERSION": ""},
    "non-ASCII": {"TRAVIS_BRANCH": "größe/ü", "TRAVIS_PYTHON_VERSION": "nightly", "LC_ALL": "C.UTF-8"},
    "shell": {"TRAVIS_BRANCH": "$(x)&&'\"`;|", "TRAVIS_PYTHON_VERSION": "pypy3.10-7.3.15"},
    "hash": {"TRAVIS_BRANCH": "v1.0#1"},
    "option": {"TRAVIS_BRANCH": "-n", "TRAVIS_PYTHON_VERSION": "3.1"},
    "tag": {"TRAVIS_BRANCH": "v1.0", "TRAVIS_TAG": "v1.0"},
    "fork": {"TRAVIS_REPO_SLUG": "fork/demo", "TRAVIS_OS_NAME": "osx"},
}
ON: dict[str, tuple[list[str], str]] = {
    "the default": ([], "($TRAVIS_BRANCH = master || $TRAVIS_BRANCH = main)"),
    "branch": (["--branch", "staging"], "$TRAVIS_BRANCH = staging"),
    "branches": (["--branch=staging", "--branch=feature/x"], "$TRAVIS_BRANCH = staging || $TRAVIS_BRANCH = feature/x"),
    "branch and python": (
        ["--branch", "staging", "--python", "3.6"],
        '($TRAVIS_BRANCH = staging) && ($TRAVIS_PYTHON_VERSION = "3.6")',
    ),
    "star": (["--branch", "feature/*"], "$TRAVIS_BRANCH = feature/*"),
    "star alone": (["--branch", "*"], "$TRAVIS_BRANCH = *"),
    "question mark": (["--branch", "ma?n"], "$TRAVIS_BRANCH = ma?n"),
    "brackets": (["--branch", "release-[0-9].[0-9]"], "$TRAVIS_BRANCH = release-[0-9].[0-9]"),
    "class": (["--branch", "release-+([[:digit:].])"], "$TRAVIS_BRANCH = release-+([[:digit:].])"),
    "alternatives": (["--branch", "@(master|staging)"], "$TRAVIS_BRANCH = @(master|staging)"),
    "all but": (["--branch", "!(master|main)"], "$TRAVIS_BRANCH = !(master|main)"),
    "quoted": (
        ["--branch", "'feature/*'", '--branch="main"'],
        "$TRAVIS_BRANCH = 'feature/*' || $TRAVIS_BRANCH = \"main\"",
    ),
    "escaped": (["--branch", r"a\ b", "--branch", r"\*"], r"$TRAVIS_BRANCH = a\ b || $TRAVIS_BRANCH = \*"),
    "a variable": (["--branch", "$TRAVIS_TAG"], "$TRAVIS_BRANCH = $TRAVIS_TAG"),
    "a command": (["--branch", "$(echo staging)"], "$TRAVIS_BRANCH = $(echo staging)"),
    "hash and bang": (["--branch", "v1.0#1", "--branch", "!main"], "$TRAVIS_BRANCH = v1.0#1 || $TRAVIS_BRANCH = !main"),
    "non-ASCII": (["--branch", "größe/?"], "$TRAVIS_BRANCH = größe/?"),
    "non-ASCII, plain": (["--branch", "größe/ü"], "$TRAVIS_BRANCH = größe/ü"),
    "all branches": (["--all-branches"], "-z ''"),
    "all branches, a python": (["--all-branches", "--python=3.10"], '($TRAVIS_PYTHON_VERSION = "3.10")'),
    "a pattern for a python": (["--all-branches", "--python=3*"], '($TRAVIS_PYTHON_VERSION = "3*")'),
    "nightly": (["--all-branches", "--python=nightly"], '($TRAVIS_PYTHON_VERSION = "nightly")'),
    "a specifier": (
        ["--all-branches", "--python=>=3.6"],
        '$TRAVIS_PYTHON_VERSION = "3.6" || $TRAVIS_PYTHON_VERSION = "3.10"',
    ),
    "tags": (["--tags"], '("$TRAVIS_TAG" != "")'),
    "tags, whatever the branch": (["--tags", "--branch=x"], '("$TRAVIS_TAG" != "")'),
    "no tags": (["--no-tags", "--all-branches"], '("$TRAVIS_TAG" = "")'),
    "no tags, a branch": (["--no-tags", "--branch", "v*"], '($TRAVIS_BRANCH = v*) && ("$TRAVIS_TAG" = "")'),
    "repo": (
        ["--repo=octocat/demo", "--branch=staging"],
        '($TRAVIS_REPO_SLUG = "octocat/demo") && ($TRAVIS_BRANCH = staging)',
    ),
    "condition": (
        ["--all-branches", "--condition", "$TRAVIS_OS_NAME = linux"],
        "($TRAVIS_OS_NAME = linux)",
    ),
    "conditions": (
        ["--branch=staging", "--condition", "-n $TRAVIS_TAG || $TRAVIS_OS_NAME != osx", "--condition", "! -z $CI"],
        "($TRAVIS_BRANCH = staging) && (-n $TRAVIS_TAG || $TRAVIS_OS_NAME != osx) && (! -z $CI)",
    ),
    "a regular expression": (
        ["--all-branches", "--condition", r"$TRAVIS_BRANCH =~ ^(release|v)-?[0-9]+\.[0-9]+$"],
        r"($TRAVIS_BRANCH =~ ^(release|v)-?[0-9]+\.[0-9]+$)",
    ),
    "everything": (
        ["--repo=octocat/demo", "--branch=st*", "--python=3.6", "--condition=-n $CI", "--no-tags"],
        (
            '($TRAVIS_REPO_SLUG = "octocat/demo") && ($TRAVIS_BRANCH = st*) && ($TRAVIS_PYTHON_VERSION = "3.6") '
            '&& (-n $CI) && ("$TRAVIS_TAG" = "")'
        ),
    ),
}


@pytest.mark.parametrize("changes", JOBS.values(), ids=JOBS)
@pytest.mark.parametrize(("argv", "test"), ON.values(), ids=ON)
def test_every_decision_equals_the_one_of_travis_bash(argv: list[str], test: str, changes: dict[str, str]) -> None:
    environ = {"PATH": os.environ["PATH"], **travis_job.job(**changes)}
    travis_script = f"if [[ {test} ]]; then exit 10; else exit 11; fi"
    decided = subprocess.run(["bash", "-c", travis_script], env=environ, check=False, capture_output=True)
    assert decided.returncode in (10, 11), decided.stderr
    assert (reasons(*argv, **changes) == ()) is (decided.returncode == 10)


def test_the_table_of_agreement_has_both_answers_for_every_condition() -> None:
    for argv, _ in ON.values():
        answers = {reasons(*argv, **changes) == () for changes in JOBS.values()}
        assert answers == {True, False} or argv in (
            ["--branch", "*"],
            ["--all-branches"],
            ["--all-branches", "--python=3*"],
        )


SKIPPING = "Skipping the deployment: "
LOST_ZERO = 'Write "3.10" with quotes in .travis.yml; without them YAML reads 3.1'
# Options, variables, and for each unmet condition the facts of its sentence: both values, and the option.
REASONS: dict[str, tuple[list[str], dict[str, str | None], tuple[tuple[str, ...], ...]]] = {
    "nothing": (["--branch", "staging"], {}, ()),
    "default branch": ([], {}, (('"staging"', "master, main", "(--branch)"),)),
    "branches": (
        ["--branch", "a", "--branch", "b*"],
        {"TRAVIS_BRANCH": "feature/x"},
        (('"feature/x"', "a, b*", "(--branch)"),),
    ),
    "branch on a tag build": (
        ["--branch", "staging"],
        {"TRAVIS_BRANCH": "v1.0", "TRAVIS_TAG": "v1.0"},
        (('"v1.0"', "staging", "(--branch)", "TRAVIS_BRANCH is the tag; use --tags"),),
    ),
    "pull request": (["--all-branches"], {"TRAVIS_PULL_REQUEST": "12"}, (("pull requests are never", "#12"),)),
    "pull request 0": (["--all-branches"], {"TRAVIS_PULL_REQUEST": "0"}, (("pull requests are never", "#0"),)),
    "failed": (["--all-branches"], {"TRAVIS_TEST_RESULT": "1"}, (("TRAVIS_TEST_RESULT is 1",),)),
    "no result yet": (["--all-branches"], {"TRAVIS_TEST_RESULT": ""}, ()),
    "no result": (["--all-branches"], {"TRAVIS_TEST_RESULT": None}, ()),
    "passed": (["--all-branches"], {"TRAVIS_TEST_RESULT": "0"}, ()),
    "repo": (
        ["--all-branches", "--repo", "octocat/demo"],
        {"TRAVIS_REPO_SLUG": "fork/demo"},
        (('"fork/demo"', '"octocat/demo"', "(--repo)"),),
    ),
    "no repo": (
        ["--all-branches", "--repo", "octocat/demo"],
        {"TRAVIS_REPO_SLUG": None},
        (("is not set,", '"octocat/demo"', "(--repo)"),),
    ),
    "tags": (["--tags"], {}, (('branch "staging"', "(--tags)"),)),
    "no tags": (["--no-tags", "--all-branches"], {"TRAVIS_TAG": "v1.0"}, (('tag "v1.0"', "(--no-tags)"),)),
    "python": (
        ["--all-branches", "--python", "3.12", "--python", ">=3.13"],
        {},
        (('TRAVIS_PYTHON_VERSION is "3.6"', "3.12, >=3.13", "(--python)"),),
    ),
    "no python": (
        ["--all-branches", "--python", "3.6"],
        {"TRAVIS_PYTHON_VERSION": None},
        (("TRAVIS_PYTHON_VERSION is not set,", "3.6", "(--python)"),),
    ),
    "lost zero in the job": (
        ["--all-branches", "--python", "3.10"],
        {"TRAVIS_PYTHON_VERSION": "3.1"},
        (('"3.1"', "3.10 (--python)", LOST_ZERO),),
    ),
    "lost zero in the option": (
        ["--all-branches", "--python", "3.1"],
        {"TRAVIS_PYTHON_VERSION": "3.10"},
        (('"3.10"', "3.1 (--python)", LOST_ZERO),),
    ),
    "condition": (
        ["--all-branches", "--condition", "$A = b", "--condition", "-n $CI", "--condition", "-z $CI"],
        {},
        (("[[ $A = b ]] is false", "(--condition)"), ("[[ -z $CI ]] is false", "(--condition)")),
    ),
    "all at once": (
        ["--repo=a/b", "--no-tags", "--branch=c", "--python=2.7", "--condition=-z $CI"],
        {"TRAVIS_PULL_REQUEST": "1", "TRAVIS_TEST_RESULT": "2", "TRAVIS_TAG": "t"},
        (("#1",), ("is 2",), ("(--repo)",), ("(--no-tags)",), ("(--branch)",), ("(--python)",), ("(--condition)",)),
    ),
}


@pytest.mark.parametrize(("argv", "changes", "expected"), REASONS.values(), ids=REASONS)
def test_every_unmet_condition_gets_one_sentence(
    argv: list[str], changes: dict[str, str | None], expected: tuple[tuple[str, ...], ...]
) -> None:
    sentences = reasons(*argv, **changes)
    assert len(sentences) == len(expected)
    for sentence, facts in zip(sentences, expected):
        assert sentence.startswith(SKIPPING)
        assert [fact for fact in facts if fact not in sentence] == []


def test_only_a_lost_zero_is_explained() -> None:
    assert not any("YAML" in each for each in reasons("--all-branches", "--python=3.1", TRAVIS_PYTHON_VERSION="3.11"))


def test_a_sentence_names_the_variable_that_a_condition_came_from() -> None:
    branch, python = reasons_to_skip(job(), conditions(PYPI_BRANCH="release", PYPI_PYTHON="3.7"), bash({}))
    assert branch.endswith("release (PYPI_BRANCH)")
    assert python.endswith("3.7 (PYPI_PYTHON)")


PYTHONS = {
    "3.6": {"3.6": True, ">=3.6": True, "==3.6": True, "==3.*": True, ">3.6": False, "!=3.6": False},
    "3.6.1": {"3.6": False, "==3.6": False, "==3.6.*": True, ">=3.6,<3.7": True, "~=3.6": True},
    "3.10": {">=3.9": True, "<3.9": False, "~=3.9": True},
    "3": {"3": True, ">=3": True},
    "nightly": {"nightly": True, ">=3.6": False, "!=3.6": False},
    "pypy3": {"pypy3": True, ">=3.6": False},
    "pypy3.10-7.3.15": {"pypy3.10-7.3.15": True, ">=3.6": False},
    "3.13-dev": {"3.13-dev": True, "3.13": False, ">=3.13": False, ">=3.12": False},
    "graalpy-22.3": {">=3": False},
    "": {"3.6": False, ">=3": False},
}


@pytest.mark.parametrize(
    ("version", "wanted", "holds"),
    [(version, wanted, holds) for version, table in PYTHONS.items() for wanted, holds in table.items()],
)
def test_a_python_is_compared_as_text_or_by_a_specifier(version: str, wanted: str, holds: bool) -> None:
    assert (reasons("--all-branches", "--python", wanted, TRAVIS_PYTHON_VERSION=version) == ()) is holds


UNPARSABLE = {
    "condition": ("--condition=$A = (b", "--condition: ", "[[ $A = (b ]]"),
    "no expression": ("--condition=-n", "--condition: ", "[[ -n ]]"),
    "regular expression": ("--condition=a =~ '['[", "--condition: ", "[[ a =~ '['[ ]]"),
    "pattern": ("--branch=(x", "--branch: ", "[[ $TRAVIS_BRANCH = (x ]]"),
    "early exit": ("--condition=-n x ]]; exit 3; [[ x", "--condition: ", "status 3"),
}


@pytest.mark.parametrize(("option", "source", "expression"), UNPARSABLE.values(), ids=UNPARSABLE)
def test_an_expression_that_bash_cannot_parse_is_an_error_in_one_line(
    option: str, source: str, expression: str
) -> None:
    with pytest.raises(UsageError) as raised:
        reasons(option)
    sentence = str(raised.value)
    assert sentence.startswith(source)
    assert expression in sentence
    assert "\n" not in sentence


def test_without_bash_a_condition_is_an_error(tmp_path: Path) -> None:
    asked = conditions("--all-branches", "--condition=-n $CI")
    with pytest.raises(
        UsageError,
        match=r"^--condition: bash, which evaluates \[\[ -n \$CI \]\], cannot be started.*No such file or directory",
    ):
        reasons_to_skip(job(), asked, bash({"PATH": str(tmp_path)}))


def test_a_plain_branch_needs_no_bash() -> None:
    asked = conditions("--branch", "staging", "--python", "3.6")
    assert reasons_to_skip(job(), asked, bash({"PATH": ""})) == ()


# Options, variables, and the end of the first line of the log.
DEPLOYED = {
    "branch": (["--branch", "staging"], {}, 'branch "staging" matches --branch'),
    "pattern": (["--branch", "st*"], {}, 'branch "staging" matches --branch'),
    "default branch": ([], {"TRAVIS_BRANCH": "main"}, 'branch "main" matches --branch'),
    "all branches": (["--all-branches"], {}, 'branch "staging" matches --all-branches'),
    "tag": (["--tags"], {"TRAVIS_TAG": "v1.0"}, 'tag "v1.0" matches --tags'),
    "no tags": (["--no-tags", "--all-branches"], {}, 'branch "staging" matches --all-branches'),
    "python": (["--tags", "--python=3.6"], {"TRAVIS_TAG": "t"}, 'tag "t" matches --tags, Python 3.6 matches --python'),
    "outside Travis": (["--dry-run"], {"TRAVIS": None}, "not a Travis job, so no condition was checked"),
}


@pytest.mark.parametrize(("argv", "changes", "reason"), DEPLOYED.values(), ids=DEPLOYED)
def test_the_header_says_why_a_job_deploys(argv: list[str], changes: dict[str, str | None], reason: str) -> None:
    assert reason_to_deploy(job(**changes), conditions(*argv)) == reason


def test_the_header_names_the_variable_that_a_condition_came_from() -> None:
    settings = conditions(PYPI_BRANCH="staging", PYPI_PYTHON="3.6")
    assert reason_to_deploy(job(), settings) == 'branch "staging" matches PYPI_BRANCH, Python 3.6 matches PYPI_PYTHON'
