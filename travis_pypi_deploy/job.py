"""The job that Travis describes, the conditions on it, and why it may not deploy; Travis' log folds.

Pure: the one thing that only bash can judge is handed in as a callable. Values that a skipped job needs are named
tuples, not dataclasses: those import inspect, a third of what such a job costs.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, NamedTuple

from .errors import UsageError

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

    Bash = Callable[[str], bool]
    """Whether ``[[ EXPRESSION ]]`` holds in the job's environment; UsageError where bash cannot parse it."""

SPECIFIER_START = ("<", ">", "=", "!", "~")
PATTERN_CHARACTERS = frozenset("*?[]()\\\"'$`")
PLAIN_VERSION = re.compile(r"\d+(\.\d+)*")

UNKNOWN = "Cannot tell off Travis:"
SKIPPING = "Skipping the deployment:"


class Job(NamedTuple):
    """What Travis says about the build that runs us; a text is empty where Travis says nothing.

    Source: https://docs.travis-ci.com/user/environment-variables/
    """

    on_travis: bool
    branch: str
    pull_request: str
    tag: str
    python: str
    test_result: str
    slug: str
    build_url: str
    job_url: str
    has_secrets: bool

    @classmethod
    def from_environment(cls, environ: Mapping[str, str]) -> Job:
        """Return the job that the ``TRAVIS_*`` variables of ``environ`` describe."""
        return cls(
            on_travis=environ.get("TRAVIS") == "true",
            branch=environ.get("TRAVIS_BRANCH", ""),
            pull_request=environ.get("TRAVIS_PULL_REQUEST", ""),
            tag=environ.get("TRAVIS_TAG", ""),
            python=environ.get("TRAVIS_PYTHON_VERSION", ""),
            test_result=environ.get("TRAVIS_TEST_RESULT", ""),
            slug=environ.get("TRAVIS_REPO_SLUG", ""),
            build_url=environ.get("TRAVIS_BUILD_WEB_URL", ""),
            job_url=environ.get("TRAVIS_JOB_WEB_URL", ""),
            has_secrets=environ.get("TRAVIS_SECURE_ENV_VARS") != "false",
        )

    def missing(self) -> str | None:
        """Return a sentence if nobody can know what this job builds."""
        for variable, value, unknown in (
            ("TRAVIS_BRANCH", self.branch, "which branch or tag this job builds"),
            ("TRAVIS_PULL_REQUEST", self.pull_request, "whether this job builds a pull request"),
        ):
            if not value:
                return (
                    f"{variable} is not set, or empty: nobody can tell {unknown}. Travis always sets it; check whether "
                    "a script of yours, sudo, or a container drops it"
                )
        return None


class Conditions(NamedTuple):
    """What must hold before a job deploys: the words of ``deploy.on``.

    ``tags``: True for tag builds only, False for never on tag builds, None for both. ``sources`` names the option or
    variable that a condition came from, by the condition's name.
    """

    branch: tuple[str, ...]
    all_branches: bool
    tags: bool | None
    repo: str | None
    python: tuple[str, ...]
    condition: tuple[str, ...]
    sources: Mapping[str, str]


def reasons_to_skip(job: Job, conditions: Conditions, bash: Bash) -> tuple[str, ...]:
    """Return why this job does not deploy, a sentence for each unmet condition; nothing if it may."""
    return (
        *_pull_request(job),
        *_test_result(job),
        *_repo(job, conditions),
        *_tags(job, conditions),
        *_branch(job, conditions, bash),
        *_python(job, conditions),
        *_expressions(conditions, bash),
    )


def unknown_conditions(conditions: Conditions) -> tuple[str, ...]:
    """Return what could not be judged where there is no job, a sentence for each condition."""
    asked = [
        "whether this is a pull request (TRAVIS_PULL_REQUEST), which is never deployed",
        "whether the build's own commands passed (TRAVIS_TEST_RESULT)",
    ]
    sources = conditions.sources
    if conditions.repo:
        asked.append(f"whether the repository is {conditions.repo} ({sources['repo']})")
    if conditions.tags is not None:
        asked.append(f"whether this is a tag build ({sources['tags']})")
    if not conditions.all_branches and not conditions.tags:
        asked.append(f"whether the branch is one of: {', '.join(conditions.branch)} ({sources['branch']})")
    if conditions.python:
        asked.append(f"whether the Python is one of: {', '.join(conditions.python)} ({sources['python']})")
    asked.extend(f"whether [[ {each} ]] holds ({sources['condition']})" for each in conditions.condition)
    return tuple(f"{UNKNOWN} {each}" for each in asked)


def fold_start(name: str) -> str:
    """Return the escape codes that open a fold of the job's log and start its clock."""
    return f"travis_fold:start:{name}\r\x1b[0Ktravis_time:start:{_timer(name)}\r\x1b[0K"


def fold_end(name: str, *, started: int, finished: int) -> str:
    """Return the escape codes that stop the clock (nanoseconds since the epoch) and close the fold."""
    clock = f"start={started},finish={finished},duration={finished - started}"
    return f"travis_time:end:{_timer(name)}:{clock}\r\x1b[0Ktravis_fold:end:{name}\r\x1b[0K"


def _timer(name: str) -> str:
    return name.replace(".", "_")


def _pull_request(job: Job) -> tuple[str, ...]:
    if job.pull_request == "false":
        return ()
    return (f"{SKIPPING} this job builds pull request {job.pull_request}, and those are never deployed",)


def _test_result(job: Job) -> tuple[str, ...]:
    if job.test_result in ("", "0"):
        return ()
    return (f"{SKIPPING} the build's own commands failed (TRAVIS_TEST_RESULT is {job.test_result})",)


def _repo(job: Job, conditions: Conditions) -> tuple[str, ...]:
    if conditions.repo in (None, job.slug):
        return ()
    source = conditions.sources["repo"]
    return (f'{SKIPPING} the repository is "{job.slug}", not "{conditions.repo}" ({source})',)


def _tags(job: Job, conditions: Conditions) -> tuple[str, ...]:
    source = conditions.sources["tags"]
    if conditions.tags is True and not job.tag:
        return (f'{SKIPPING} this is a build of branch "{job.branch}", not of a tag ({source})',)
    if conditions.tags is False and job.tag:
        return (f'{SKIPPING} this is a build of tag "{job.tag}" ({source})',)
    return ()


def _branch(job: Job, conditions: Conditions, bash: Bash) -> tuple[str, ...]:
    if conditions.all_branches or conditions.tags:
        return ()
    source = conditions.sources["branch"]
    if any(_branch_is(job.branch, wanted, bash, source) for wanted in conditions.branch):
        return ()
    reason = f'{SKIPPING} branch is "{job.branch}", not one of: {", ".join(conditions.branch)} ({source})'
    if job.tag:
        reason += ". On a tag build Travis puts the tag's name there: to deploy tag builds use --tags"
    return (reason,)


def _branch_is(branch: str, wanted: str, bash: Bash, source: str) -> bool:
    """Return whether the branch is the wanted one, as Travis' own bash decides it: the pattern stands unquoted."""
    if PATTERN_CHARACTERS.isdisjoint(wanted):
        return branch == wanted
    return _holds(f"$TRAVIS_BRANCH = {wanted}", bash, source)


def _python(job: Job, conditions: Conditions) -> tuple[str, ...]:
    if not conditions.python or any(_python_is(job.python, wanted) for wanted in conditions.python):
        return ()
    wanted = ", ".join(conditions.python)
    reason = f'{SKIPPING} TRAVIS_PYTHON_VERSION is "{job.python}", not one of: {wanted}'
    return (f"{reason} ({conditions.sources['python']}){_lost_zero(job.python, conditions.python)}",)


def _python_is(version: str, wanted: str) -> bool:
    if not wanted.startswith(SPECIFIER_START):
        return version == wanted
    if not PLAIN_VERSION.fullmatch(version):
        return False  # nightly, pypy3.10 and 3.13-dev have no place in an order of releases
    from packaging.specifiers import SpecifierSet

    return SpecifierSet(wanted).contains(version)


def _lost_zero(version: str, wanted: Sequence[str]) -> str:
    """Return a hint where YAML made a number of an unquoted version: 3.10 without quotes is 3.1."""
    if any(f"{version}0" == each for each in wanted):
        return f'. Write "{version}0" in quotes in .travis.yml: without them YAML reads the number {version}'
    if any(f"{each}0" == version for each in wanted):
        return f'. Write "{version}" in quotes in .travis.yml: without them YAML reads the number {version[:-1]}'
    return ""


def _expressions(conditions: Conditions, bash: Bash) -> tuple[str, ...]:
    source = conditions.sources["condition"]
    return tuple(
        f"{SKIPPING} the condition [[ {each} ]] does not hold ({source})"
        for each in conditions.condition
        if not _holds(each, bash, source)
    )


def _holds(expression: str, bash: Bash, source: str) -> bool:
    """Return what bash says of the expression; its complaint is told with the option or variable it came from."""
    try:
        return bash(expression)
    except UsageError as error:
        raise UsageError(f"{source}: {error}") from error
