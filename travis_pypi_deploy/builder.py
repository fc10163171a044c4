"""Build distributions from a source tree with PyPA's build, in a child process without secrets."""

from __future__ import annotations

import io
import math
import os
import queue
import re
import shutil
import signal
import subprocess
import sys
import tempfile
import threading
import time
from collections import deque
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import suppress
from pathlib import Path

from .distributions import file_type
from .errors import BuildError
from .masking import SECRET_VARIABLES, secret_texts

# The child has the import path of this process and no PYTHONPATH, which would reach the backend too.
START = (
    "import sys; sys.path[:] = sys.argv.pop(1).split('\\n'); "
    "from travis_pypi_deploy.build_process import main; sys.exit(main(sys.argv[1:]))"
)
# Each of these settings of pip leaves an isolated environment without what was asked for, or stops pip.
BREAKING_PIP_VARIABLES = (
    *("PIP_USER", "PIP_TARGET", "PIP_PREFIX", "PIP_ROOT"),
    *("PIP_DRY_RUN", "PIP_REQUIRE_VIRTUALENV", "PIP_NO_DEPS"),
)
LINE_LIMIT_CHARACTERS = 10_000
OUTPUT_LIMIT_LINES = 5_000
OUTPUT_LIMIT_CHARACTERS = 1_000_000
QUEUE_LIMIT_LINES = 100
PIPE_SECONDS = 5.0  # a process that a build leaves running may keep the pipe open

ERROR_LINE = re.compile(r"(ERROR|error|[A-Za-z_.]*(Error|Exception|Exit|Interrupt))\b\W")
MISSING_MODULE = re.compile(r"No module named '?([\w.]+)")
REMOVED_MODULES = ("imp", "distutils")


def build(
    project: Path,
    *,
    formats: Sequence[str],
    dist_dir: Path,
    environ: Mapping[str, str],
    mask: Callable[[str], str],
    on_line: Callable[[str], None],
) -> tuple[Path, ...]:
    """Build the project's sdist, its wheel, or the wheel from the sdist, and return the files, moved to ``dist_dir``.

    ``environ`` is the child's; ``on_line`` gets every line that the build prints, in which ``mask`` has hidden secrets.
    Raises BuildError, which has the last lines.
    """
    if not any((project / name).is_file() for name in ("pyproject.toml", "setup.py")):
        raise BuildError(
            f"nothing to build in {project.resolve()}: there is neither pyproject.toml nor setup.py. Set "
            "--project-dir to the project's folder"
        )
    with tempfile.TemporaryDirectory(prefix="travis-pypi-deploy-") as clean:
        output: deque[str] = deque()
        characters_left = OUTPUT_LIMIT_CHARACTERS
        outdir = Path(clean) / "dist"
        outdir.mkdir()
        command = [sys.executable, "-c", START, "\n".join(sys.path), str(project.resolve()), str(outdir), *formats]

        def take(line: str) -> None:
            nonlocal characters_left
            line = mask(line)
            output.append(line)
            characters_left -= len(line) + 1
            while characters_left < 0 or len(output) > OUTPUT_LIMIT_LINES:
                characters_left += len(output.popleft()) + 1
            on_line(line)

        status = run(command, Path(clean), environ, take)
        if status:
            raise BuildError(_failure(status, output), tuple(output))
        built = sorted(path for path in outdir.iterdir() if file_type(path.name))
        missing = set(formats) - {file_type(path.name) for path in built}
        if missing:
            raise BuildError(
                f"the build ended without an error, but created no {' and no '.join(sorted(missing))}. This is a "
                "defect of the build backend that [build-system] in pyproject.toml names",
                tuple(output),
            )
        try:
            dist_dir.mkdir(parents=True, exist_ok=True)
            return tuple(Path(shutil.move(path, dist_dir / path.name)) for path in built)
        except OSError as error:
            raise BuildError(
                f"the built files cannot be moved to {dist_dir}: {error.strerror or error}. Name another folder with "
                "--dist-dir"
            ) from error


def child_environment(environ: Mapping[str, str], *, password_env: Sequence[str]) -> dict[str, str]:
    """Return the environment for a build: without secrets and copies of them, and without what breaks the build's own.

    The variables of pip that choose an index, a proxy, certificates or constraints keep their meaning.
    """
    names = {*SECRET_VARIABLES, *password_env, *BREAKING_PIP_VARIABLES, "PYTHONPATH"}
    secrets = secret_texts(environ, password_env=password_env)
    kept = {name: value for name, value in environ.items() if name not in names and value not in secrets}
    return {**kept, "PYTHONUNBUFFERED": "1"}


def commit_time(project: Path, environ: Mapping[str, str]) -> str | None:
    """Return the time of the commit that is checked out, in seconds since the epoch; None if git does not know it."""
    command = ["git", "rev-list", "--max-count=1", "--timestamp", "HEAD"]
    try:
        answer = subprocess.check_output(  # noqa: S603 - the job's own git
            command, cwd=project, env=environ, stdin=subprocess.DEVNULL, stderr=subprocess.DEVNULL, timeout=60
        )
    except (OSError, subprocess.SubprocessError):
        return None
    seconds = answer.partition(b" ")[0]
    return seconds.decode() if seconds.isdigit() else None


def run(command: Sequence[str], folder: Path, environ: Mapping[str, str], on_line: Callable[[str], object]) -> int:
    """Run a child process, give each line that it prints to ``on_line``, and return its exit status.

    ``folder`` is its working directory, and the folder for its temporary files. The child and its process group have
    ended when this returns or raises.
    """
    process = subprocess.Popen(  # noqa: S603 - the command is fixed
        command,
        cwd=folder,
        env={**environ, "TMPDIR": str(folder)},
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        encoding="utf-8",
        errors="replace",
        start_new_session=True,
    )
    lines = _lines(process)
    try:
        for line in lines:
            on_line(line)
        return process.wait()
    finally:
        if hasattr(os, "killpg"):  # a session of its own makes them one process group
            with suppress(ProcessLookupError, PermissionError):
                os.killpg(process.pid, signal.SIGKILL)
        process.kill()
        process.wait()
        if process.stdin:
            process.stdin.close()
        for _ in lines:  # lets the thread that reads come to its end
            pass


def _lines(process: subprocess.Popen[str]) -> Iterator[str]:
    """Yield the lines that a child prints, until it has ended and its output is read.

    A thread reads, because not every system can read from a pipe with a time limit.
    """
    lines: queue.Queue[str | None] = queue.Queue(QUEUE_LIMIT_LINES)

    def read() -> None:
        is_start = True
        with process.stdout or io.StringIO() as pipe:
            while chunk := pipe.readline(LINE_LIMIT_CHARACTERS):
                if is_start:  # what follows in a longer line is dropped
                    lines.put(chunk.rstrip())
                is_start = chunk.endswith("\n")
        lines.put(None)

    threading.Thread(target=read, daemon=True).start()
    deadline = math.inf
    while time.monotonic() < deadline:
        if deadline == math.inf and process.poll() is not None:
            deadline = time.monotonic() + PIPE_SECONDS
        try:
            line = lines.get(timeout=0.1)
        except queue.Empty:
            continue
        if line is None:
            return
        yield line


def _failure(status: int, output: Sequence[str]) -> str:
    """Return why a build failed: the backend's own last error, and a hint."""
    printed = [line.strip() for line in output if line.strip() and not line.startswith("[notice]")]
    ending = f"status {status}" if status > 0 else f"signal {-status}"
    reason = printed[-1] if printed else ending
    in_traceback = False
    for line in output:
        ends_traceback = in_traceback and line[:1].strip() != ""
        if ends_traceback or ERROR_LINE.match(line.strip()):
            reason = line.strip().removeprefix("ERROR: ")
        in_traceback = line.startswith("Traceback (") or (in_traceback and not ends_traceback)

    hint = "the full output is above"
    module = MISSING_MODULE.search(reason)
    if module and module[1] == "pkg_resources":
        hint = 'add "setuptools<82" to [build-system] requires in pyproject.toml'
    elif module and module[1].partition(".")[0] in REMOVED_MODULES:
        hint = f"Python removed {module[1]}: update the project, or build with an older Python and upload dist/*"
    elif module:
        hint = (
            f"the build runs in an isolated environment: add the distribution that has {module[1]} to [build-system] "
            "requires in pyproject.toml, or build in the job and upload dist/*"
        )
    return f"The build failed: {reason.rstrip('.')} ({hint})"
