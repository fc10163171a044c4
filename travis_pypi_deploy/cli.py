"""The command line: arguments and environment in, exit code out."""

from __future__ import annotations

import argparse
import difflib
import os
import signal
import subprocess
import sys
import time
import traceback
from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, replace
from types import FrameType
from typing import NoReturn, TextIO

from . import __version__
from .console import Console
from .credentials import Mask, proxy_secrets, secret_texts
from .errors import DeployError, SignalledError, UsageError
from .job import Bash, Job, reasons_to_skip, require_job
from .options import NOT_OPTIONS, OPTIONS, Settings, password_variables, resolve
from .report import Report, check_writable, dumps, write

INTERNAL_ERROR = 1
SIGNALS = {"SIGINT": 130, "SIGTERM": 143, "SIGHUP": 143}  # SIGHUP does not exist everywhere
CONDITION_HOLDS, CONDITION_FAILS = 64, 65
CONDITION_SECONDS = 30
USAGE_LIMIT_CHARACTERS = 2_000  # so that what to do is not cut off behind a long value

HELP_WIDTH = 80
PROGRAM = "python -m travis_pypi_deploy"
DESCRIPTION = "Publish a Python package from a Travis CI job."
EPILOG = """\
Every option is also a variable: --skip-existing is PYPI_SKIP_EXISTING=true. The
command line wins. A repeatable option takes one value per line of its variable.
Secrets are never options; they are read from variables.

exit codes: 0 deployed, or nothing to deploy; 1 rejected by the index, or the
index could not be reached; 2 options, environment or credentials are wrong;
3 the build failed or a distribution is invalid; 130, 143 interrupted,
terminated
"""


def run() -> NoReturn:
    """Run the command line and exit."""
    _handle_signals()
    out, err = _writable(sys.stdout), _writable(sys.stderr)
    try:
        code = main(sys.argv[1:], os.environ, out=out, err=err, ignore_signals=_ignore_signals)
        _ignore_signals()
    except SignalledError as error:  # it came when all was done
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
        if arguments.asks_for_help:
            out.write(help_text())
            return 0
        if arguments.asks_for_version:
            console.say(f"travis-pypi-deploy {__version__}")
            return 0
        settings = resolve(arguments.dist, arguments.given, environ)
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
            # Here because it imports everything else: a skipped job stays cheap.
            from .deploy import deploy

            report = deploy(settings, job, environ, console, ignore_signals=ignore_signals)
        code = _tell_failure(report.error, console, verbose=settings.verbose) if report.error else 0
    except (DeployError, SignalledError) as error:
        report = replace(report, result="failed", reasons=(*report.reasons, str(error)))
        code = _tell_failure(error, console, verbose=settings.verbose)
    if settings.report and code != UsageError.exit_code:
        ignore_signals()  # no temporary file may stay behind
        try:
            write(dumps(report, seconds=time.monotonic() - started, hidden=console.hidden), settings.report)
        except OSError as error:
            console.warn(f"the report could not be written to {settings.report}: {error.strerror}")
    return code


def _tell_failure(error: BaseException, console: Console, *, verbose: bool) -> int:
    """Write the last line of a failed run, and return its exit code."""
    if isinstance(error, (DeployError, SignalledError)):
        console.error(str(error))
        return error.exit_code
    if verbose:
        for line in traceback.format_exception(type(error), error, error.__traceback__):
            for each in line.splitlines():
                console.say_quoted(each)
    console.error(
        f"unexpected {type(error).__name__}: {console.quoted(str(error))}. This is a defect of travis-pypi-deploy: "
        + ("report it with the lines above" if verbose else "run it again with --verbose and report what that shows")
    )
    return INTERNAL_ERROR


def _handle_signals() -> None:
    """Let the first signal end the run in order, and the second at once."""
    received: list[str] = []

    def handle(number: int, _frame: FrameType | None) -> None:
        name = signal.Signals(number).name
        if received:
            os._exit(SIGNALS[received[0]])
        received.append(name)
        raise SignalledError(name, SIGNALS[name])

    _set_signals(handle)


def _ignore_signals() -> None:
    """Let no signal come between the last step and the end of the process."""
    _set_signals(signal.SIG_IGN)


def _set_signals(handler: Callable[[int, FrameType | None], None] | signal.Handlers) -> None:
    for name in SIGNALS:
        number = getattr(signal, name, None)
        if number is not None and signal.getsignal(number) is not signal.SIG_IGN:  # what is ignored stays ignored
            signal.signal(number, handler)


def _writable(stream: TextIO | None) -> TextIO:
    """Return a standard stream, or one that drops everything if the shell has closed it."""
    return stream or open(os.devnull, "w", encoding="utf-8")  # noqa: PTH123 - it lasts as long as the process


def bash_in(environ: Mapping[str, str], console: Console) -> Bash:
    """Return a function that evaluates a bash condition in this environment."""

    def holds(expression: str) -> bool:
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
            raise UsageError(
                f"bash, which evaluates [[ {expression} ]], cannot be started: {error.strerror}"
            ) from error
        except subprocess.TimeoutExpired:
            raise UsageError(f"[[ {expression} ]] was still running after {CONDITION_SECONDS} s. Simplify it") from None
        if ended.returncode not in (CONDITION_HOLDS, CONDITION_FAILS):
            reason = "; ".join(ended.stderr.strip().splitlines()) or f"it ended with status {ended.returncode}"
            raise UsageError(f"bash cannot evaluate [[ {expression} ]]: {console.quoted(reason)}")
        return ended.returncode == CONDITION_HOLDS

    return holds


@dataclass(frozen=True)
class Arguments:
    """The content of the command line: DIST, and the texts of each given option by its attribute."""

    dist: tuple[str, ...]
    given: Mapping[str, tuple[str, ...]]
    asks_for_help: bool
    asks_for_version: bool


def read_arguments(argv: Sequence[str]) -> Arguments:
    """Split the arguments; raises UsageError.

    DIST may stand anywhere, and begin with a hyphen after ``--``.
    """
    end = argv.index("--") if "--" in argv else len(argv)
    words = argv[:end]
    for word in words:
        name = word.partition("=")[0].replace("_", "-")
        if name.startswith("--") and name[2:] in NOT_OPTIONS:
            raise UsageError(f"{name}: {NOT_OPTIONS[name[2:]]}")
    namespace, unknown = _parser().parse_known_intermixed_args([_with_hyphens(word) for word in words])
    unknown += [word for word in namespace.dist if word.startswith("-")]  # argparse takes one with a space for DIST
    if unknown:
        raise UsageError(_unknown_option(next(each for each in words if _with_hyphens(each) == unknown[0])))
    values = {row.attribute: getattr(namespace, row.attribute) for row in OPTIONS}
    return Arguments(
        dist=(*namespace.dist, *argv[end + 1 :]),
        given={
            attribute: tuple(value) if isinstance(value, list) else (str(value).lower(),)
            for attribute, value in values.items()
            if value is not None
        },
        asks_for_help=namespace.help,
        asks_for_version=namespace.version,
    )


def help_text() -> str:
    """Return what ``--help`` shows."""
    return _parser().format_help()


class _Parser(argparse.ArgumentParser):
    """An argument parser that raises, and that never repeats a value, because it may be a secret."""

    def error(self, message: str) -> NoReturn:
        option = message.removeprefix("argument ").partition(":")[0].partition("/")[0]
        if "expected one argument" in message:
            raise UsageError(f"{option} needs a value; if the value begins with a hyphen, write {option}=VALUE")
        raise UsageError(f"{option} takes no value; remove what follows the =")


def _parser() -> _Parser:
    parser = _Parser(
        prog=PROGRAM,
        description=DESCRIPTION,
        epilog=EPILOG,
        formatter_class=lambda prog: argparse.RawDescriptionHelpFormatter(prog, width=HELP_WIDTH),
        allow_abbrev=False,
        add_help=False,
        usage=f"{PROGRAM} [OPTION ...] [DIST ...]",
    )
    parser.add_argument("dist", nargs="*", metavar="DIST", help="upload these files or globs; nothing is built")
    groups = {title: parser.add_argument_group(title) for title in dict.fromkeys(row.group for row in OPTIONS)}
    for row in OPTIONS:
        facts = (["repeatable"] if row.repeatable else []) + ([f"default: {row.default}"] if row.default else [])
        text = f"{row.help} ({'; '.join(facts)})" if facts else row.help
        if row.metavar:
            groups[row.group].add_argument(row.flags[0], action="append", metavar=row.metavar, help=text)
        elif row.negatable:
            groups[row.group].add_argument(row.flags[0], action=argparse.BooleanOptionalAction, help=text)
        else:
            groups[row.group].add_argument(row.flags[0], action="store_const", const=True, help=text)
    parser.add_argument("--version", action="store_true", help="show the version and exit")
    parser.add_argument("--help", "-h", action="store_true", help="show this text and exit")
    return parser


def _with_hyphens(word: str) -> str:
    """Return an argument with dpl's spelling of an option (``--skip_existing``) replaced by hyphens."""
    name, equals, value = word.partition("=")
    return (name.replace("_", "-") if name.startswith("--") else name) + equals + value


def _unknown_option(word: str) -> str:
    name = word.partition("=")[0]
    if not name.startswith("--"):
        return f"unknown option that begins with {name[:2]} (see --help)"
    name, flags = _with_hyphens(name), [flag for row in OPTIONS for flag in row.flags]
    close = [each for each in flags if each.startswith(name)] or difflib.get_close_matches(name, flags, n=1)
    return f"unknown option {name} ({f'did you mean {close[0]}?' if close else 'see --help'})"
