"""Many jobs of one build publish the same release at once, and every file arrives exactly once and whole."""

from __future__ import annotations

import hashlib
import subprocess
from concurrent.futures import ThreadPoolExecutor
from typing import TYPE_CHECKING

import pytest
import requests

from tests.support import command, factories, invented_tokens
from tests.support.interception import Interception
from tests.support.loopback_index import LoopbackIndex
from tests.support.publishing import environment
from tests.support.simple_pages import JSON_PAGE
from travis_pypi_deploy.servers import SERVERS

if TYPE_CHECKING:
    from pathlib import Path

    from tests.support.real_servers import RealServer

DEPLOYERS = 8
HOSTS = [host for server in SERVERS if server.name == "pypi" for host in server.hosts]


def release(folder: Path) -> list[Path]:
    wheels = [factories.wheel(folder, tag=f"cp3{10 + number}-none-any") for number in range(11)]
    return [*wheels, factories.sdist(folder)]


def deploy_many(paths: list[Path], *options: str, **variables: str) -> list[tuple[int, str]]:
    """Publish the files from several processes at once; return the exit code and the errors of each."""
    processes = [
        subprocess.Popen(
            command.module("--skip-existing", *options, *map(str, paths)),
            env=environment(**variables),
            stdin=subprocess.DEVNULL,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.PIPE,
        )
        for _ in range(DEPLOYERS)
    ]
    errors = [process.communicate(timeout=command.RUN_SECONDS)[1].decode() for process in processes]
    return [(process.returncode, each) for process, each in zip(processes, errors)]


def test_an_index_like_pypi_gets_every_file_once(tmp_path: Path, index: LoopbackIndex) -> None:
    paths = release(tmp_path)

    ended = deploy_many(paths, "--server", index.upload_url, "--index-url", index.simple_url)

    assert ended == [(0, "")] * DEPLOYERS
    assert index.files == {path.name: path.read_bytes() for path in paths}
    assert len(index.uploads) >= len(paths)


@pytest.mark.slow
def test_devpi_gets_every_file_once(tmp_path: Path, devpi: RealServer) -> None:
    paths = release(tmp_path)

    ended = deploy_many(
        paths,
        *["--server", devpi.upload_url, "--index-url", devpi.simple_url, "--username", devpi.username],
        PYPI_PASSWORD=devpi.password,
    )

    assert [code for code, _ in ended] == [0] * DEPLOYERS, ended
    assert published(devpi) == {path.name: hashlib.sha256(path.read_bytes()).hexdigest() for path in paths}


RELEASES = 100
AT_A_TIME = 8


@pytest.mark.slow
def test_a_hundred_releases_by_eight_deployers_each_are_whole_whatever_the_races(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """In threads of this process, which cost less than 800 processes; the index plays PyPI, which says 409 too."""
    releases = [small_release(tmp_path, f"demo-{number}") for number in range(RELEASES)]
    with LoopbackIndex(races=True) as index, Interception(dict.fromkeys(HOSTS, index), tmp_path) as proxy:
        for variable, value in proxy.variables.items():
            monkeypatch.setenv(variable, value)
        environ = environment(PYPI_TOKEN=invented_tokens.token("pypi"))
        argv = ["--server", "pypi", "--skip-existing", "--no-check"]

        def deploy_release(paths: list[Path]) -> list[command.Ended]:
            with ThreadPoolExecutor(DEPLOYERS) as deployers:
                return list(
                    deployers.map(lambda _: command.deploy(*argv, *map(str, paths), environ=environ), range(DEPLOYERS))
                )

        with ThreadPoolExecutor(AT_A_TIME) as executor:
            ended = [each for result in executor.map(deploy_release, releases) for each in result]

    assert [each for each in ended if each.code] == []
    assert len(ended) == RELEASES * DEPLOYERS
    assert index.files == {path.name: path.read_bytes() for paths in releases for path in paths}
    assert "another job may be uploading it too" in "".join(each.err for each in ended)


def small_release(folder: Path, name: str) -> list[Path]:
    return [factories.wheel(folder, name), factories.sdist(folder, name)]


def published(server: RealServer) -> dict[str, str]:
    """Return the hash of what can be downloaded, by the name of the file."""
    page = f"{server.simple_url}demo/"
    with requests.Session() as session:
        files = session.get(page, headers={"Accept": JSON_PAGE}).json()["files"]
        urls = {each["filename"]: requests.compat.urljoin(page, each["url"]) for each in files}
        assert len(urls) == len(files)
        return {name: hashlib.sha256(session.get(url).content).hexdigest() for name, url in urls.items()}
