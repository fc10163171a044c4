"""The command line, the variables and the defaults become Settings; the text of ``--help``."""

from __future__ import annotations

import argparse
import difflib
from collections.abc import Iterator, Mapping, Sequence
from typing import NoReturn
from urllib.parse import urlsplit

from . import servers
from .errors import UsageError
from .masking import contains_token
from .options import OPTIONS, Given, Option, Settings
from .servers import Server

OTHER_VARIABLES = ("PYPI_TOKEN", "PYPI_PASSWORD")  # used, and not options
# How much of a name has to be the same: for a variable all but one or two letters, as it may be another tool's.
CLOSE_OPTION, CLOSE_VARIABLE = 0.72, 0.85

HELP_WIDTH = 80
PROGRAM = "python -m travis_pypi_deploy"
DESCRIPTION = "Publish a Python package from a Travis CI job."
EPILOG = """\
Every option is also a variable: --skip-existing is PYPI_SKIP_EXISTING=true. The
command line wins. A repeatable option takes one value per line of its variable.
Secrets are never options; they are read from variables.

exit codes: 0 deployed, or nothing to deploy; 1 rejected by the index, or the
index could not be reached; 2 options, environment or credentials are wrong;
3 the build failed, a distribution is invalid, or a file changed after the
check; 130, 143 interrupted, terminated
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

    A switch has the text "true" or "false". DIST may be anywhere, and begin with a hyphen after ``--``.
    """
    end = argv.index("--") if "--" in argv else len(argv)
    words = [_with_hyphens(word) for word in argv[:end]]
    for word in words:
        name, _, value = word.partition("=")
        if name.startswith("--") and name[2:] in NOT_OPTIONS:
            raise UsageError(f"{name}: {NOT_OPTIONS[name[2:]]}")
        if name.startswith("--") and value == "--":  # argparse takes it for the end of the options
            raise UsageError(f'{name}: "--" cannot be a value')

    namespace, unknown = _parser().parse_known_intermixed_args(words)
    unknown += [word for word in namespace.dist if word.startswith("-")]  # it has a space, so argparse did not see it
    if unknown:
        as_written = dict(zip(words, argv))
        raise UsageError(_unknown_option(as_written.get(unknown[0], unknown[0])))
    namespace.dist += argv[end + 1 :]
    return {
        name: tuple(value) if isinstance(value, list) else (str(value).lower(),)
        for name, value in vars(namespace).items()
        if value is not None
    }


def resolve(arguments: Mapping[str, tuple[str, ...]], environ: Mapping[str, str]) -> Settings:
    """Return the settings; UsageError names the option or variable of the first wrong value.

    ``arguments`` are the texts of the command line by attribute, DIST as ``dist``. They win over ``PYPI_<OPTION>``,
    which wins over the default; an empty variable is unset.
    """
    dist = arguments.get("dist", ())
    given = {row.attribute: _given(row, arguments, environ) for row in OPTIONS}
    _reject_secrets({**given, "dist": Given("DIST", dist)}, environ)

    server, address_warning = servers.find(given["server"].text, source=given["server"].source)
    misspelled = _misspelled_variables(environ, others_used=given["password_env"].texts)
    values = {row.attribute: row.parse(given[row.attribute]) for row in OPTIONS}
    _reject_simple_index(server, given["server"], given["index_url"])
    return Settings(
        dist=dist,
        sources={attribute: each.source for attribute, each in given.items()},
        warnings=(*([address_warning] if address_warning else []), *misspelled),
        **values,
    )


def password_variables(argv: Sequence[str], environ: Mapping[str, str]) -> tuple[str, ...]:
    """Return the variables that ``--password-env`` names, before parsing, so that every message is masked."""
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
        raise UsageError(f"{option} takes no value; remove the = and the text after it")


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
    """Return the error for an unknown option, spelled as it was given, so that a secret in its place is masked."""
    name = word.partition("=")[0]
    if not name.startswith("--"):
        return f"unknown option that begins with {name[:2]} (see --help)"
    flags = [flag for row in OPTIONS for flag in row.flags]
    close = [each for each in flags if each.startswith(_with_hyphens(name))]
    close = close or difflib.get_close_matches(_with_hyphens(name), flags, n=1, cutoff=CLOSE_OPTION)
    return f"unknown option {name} ({f'did you mean {close[0]}?' if close else 'see --help'})"


def _given(row: Option, arguments: Mapping[str, tuple[str, ...]], environ: Mapping[str, str]) -> Given:
    variable = environ.get(row.variable, "").strip()
    if row.attribute in arguments:
        found = arguments[row.attribute]
        given = Given(row.flags[-1] if found[-1] == "false" else row.flags[0], found)
    elif variable:
        lines = variable.splitlines() if row.repeatable else [variable]
        given = Given(row.variable, tuple(line.strip() for line in lines if line.strip()))
    else:
        given = Given(row.flags[0], tuple(row.default.split(", ")) if row.default else ())
    if not all(each.strip() for each in given.texts):
        raise UsageError(f"{given.source} is empty: give it a value, or remove it")
    return given


def _reject_secrets(everything: Mapping[str, Given], environ: Mapping[str, str]) -> None:
    """Raise UsageError if the value of an option is a secret (``--password-env $PYPI_TOKEN``); it is not repeated."""
    names = everything["password_env"]
    for holder in sorted(environ):
        if environ[holder] in names.texts and environ[holder] not in environ and holder != names.source:
            raise UsageError(f"{names.source} contains the value of {holder}: write the name {holder}, without the $")
    for given in everything.values():
        if any(contains_token(each) for each in given.texts):
            raise UsageError(
                f"{given.source} contains an API token, which is now in the build log. Revoke it, put a new one into a "
                "variable in the repository's settings on Travis, and name the variable with --password-env"
            )


def _reject_simple_index(server: Server, address: Given, index_url: Given) -> None:
    """Raise UsageError if the address to upload to is that of a simple index, which answers but stores nothing."""
    urls = (server.upload_url, *index_url.texts)
    uploads, *pages = ((servers.origin(each), urlsplit(each).path.rstrip("/")) for each in urls)
    if uploads[1].lower().endswith(("/simple", "/+simple")) or uploads in pages:
        raise UsageError(
            f"{address.source}: {address.text} is the address of a simple index, which accepts no uploads. Use the "
            "address that accepts uploads, and put this one into --index-url"
        )


def _misspelled_variables(environ: Mapping[str, str], *, others_used: Sequence[str]) -> Iterator[str]:
    """Yield a warning for each variable that is not used, and whose name is almost that of one that is."""
    known = (*(row.variable for row in OPTIONS), *OTHER_VARIABLES)
    for name in sorted(environ):
        if name.startswith("PYPI_") and name not in (*known, *others_used):
            for close in difflib.get_close_matches(name, known, n=1, cutoff=CLOSE_VARIABLE):
                yield f"the variable {name} is not used. Did you mean {close}?"
