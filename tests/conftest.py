"""Every test starts in a clean environment, reaches loopback only, and asks for servers by name."""

from __future__ import annotations

import ipaddress
import os
import signal
import sys
from typing import TYPE_CHECKING

import pytest
from hypothesis import settings

from tests.support import real_servers
from tests.support.loopback_index import LoopbackIndex

if TYPE_CHECKING:
    from collections.abc import Iterator

settings.register_profile("ci", derandomize=True, deadline=None)
if os.environ.get("CI"):
    settings.load_profile("ci")

CLEARED_PREFIXES = ("TRAVIS", "PYPI_", "TWINE_", "UV_PUBLISH_", "FLIT_")
CLEARED = {
    "ALL_PROXY",
    "CI",
    "COLUMNS",
    "CONTINUOUS_INTEGRATION",
    "FORCE_COLOR",
    "HTTPS_PROXY",
    "HTTP_PROXY",
    "NO_COLOR",
    "NO_PROXY",
    "SOURCE_DATE_EPOCH",
    "TEST_PYPI_TOKEN",
}


@pytest.fixture(autouse=True)
def clean_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    """Let no variable of the machine change a result; pip's stay, builds need them to find a backend."""
    for name in list(os.environ):
        if name.upper() in CLEARED or name.startswith(CLEARED_PREFIXES):
            monkeypatch.delenv(name)


@pytest.fixture(autouse=True, scope="session")
def usual_signals() -> None:
    """Let this process and its children end by signals, also where a script or nohup has started the tests."""
    for number, usual in ((signal.SIGINT, signal.default_int_handler), (signal.SIGHUP, signal.SIG_DFL)):
        if signal.getsignal(number) is signal.SIG_IGN:
            signal.signal(number, usual)


@pytest.fixture(autouse=True, scope="session")
def loopback_only() -> None:
    """Forbid this process, for good, to look up or connect to anything but loopback."""
    sys.addaudithook(refuse_outside)


def refuse_outside(event: str, arguments: tuple[object, ...]) -> None:
    """Raise RuntimeError for a connection or look-up that would leave the machine."""
    if event == "socket.connect":
        address = arguments[1]
        host = address[0] if isinstance(address, tuple) else "localhost"
    elif event == "socket.getaddrinfo":
        host = arguments[0]
    else:
        return
    if not is_loopback(host):
        raise RuntimeError(f"a test reached for {host!r}: only loopback is allowed")


def is_loopback(host: object) -> bool:
    """Return whether ``host``, as the socket functions take it, is this machine."""
    name = host.decode() if isinstance(host, bytes) else host
    if name in (None, "", "localhost"):
        return True
    try:
        return ipaddress.ip_address(str(name)).is_loopback
    except ValueError:
        return False


@pytest.fixture
def index() -> Iterator[LoopbackIndex]:
    """Return a running index that answers as PyPI does."""
    with LoopbackIndex() as running:
        yield running


@pytest.fixture
def pypiserver(tmp_path_factory: pytest.TempPathFactory) -> Iterator[real_servers.RealServer]:
    """Return a running pypiserver, empty, that takes uploads from everybody."""
    with real_servers.pypiserver(tmp_path_factory.mktemp("pypiserver")) as server:
        yield server


@pytest.fixture
def pypiserver_with_password(tmp_path_factory: pytest.TempPathFactory) -> Iterator[real_servers.RealServer]:
    """Return a running pypiserver, empty, that takes uploads from one user."""
    with real_servers.pypiserver(tmp_path_factory.mktemp("pypiserver"), with_password=True) as server:
        yield server


@pytest.fixture(scope="session")
def devpi_server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[real_servers.Devpi]:
    """Return the devpi-server that all tests share: it is slow to start."""
    with real_servers.devpi(tmp_path_factory.mktemp("devpi")) as server:
        yield server


@pytest.fixture
def devpi(devpi_server: real_servers.Devpi) -> real_servers.RealServer:
    """Return a new, empty index of the devpi-server."""
    return devpi_server.new_index()
