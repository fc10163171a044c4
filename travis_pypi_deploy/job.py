"""What Travis says about the job, the conditions on it, and why it may not deploy.

No input or output: bash, which evaluates conditions, is passed in as a callable.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Callable

from .errors import UsageError
from .options import SPECIFIER_START, Settings, specifier

Bash = Callable[[str], bool]
"""Whether ``[[ EXPRESSION ]]`` is true in the job's environment; raises UsageError if bash cannot evaluate it."""

PATTERN_CHARACTERS = frozenset("*?[]()\\\"'$`")
PLAIN_VERSION = re.compile(r"\d+(\.\d+)*")


@dataclass(frozen=True)
class Job:
    """What Travis says about the build; a text is empty where Travis says nothing.

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


def require_job(job: Job, *, dry_run: bool) -> None:
    """Raise UsageError if this is not a Travis job, or a required variable is missing."""
    if not job.on_travis:
        if dry_run:
            return
        raise UsageError(
            "this is not a Travis job (TRAVIS is not true), so nothing is deployed. To try it here, use --dry-run or "
            "--check-only"
        )
    for variable, value in (("TRAVIS_BRANCH", job.branch), ("TRAVIS_PULL_REQUEST", job.pull_request)):
        if not value:
            raise UsageError(
                f"{variable} is empty or not set, so nothing is deployed. Travis always sets it; check whether a "
                "script, sudo or a container removes it"
            )


def reasons_to_skip(job: Job, settings: Settings, bash: Bash) -> tuple[str, ...]:
    """Return why this job does not deploy, one sentence for each unmet condition; none if it may deploy."""
    return tuple(f"Skipping the deployment: {reason}" for reason in _unmet_conditions(job, settings, bash))


def reason_to_deploy(job: Job, settings: Settings) -> str:
    """Return which conditions let this job deploy, for the first line of the log."""
    if not job.on_travis:
        return "not a Travis job, so no condition was checked"
    if settings.tags and job.tag:
        reason = f'tag "{job.tag}" matches {settings.sources["tags"]}'
    elif settings.all_branches:
        reason = f'branch "{job.branch}" matches {settings.sources["all_branches"]}'
    else:
        reason = f'branch "{job.branch}" matches {settings.sources["branch"]}'
    if settings.python:
        reason += f", Python {job.python} matches {settings.sources['python']}"
    return reason


def unknown_conditions(settings: Settings) -> tuple[str, ...]:
    """Return what cannot be checked outside Travis, one sentence for each condition."""
    sources = settings.sources
    unknown = ["this is a pull request", "the build passed"]
    if settings.repo:
        unknown.append(f"the repository is {settings.repo} ({sources['repo']})")
    if settings.tags is not None:
        unknown.append(f"this is a build of a tag ({sources['tags']})")
    if not settings.all_branches and not settings.tags:
        unknown.append(f"the branch is one of: {', '.join(settings.branch)} ({sources['branch']})")
    if settings.python:
        unknown.append(f"the Python version is one of: {', '.join(settings.python)} ({sources['python']})")
    unknown.extend(f"[[ {each} ]] is true ({sources['condition']})" for each in settings.condition)
    return tuple(f"Not checked outside Travis: whether {each}" for each in unknown)


def _unmet_conditions(job: Job, settings: Settings, bash: Bash) -> Iterator[str]:
    sources = settings.sources
    if job.pull_request != "false":
        yield f"pull requests are never deployed (#{job.pull_request})"
    if job.test_result not in ("", "0"):
        yield f"the build failed (TRAVIS_TEST_RESULT is {job.test_result})"
    if settings.repo not in (None, job.slug):
        yield f'the repository is {_shown(job.slug)}, not "{settings.repo}" ({sources["repo"]})'
    if settings.tags is True and not job.tag:
        yield f'this is a build of branch "{job.branch}", not of a tag ({sources["tags"]})'
    if settings.tags is False and job.tag:
        yield f'this is a build of tag "{job.tag}" ({sources["tags"]})'
    yield from _branch(job, settings, bash)
    yield from _python(job, settings)
    for each in settings.condition:
        if not _holds(each, bash, sources["condition"]):
            yield f"the condition [[ {each} ]] is false ({sources['condition']})"


def _branch(job: Job, settings: Settings, bash: Bash) -> Iterator[str]:
    source = settings.sources["branch"]
    if settings.all_branches or settings.tags:
        return
    if any(_is_branch(job.branch, wanted, bash, source) for wanted in settings.branch):
        return
    reason = f'the branch is "{job.branch}", not one of: {", ".join(settings.branch)} ({source})'
    if job.tag:
        reason += ". On builds of tags, TRAVIS_BRANCH is the tag; use --tags to deploy them"
    yield reason


def _is_branch(branch: str, wanted: str, bash: Bash, source: str) -> bool:
    """Return whether the branch matches; patterns are matched by bash, unquoted, as Travis does."""
    if PATTERN_CHARACTERS.isdisjoint(wanted):
        return branch == wanted
    return _holds(f"$TRAVIS_BRANCH = {wanted}", bash, source)


def _python(job: Job, settings: Settings) -> Iterator[str]:
    if not settings.python or any(_is_python(job.python, wanted) for wanted in settings.python):
        return
    wanted = ", ".join(settings.python)
    reason = f"TRAVIS_PYTHON_VERSION is {_shown(job.python)}, not one of: {wanted} ({settings.sources['python']})"
    for each in settings.python:
        longer = max(each, job.python, key=len)
        if longer in (f"{each}0", f"{job.python}0"):
            reason += f'. Write "{longer}" with quotes in .travis.yml; without them YAML reads {longer[:-1]}'
            break
    yield reason


def _is_python(version: str, wanted: str) -> bool:
    if not wanted.startswith(SPECIFIER_START):
        return version == wanted
    # nightly, pypy3.10 and 3.13-dev cannot be compared with releases
    return PLAIN_VERSION.fullmatch(version) is not None and specifier(wanted).contains(version)


def _holds(expression: str, bash: Bash, source: str) -> bool:
    try:
        return bash(expression)
    except UsageError as error:
        raise UsageError(f"{source}: {error}") from error


def _shown(value: str) -> str:
    return f'"{value}"' if value else "not set"
