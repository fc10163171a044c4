"""Real index servers as child processes on loopback, and pip to read back what they took."""

from __future__ import annotations

import base64
import contextlib
import hashlib
import itertools
import os
import socket
import subprocess
import sys
import time
from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal

import requests

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence
    from pathlib import Path

USERNAME = "deployer"
PASSWORD = "correct horse"
START_SECONDS = 60.0
POLL_SECONDS = 0.05
PIP_SECONDS = 120
CHEAP_HASHES = ("--argon2-memory-cost=1024", "--argon2-parallelism=1", "--argon2-time-cost=1")


@dataclass(frozen=True)
class RealServer:
    """Where a real server takes uploads and lists them; empty credentials where it wants none."""

    upload_url: str
    simple_url: str
    username: str = ""
    password: str = ""


@contextlib.contextmanager
def pypiserver(folder: Path, *, with_password: bool = False) -> Iterator[RealServer]:
    """Run a pypiserver that keeps its files in ``folder``; reading never needs the password."""
    files, passwords = folder / "files", folder / "htpasswd"
    files.mkdir(parents=True)
    digest = base64.b64encode(hashlib.sha1(PASSWORD.encode()).digest()).decode()
    passwords.write_text(f"{USERNAME}:{{SHA}}{digest}\n")
    access = ["-P", str(passwords), "-a", "update"] if with_password else ["-P", ".", "-a", "."]
    port = free_port()
    command = ["-m", "pypiserver", "run", "-i", "127.0.0.1", "-p", str(port), *access, str(files)]
    url = f"http://127.0.0.1:{port}"
    with child(command, folder, ready=f"{url}/health"):
        credentials = (USERNAME, PASSWORD) if with_password else ("", "")
        yield RealServer(f"{url}/", f"{url}/simple/", *credentials)


class Devpi:
    """A running devpi-server; its one user is root."""

    def __init__(self, url: str) -> None:
        self._url = url
        self._numbers = itertools.count(1)

    def new_index(self) -> RealServer:
        """Create an index that never forgets or replaces a file, and return where it is."""
        url = f"{self._url}/root/index{next(self._numbers)}"
        with requests.Session() as session:
            answer = session.post(f"{self._url}/+login", json={"user": "root", "password": PASSWORD})
            answer.raise_for_status()
            login = f"root:{answer.json()['result']['password']}"
            headers = {"X-Devpi-Auth": base64.b64encode(login.encode()).decode()}
            index = {"type": "stage", "bases": [], "volatile": False}
            session.put(url, json=index, headers=headers).raise_for_status()
        return RealServer(f"{url}/", f"{url}/+simple/", "root", PASSWORD)


@contextlib.contextmanager
def devpi(folder: Path) -> Iterator[Devpi]:
    """Run a devpi-server that keeps all it has in ``folder``, without any index yet."""
    state = ["--serverdir", str(folder / "state")]
    initialise = [*script("devpi_server.init", "init"), *state, "--root-passwd", PASSWORD, "--no-root-pypi"]
    subprocess.run([sys.executable, *initialise], check=True, capture_output=True, env=loopback_environment(folder))
    port = free_port()
    command = [*script("devpi_server.main", "main"), *state, "--host", "127.0.0.1", "--port", str(port)]
    url = f"http://127.0.0.1:{port}"
    with child([*command, "--offline-mode", *CHEAP_HASHES], folder, ready=f"{url}/+api"):
        yield Devpi(url)


def pip_download(
    simple_url: str, requirement: str, folder: Path, *, only: Literal["binary", "source", "any"] = "any"
) -> Path:
    """Return the file that a real pip downloads into an empty ``folder`` from this index and no other."""
    formats: Mapping[str, Sequence[str]] = {
        "binary": ["--only-binary", ":all:"],
        "source": ["--no-binary", ":all:"],
        "any": [],
    }
    command = [sys.executable, "-m", "pip", "--isolated", "download", "--no-deps", "--no-cache-dir"]
    command += ["--quiet", "--disable-pip-version-check", *formats[only]]
    command += ["--index-url", simple_url, "--dest", str(folder), requirement]
    folder.mkdir(parents=True, exist_ok=True)
    run = subprocess.run(
        command,
        check=False,
        capture_output=True,
        text=True,
        timeout=PIP_SECONDS,
        env=loopback_environment(folder),
    )
    assert run.returncode == 0, run.stdout + run.stderr
    (path,) = folder.glob("[!.]*")
    return path


def loopback_environment(home: Path) -> dict[str, str]:
    """Return the environment of a child that has no business outside: no proxies, no settings of pip."""
    return {"PATH": os.environ["PATH"], "HOME": str(home), "PIP_CONFIG_FILE": os.devnull}


def free_port() -> int:
    """Return a port of 127.0.0.1 that nobody listened on a moment ago."""
    with socket.create_server(("127.0.0.1", 0)) as listener:
        port = listener.getsockname()[1]
    assert isinstance(port, int)
    return port


def script(module: str, function: str) -> list[str]:
    """Return the arguments with which an interpreter runs a console script's function."""
    return ["-W", "ignore", "-c", f"from {module} import {function}; {function}()"]


@contextlib.contextmanager
def child(arguments: Sequence[str], folder: Path, *, ready: str) -> Iterator[None]:
    """Run this interpreter with ``arguments`` for the block, which begins once ``ready`` answers 200."""
    log = folder / "server.log"
    with log.open("wb") as output:
        process = subprocess.Popen(
            [sys.executable, *arguments],
            stdin=subprocess.DEVNULL,
            stdout=output,
            stderr=subprocess.STDOUT,
            env=loopback_environment(folder),
        )
    try:
        wait_until_ready(process, ready, log)
        yield
    finally:
        end(process)


def wait_until_ready(process: subprocess.Popen[bytes], url: str, log: Path) -> None:
    """Return once ``url`` answers 200; raises RuntimeError with the child's words if that never comes."""
    deadline = time.monotonic() + START_SECONDS
    while process.poll() is None and time.monotonic() < deadline:
        with contextlib.suppress(requests.ConnectionError), requests.Session() as session:
            session.trust_env = False
            if session.get(url, timeout=START_SECONDS).status_code == 200:
                return
        time.sleep(POLL_SECONDS)
    raise RuntimeError(f"{url} did not answer:\n{log.read_text(errors='replace')}")


def end(process: subprocess.Popen[bytes]) -> None:
    """End the child, gently at first."""
    process.terminate()
    try:
        process.wait(timeout=10)
    except subprocess.TimeoutExpired:
        process.kill()
        process.wait()
