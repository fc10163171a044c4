"""A source tree becomes distribution files: PyPA's build as a child process, which never sees a secret."""

from __future__ import annotations

import os
import queue
import shutil
import signal
import subprocess
import sys
import tempfile
import threading
from contextlib import nullcontext
from pathlib import Path
from typing import TYPE_CHECKING

from .distributions import file_type
from .errors import BuildError
from .settings.secret_variables import SECRET_VARIABLES, secret_texts

if TYPE_CHECKING:
    from collections.abc import Callable, Generator, Iterable, Iterator, Mapping, Sequence

    Run = Callable[[Sequence[str], Path, Mapping[str, str]], Iterable[str]]
    """Yields a child process' lines of output, "" whenever it is silent for long; BuildError if it fails."""

SILENCE_SECONDS = 30
FORMAT_FLAGS = {"sdist": "--sdist", "bdist_wheel": "--wheel"}


def run(
    command: Sequence[str], folder: Path, environ: Mapping[str, str], *, silence: float = SILENCE_SECONDS
) -> Generator[str, None, None]:
    """Yield the lines that a child process prints, and an empty text whenever it printed none for ``silence`` seconds.

    Raises subprocess.CalledProcessError when it ends with another status than 0. Whoever stops iterating ends the
    child and its children.
    """
    process = subprocess.Popen(  # noqa: S603 - the command is ours
        command,
        cwd=folder,
        env=environ,
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        encoding="utf-8",
        errors="replace",
        start_new_session=True,
    )
    try:
        yield from _lines(process, silence)
    except BaseException:
        _end(process)
        raise
    finally:
        process.wait()
    if process.returncode:
        raise subprocess.CalledProcessError(process.returncode, command)


def build(
    project: Path,
    *,
    formats: Sequence[str],
    dist_dir: Path,
    environ: Mapping[str, str],
    tell: Callable[[str], None],
    verbose: bool = False,
    run: Run = run,
) -> tuple[Path, ...]:
    """Build the project's sdist, wheel, or the wheel from the sdist, and return the files, moved to ``dist_dir``.

    ``environ`` is the child's; ``tell`` is given a sign of life when the build is silent and, if ``verbose``, every
    line that it prints. Raises BuildError.
    """
    if not any((project / name).is_file() for name in ("pyproject.toml", "setup.py")):
        raise BuildError(
            f"nothing to build in {project.resolve()}: it has neither pyproject.toml nor setup.py. Name the project's "
            "folder with --project-dir"
        )
    flags = [FORMAT_FLAGS[each] for each in formats] if len(formats) == 1 else []
    with tempfile.TemporaryDirectory(prefix="travis-pypi-deploy-") as clean:
        command = [sys.executable, "-m", "build", "--outdir", clean, *flags, str(project.resolve())]
        output = _told(run(command, Path(clean), environ), tell, verbose=verbose)
        built = sorted(path for path in Path(clean).iterdir() if file_type(path.name))
        missing = set(formats) - {file_type(path.name) for path in built}
        if missing:
            raise BuildError(
                f"the build said that it succeeded, but made no {' and no '.join(sorted(missing))}: that is a fault of "
                "the build backend, which [build-system] of pyproject.toml names",
                output,
            )
        return _move(built, dist_dir)


def child_environment(environ: Mapping[str, str], *, password_env: Sequence[str]) -> dict[str, str]:
    """Return the environment for a build: without the variables that hold secrets, and without copies of them."""
    names = {*SECRET_VARIABLES, *password_env}
    secrets = secret_texts(environ, password_env=password_env)
    return {name: value for name, value in environ.items() if name not in names and value not in secrets}


def commit_time(project: Path, environ: Mapping[str, str]) -> str | None:
    """Return the time of the commit that is checked out, in seconds since the epoch; None where git knows none."""
    try:
        answer = subprocess.run(
            ["git", "log", "-1", "--format=%ct"],  # noqa: S607 - the job's own git
            cwd=project,
            env=environ,
            stdin=subprocess.DEVNULL,
            capture_output=True,
            encoding="utf-8",
            errors="replace",
            timeout=60,
            check=True,
        )
    except (OSError, subprocess.SubprocessError):
        return None
    return answer.stdout.strip() or None


def _told(lines: Iterable[str], tell: Callable[[str], None], *, verbose: bool) -> tuple[str, ...]:
    output: list[str] = []
    silent = 0
    try:
        for line in lines:
            if line:
                output.append(line.rstrip())
                silent = 0
                if verbose:
                    tell(output[-1])
            else:
                silent += SILENCE_SECONDS
                last = f"; its last line: {output[-1]}" if output else ""
                tell(f"Still building, silent for {silent} s{last}")
    except subprocess.CalledProcessError as error:
        status = f"status {error.returncode}" if error.returncode > 0 else f"signal {-error.returncode}"
        raise BuildError(f"the build failed ({status}); its own words stand above", tuple(output)) from None
    return tuple(output)


def _lines(process: subprocess.Popen[str], silence: float) -> Iterator[str]:
    """Yield lines as they come; a thread reads, since no pipe can be waited for with a time limit everywhere."""
    lines: queue.SimpleQueue[str | None] = queue.SimpleQueue()

    def read() -> None:
        with process.stdout or nullcontext(()) as pipe:  # closed here only: elsewhere that would wait for its end
            for line in pipe:
                lines.put(line)
        lines.put(None)

    threading.Thread(target=read, daemon=True).start()
    while True:
        try:
            line = lines.get(timeout=silence)
        except queue.Empty:
            if process.poll() is not None:
                return  # what it left running in the background still holds the pipe
            yield ""
            continue
        if line is None:
            return
        yield line


def _end(process: subprocess.Popen[str]) -> None:
    """End the child with all its children: a session of its own makes them one process group."""
    if hasattr(os, "killpg"):
        os.killpg(process.pid, signal.SIGKILL)
    else:
        process.kill()


def _move(built: Sequence[Path], dist_dir: Path) -> tuple[Path, ...]:
    moved = []
    try:
        dist_dir.mkdir(parents=True, exist_ok=True)
        for path in built:
            staged = dist_dir / f".{path.name}.part"
            shutil.move(path, staged)  # perhaps from another file system
            moved.append(staged.replace(dist_dir / path.name))
    except OSError as error:
        why = error.strerror or error
        raise BuildError(
            f"cannot put the built files into {dist_dir}: {why}. Name another folder with --dist-dir"
        ) from error
    return tuple(moved)
