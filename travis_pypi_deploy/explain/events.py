"""What happens to a repository, and what Travis then says of it: to conditions, and to bash."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Literal

from ..travis_yml.if_conditions import Unknown, Value
from ..travis_yml.matrix import MatrixJob

EventType = Literal["push", "pull_request", "cron", "api"]


@dataclass(frozen=True)
class Event:
    """One event; ``branch`` is the target branch of a pull request. ``repo`` is empty if it is not known."""

    type: EventType
    branch: str
    tag: str = ""
    repo: str = ""
    fork: bool = False

    def __str__(self) -> str:
        if self.type == "pull_request":
            return f"a pull request to {self.branch}"
        if self.tag:
            return f"a push of tag {self.tag}"
        names = {"push": "a push to", "cron": "a cron build of", "api": "an API build of"}
        return f"{names[self.type]} {self.branch}"


def condition_values(event: Event, job: MatrixJob) -> Mapping[str, Value]:
    """Return the variables of Travis' conditions; one that is missing depends on something else."""
    values: dict[str, Value] = {
        "type": event.type,
        "branch": event.tag or event.branch,
        "tag": event.tag or None,
        "fork": event.fork,
        "os": job.system,
        "language": job.language,
        **{f"env.{name}": Unknown((name,)) if "$" in value else value for name, value in job.variables},
        **{f"env.{name}": Unknown((name,)) for name in job.hidden},
    }
    if event.repo:
        values["repo"] = event.repo
    if job.text("dist"):
        values["dist"] = job.text("dist")
    return values


def environment(event: Event, job: MatrixJob) -> dict[str, str]:
    """Return the variables that bash has in this job before its first command, as far as they are known."""
    known = {
        "CI": "true",
        "CONTINUOUS_INTEGRATION": "true",
        "TRAVIS": "true",
        "TRAVIS_BRANCH": event.tag or event.branch,
        "TRAVIS_TAG": event.tag,
        "TRAVIS_PULL_REQUEST": "false",
        "TRAVIS_EVENT_TYPE": event.type,
        "TRAVIS_TEST_RESULT": "0",
    }
    if event.repo:
        known["TRAVIS_REPO_SLUG"] = event.repo
    return job.environment(known)
