"""Many jobs of one build publish the same release at once, and every file arrives exactly once and whole."""

from __future__ import annotations

import hashlib
import subprocess
from typing import TYPE_CHECKING

import requests

from tests.support import command, factories
from tests.support.publishing import environment
from tests.support.simple_pages import JSON_PAGE

if TYPE_CHECKING:
    from pathlib import Path

    from tests.support.loopback_index import LoopbackIndex
    from tests.support.real_servers import RealServer

DEPLOYERS = 8


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


def test_devpi_gets_every_file_once(tmp_path: Path, devpi: RealServer) -> None:
    paths = release(tmp_path)

    ended = deploy_many(
        paths,
        *["--server", devpi.upload_url, "--index-url", devpi.simple_url, "--username", devpi.username],
        PYPI_PASSWORD=devpi.password,
    )

    assert [code for code, _ in ended] == [0] * DEPLOYERS, ended
    assert published(devpi) == {path.name: hashlib.sha256(path.read_bytes()).hexdigest() for path in paths}


def published(server: RealServer) -> dict[str, str]:
    """Return the hash of what can be downloaded, by the name of the file."""
    page = f"{server.simple_url}demo/"
    with requests.Session() as session:
        files = session.get(page, headers={"Accept": JSON_PAGE}).json()["files"]
        urls = {each["filename"]: requests.compat.urljoin(page, each["url"]) for each in files}
        assert len(urls) == len(files)
        return {name: hashlib.sha256(session.get(url).content).hexdigest() for name, url in urls.items()}
