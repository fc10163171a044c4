"""The command line: arguments and environment in, exit code out."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
import traceback
from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from dataclasses import replace
from functools import partial
from types import FrameType
from typing import NoReturn, TextIO

from . import __version__
from .arguments import help_text, password_variables, read_arguments, resolve
from .console import Console
from .errors import DeployError, SignalledError, UsageError
from .job import Bash, Job, reasons_to_skip, require_job
from .masking import Mask, proxy_secrets, secret_texts
from .options import Settings
from .report import Report, check_writable, dumps, write

INTERNAL_ERROR = 1
SIGNALS = {"SIGINT": 130, "SIGTERM": 143, "SIGHUP": 143}  # SIGHUP does not exist everywhere
CONDITION_HOLDS, CONDITION_FAILS = 64, 65  # other statuses: bash cannot evaluate the condition
CONDITION_SECONDS = 30
USAGE_LIMIT_CHARACTERS = 2_000  # a long value must not cut off the remedy behind it


def run() -> NoReturn:
    """Run the command line and exit."""
    _handle_signals()
    ignore_signals = partial(_set_signals, signal.SIG_IGN)
    # A stream that the shell has closed is None; what is written to it is dropped.
    dropped = open(os.devnull, "w", encoding="utf-8")  # noqa: PTH123, SIM115 - it lasts as long as the process
    out, err = sys.stdout or dropped, sys.stderr or dropped
    try:
        code = main(sys.argv[1:], os.environ, out=out, err=err, ignore_signals=ignore_signals)
        ignore_signals()  # the exit code is decided
    except SignalledError as error:  # it came after the last step
        code = error.exit_code
    for stream in (out, err):
        with suppress(OSError, ValueError):  # the reader is gone, or the disk is full
            stream.flush()
    # Everything is closed and written. A regular end of the interpreter takes a tenth of the time of a small upload,
    # and would wait for a thread whose upload was interrupted.
    os._exit(code)


def main(
    argv: Sequence[str],
    environ: Mapping[str, str],
    *,
    out: TextIO,
    err: TextIO,
    ignore_signals: Callable[[], None] = lambda: None,
) -> int:
    """Deploy as the arguments and the environment say, and return the exit code.

    ``ignore_signals`` is called when the result is certain, so that no signal can make the report untrue.
    """
    on_travis = environ.get("TRAVIS") == "true"
    colour = not environ.get("NO_COLOR") and (on_travis or out.isatty())
    console = Console(out, err, folds=on_travis, colour=colour)
    secrets = secret_texts(environ, password_env=password_variables(argv, environ)) | proxy_secrets(environ)
    console.hide(Mask.of(secrets))
    try:
        arguments = read_arguments(argv)
        if "help" in arguments:
            out.write(help_text())
            return 0
        if "version" in arguments:
            console.say(f"travis-pypi-deploy {__version__}")
            return 0
        settings = resolve(arguments, environ)
        console.hide(Mask.of(secrets, username=settings.username))
        if settings.report:
            check_writable(settings.report, source=settings.sources["report"])
    except UsageError as error:
        console.error(console.quoted(str(error), limit=USAGE_LIMIT_CHARACTERS))
        return error.exit_code
    return _deploy(settings, environ, console, ignore_signals)


def _deploy(
    settings: Settings, environ: Mapping[str, str], console: Console, ignore_signals: Callable[[], None]
) -> int:
    """Deploy if the conditions hold, write the report, and return the exit code."""
    job = Job.from_environment(environ)
    report = Report("failed", job, settings.server)
    started = time.monotonic()
    try:
        for warning in settings.warnings:
            console.warn(warning)
        reasons: tuple[str, ...] = ()
        if not settings.check_only:
            require_job(job, dry_run=settings.dry_run)
            reasons = reasons_to_skip(job, settings, bash_in(environ, console)) if job.on_travis else ()
        if reasons:
            for reason in reasons:
                console.say(reason)
            report = Report("skipped", job, settings.server, reasons=reasons)
        else:
            # Imported here because it imports everything else: a skipped job stays cheap.
            from .deploy import deploy

            report = deploy(settings, job, environ, console, ignore_signals=ignore_signals)
        code = _show_failure(report.error, console, verbose=settings.verbose) if report.error else 0
    except (DeployError, SignalledError) as error:
        report = replace(report, result="failed", reasons=(*report.reasons, str(error)))
        code = _show_failure(error, console, verbose=settings.verbose)
    if settings.report and code != UsageError.exit_code:
        ignore_signals()  # no temporary file may stay behind
        try:
            write(dumps(report, seconds=time.monotonic() - started, mask=console.mask_own), settings.report)
        except OSError as error:
            console.warn(f"the report could not be written to {settings.report}: {error.strerror}")
    return code


def _show_failure(error: BaseException, console: Console, *, verbose: bool) -> int:
    """Write the last line of a failed run, and return its exit code."""
    if isinstance(error, (DeployError, SignalledError)):
        console.error(str(error))
        return error.exit_code
    if verbose:
        for line in "".join(traceback.format_exception(type(error), error, error.__traceback__)).splitlines():
            console.say_quoted(line)
    console.error(
        f"unexpected {type(error).__name__}: {console.quoted(str(error))}. This is a defect of travis-pypi-deploy: "
        + ("report it with the lines above" if verbose else "run it again with --verbose and report what that shows")
    )
    return INTERNAL_ERROR


def _handle_signals() -> None:
    """Let the first signal end the run in order, and the second at once."""

    def handle(number: int, _frame: FrameType | None) -> None:
        name = signal.Signals(number).name
        _set_signals(lambda *_: os._exit(SIGNALS[name]))
        raise SignalledError(name, SIGNALS[name])

    _set_signals(handle)


def _set_signals(handler: Callable[[int, FrameType | None], None] | signal.Handlers) -> None:
    for name in SIGNALS:
        number = getattr(signal, name, None)
        if number is not None and signal.getsignal(number) is not signal.SIG_IGN:  # an ignored signal stays ignored
            signal.signal(number, handler)


def bash_in(environ: Mapping[str, str], console: Console) -> Bash:
    """Return a function that evaluates a bash condition in this environment."""

    def is_true(expression: str, source: str) -> bool:
        command = ["bash", "-c", f"[[ {expression} ]]; exit $(({CONDITION_HOLDS} + $?))"]
        try:
            with console.heartbeat(lambda: f"Waiting for bash to evaluate [[ {expression} ]]"):
                ended = subprocess.run(  # noqa: S603 - the condition is the user's own, as it is for Travis
                    command,
                    env=environ,
                    stdin=subprocess.DEVNULL,
                    capture_output=True,
                    text=True,
                    errors="replace",
                    timeout=CONDITION_SECONDS,
                )
        except OSError as error:
            fault = f"bash, which evaluates [[ {expression} ]], cannot be started: {error.strerror}"
            raise UsageError(f"{source}: {fault}") from error
        except subprocess.TimeoutExpired:
            fault = f"[[ {expression} ]] was still running after {CONDITION_SECONDS} s. Simplify it"
            raise UsageError(f"{source}: {fault}") from None
        if ended.returncode not in (CONDITION_HOLDS, CONDITION_FAILS):
            reason = "; ".join(ended.stderr.strip().splitlines()) or f"it ended with status {ended.returncode}"
            raise UsageError(f"{source}: bash cannot evaluate [[ {expression} ]]: {console.quoted(reason)}")
        return ended.returncode == CONDITION_HOLDS

    return is_true
