"""What is measured: each case names its contenders, its sink and the ratio to reach."""

from __future__ import annotations

import json
import os
import sys
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Literal

from tests.support import travis_job

from . import material
from .measure import FRESH, PARTS, Command

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

OURS = "travis-pypi-deploy"
PHASE = str(Path(__file__).with_name("phase.py"))
PLAIN_PATH = "/usr/bin:/bin"
BUILT = ("demo-1.0-py3-none-any.whl", "demo-1.0.tar.gz")
USERNAME, PASSWORD = "deployer", "invented"


@dataclass(frozen=True)
class Sink:
    """The sink of a case: seconds before each answer, TLS, the slow link, the files that are published already."""

    pause: float = 0.0
    tls: bool = False
    link: bool = False
    publish: str = ""


@dataclass(frozen=True)
class Goal:
    """The ratio to a contender's wall time or processor time, and the peak in MiB, that are to be reached."""

    against: str
    ratio: float
    peak_mib: float | None = None
    quantity: Literal["seconds", "cpu_seconds"] = "seconds"


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
        return [str(path) for path in sorted(material.folder(self.folder, name).iterdir())]

    @property
    def environment(self) -> dict[str, str]:
        """Return the variables that all contenders share."""
        bundle = str(self.folder / "ca.pem")
        return {
            "PATH": os.environ["PATH"],
            "HOME": str(self.folder),
            "LANG": "C.UTF-8",
            "REQUESTS_CA_BUNDLE": bundle,
            "SSL_CERT_FILE": bundle,
        }

    @property
    def pip_environment(self) -> dict[str, str]:
        """Return the variables of contenders that install packages: the user's settings, and no uv on the path."""
        names = [name for name in os.environ if name.startswith(("PIP_", "UV_")) or name == "SSL_CERT_FILE"]
        settings = {name: os.environ[name] for name in names}
        return {"PATH": PLAIN_PATH, "HOME": str(self.folder), "LANG": "C.UTF-8", **settings}


def our_options(place: Place) -> list[str]:
    """Return the options of our command for the sink."""
    return ["--branch", "staging", "--server", f"{place.url}/legacy/", "--username", USERNAME]


def twine_options(place: Place) -> list[str]:
    """Return the options of ``twine upload`` for the sink."""
    return ["--non-interactive", "--repository-url", f"{place.url}/legacy/", "-u", USERNAME, "-p", PASSWORD]


def uv_options(place: Place) -> list[str]:
    """Return the options of ``uv publish`` for the sink."""
    options = ["--publish-url", f"{place.url}/legacy/", "--username", USERNAME, "--password", PASSWORD]
    return [*options, "--no-cache", "--trusted-publishing", "never"]


def ours(place: Place, *arguments: str, label: str = OURS, **changes: str) -> Command:
    """Return our command in a Travis job."""
    environment = {**place.environment, **travis_job.job(**changes), "PYPI_PASSWORD": PASSWORD}
    command = [sys.executable, "-m", "travis_pypi_deploy", *our_options(place), *arguments]
    return Command(label, command, environment)


def ours_with_lookup(place: Place, *arguments: str) -> Command:
    """Return our command as it works with PyPI: it asks the index for the project's files."""
    return ours(place, "--index-url", f"{place.url}/simple/", *arguments)


def twine(place: Place, *arguments: str) -> Command:
    """Return ``twine upload`` of these files."""
    command = [sys.executable, "-m", "twine", "upload", *twine_options(place), *arguments]
    return Command("twine", command, place.environment)


def uv(place: Place, *arguments: str) -> Command:
    """Return ``uv publish`` of these files."""
    return Command("uv publish", [uv_program(), "publish", *uv_options(place), *arguments], place.environment)


def uv_program() -> str:
    """Return the path of uv in the environment of the benchmarks."""
    return str(Path(sys.executable).with_name("uv"))


def skipped(place: Place) -> list[Command]:
    """Return a deployment that the branch forbids, and the least that Python can do."""
    return [
        ours(place, TRAVIS_BRANCH="feature"),
        Command("python -c pass", [sys.executable, "-c", "pass"], place.environment),
    ]


def uploads(name: str, *tools: Callable[..., Command]) -> Callable[[Place], list[Command]]:
    """Return the function that makes each tool's upload of the files in this folder."""

    def commands(place: Place) -> list[Command]:
        return [tool(place, *place.files(name)) for tool in tools]

    return commands


def phases(place: Place) -> list[Command]:
    """Return the whole deploy phase of each tool: a new environment, installing, building, uploading."""
    source, fresh = str(material.folder(place.folder, "project")), place.folder / FRESH
    python, dist = str(fresh / "bin" / "python"), str(fresh / "dist")
    built = [f"{dist}/{name}" for name in BUILT]

    def phase(label: str, requirements: Sequence[str], steps: Mapping[str, Sequence[str]], **variables: str) -> Command:
        install = [python, "-m", "pip", "install", "-qq", "--disable-pip-version-check", *requirements]
        every = {"venv": [sys.executable, "-m", "venv", str(fresh)], "pip install": install, **steps}
        command = [sys.executable, "-I", "-S", PHASE, str(place.folder / PARTS), json.dumps(every)]
        return Command(label, command, {**place.pip_environment, **variables})

    deploy = [python, "-m", "travis_pypi_deploy", *our_options(place), "--project-dir", source, "--dist-dir", dist]
    build = [python, "-m", "build", "--outdir", dist, source]
    upload = [python, "-m", "twine", "upload", *twine_options(place), *built]
    program = str(fresh / "bin" / "uv")
    uv_steps = {
        "build": [program, "build", "--python", python, "--out-dir", dist, source],
        "upload": [program, "publish", *uv_options(place), *built],
    }
    job = {**travis_job.job(), "PYPI_PASSWORD": PASSWORD}
    return [
        phase(OURS, place.files("tool"), {"build, check and upload": deploy}, **job),
        phase("build + twine", ["build", "twine"], {"build": build, "upload": upload}),
        phase("uv", ["uv"], uv_steps),
    ]


def builds(place: Place) -> list[Command]:
    """Return each tool's build of an sdist and a wheel; ours checks them too."""
    source, dist = str(material.folder(place.folder, "project")), str(place.folder / FRESH / "dist")
    check_only = ["--check-only", "--project-dir", source, "--dist-dir", dist]
    environment = {**place.pip_environment, **travis_job.job()}
    return [
        Command(OURS, [sys.executable, "-m", "travis_pypi_deploy", *check_only], environment),
        Command("build", [sys.executable, "-m", "build", "--outdir", dist, source], place.pip_environment),
        Command("uv build", [uv_program(), "build", "--out-dir", dist, source], place.pip_environment),
    ]


def published_again(place: Place) -> list[Command]:
    """Return the uploads of a release that the index has already, each knowing the index."""
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


LINK = Sink(tls=True, link=True)
ALL = (ours, twine, uv)
BIG_GOALS = (Goal("twine", 0.4, peak_mib=48, quantity="cpu_seconds"),)
CASES = (
    Case("phase", "The whole phase", 3, phases, goals=(Goal("build + twine", 0.7),)),
    Case("build", "Building an sdist and a wheel", 5, builds, goals=(Goal("build", 0.8),)),
    Case("skipped", "A skipped deployment", 15, skipped, goals=(Goal("python -c pass", 6),)),
    Case("small", "One small wheel", 9, uploads("small", *ALL), goals=(Goal("twine", 0.68),)),
    Case(
        "link",
        "One small wheel over the link",
        9,
        uploads("small", ours_with_lookup, twine, uv),
        LINK,
        (Goal("twine", 1.0),),
    ),
    Case(
        "link-pair",
        "Wheel and sdist over the link",
        7,
        uploads("pair", ours_with_lookup, twine, uv),
        LINK,
        (Goal("twine", 0.95),),
    ),
    Case(
        "forty",
        "40 wheels of 200 kB over the link, 0.5 s of server time each",
        3,
        uploads("forty", ours_with_lookup, twine),
        Sink(pause=0.5, tls=True, link=True),
        (Goal("twine", 0.35),),
        warm_up=0,
    ),
    Case("files", "500 wheels of 200 kB", 3, uploads("five-hundred", *ALL), goals=(Goal("twine", 1.05),)),
    Case("members", "One wheel with 20,000 members", 7, uploads("members", *ALL), goals=(Goal("twine", 1.2),)),
    Case("big", "One wheel of 300 MiB", 5, uploads("big", *ALL), goals=BIG_GOALS),
    Case("deflated", "One deflated wheel of 300 MiB", 5, uploads("deflated", *ALL), goals=BIG_GOALS),
    Case("big-tls", "One wheel of 300 MiB over TLS", 3, uploads("big", *ALL), Sink(tls=True)),
    Case("again", "A release of 12 files that is published already", 5, published_again, Sink(publish="release")),
    Case("check", "Checking a release of 12 files", 5, check_only),
)
