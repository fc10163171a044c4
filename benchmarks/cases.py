"""What is measured: each case names its contenders, its sink and the ratio to reach."""

from __future__ import annotations

import os
import sys
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from tests.support import travis_job

from .measure import Command

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

OURS = "travis-pypi-deploy"
SLOW_INDEX_SECONDS = 0.3
USERNAME, PASSWORD = "deployer", "invented"


@dataclass(frozen=True)
class Sink:
    """How the sink of a case is: seconds before each answer, over TLS, with the files already published."""

    pause: float = 0.0
    tls: bool = False
    publish: str = ""


@dataclass(frozen=True)
class Goal:
    """The ratio of our wall time to a contender's, and the peak in MiB, to stay below."""

    against: str
    ratio: float
    peak_mib: float | None = None


@dataclass(frozen=True)
class Case:
    """One comparison: ``commands`` makes its contenders from the place where all is laid out."""

    name: str
    title: str
    rounds: int
    commands: Callable[[Place], Sequence[Command]]
    sink: Sink = Sink()
    goals: tuple[Goal, ...] = ()
    warm_up: int = 1


@dataclass(frozen=True)
class Place:
    """Where the files, the scratch home and the certificate authority are, and the sink's address."""

    folder: Path
    url: str

    def files(self, name: str) -> list[str]:
        """Return the paths of the files in this folder."""
        return [str(path) for path in sorted((self.folder / name).iterdir())]

    @property
    def environment(self) -> dict[str, str]:
        """Return what every contender's environment has in common."""
        bundle = str(self.folder / "ca.pem")
        return {
            "PATH": os.environ["PATH"],
            "HOME": str(self.folder),
            "LANG": "C.UTF-8",
            "REQUESTS_CA_BUNDLE": bundle,
            "SSL_CERT_FILE": bundle,
        }


def ours(place: Place, *arguments: str, label: str = OURS, **changes: str) -> Command:
    """Return our command in a Travis job."""
    environment = {**place.environment, **travis_job.job(**changes), "PYPI_PASSWORD": PASSWORD}
    options = ["--branch", "staging", "--server", f"{place.url}/legacy/", "--username", USERNAME]
    command = [sys.executable, "-m", "travis_pypi_deploy", *options, *arguments]
    return Command(label, command, environment)


def twine(place: Place, *arguments: str) -> Command:
    """Return ``twine upload`` of these files."""
    options = [
        "--non-interactive",
        "--repository-url",
        f"{place.url}/legacy/",
        "-u",
        USERNAME,
        "-p",
        PASSWORD,
    ]
    return Command("twine", [sys.executable, "-m", "twine", "upload", *options, *arguments], place.environment)


def uv(place: Place, *arguments: str) -> Command:
    """Return ``uv publish`` of these files."""
    program = str(Path(sys.executable).with_name("uv"))
    options = ["--publish-url", f"{place.url}/legacy/", "--username", USERNAME, "--password", PASSWORD]
    options += ["--no-cache", "--trusted-publishing", "never"]
    return Command("uv publish", [program, "publish", *options, *arguments], place.environment)


def skipped(place: Place) -> list[Command]:
    """Return a deployment that the branch forbids, and the least that Python can do."""
    return [
        ours(place, TRAVIS_BRANCH="feature"),
        Command("python -c pass", [sys.executable, "-c", "pass"], place.environment),
    ]


def one_file(name: str) -> Callable[[Place], list[Command]]:
    """Return what makes the three uploads of the one file in this folder."""

    def commands(place: Place) -> list[Command]:
        return [upload(place, *place.files(name)) for upload in (ours, twine, uv)]

    return commands


def forty_wheels(place: Place) -> list[Command]:
    """Return the uploads of 40 wheels; ours in parallel and one after the other."""
    files = place.files("many")
    one_by_one = ours(place, "--jobs", "1", *files, label=f"{OURS} --jobs 1")
    return [ours(place, *files), one_by_one, twine(place, *files), uv(place, *files)]


def published_again(place: Place) -> list[Command]:
    """Return the uploads of a release that the index has already, each told where to look."""
    files, simple = place.files("release"), f"{place.url}/simple/"
    return [
        ours(place, "--index-url", simple, *files),
        twine(place, *files),
        uv(place, "--check-url", simple, *files),
    ]


def check_only(place: Place) -> list[Command]:
    """Return the checks of a release."""
    files = place.files("release")
    checking = [sys.executable, "-m", "twine", "check", *files]
    return [ours(place, "--check-only", *files), Command("twine check", checking, place.environment)]


BIG_GOALS = (Goal("twine", 0.5, peak_mib=48), Goal("uv publish", 0.25))
CASES = (
    Case("skipped", "A skipped deployment", 15, skipped, goals=(Goal("python -c pass", 3.5),)),
    Case("small", "One small wheel", 7, one_file("small"), goals=(Goal("twine", 0.7),)),
    Case("small-tls", "One small wheel over TLS", 7, one_file("small"), Sink(tls=True), (Goal("twine", 0.7),)),
    Case("big", "One wheel of 300 MiB", 5, one_file("big"), goals=BIG_GOALS),
    Case("big-tls", "One wheel of 300 MiB over TLS", 5, one_file("big"), Sink(tls=True), BIG_GOALS),
    Case(
        "forty",
        f"40 small wheels at an index that takes {SLOW_INDEX_SECONDS} s for each",
        3,
        forty_wheels,
        Sink(pause=SLOW_INDEX_SECONDS),
        (Goal(f"{OURS} --jobs 1", 0.3),),
        warm_up=0,
    ),
    Case(
        "again",
        "A release of 12 files that is published already",
        5,
        published_again,
        Sink(publish="release"),
    ),
    Case("check", "Checking a release of 12 files", 5, check_only),
)
