"""Argv and environment in, exit code out."""

from __future__ import annotations

import gc
import os
import signal
import sys
from typing import TYPE_CHECKING, NoReturn, TextIO

from . import __version__, deploy
from .errors import DeployError, TerminatedError, UsageError
from .job import Job
from .report.console import Console
from .settings import command_line, resolve
from .settings.secret_variables import secret_texts

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from types import FrameType

    from .job import Bash
    from .report.record import Record
    from .settings import Settings

INTERRUPTED = 130
TERMINATED = 143
INTERNAL_ERROR = 1
GARBAGE_THRESHOLD = 50_000  # importing makes no garbage, and looking for it 100 times costs 7 % of a small upload
CONDITION_HOLDS, CONDITION_FAILS = 64, 65


def run() -> NoReturn:
    """Be the command: ``python -m travis_pypi_deploy``."""
    gc.set_threshold(GARBAGE_THRESHOLD)
    signal.signal(signal.SIGTERM, _terminate)
    out, err = _writable(sys.stdout), _writable(sys.stderr)
    code = main(sys.argv[1:], os.environ, out=out, err=err)
    for stream in (out, err):
        try:
            stream.flush()
        except OSError:  # nobody reads any more, or the disk is full: keep Python from complaining about it at exit
            os.dup2(os.open(os.devnull, os.O_WRONLY), stream.fileno())
    if code in (INTERRUPTED, TERMINATED):
        os._exit(code)  # an upload under way in a thread would hold the process back
    sys.exit(code)


def main(argv: Sequence[str], environ: Mapping[str, str], *, out: TextIO, err: TextIO) -> int:
    """Deploy as the arguments and the environment say; return the exit code. Nothing else is read or written to."""
    console = _console(environ, out, err)
    console.hide(secret_texts(environ))
    try:
        line = command_line.read(argv)
        if line.asks_for_help:
            console.say(command_line.help_text().rstrip("\n"))
            return 0
        if line.asks_for_version:
            console.say(f"travis-pypi-deploy {__version__}")
            return 0
        settings = resolve(line, environ)
    except UsageError as error:
        console.error(str(error))
        return error.exit_code
    console.hide(secret_texts(environ, password_env=settings.password_env), username=settings.username)
    return _deploy(settings, environ, console)


def bash_in(environ: Mapping[str, str]) -> Bash:
    """Return what judges a bash condition in this environment, with the words of bash where it cannot."""

    def holds(expression: str) -> bool:
        import subprocess

        command = ["bash", "-c", f"[[ {expression} ]]; exit $(({CONDITION_HOLDS} + $?))"]
        try:
            answer = subprocess.run(  # noqa: S603 - the condition is the user's own, as it is for Travis
                command,
                env=environ,
                stdin=subprocess.DEVNULL,
                capture_output=True,
                text=True,
                errors="replace",
            )
        except OSError as error:
            raise UsageError(f"[[ {expression} ]] needs bash, which does not start: {error.strerror}") from error
        if answer.returncode not in (CONDITION_HOLDS, CONDITION_FAILS):
            words = "; ".join(answer.stderr.split("\n")).strip("; ") or "it says nothing more"
            raise UsageError(f"bash cannot judge [[ {expression} ]]: {words}")
        return answer.returncode == CONDITION_HOLDS

    return holds


def _deploy(settings: Settings, environ: Mapping[str, str], console: Console) -> int:
    from .report.record import Record, check_writable

    job = Job.from_environment(environ)
    record = Record(server=settings.server, job=job)
    try:
        if settings.report:
            check_writable(settings.report, source=settings.sources["report"])
        for warning in settings.warnings:
            console.warn(warning)
        deploy.run(deploy.World(settings, job, environ, console, record, bash_in(environ)))
        code = 0
    except DeployError as error:
        code = error.exit_code
        _fail(str(error), error, record, console, verbose=settings.verbose)
    except KeyboardInterrupt as error:
        code = INTERRUPTED
        _fail("interrupted", error, record, console, verbose=settings.verbose)
    except TerminatedError as error:
        code = TERMINATED
        _fail("terminated (SIGTERM)", error, record, console, verbose=settings.verbose)
    except Exception as error:
        code = INTERNAL_ERROR
        _fail(
            f"a defect of this tool ({type(error).__name__}: {error}): run it again with --verbose, and report what "
            "that shows",
            error,
            record,
            console,
            verbose=settings.verbose,
        )
    if settings.report and code != UsageError.exit_code:
        _write_report(record, settings.report, console)
    return code


def _writable(stream: TextIO | None) -> TextIO:
    """Return a standard stream, or one that drops everything where the shell has closed it."""
    return stream or open(os.devnull, "w", encoding="utf-8")  # noqa: PTH123 - it lasts as long as the process


def _fail(sentence: str, error: BaseException, record: Record, console: Console, *, verbose: bool) -> None:
    record.result = "failed"
    record.reasons = (*record.reasons, sentence)
    console.error(sentence)
    if verbose:
        import traceback

        console.say("".join(traceback.format_exception(type(error), error, error.__traceback__)).rstrip())


def _write_report(record: Record, filename: str, console: Console) -> None:
    from .report.record import dumps, write

    try:
        write(dumps(record.to_json(), redacted=console.redacted), filename)
    except OSError as error:
        console.warn(f"the report could not be written to {filename}: {error.strerror}")


def _console(environ: Mapping[str, str], out: TextIO, err: TextIO) -> Console:
    on_travis = environ.get("TRAVIS") == "true"
    colour = not environ.get("NO_COLOR") and (on_travis or out.isatty())
    return Console(out, err, folds=on_travis, colour=colour)


def _terminate(number: int, frame: FrameType | None) -> NoReturn:
    del number, frame
    raise TerminatedError
