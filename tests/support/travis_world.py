"""A machine of Travis' in a folder, and the indexes that it takes for the real ones."""

from __future__ import annotations

import hashlib
import json
import os
import shutil
import subprocess
import sys
import sysconfig
import venv
from collections.abc import Iterator, Mapping, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, replace
from importlib import metadata
from pathlib import Path
from urllib.parse import urlsplit

import pypitoken

from tests.support import demo_project, factories
from tests.support.interception import Interception
from tests.support.loopback_index import LoopbackIndex
from tests.support.played_travis import Config, Event, Machine, Played, play
from travis_pypi_deploy import __version__
from travis_pypi_deploy.servers import SERVERS

ROOT = Path(__file__).parents[2]
PRIVATE = "packages.example.com"
PASSWORD = "correct horse"
PASSWORD_SETTING = "correct\\ horse"  # as it is written in the repository's settings, which bash reads

# What stands in /opt/python of each image, from shared/TRAVIS.md.
IMAGES = {
    "trusty": ("2.7.18", "3.7.17", "3.8.13"),
    "xenial": ("2.7.18", "3.7.17", "3.8.13"),
    "bionic": ("3.6.15", "3.7.17", "3.8.18", "3.12.4"),
    "focal": ("3.7.17", "3.8.18", "3.9.18", "3.12.4"),
    "jammy": ("3.8.18", "3.10.14", "3.12.4"),
    "noble": ("3.12.8", "3.13.1", "3.14.0"),
}
CANNOT_RUN_THE_TOOL = ("2.", "3.6.", "3.7.", "3.8.")


@dataclass(frozen=True)
class Image:
    """The variables of a machine, what stands for its /opt/python, and the tool with its hash for pip."""

    variables: Mapping[str, str]
    opt_python: Mapping[str, Path]
    requirements: str


@dataclass(frozen=True)
class World:
    """Where jobs run, with which variables, and the indexes by name: `pypi`, `testpypi` and a private one."""

    folder: Path
    indexes: Mapping[str, LoopbackIndex]
    image: Image
    settings: Mapping[str, str]

    def play(
        self, config: Config, event: Event, *, project: str = "plain", pythons: Mapping[str, Path] | None = None
    ) -> list[Played]:
        """Play a .travis.yml in the repository of a project to publish."""
        # JSON is YAML, too.
        more = {"deploy-requirements.txt": self.image.requirements, ".travis.yml": json.dumps(config)}
        repository = demo_project.repository(self.folder / "repository", project, more)
        return self.play_in(repository, config, event, pythons)

    def play_in(
        self, repository: Path, config: Config, event: Event, pythons: Mapping[str, Path] | None = None
    ) -> list[Played]:
        """Play a .travis.yml in a repository; ``pythons`` are interpreters of jobs with an older Python."""
        machine = Machine(
            repository=repository,
            folder=self.folder / "jobs",
            variables={**self.image.variables, "HOME": str(self.folder)},
            settings=self.settings,
            pythons={
                version: _virtualenv(self.folder / version, python) for version, python in (pythons or {}).items()
            },
            opt_python=self.image.opt_python,
        )
        return play(config, event, machine)

    @property
    def asked(self) -> list[str]:
        """What any index was asked for."""
        return [request.path for index in self.indexes.values() for request in index.requests]


@contextmanager
def at(folder: Path, image: Image) -> Iterator[World]:
    """Run the indexes, put them where a job looks for the real ones, and give it the secrets for them."""
    with ExitStack() as stack:
        indexes = {server.name: stack.enter_context(LoopbackIndex()) for server in SERVERS}
        indexes[PRIVATE] = stack.enter_context(LoopbackIndex(authorized=_is_the_uploader))
        hosts = {PRIVATE: indexes[PRIVATE]}
        secrets = {"PYPI_PASSWORD": PASSWORD_SETTING}
        for server in SERVERS:
            urls = (server.upload_url, server.index_url or "")
            hosts.update({urlsplit(url).hostname or "": indexes[server.name] for url in urls})
            token = pypitoken.Token.create(domain=server.token_location, identifier="1", key="secret")
            secrets[server.token_variable or ""] = token.dump()
        proxy = stack.enter_context(Interception(hosts, folder))
        (folder / "jobs").mkdir()
        yield World(folder, indexes, replace(image, variables={**image.variables, **proxy.variables}), secrets)


def image(folder: Path) -> Image:
    """Return an image with a Python, bash and git, whose pip finds the tool, setuptools and wheel only.

    It finds them as an editable install does: a wheel that names their folders, and those of their dependencies.
    """
    wheels = folder / "wheels"
    wheels.mkdir()
    installed = sysconfig.get_path("purelib")
    tool = f"{ROOT}\n{installed}\n".encode()
    factories.wheel(wheels, "travis-pypi-deploy", __version__, files={"travis_pypi_deploy.pth": tool})
    for name in ("setuptools", "wheel"):
        commands = (metadata.distribution(name).read_text("entry_points.txt") or "").encode()
        factories.wheel(
            wheels,
            name,
            metadata.version(name),
            files={f"{name}.pth": f"{installed}\n".encode()},
            dist_info={"entry_points.txt": commands},
        )
    return _image(folder, wheels)


def fetched_image(folder: Path, wanted: Sequence[str]) -> Image:
    """Return such an image whose pip finds the tool as users get it, and what else is wanted."""
    wheels = folder / "wheels"
    subprocess.run([sys.executable, "-m", "pip", "wheel", "-qq", "-w", wheels, str(ROOT), *wanted], check=True)
    return _image(folder, wheels)


def lay_out(folder: Path, versions: Sequence[str], *, real: bool = False) -> Path:
    """Make what stands for an image's /opt/python, and return it.

    The interpreter that runs the tests stands for each version that can run the tool, or if ``real`` is asked for, the
    one of this version that is on this machine. An older version prints something and fails if it is started.
    """
    for version in versions:
        python = folder / version / "bin" / "python"
        python.parent.mkdir(parents=True)
        if version.startswith(CANNOT_RUN_THE_TOOL):
            python.write_text(f"#!/bin/sh\necho Python {version} was started >&2\nexit 1\n", encoding="utf-8")
            python.chmod(0o755)
        else:
            found = interpreter(version.rpartition(".")[0]) if real else None
            python.symlink_to((found or Path(sys.executable)).resolve())
    return folder


def interpreter(version: str) -> Path | None:
    """Return a CPython of this version, such as 3.6, from PATH or from pyenv; None if there is none."""
    pyenv = Path(os.environ.get("PYENV_ROOT", "~/.pyenv")).expanduser() / "versions"
    on_path = shutil.which(f"python{version}")
    for candidate in (*sorted(pyenv.glob(f"{version}.*/bin/python")), *([Path(on_path)] if on_path else [])):
        asked = [str(candidate), "-c", "import sys; print('%d.%d' % sys.version_info[:2])"]
        answer = subprocess.run(asked, capture_output=True, text=True, check=False)  # a shim of pyenv's may fail
        if answer.stdout.strip() == version:
            return candidate
    return None


def failures(played: Sequence[Played]) -> list[str]:
    """Return what the jobs that failed have printed."""
    return [f"{job.name} ended with {job.code}:\n{job.log}" for job in played if job.code]


def _image(folder: Path, wheels: Path) -> Image:
    tool = next(wheels.glob("travis_pypi_deploy-*.whl"))
    digest = hashlib.sha256(tool.read_bytes()).hexdigest()
    return Image(
        variables=_variables(folder, wheels),
        opt_python={dist: lay_out(folder / dist, versions) for dist, versions in IMAGES.items()},
        requirements=f"travis-pypi-deploy=={__version__} --hash=sha256:{digest}\n",
    )


def _virtualenv(folder: Path, python: Path) -> Path:
    """Make the virtualenv of a job, as Travis does, and return its folder of programs."""
    subprocess.run([python, "-m", "venv", folder], check=True)
    return folder / "bin"


def _variables(folder: Path, wheels: Path) -> dict[str, str]:
    venv.create(folder / "virtualenv", with_pip=True)
    return {
        "HOME": str(folder),
        "PATH": os.pathsep.join([str(folder / "virtualenv" / "bin"), os.defpath]),
        "LANG": "C.UTF-8",
        "PIP_CONFIG_FILE": os.devnull,
        "PIP_FIND_LINKS": str(wheels),
        "PIP_NO_COMPILE": "1",
        "PIP_NO_INDEX": "1",
        **{f"GIT_{role}_NAME": "travis" for role in ("AUTHOR", "COMMITTER")},
        **{f"GIT_{role}_EMAIL": "travis@example.org" for role in ("AUTHOR", "COMMITTER")},
    }


def _is_the_uploader(username: str, password: str) -> bool:
    return (username, password) == ("uploader", PASSWORD)
