"""What happens to a repository, and what Travis then says of it: to conditions, and to bash."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Literal

from ..travis_yml.if_conditions import Unknown, Value
from ..travis_yml.matrix import MatrixJob

EventType = Literal["push", "pull_request", "cron", "api"]
# Keys of a .travis.yml whose value Travis puts into a variable: TRAVIS_PYTHON_VERSION and its like.
RUNTIMES = {
    **{name: name for name in ("d", "dart", "elm", "elixir", "ghc", "go", "haxe", "jdk", "julia", "mono", "perl")},
    **{name: name for name in ("php", "otp_release", "python", "r", "rust", "scala", "smalltalk")},
    "node_js": "node",
    "rvm": "ruby",
}
ARCHITECTURE = "amd64"
VARIABLE = re.compile(r"\$\{?([A-Za-z_]\w*)\}?")


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
        "TRAVIS_OS_NAME": job.system,
        "TRAVIS_CPU_ARCH": job.text("arch") or ARCHITECTURE,
        "TRAVIS_LANGUAGE": job.language,
        "TRAVIS_JOB_NAME": job.text("name"),
        "TRAVIS_BUILD_STAGE_NAME": job.text("stage").capitalize(),
        "TRAVIS_ALLOW_FAILURE": "true" if job.allows_failure else "false",
    }
    if event.repo:
        known["TRAVIS_REPO_SLUG"] = event.repo
    if job.text("dist"):
        known["TRAVIS_DIST"] = job.text("dist")
    for key, name in RUNTIMES.items():
        if job.text(key):
            known[f"TRAVIS_{name.upper()}_VERSION"] = job.text(key)
        elif key != job.language:
            known[f"TRAVIS_{name.upper()}_VERSION"] = ""
    for name, value in job.variables:  # a value may use the variables before it
        if all(each in known for each in variables_used(value)):
            known[name] = expanded(value, known)
        else:
            known.pop(name, None)
    return {name: value for name, value in known.items() if name not in job.hidden}


def variables_used(text: str) -> tuple[str, ...]:
    """Return the variables that a text of a shell uses."""
    return tuple(dict.fromkeys(VARIABLE.findall(text)))


def expanded(text: str, known: Mapping[str, str]) -> str:
    """Return the text with its variables replaced, which are all known."""
    return VARIABLE.sub(lambda match: known[match[1]], text)
