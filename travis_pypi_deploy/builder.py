"""Build distributions from a source tree with PyPA's build, in a child process without secrets."""

from __future__ import annotations

import io
import os
import re
import shutil
import signal
import subprocess
import sys
import tarfile
import tempfile
import threading
from collections import deque
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path

from . import source_tree
from .diagnoses import WORK_FOLDER, FailedBuild, diagnose
from .distributions import file_type
from .errors import BuildError
from .masking import SECRET_VARIABLES, secret_texts

# The child has the import path of this process and no PYTHONPATH, which would reach the backend too.
START = (
    "import sys; sys.path[:] = sys.argv.pop(1).split('\\n'); "
    "from travis_pypi_deploy.build_process import main; sys.exit(main(sys.argv[1:]))"
)
# Each of these settings of pip leaves an isolated environment without what was asked for, or stops pip.
BREAKING_PIP_VARIABLES = """
PIP_USER PIP_TARGET PIP_PREFIX PIP_ROOT PIP_DRY_RUN PIP_REQUIRE_VIRTUALENV
PIP_NO_DEPS PIP_PLATFORM PIP_PYTHON_VERSION PIP_IMPLEMENTATION PIP_ABI
""".split()
LINE_LIMIT_CHARACTERS = 10_000
OUTPUT_LIMIT_CHARACTERS = 1_000_000
MESSAGE_LIMIT_CHARACTERS = 300
WARNINGS_LIMIT = 5
PIPE_SECONDS = 5.0  # a process that has left the group may keep the pipe open

# An error: the line behind a traceback, or one that begins with such a word; with the next line if it ends there.
ERROR = re.compile(
    r"^(?:Traceback \(.*\n(?:(?:[ \t].*)?\n)*"
    r"|[ \t]*(?=(?:ERROR|error|[A-Za-z_.]*(?:Error|Exception|Exit|Interrupt))\b[^\w\n]))"
    r"(?=\S)((?:[A-Za-z_.]+:\s*\n)?.*)",
    re.MULTILINE,
)
# An error inside of a line, and the line of a build backend about the command that has printed the error.
COMPILER_ERROR = re.compile(
    r"^[ \t]*((?:\S+:\d+(?::\d+)?: (?:fatal error|error|ERROR): |cc1: fatal error: |\S*ld: cannot find -l|CMake Error: "
    r"|Caused by: ).*)",
    re.MULTILINE,
)
FAILED_COMMAND = re.compile(
    r"[Ee]rror: [Cc]ommand .* (failed with|returned non-zero) exit |A full log can be found at |\*\*\* CMake "
)

# What a backend prints when it may have built something else than was meant.
DOUBTFUL_LINE = re.compile(
    r"^(ERROR|CRITICAL|FATAL|error:)\W|listing git files failed|^(?!.*warn\().* is shallow and may|dubious ownership"
    r"|safe\.directory|File .* cannot be found"
)
WARNING_LINE = re.compile(r"^\W*warning\b|\bwarning:|^\S+:\d+: \w*Warning:", re.IGNORECASE)


@dataclass(frozen=True)
class Build:
    """The files of a build that succeeded.

    ``warnings`` are lines which say that the files may be wrong, each once, the first ones of many; ``other_warnings``
    is the number of all others.
    """

    paths: tuple[Path, ...]
    warnings: tuple[str, ...] = ()
    other_warnings: int = 0


def build(
    project: Path,
    *,
    formats: Sequence[str],
    dist_dir: Path,
    environ: Mapping[str, str],
    mask: Callable[[str], str],
    on_line: Callable[[str], None],
) -> Build:
    """Build the project's sdist, its wheel, or the wheel from the sdist, and move the files to ``dist_dir``.

    ``environ`` is the child's; ``on_line`` gets every line that the build prints, in which ``mask`` has hidden secrets.
    Raises BuildError, which has the last lines.
    """
    if not any((project / name).is_file() for name in ("pyproject.toml", "setup.py")):
        raise BuildError(
            f"nothing to build in {project.resolve()}: there is neither pyproject.toml nor setup.py. Set "
            "--project-dir to the project's folder"
        )
    with _clean_folder() as clean:
        output: deque[str] = deque()
        doubtful: dict[str, None] = {}
        warnings: dict[str, None] = {}
        characters = 0
        outdir = Path(clean) / "dist"
        outdir.mkdir()
        command = [sys.executable, "-c", START, "\n".join(sys.path), str(project.resolve()), str(outdir), *formats]

        def take(line: str) -> None:
            nonlocal characters
            line = mask(line)
            output.append(line)
            characters += len(line) + 1
            while characters > OUTPUT_LIMIT_CHARACTERS:
                characters -= len(output.popleft()) + 1
            if DOUBTFUL_LINE.search(line):
                doubtful[_plain(line)] = None
            elif WARNING_LINE.search(line):
                warnings[_plain(line)] = None
            on_line(line)

        status = run(command, Path(clean), environ, take)
        if status:
            raise _failure(status, tuple(output), project, outdir, environ)
        built = sorted(path for path in outdir.iterdir() if file_type(path.name))
        missing = set(formats) - {file_type(path.name) for path in built}
        if missing:
            raise BuildError(
                f"the build ended without an error, but created no {' and no '.join(sorted(missing))}. This is a "
                "defect of the build backend that [build-system] in pyproject.toml names",
                tuple(output),
            )
        paths = _moved(built, dist_dir)
    shown = tuple(doubtful)[:WARNINGS_LIMIT]
    return Build(paths, shown, len(doubtful) - len(shown) + len(warnings))


@contextmanager
def _clean_folder() -> Iterator[str]:
    """Make a temporary folder, and remove it; what a process writes there meanwhile does not matter to the release."""
    try:
        folder = tempfile.mkdtemp(prefix=WORK_FOLDER)
    except OSError as error:
        raise BuildError(f"there is no folder for temporary files: {error.strerror or error}. Set TMPDIR") from error
    try:
        yield folder
    finally:
        shutil.rmtree(folder, ignore_errors=True)


def _moved(built: Sequence[Path], dist_dir: Path) -> tuple[Path, ...]:
    """Move files, perhaps to another file system; under its final name each is whole, or not there."""
    try:
        dist_dir.mkdir(parents=True, exist_ok=True)
        for path in built:
            partial = dist_dir / f".{path.name}.partial"
            try:
                shutil.move(path, partial)
                partial.replace(dist_dir / path.name)
            finally:
                partial.unlink(missing_ok=True)
    except OSError as error:
        raise BuildError(
            f"the built files cannot be moved to {dist_dir}: {error.strerror or error}. Name another folder with "
            "--dist-dir"
        ) from error
    return tuple(dist_dir / path.name for path in built)


def child_environment(environ: Mapping[str, str], *, password_env: Sequence[str]) -> dict[str, str]:
    """Return the environment for a build: without secrets and copies of them, and without what breaks the build's own.

    The variables of pip that choose an index, a proxy, certificates or constraints keep their meaning.
    """
    names = {*SECRET_VARIABLES, *password_env, *BREAKING_PIP_VARIABLES, "PYTHONPATH"}
    secrets = secret_texts(environ, password_env=password_env)
    kept = {name: value for name, value in environ.items() if name not in names and value not in secrets}
    return {**kept, "PYTHONUNBUFFERED": "1"}


def run(command: Sequence[str], folder: Path, environ: Mapping[str, str], on_line: Callable[[str], object]) -> int:
    """Run a child process, give each line that it prints to ``on_line`` in a thread, and return its exit status.

    ``folder`` is that for its temporary files; relative paths in pip's variables begin where this process runs. The
    child and its process group have ended when this returns or raises.
    """
    process = subprocess.Popen(  # noqa: S603 - the command is fixed
        command,
        env={**environ, "TMPDIR": str(folder)},
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        encoding="utf-8",
        errors="replace",
        start_new_session=True,
    )
    is_over = threading.Event()

    def read() -> None:
        is_start = True
        with process.stdout or io.StringIO() as pipe:
            while (chunk := pipe.readline(LINE_LIMIT_CHARACTERS)) and not is_over.is_set():
                if is_start:  # what follows in a longer line is dropped
                    on_line(chunk.rstrip())
                is_start = chunk.endswith("\n")

    reader = threading.Thread(target=read, daemon=True)
    try:
        reader.start()
        return process.wait()
    finally:
        if hasattr(os, "killpg"):  # a session of its own makes them one process group
            with suppress(ProcessLookupError, PermissionError):
                os.killpg(process.pid, signal.SIGKILL)
        process.kill()
        process.wait()
        if process.stdin:
            process.stdin.close()
        if reader.is_alive():
            reader.join(PIPE_SECONDS)
        is_over.set()


def _failure(
    status: int, output: tuple[str, ...], project: Path, outdir: Path, environ: Mapping[str, str]
) -> BuildError:
    """Return the error of a failed build: the backend's own last error, its cause if it is known, and the remedy."""
    error = _last_error(output) or (f"status {status}" if status > 0 else f"signal {-status}")
    git_error = source_tree.git_error(project, environ)
    cause = diagnose(FailedBuild(project.resolve(), "\n".join(output), error, _members(outdir), git_error, environ))
    shown = error.rstrip(".:") if len(error) <= MESSAGE_LIMIT_CHARACTERS else f"{error[:MESSAGE_LIMIT_CHARACTERS]} ..."
    message = f"The build failed: {shown}"
    if cause is None:
        return BuildError(f"{message} (the full output is above)", output)
    return BuildError(f"{message} ({cause.sentence}: {cause.remedy})", output, cause=cause.name)


def _last_error(output: Sequence[str]) -> str:
    """Return the last error that a build printed, its last line if there is none; empty if it printed nothing."""
    text = "\n".join(line for line in output if not line.startswith("[notice]")).strip()
    errors = [" ".join(error.split()).removeprefix("ERROR: ") for error in ERROR.findall(text)]
    last = errors[-1] if errors else text.rpartition("\n")[2].strip()
    compiler_errors: list[str] = COMPILER_ERROR.findall(text)
    if FAILED_COMMAND.match(last) and compiler_errors:
        return compiler_errors[-1]
    if last.startswith("subprocess.CalledProcessError: ") and len(errors) > 1:
        return errors[-2]
    return last


def _members(outdir: Path) -> frozenset[str]:
    """Return the paths in the sdist that was built, below its top folder; none if no sdist was built."""
    names: list[str] = []
    for sdist in outdir.glob("*.tar.gz"):
        with suppress(tarfile.TarError, OSError, EOFError), tarfile.open(sdist) as archive:
            names = archive.getnames()
    return frozenset(name.partition("/")[2] for name in names)


def _plain(line: str) -> str:
    """Return a warning without the place in the code that printed it, and without folders, which differ."""
    message = re.sub(r"^\S+:\d+: \w*Warning: ", "", line.strip())
    return re.sub(r"(['\"])/[^'\"]*/([^/'\"]+)(?=\1)", r"\1\2", message)[:MESSAGE_LIMIT_CHARACTERS]
