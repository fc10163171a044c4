"""The job as Travis describes it, the conditions on it, and the reasons why it may not deploy.

No input or output: bash, which evaluates conditions, is passed in as a callable.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Callable

from .errors import UsageError
from .options import SPECIFIER_START, Settings, specifier_contains

Bash = Callable[[str, str], bool]
"""Whether ``[[ EXPRESSION ]]``, which came from an option or variable, is true in the job's environment.

Raises UsageError, which names the option or variable, if bash cannot evaluate it.
"""

PATTERN_CHARACTERS = frozenset("*?[]()\\\"'$`")
PLAIN_VERSION = re.compile(r"\d+(\.\d+)*")


@dataclass(frozen=True)
class Job:
    """The job as Travis describes it; the text of a variable that is not set is empty.

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


def reasons_to_skip(job: Job, settings: Settings, bash: Bash) -> tuple[str, ...]:
    """Return why this job does not deploy, one sentence for each unmet condition; none if it may deploy.

    Raises UsageError if this is not a Travis job, which only a dry run and a check need not be.
    """
    if settings.check_only or (settings.dry_run and not job.on_travis):
        return ()
    _require_job(job)
    sources, unmet = settings.sources, []
    if job.pull_request != "false":
        unmet.append(f"pull requests are never deployed (#{job.pull_request})")
    if job.test_result not in ("", "0"):
        unmet.append(f"the build failed (TRAVIS_TEST_RESULT is {job.test_result})")
    if settings.repo not in (None, job.slug):
        unmet.append(f'the repository is {_shown(job.slug)}, not "{settings.repo}" ({sources["repo"]})')
    if settings.tags is True and not job.tag:
        unmet.append(f'this is a build of branch "{job.branch}", not of a tag ({sources["tags"]})')
    if settings.tags is False and job.tag:
        unmet.append(f'this is a build of tag "{job.tag}" ({sources["tags"]})')

    branches, source = settings.branch, sources["branch"]
    needs_branch = not settings.all_branches and not settings.tags
    if needs_branch and not any(_is_branch(job.branch, each, bash, source) for each in branches):
        hint = ". On builds of tags, TRAVIS_BRANCH is the tag; use --tags to deploy them" if job.tag else ""
        unmet.append(f'the branch is "{job.branch}", not one of: {", ".join(branches)} ({source}){hint}')

    pythons, source = settings.python, sources["python"]
    if pythons and not any(_is_python(job.python, each) for each in pythons):
        version, hint = _shown(job.python), _lost_zero(job.python, pythons)
        unmet.append(f"TRAVIS_PYTHON_VERSION is {version}, not one of: {', '.join(pythons)} ({source}){hint}")

    source = sources["condition"]
    failed = [each for each in settings.condition if not bash(each, source)]
    unmet += [f"the condition [[ {each} ]] is false ({source})" for each in failed]
    return tuple(f"Skipping the deployment: {each}" for each in unmet)


def _require_job(job: Job) -> None:
    """Raise UsageError if this is not a Travis job, or a required variable is missing."""
    if not job.on_travis:
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


def reason_to_deploy(job: Job, settings: Settings) -> str:
    """Return which conditions let this job deploy, for the first line of the log."""
    if not job.on_travis:
        return "not a Travis job, so no condition was checked"
    if settings.tags:
        reason = f'tag "{job.tag}" matches {settings.sources["tags"]}'
    else:
        option = "all_branches" if settings.all_branches else "branch"
        reason = f'branch "{job.branch}" matches {settings.sources[option]}'
    if settings.python:
        reason += f", Python {job.python} matches {settings.sources['python']}"
    return reason


def _is_branch(branch: str, wanted: str, bash: Bash, source: str) -> bool:
    """Return whether the branch matches; patterns are matched by bash, unquoted, as Travis does."""
    if PATTERN_CHARACTERS.isdisjoint(wanted):
        return branch == wanted
    return bash(f"$TRAVIS_BRANCH = {wanted}", source)


def _is_python(version: str, wanted: str) -> bool:
    if not wanted.startswith(SPECIFIER_START):
        return version == wanted
    # nightly, pypy3.10 and 3.13-dev cannot be compared with releases
    return PLAIN_VERSION.fullmatch(version) is not None and specifier_contains(wanted, version)


def _lost_zero(version: str, pythons: Sequence[str]) -> str:
    """Return a hint if the job or an option has lost the 0 of 3.10."""
    for each in pythons:
        longer = max(each, version, key=len)
        if longer in (f"{each}0", f"{version}0"):
            return f'. Write "{longer}" with quotes in .travis.yml; without them YAML reads {longer[:-1]}'
    return ""


def _shown(value: str) -> str:
    return f'"{value}"' if value else "not set"
