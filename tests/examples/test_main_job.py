"""The job that people copy, word for word, and what a real pip then finds on real servers."""

from __future__ import annotations

import base64
import shlex
from pathlib import Path
from urllib.parse import urlsplit

import pytest

from tests.support import command, invented_tokens, sample_projects
from tests.support.interception import Interception
from tests.support.loopback_index import LoopbackIndex
from tests.support.played_travis import load, mapping
from tests.support.pypi_answers import Upload
from tests.support.real_servers import RealServer, pip_download
from travis_pypi_deploy.servers import SERVERS

FIRST_BLOCK = Path(__file__).parents[2] / "examples" / "testpypi-from-a-branch.travis.yml"
OPTIONS = shlex.split(str(mapping(load(FIRST_BLOCK)["deploy"])["script"]))[3:]
SDIST, WHEEL = "demo-1.0.tar.gz", "demo-1.0-py3-none-any.whl"
TESTPYPI = next(server for server in SERVERS if server.name == "testpypi")
UPLOAD_HOST = urlsplit(TESTPYPI.upload_url).hostname or ""


def test_the_copied_job_publishes_to_testpypi(tmp_path: Path) -> None:
    project = sample_projects.copy("plain", tmp_path)
    index = LoopbackIndex()
    with index, Interception({UPLOAD_HOST: index}, tmp_path) as proxy:
        environ = command.job(TEST_PYPI_TOKEN=invented_tokens.token("testpypi"), **proxy.variables)
        ended = command.run(*OPTIONS, environ=environ, folder=project)
    built = {path.name: path.read_bytes() for path in (project / "dist").iterdir()}
    assert (ended.code, ended.err) == (0, "")
    assert list(index.files) == [WHEEL, SDIST]
    assert index.files == built
    assert set(proxy.hosts) == {UPLOAD_HOST}
    for upload in index.uploads:
        username, password = credentials(upload)
        assert username == "__token__"
        assert invented_tokens.accepts(password, "demo")
        assert not invented_tokens.accepts(password, "another-project")
    assert ended.lines[-3:] == [
        "Deployed demo 1.0 to testpypi",
        f"See it at {(TESTPYPI.release_url or '').format(name='demo', version='1.0')}",
        f"Install it with: pip install --index-url {TESTPYPI.index_url} demo==1.0",
    ]


def credentials(upload: Upload) -> list[str]:
    """Return the user name and password that came with an upload."""
    scheme, _, pair = upload.request.headers["authorization"].partition(" ")
    assert scheme == "Basic"
    return base64.b64decode(pair).decode().split(":", 1)


@pytest.mark.parametrize("name", ["pypiserver_with_password", "devpi"])
def test_pip_reads_back_what_was_built(name: str, tmp_path: Path, request: pytest.FixtureRequest) -> None:
    """Deploy the plain project to a real server, and compare every byte that a real pip then downloads."""
    server: RealServer = request.getfixturevalue(name)
    project = sample_projects.copy("plain", tmp_path)
    environ = command.job(PYPI_SERVER=server.upload_url, PYPI_USERNAME=server.username, PYPI_PASSWORD=server.password)
    ended = command.run(*OPTIONS, "--index-url", server.simple_url, "--wait", "30", environ=environ, folder=project)
    wheel = pip_download(server.simple_url, "demo", tmp_path / "wheel", only="binary")
    sdist = pip_download(server.simple_url, "demo", tmp_path / "sdist", only="source")
    assert (ended.code, ended.err) == (0, "")
    assert f"Install it with: pip install --index-url {server.simple_url} demo==1.0" in ended.lines
    assert {wheel.name: wheel.read_bytes(), sdist.name: sdist.read_bytes()} == {
        path.name: path.read_bytes() for path in (project / "dist").iterdir()
    }
    assert server.password not in ended.out
