"""Play the first block of the README: a job on the branch staging publishes a package, and pip installs it.

The index is a pypiserver on loopback, the token is invented, and the build backend comes from the folder that is given,
which ``make demo`` has filled once. Nothing leaves this machine.
"""

from __future__ import annotations

import base64
import os
import re
import shutil
import subprocess
import sys
import tempfile
import threading
import time
from pathlib import Path
from typing import TYPE_CHECKING
from wsgiref.simple_server import WSGIRequestHandler, make_server

import pypiserver

from travis_pypi_deploy import macaroon
from travis_pypi_deploy.credentials import PREFIX, read
from travis_pypi_deploy.macaroon import END, IDENTIFIER, SIGNATURE, SIGNATURE_BYTES
from travis_pypi_deploy.servers import SERVERS

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence

SAMPLE = Path(__file__).parent / "sample_project"
COMMAND = ["-m", "travis_pypi_deploy", "--branch", "staging"]
WHERE_PIP_LOOKS = ("PIP_INDEX_URL", "PIP_EXTRA_INDEX_URL", "PIP_FIND_LINKS", "PIP_CERT", "PIP_PROXY")
IDENTITY = b"an invented identifier"
FOLD_CODES = re.compile(r"travis_(?:fold|time):[^\r]*\r\x1b\[0K")


def main() -> int:
    """Return 0 if the package was published, downloaded and imported."""
    with tempfile.TemporaryDirectory() as folder, Index(Path(folder) / "index") as index:
        project = Path(shutil.copytree(SAMPLE, Path(folder) / "project"))
        job = {**travis_job(index.url), "PIP_NO_INDEX": "1", "PIP_FIND_LINKS": str(Path(sys.argv[1]).resolve())}
        heading("A job on the branch feature/x is not deployed")
        if play({**job, "TRAVIS_BRANCH": "feature/x"}, project):
            return 1
        heading("A job on the branch staging is built, checked and uploaded")
        if play(job, project):
            return 1
        heading("The index received a narrowed copy of the token")
        for limit in index.received_limits():
            show(f"  {limit}")
        heading("pip downloads and installs the package")
        return install(f"{index.url}simple/", Path(folder) / "venv")


def heading(text: str) -> None:
    """Say what comes next."""
    print(f"\n=== {text}", flush=True)


def invented_token() -> str:
    """Return a token as TestPyPI makes them, but with an invented signature."""
    location = next(server.token_location for server in SERVERS if server.name == "testpypi") or ""
    identifier = bytes([IDENTIFIER, len(IDENTITY)]) + IDENTITY + bytes([END])
    signature = bytes([SIGNATURE, SIGNATURE_BYTES]) + b"s" * SIGNATURE_BYTES
    made = macaroon.beginning(location) + identifier + bytes([END]) + signature
    return PREFIX + base64.urlsafe_b64encode(made).rstrip(b"=").decode()


def travis_job(url: str) -> Mapping[str, str]:
    """Return the environment of a Travis job on the branch staging, without settings of the user."""
    return {
        **without_settings(),
        "TRAVIS": "true",
        "TRAVIS_BRANCH": "staging",
        "TRAVIS_PULL_REQUEST": "false",
        "TRAVIS_TAG": "",
        "TRAVIS_PYTHON_VERSION": "3.12",
        "TRAVIS_TEST_RESULT": "0",
        "NO_COLOR": "1",
        "PYPI_SERVER": url,
        "PYPI_INDEX_URL": f"{url}simple/",
        "PYPI_PASSWORD": invented_token(),
    }


def play(job: Mapping[str, str], project: Path) -> int:
    """Run the command of the copied config as the job, show its log as Travis shows it, return the exit code."""
    show("$ python " + " ".join(f'"{word}"' if " " in word else word for word in COMMAND))
    code, log = run([sys.executable, *COMMAND], folder=project, environ=job)
    show(FOLD_CODES.sub("", log).rstrip())
    show(f"(exit code {code})")
    return code


def install(index_url: str, venv: Path) -> int:
    """Install the sample from the index into a fresh environment and import it there; return the exit code."""
    show(f"$ pip install --index-url {index_url} travis-sample==1.0.0")
    run([sys.executable, "-m", "venv", str(venv)])
    python = str(next(path for path in (venv / "bin/python", venv / "Scripts/python.exe") if path.exists()))
    code, log = run(
        [python, "-m", "pip", "install", "--no-cache-dir", "--index-url", index_url, "travis-sample==1.0.0"],
        environ={**without_settings(keep=()), "PIP_CONFIG_FILE": os.devnull, "PIP_DISABLE_PIP_VERSION_CHECK": "1"},
    )
    show(log.rstrip())
    if code:
        return code
    program = "import travis_sample; print(travis_sample.GREETING)"
    show(f'$ python -c "{program}"')
    code, log = run([python, "-c", program])
    show(log.rstrip())
    return code


def without_settings(keep: Sequence[str] = WHERE_PIP_LOOKS) -> dict[str, str]:
    """Return the environment without the user's settings for this tool and for pip, except those to ``keep``."""
    own = ("PIP_", "PYPI_", "TRAVIS", "TEST_PYPI_", "TWINE_", "PYTHON")
    return {name: value for name, value in os.environ.items() if name in keep or not name.startswith(own)}


class Index:
    """An empty pypiserver on a free loopback port, which notes the credentials that it gets; a context manager."""

    def __init__(self, folder: Path) -> None:
        folder.mkdir()
        self._app = pypiserver.app(roots=[folder], authenticate=[], password_file=".")
        self._server = make_server("127.0.0.1", 0, self._serve, handler_class=Quiet)
        self._authorizations: list[str] = []
        self.url = f"http://127.0.0.1:{self._server.server_port}/"

    def __enter__(self) -> Index:
        threading.Thread(target=self._server.serve_forever, daemon=True).start()
        return self

    def __exit__(self, *_: object) -> None:
        self._server.shutdown()
        self._server.server_close()

    def received_limits(self) -> Iterator[str]:
        """Yield the limits of the token that came with the last upload."""
        pair = base64.b64decode(self._authorizations[-1].partition(" ")[2]).decode()
        token = read(pair.partition(":")[2], source="the upload")
        if token and token.projects:
            yield f"only for the project {', '.join(token.projects)}"
        if token and token.expires_at:
            moments = [time.strftime("%H:%M:%S", time.gmtime(at)) for at in (token.not_before, token.expires_at)]
            yield f"only from {moments[0]} to {moments[1]} UTC"

    def _serve(self, environ: dict[str, str], start_response: Callable[..., object]) -> Iterable[bytes]:
        if environ["REQUEST_METHOD"] == "POST":
            self._authorizations.append(environ.get("HTTP_AUTHORIZATION", ""))
        answer: Iterable[bytes] = self._app(environ, start_response)
        return answer


class Quiet(WSGIRequestHandler):
    """Logs nothing."""

    def log_message(self, *_: object) -> None:
        """Log nothing."""


def run(
    command: Sequence[str], *, folder: Path | None = None, environ: Mapping[str, str] | None = None
) -> tuple[int, str]:
    """Run a command to its end; return its exit code and all that it printed."""
    answer = subprocess.run(
        command, cwd=folder, env=environ, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, check=False
    )
    return answer.returncode, answer.stdout.decode("utf-8", "replace")


def show(text: str) -> None:
    """Show a part of the log."""
    print(text, flush=True)


if __name__ == "__main__":
    sys.exit(main())
