"""The job, the conditions on it, and that they decide as Travis' own bash does."""

from __future__ import annotations

import os
import subprocess
from typing import TYPE_CHECKING

import pytest

from tests.support import travis_job
from travis_pypi_deploy import job as travis
from travis_pypi_deploy.cli import bash_in
from travis_pypi_deploy.errors import UsageError
from travis_pypi_deploy.job import Conditions, Job, reasons_to_skip, unknown_conditions
from travis_pypi_deploy.settings import command_line, resolve

if TYPE_CHECKING:
    from pathlib import Path


def conditions(*argv: str, **environ: str) -> Conditions:
    """Return the conditions that a command line and the environment state."""
    return resolve(command_line.read(argv), environ).conditions


def reasons(*argv: str, **changes: str | None) -> tuple[str, ...]:
    """Return why a job with these variables does not deploy; bash has nothing else in its environment."""
    environ = {"PATH": os.environ["PATH"], **travis_job.job(**changes)}
    return reasons_to_skip(Job.from_environment(environ), conditions(*argv), bash_in(environ))


def test_a_job_is_what_travis_says_of_it() -> None:
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


def test_nothing_is_known_off_travis() -> None:
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


MISSING = {
    "TRAVIS_BRANCH": "which branch or tag this job builds",
    "TRAVIS_PULL_REQUEST": "whether this job builds a pull request",
}


@pytest.mark.parametrize("value", [None, ""], ids=["unset", "empty"])
@pytest.mark.parametrize(("variable", "unknown"), MISSING.items(), ids=MISSING)
def test_a_job_that_does_not_say_what_it_builds_is_told_so(variable: str, unknown: str, value: str | None) -> None:
    assert Job.from_environment(travis_job.job(**{variable: value})).missing() == (
        f"{variable} is not set, or empty: nobody can tell {unknown}. Travis always sets it; check whether a script of "
        "yours, sudo, or a container drops it"
    )


def test_an_ordinary_job_says_what_it_builds() -> None:
    assert Job.from_environment(travis_job.job()).missing() is None


# What Travis' own test decides, for each of these jobs and each of these blocks of "on:". Where Travis has no word of
# its own for what we can do (a specifier, several Pythons), its test is what a user would write as a condition.
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
def test_a_decision_is_the_one_of_travis_bash(argv: list[str], test: str, changes: dict[str, str]) -> None:
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


BRANCH = "Skipping the deployment: branch is "
REASONS: dict[str, tuple[list[str], dict[str, str | None], tuple[str, ...]]] = {
    "nothing": (["--branch", "staging"], {}, ()),
    "default branch": ([], {}, (f'{BRANCH}"staging", not one of: master, main (--branch)',)),
    "branches": (
        ["--branch", "a", "--branch", "b*"],
        {"TRAVIS_BRANCH": "feature/x"},
        (f'{BRANCH}"feature/x", not one of: a, b* (--branch)',),
    ),
    "branch on a tag build": (
        ["--branch", "staging"],
        {"TRAVIS_BRANCH": "v1.0", "TRAVIS_TAG": "v1.0"},
        (
            (
                f'{BRANCH}"v1.0", not one of: staging (--branch). On a tag build Travis puts the tag\'s name there: to '
                "deploy tag builds use --tags"
            ),
        ),
    ),
    "pull request": (
        ["--all-branches"],
        {"TRAVIS_PULL_REQUEST": "12"},
        ("Skipping the deployment: this job builds pull request 12, and those are never deployed",),
    ),
    "failed": (
        ["--all-branches"],
        {"TRAVIS_TEST_RESULT": "1"},
        ("Skipping the deployment: the build's own commands failed (TRAVIS_TEST_RESULT is 1)",),
    ),
    "no result yet": (["--all-branches"], {"TRAVIS_TEST_RESULT": ""}, ()),
    "no result": (["--all-branches"], {"TRAVIS_TEST_RESULT": None}, ()),
    "passed": (["--all-branches"], {"TRAVIS_TEST_RESULT": "0"}, ()),
    "repo": (
        ["--all-branches", "--repo", "octocat/demo"],
        {"TRAVIS_REPO_SLUG": "fork/demo"},
        ('Skipping the deployment: the repository is "fork/demo", not "octocat/demo" (--repo)',),
    ),
    "tags": (
        ["--tags"],
        {},
        ('Skipping the deployment: this is a build of branch "staging", not of a tag (--tags)',),
    ),
    "no tags": (
        ["--no-tags", "--all-branches"],
        {"TRAVIS_TAG": "v1.0", "TRAVIS_BRANCH": "v1.0"},
        ('Skipping the deployment: this is a build of tag "v1.0" (--no-tags)',),
    ),
    "python": (
        ["--all-branches", "--python", "3.12", "--python", ">=3.13"],
        {},
        ('Skipping the deployment: TRAVIS_PYTHON_VERSION is "3.6", not one of: 3.12, >=3.13 (--python)',),
    ),
    "no python": (
        ["--all-branches", "--python", "3.6"],
        {"TRAVIS_PYTHON_VERSION": None},
        ('Skipping the deployment: TRAVIS_PYTHON_VERSION is "", not one of: 3.6 (--python)',),
    ),
    "lost zero in the job": (
        ["--all-branches", "--python", "3.10"],
        {"TRAVIS_PYTHON_VERSION": "3.1"},
        (
            (
                'Skipping the deployment: TRAVIS_PYTHON_VERSION is "3.1", not one of: 3.10 (--python). Write "3.10" in '
                "quotes in .travis.yml: without them YAML reads the number 3.1"
            ),
        ),
    ),
    "lost zero in the option": (
        ["--all-branches", "--python", "3.1"],
        {"TRAVIS_PYTHON_VERSION": "3.10"},
        (
            (
                'Skipping the deployment: TRAVIS_PYTHON_VERSION is "3.10", not one of: 3.1 (--python). Write "3.10" in '
                "quotes in .travis.yml: without them YAML reads the number 3.1"
            ),
        ),
    ),
    "condition": (
        ["--all-branches", "--condition", "$A = b", "--condition", "-n $CI", "--condition", "-z $CI"],
        {},
        (
            "Skipping the deployment: the condition [[ $A = b ]] does not hold (--condition)",
            "Skipping the deployment: the condition [[ -z $CI ]] does not hold (--condition)",
        ),
    ),
    "all at once": (
        ["--repo=a/b", "--no-tags", "--branch=c", "--python=2.7", "--condition=-z $CI"],
        {"TRAVIS_PULL_REQUEST": "1", "TRAVIS_TEST_RESULT": "2", "TRAVIS_TAG": "t"},
        (
            "Skipping the deployment: this job builds pull request 1, and those are never deployed",
            "Skipping the deployment: the build's own commands failed (TRAVIS_TEST_RESULT is 2)",
            'Skipping the deployment: the repository is "octocat/demo", not "a/b" (--repo)',
            'Skipping the deployment: this is a build of tag "t" (--no-tags)',
            (
                f'{BRANCH}"staging", not one of: c (--branch). On a tag build Travis puts the tag\'s name there: to '
                "deploy tag builds use --tags"
            ),
            'Skipping the deployment: TRAVIS_PYTHON_VERSION is "3.6", not one of: 2.7 (--python)',
            "Skipping the deployment: the condition [[ -z $CI ]] does not hold (--condition)",
        ),
    ),
}


@pytest.mark.parametrize(("argv", "changes", "expected"), REASONS.values(), ids=REASONS)
def test_every_unmet_condition_gets_its_sentence(
    argv: list[str], changes: dict[str, str | None], expected: tuple[str, ...]
) -> None:
    assert reasons(*argv, **changes) == expected


def test_a_sentence_names_the_variable_that_a_condition_came_from() -> None:
    job = Job.from_environment(travis_job.job())
    asked = conditions(PYPI_BRANCH="release", PYPI_PYTHON="3.7")
    assert reasons_to_skip(job, asked, bash_in({})) == (
        f'{BRANCH}"staging", not one of: release (PYPI_BRANCH)',
        'Skipping the deployment: TRAVIS_PYTHON_VERSION is "3.6", not one of: 3.7 (PYPI_PYTHON)',
    )


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
    "condition": ("--condition=$A = (b", "--condition: bash cannot judge [[ $A = (b ]]: "),
    "no expression": ("--condition=-n", "--condition: bash cannot judge [[ -n ]]: "),
    "regular expression": ("--condition=a =~ '['[", "--condition: bash cannot judge [[ a =~ '['[ ]]: "),
    "pattern": ("--branch=(x", "--branch: bash cannot judge [[ $TRAVIS_BRANCH = (x ]]: "),
}


@pytest.mark.parametrize(("option", "opening"), UNPARSABLE.values(), ids=UNPARSABLE)
def test_what_bash_cannot_parse_is_told_in_its_own_words(option: str, opening: str) -> None:
    with pytest.raises(UsageError) as raised:
        reasons(option)
    sentence, words = str(raised.value)[: len(opening)], str(raised.value)[len(opening) :]
    assert sentence == opening
    assert words
    assert "\n" not in words


def test_without_bash_a_condition_cannot_be_judged(tmp_path: Path) -> None:
    asked = conditions("--all-branches", "--condition=-n $CI")
    with pytest.raises(UsageError) as raised:
        reasons_to_skip(Job.from_environment(travis_job.job()), asked, bash_in({"PATH": str(tmp_path)}))
    assert str(raised.value) == (
        "--condition: [[ -n $CI ]] needs bash, which does not start: No such file or directory"
    )


def test_a_plain_branch_needs_no_bash() -> None:
    environ = travis_job.job(PATH="")
    asked = conditions("--branch", "staging", "--python", "3.6")
    assert reasons_to_skip(Job.from_environment(environ), asked, bash_in(environ)) == ()


def test_off_travis_every_condition_is_unknown() -> None:
    argv = ["--repo=a/b", "--no-tags", "--branch=c", "--branch=d", "--python=>=3.9", "--condition=-n $CI"]
    assert unknown_conditions(conditions(*argv)) == (
        "Cannot tell off Travis: whether this is a pull request (TRAVIS_PULL_REQUEST), which is never deployed",
        "Cannot tell off Travis: whether the build's own commands passed (TRAVIS_TEST_RESULT)",
        "Cannot tell off Travis: whether the repository is a/b (--repo)",
        "Cannot tell off Travis: whether this is a tag build (--no-tags)",
        "Cannot tell off Travis: whether the branch is one of: c, d (--branch)",
        "Cannot tell off Travis: whether the Python is one of: >=3.9 (--python)",
        "Cannot tell off Travis: whether [[ -n $CI ]] holds (--condition)",
    )


@pytest.mark.parametrize("option", ["--all-branches", "--tags"])
def test_a_branch_that_does_not_matter_is_not_unknown(option: str) -> None:
    assert not any("branch is" in sentence for sentence in unknown_conditions(conditions(option)))


def test_a_fold_is_what_travis_reads() -> None:
    assert travis.fold_start("pypi.build") == (
        "travis_fold:start:pypi.build\r\x1b[0Ktravis_time:start:pypi_build\r\x1b[0K"
    )
    assert travis.fold_end("pypi.build", started=1_000, finished=1_234) == (
        "travis_time:end:pypi_build:start=1000,finish=1234,duration=234\r\x1b[0Ktravis_fold:end:pypi.build\r\x1b[0K"
    )


def test_the_table_of_agreement_is_as_long_as_it_should_be() -> None:
    assert len(JOBS) * len(ON) >= 100
