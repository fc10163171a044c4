"""The command line: arguments and environment in, exit code out."""

from __future__ import annotations

import os
import sys
import time
import traceback
from collections.abc import Mapping, Sequence
from contextlib import suppress
from dataclasses import replace
from pathlib import Path
from typing import NoReturn, TextIO

from . import __version__, bash, messages
from .arguments import help_text, password_variables, read_arguments, resolve
from .console import Console, Line
from .errors import UsageError
from .job import Job, reasons_to_skip
from .masking import Mask, proxy_secrets, secret_texts
from .options import Settings
from .report import Cause, Progress, check_writable, dumps, write
from .signals import Signals

USAGE_CHARACTERS = 2_000  # a long value must not cut off the remedy behind it


def run(signals: Signals) -> NoReturn:
    """Run the command line and exit."""
    # A stream that the shell has closed is None; what is written to it is dropped.
    dropped = open(os.devnull, "w", encoding="utf-8")  # noqa: PTH123, SIM115 - it lasts as long as the process
    out, err = sys.stdout or dropped, sys.stderr or dropped
    code = main(sys.argv[1:], os.environ, out=out, err=err, signals=signals)
    for stream in (out, err):
        with suppress(OSError, ValueError):  # the reader is gone, or the disk is full
            stream.flush()
    # Everything is closed and written. A regular end of the interpreter takes a tenth of the time of a small upload,
    # and would wait for a thread whose upload was interrupted.
    os._exit(code)


def main(
    argv: Sequence[str], environ: Mapping[str, str], *, out: TextIO, err: TextIO, signals: Signals | None = None
) -> int:
    """Deploy as the arguments and the environment say, and return the exit code.

    Without ``signals``, a signal has the effect that it has in the caller.
    """
    started = time.monotonic()
    signals = signals or Signals()
    on_travis = environ.get("TRAVIS") == "true"
    colour = not environ.get("NO_COLOR") and (on_travis or out.isatty())
    console = Console(out, err, folds=on_travis, colour=colour)
    job = Job.from_environment(environ)
    progress = Progress(job)
    settings: Settings | None = None  # not known yet
    try:
        try:
            signals.raise_errors()
            wanted = _read_settings(argv, environ, console)
            if isinstance(wanted, str):
                out.write(wanted)
                return 0
            settings = wanted
            progress.known = replace(progress.known, server=settings.server)
            for warning in settings.warnings:
                console.warn(warning)
            _require_working_directory()
            with console.heartbeat(lambda: "Waiting for bash to evaluate the conditions"):
                reasons = reasons_to_skip(job, settings, bash.evaluator(environ, mask=console.quoted))
            if reasons:
                progress.known = replace(progress.known, reasons=reasons)
                report = progress.report("skipped")
            else:
                # Imported here because it imports everything else: a skipped job stays cheap.
                from .deploy import deploy

                report = deploy(settings, job, environ, console, progress)
        finally:
            signals.ignore()  # from here on the result is certain
    except BaseException as error:  # the only one: whatever ends a run, its last line and its report are written below
        report = progress.report("failed", error=signals.cause(error))

    failure, is_verbose = report.failure, settings is not None and settings.verbose
    if report.error and is_verbose and failure and failure.cause is Cause.DEFECT:
        text = "".join(traceback.format_exception(type(report.error), report.error, report.error.__traceback__))
        console.show(Line(each, "quoted") for each in text.splitlines())
    lines = messages.ending(report, verbose=is_verbose, quoted=console.quoted)
    if settings and settings.report and (failure is None or failure.exit_code != UsageError.exit_code):
        reasons = (lines[-1].text,) if failure else report.reasons
        try:
            text = dumps(report, reasons=reasons, seconds=time.monotonic() - started, mask=console.mask_own)
            write(text, settings.report)
        except OSError as error:
            console.warn(f"the report could not be written to {settings.report}: {error.strerror}")
    console.show(lines)
    return failure.exit_code if failure else 0


def _read_settings(argv: Sequence[str], environ: Mapping[str, str], console: Console) -> Settings | str:
    """Return the settings, or the text that ``--help`` or ``--version`` asks for; the console masks secrets then."""
    secrets = secret_texts(environ, password_env=password_variables(argv, environ)) | proxy_secrets(environ)
    console.use(Mask.of(secrets))
    try:
        arguments = read_arguments(argv)
        if "help" in arguments:
            return help_text()
        if "version" in arguments:
            return f"travis-pypi-deploy {__version__}\n"
        settings = resolve(arguments, environ)
        console.use(Mask.of(secrets, username=settings.username))
        if settings.report:
            check_writable(settings.report, source=settings.sources["report"])
    except UsageError as error:
        raise UsageError(console.quoted(str(error), limit=USAGE_CHARACTERS)) from error
    return settings


def _require_working_directory() -> None:
    """Raise UsageError if the working directory was removed, in which nothing can be built or found."""
    try:
        Path.cwd()
    except OSError as error:
        raise UsageError(
            f"the working directory cannot be used ({error.strerror}): it was probably removed. Change to the "
            "project's folder before this command"
        ) from error
