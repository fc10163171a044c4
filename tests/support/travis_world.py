"""A machine of Travis' in a folder, and the indexes that it takes for the real ones."""

from __future__ import annotations

import os
import platform
import subprocess
import sys
import sysconfig
import venv
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

import pypitoken

from tests.support import demo_project, factories
from tests.support.interception import Interception
from tests.support.loopback_index import LoopbackIndex
from tests.support.played_travis import Machine, play
from travis_pypi_deploy import __version__
from travis_pypi_deploy.servers import SERVERS

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from tests.support.played_travis import Config, Event, Played

ROOT = Path(__file__).parents[2]
PRIVATE = "packages.example.com"
PASSWORD = "correct horse"


@dataclass(frozen=True)
class World:
    """Where jobs run, with which variables, and the indexes by name: `pypi`, `testpypi` and a private one."""

    folder: Path
    indexes: Mapping[str, LoopbackIndex]
    variables: Mapping[str, str]

    def play(self, config: Config, event: Event, *, compiled: bool = False, **variables: str) -> list[Played]:
        """Play a .travis.yml in the repository of a project to publish."""
        repository = demo_project.repository(self.folder / "repository", compiled=compiled)
        return self.play_in(repository, config, event, **variables)

    def play_in(self, repository: Path, config: Config, event: Event, **variables: str) -> list[Played]:
        """Play a .travis.yml in a repository, on a machine whose /opt/python holds this interpreter."""
        pythons = self.folder / "pythons"
        link = pythons / f"{platform.python_version()}" / "bin" / "python"
        link.parent.mkdir(parents=True, exist_ok=True)
        if not link.exists():
            link.symlink_to(Path(sys.executable).resolve())
        machine = Machine(repository, self.folder / "jobs", {**self.variables, **variables}, pythons)
        return play(config, event, machine)

    @property
    def asked(self) -> list[str]:
        """What any index was asked for."""
        return [request.path for index in self.indexes.values() for request in index.requests]


@contextmanager
def at(folder: Path, image: Mapping[str, str]) -> Iterator[World]:
    """Run the indexes, put them where a job looks for the real ones, and give it the secrets for them."""
    with ExitStack() as stack:
        indexes = {server.name: stack.enter_context(LoopbackIndex()) for server in SERVERS}
        indexes[PRIVATE] = stack.enter_context(LoopbackIndex(authorized=_is_the_uploader))
        hosts = {PRIVATE: indexes[PRIVATE]}
        secrets = {"PYPI_PASSWORD": PASSWORD}
        for server in SERVERS:
            urls = (server.upload_url, server.index_url or "")
            hosts.update({urlsplit(url).hostname or "": indexes[server.name] for url in urls})
            token = pypitoken.Token.create(domain=server.token_location, identifier="1", key="secret")
            secrets[server.token_variable or ""] = token.dump()
        proxy = stack.enter_context(Interception(hosts, folder))
        (folder / "jobs").mkdir()
        yield World(folder, indexes, {**image, **proxy.variables, **secrets})


def image(folder: Path) -> dict[str, str]:
    """Return the variables of a machine with a Python, bash and git, whose pip finds nothing but us.

    It finds us as an editable install does: a wheel that names our folder, and where our dependencies are.
    """
    wheels = folder / "wheels"
    wheels.mkdir()
    paths = {"travis_pypi_deploy.pth": f"{ROOT}\n{sysconfig.get_path('purelib')}\n".encode()}
    factories.wheel(wheels, "travis-pypi-deploy", __version__, files=paths)
    return _variables(folder, wheels)


def fetched_image(folder: Path, wanted: Sequence[str]) -> dict[str, str]:
    """Return the variables of such a machine whose pip finds us as users get us, and what else is wanted."""
    wheels = folder / "wheels"
    subprocess.run([sys.executable, "-m", "pip", "wheel", "-qq", "-w", wheels, str(ROOT), *wanted], check=True)
    return _variables(folder, wheels)


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
