"""The command line: the texts of each option on it, the errors of a wrong one, and ``--help``."""

from __future__ import annotations

import argparse
import difflib
from collections.abc import Mapping, Sequence
from typing import NoReturn

from .errors import UsageError
from .options import OPTIONS

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

LEAKED = (
    "secrets are never options, and this value is now in the build log: revoke it, put a new one into a variable in "
    "the repository's settings on Travis, and name the variable with --password-env if it is not PYPI_TOKEN or "
    "TEST_PYPI_TOKEN"
)
BUILD_REQUIREMENT = "set the version in [build-system] requires of pyproject.toml and remove this option"
NOT_OPTIONS = {
    "password": LEAKED,
    "token": LEAKED,
    "setuptools-version": BUILD_REQUIREMENT,
    "wheel-version": BUILD_REQUIREMENT,
    "twine-version": "twine is not used: remove this option",
    "twine-check": "use --check or --no-check",
    "edge": "not needed: remove this option",
    "remove-build-dir": "only files of this build are uploaded: remove this option",
    "upload-docs": "indexes no longer accept documentation: remove this option",
    "skip-upload-docs": "documentation is never uploaded: remove this option",
    "docs-dir": "indexes no longer accept documentation: remove this option",
    "user": "use --username",
}


def read_arguments(argv: Sequence[str]) -> Mapping[str, tuple[str, ...]]:
    """Return the texts of each given option by its attribute, and of DIST as ``dist``; raises UsageError.

    A switch has the text "true" or "false". DIST may stand anywhere, and begin with a hyphen after ``--``.
    """
    end = argv.index("--") if "--" in argv else len(argv)
    words = [_with_hyphens(word) for word in argv[:end]]
    for word in words:
        name = word.partition("=")[0]
        if name.startswith("--") and name[2:] in NOT_OPTIONS:
            raise UsageError(f"{name}: {NOT_OPTIONS[name[2:]]}")

    namespace, unknown = _parser().parse_known_intermixed_args(words)
    unknown += [word for word in namespace.dist if word.startswith("-")]  # argparse takes one with a space for DIST
    if unknown:
        raise UsageError(_unknown_option(argv[words.index(unknown[0])]))
    namespace.dist += argv[end + 1 :]
    return {
        name: tuple(value) if isinstance(value, list) else (str(value).lower(),)
        for name, value in vars(namespace).items()
        if value is not None
    }


def password_variables(argv: Sequence[str], environ: Mapping[str, str]) -> tuple[str, ...]:
    """Return the variables that ``--password-env`` names, found before anything is parsed or reported."""
    words = [word.replace("--password_env", "--password-env", 1) for word in argv]
    after = [words[at + 1] for at, word in enumerate(words[:-1]) if word == "--password-env"]
    joined = [word.partition("=")[2] for word in words if word.startswith("--password-env=")]
    return (*after, *joined, *(line.strip() for line in environ.get("PYPI_PASSWORD_ENV", "").splitlines()))


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
    parser.add_argument("--version", action="store_const", const=True, help="show the version and exit")
    parser.add_argument("--help", "-h", action="store_const", const=True, help="show this text and exit")
    return parser


def _with_hyphens(word: str) -> str:
    """Return an argument with dpl's spelling of an option (``--skip_existing``) replaced by hyphens."""
    name, equals, value = word.partition("=")
    return (name.replace("_", "-") if name.startswith("--") else name) + equals + value


def _unknown_option(word: str) -> str:
    """Return the error for an option, as it was written: a secret in its place can then be masked."""
    name = word.partition("=")[0]
    if not name.startswith("--"):
        return f"unknown option that begins with {name[:2]} (see --help)"
    flags = [flag for row in OPTIONS for flag in row.flags]
    close = [each for each in flags if each.startswith(_with_hyphens(name))]
    close = close or difflib.get_close_matches(_with_hyphens(name), flags, n=1)
    return f"unknown option {name} ({f'did you mean {close[0]}?' if close else 'see --help'})"
