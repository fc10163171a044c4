"""The command line as argparse splits it: which options were given, with which texts; nothing is judged here."""

from __future__ import annotations

import argparse
from typing import TYPE_CHECKING, NamedTuple, NoReturn

from ..errors import UsageError
from .options import NOT_OPTIONS, OPTIONS, Option

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

HELP_WIDTH = 100  # a fixed one: argparse would import shutil to ask for the terminal's
PROGRAM = "python -m travis_pypi_deploy"
EPILOG = """\
Every option can be given as a variable: --skip-existing is PYPI_SKIP_EXISTING=true; the command line wins, a
repeatable option takes one value per line. Secrets are never options: they are read from variables (--password-env).

exit codes: 0 deployed, or rightly not deployed; 1 refused by the index, or the index could not be reached;
2 options, environment or credentials; 3 the build failed or a distribution is invalid; 130, 143 interrupted
"""


class CommandLine(NamedTuple):
    """What stood on the command line: DIST, the texts of each given option by its attribute, a wish for help."""

    dist: tuple[str, ...]
    given: Mapping[str, tuple[str, ...]]
    asks_for_help: bool
    asks_for_version: bool


def read(argv: Sequence[str]) -> CommandLine:
    """Split the arguments; raises UsageError, in which no value of an argument is repeated.

    DIST may stand anywhere, and after ``--`` begin with a hyphen.
    """
    end = argv.index("--") if "--" in argv else len(argv)
    words = list(_with_hyphens(argv[:end]))
    _refuse_what_is_no_option(words)
    namespace, unknown = _parser().parse_known_intermixed_args(words)
    unknown += [word for word in namespace.dist if word.startswith("-")]  # argparse takes one with a space for a file
    if unknown:
        raise UsageError(_unknown_option(unknown[0]))
    return CommandLine(
        dist=(*namespace.dist, *argv[end + 1 :]),
        given={option.attribute: tuple(texts) for option in OPTIONS if (texts := getattr(namespace, option.attribute))},
        asks_for_help=namespace.help,
        asks_for_version=namespace.version,
    )


def help_text() -> str:
    """Return what ``--help`` shows."""
    return _parser().format_help()


class _Parser(argparse.ArgumentParser):
    """An argument parser that raises, and that never repeats a value: it may be a token in the wrong place."""

    def error(self, message: str) -> NoReturn:
        option = message.removeprefix("argument ").partition(":")[0].partition("/")[0]
        if "expected one argument" in message:
            raise UsageError(f"{option} needs a value; if that begins with a hyphen, write {option}=VALUE")
        raise UsageError(f"{option} takes no value: leave out what stands behind its =")


class _Switch(argparse.Action):
    """Collects true, or false for the option's negation, as if a user had written that text."""

    def __init__(self, option_strings: Sequence[str], dest: str, help: str) -> None:  # noqa: A002 - argparse's name
        super().__init__(option_strings, dest, nargs=0, help=help)

    def __call__(
        self, parser: object, namespace: argparse.Namespace, values: object, option_string: str | None = None
    ) -> None:
        del parser, values
        text = "false" if option_string and option_string.startswith("--no-") else "true"
        setattr(namespace, self.dest, [*(getattr(namespace, self.dest) or ()), text])


def _parser() -> argparse.ArgumentParser:
    parser = _Parser(
        prog=PROGRAM,
        description="Publish a Python package from a Travis CI job.",
        epilog=EPILOG,
        formatter_class=lambda prog: argparse.RawDescriptionHelpFormatter(prog, width=HELP_WIDTH),
        allow_abbrev=False,
        add_help=False,
        usage=f"{PROGRAM} [OPTION ...] [DIST ...]",
    )
    parser.add_argument("dist", nargs="*", metavar="DIST", help="upload these files or globs; nothing is built")
    for option in OPTIONS:
        _add(parser, option)
    parser.add_argument("--version", action="store_true", help="show the version and exit")
    parser.add_argument("--help", "-h", action="store_true", help="show this text and exit")
    return parser


def _add(parser: argparse.ArgumentParser, option: Option) -> None:
    if option.metavar:
        default = f" (default: {option.default})" if option.default else ""
        repeatable = "; repeatable" if option.repeatable else ""
        parser.add_argument(
            option.flag, action="append", metavar=option.metavar, help=option.help + repeatable + default
        )
        return
    flags = (option.flag, f"--no-{option.name}") if option.negatable else (option.flag,)
    default = f" (default: {option.default})" if option.default else ""
    parser.add_argument(*flags, dest=option.attribute, action=_Switch, help=option.help + default)


def _with_hyphens(argv: Sequence[str]) -> Iterator[str]:
    """Yield the arguments with dpl's spelling of an option (``--skip_existing``) turned into ours."""
    for word in argv:
        name, equals, value = word.partition("=")
        yield (name.replace("_", "-") if name.startswith("--") else name) + equals + value


def _refuse_what_is_no_option(words: Sequence[str]) -> None:
    for word in words:
        name = word.partition("=")[0]
        if name.startswith("--") and name[2:] in NOT_OPTIONS:
            raise UsageError(f"{name} is no option: {NOT_OPTIONS[name[2:]]}")


def _unknown_option(word: str) -> str:
    name = word.partition("=")[0]
    if "pypi-" in name or not name.startswith("--"):
        return f"an unknown option that begins with {name[:2]} (see --help)"
    import difflib

    close = difflib.get_close_matches(name, [option.flag for option in OPTIONS], n=1)
    hint = f"did you mean {close[0]}?" if close else "see --help"
    return f"unknown option {name} ({hint})"
