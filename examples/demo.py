"""Play the main job for real: a Travis job on branch staging publishes a package, and pip installs it.

The index is a pypiserver on loopback; nothing leaves this machine but pip's wish for the build backend.
"""

from __future__ import annotations

import contextlib
import os
import re
import shutil
import socket
import subprocess
import sys
import tempfile
import time
import urllib.request
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

SAMPLE = Path(__file__).parent / "sample_project"
COMMAND = ["-m", "travis_pypi_deploy", "--branch", "staging", "--python", "3.6", "--distributions", "sdist bdist_wheel"]
FOLD_CODES = re.compile(r"travis_(?:fold|time):[^\r]*\r\x1b\[0K")
START_SECONDS = 30


def main() -> int:
    """Return 0 if the package was published, downloaded and imported."""
    with tempfile.TemporaryDirectory() as folder, pypiserver(Path(folder) / "index") as url:
        project = Path(shutil.copytree(SAMPLE, Path(folder) / "project"))
        job = travis_job(PYPI_SERVER=url, PYPI_INDEX_URL=f"{url}simple/")
        heading("A job on branch feature/x: rightly not deployed")
        if play({**job, "TRAVIS_BRANCH": "feature/x"}, project):
            return 1
        heading("A job on branch staging: built, checked and published")
        if play(job, project):
            return 1
        heading("The index has it: downloaded and imported with pip")
        return install(f"{url}simple/", Path(folder) / "venv")


def heading(text: str) -> None:
    """Say what comes next."""
    print(f"\n=== {text}", flush=True)  # noqa: T201 - a demonstration speaks


def travis_job(**more: str) -> Mapping[str, str]:
    """Return the environment of a Travis job on branch staging whose Python is 3.6."""
    return {
        **os.environ,
        "TRAVIS": "true",
        "TRAVIS_BRANCH": "staging",
        "TRAVIS_PULL_REQUEST": "false",
        "TRAVIS_TAG": "",
        "TRAVIS_PYTHON_VERSION": "3.6",
        "TRAVIS_TEST_RESULT": "0",
        "NO_COLOR": "1",
        **more,
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
    show(f"$ pip install --index-url {index_url} travis-sample && python -c 'import travis_sample'")
    run([sys.executable, "-m", "venv", str(venv)])
    python = str(next(path for path in (venv / "bin/python", venv / "Scripts/python.exe") if path.exists()))
    code, log = run(
        [python, "-m", "pip", "install", "--no-cache-dir", "--index-url", index_url, "travis-sample==1.0.0"],
        environ=without_pip_settings(),
    )
    show(log.rstrip())
    if code:
        return code
    code, log = run([python, "-c", "import travis_sample; print('travis_sample is', travis_sample.GREETING)"])
    show(log.rstrip())
    return code


def without_pip_settings() -> Mapping[str, str]:
    """Return the environment without this machine's settings for pip, so that it asks our index and no other."""
    environ = {name: value for name, value in os.environ.items() if not name.startswith("PIP_")}
    return {**environ, "PIP_CONFIG_FILE": os.devnull, "PIP_DISABLE_PIP_VERSION_CHECK": "1"}


@contextlib.contextmanager
def pypiserver(folder: Path) -> Iterator[str]:
    """Run an empty pypiserver on a free loopback port; yields its address."""
    folder.mkdir()
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = str(probe.getsockname()[1])
    command = ["-m", "pypiserver", "run", "-i", "127.0.0.1", "-p", port, "-P", ".", "-a", ".", str(folder)]
    process = subprocess.Popen([sys.executable, *command], stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    try:
        url = f"http://127.0.0.1:{port}/"
        wait_for(url)
        yield url
    finally:
        process.terminate()
        process.wait()


def wait_for(url: str) -> None:
    """Wait until the server answers."""
    until = time.monotonic() + START_SECONDS
    opener = urllib.request.build_opener(urllib.request.ProxyHandler({}))
    while True:
        try:
            opener.open(url, timeout=1).close()
        except OSError:
            if time.monotonic() > until:
                raise
            time.sleep(0.1)
        else:
            return


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
    print(text, flush=True)  # noqa: T201 - a demonstration speaks


if __name__ == "__main__":
    sys.exit(main())
