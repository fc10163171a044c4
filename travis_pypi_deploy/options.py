"""The table of options: the command line, the variables, ``--help``, the README and Settings come from it."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, fields, replace

from . import servers
from .checks import rules
from .errors import UsageError
from .servers import TOKEN_USERNAME, Server

TRUE, FALSE = ("1", "true", "yes", "on"), ("0", "false", "no", "off")
FORMATS = {"sdist": "sdist", "bdist_wheel": "bdist_wheel", "wheel": "bdist_wheel"}
SPECIFIER_START = ("<", ">", "=", "!", "~")
REPOSITORY = re.compile(r"[\w.-]+/[\w.-]+")
VARIABLE = re.compile(r"[A-Za-z_][A-Za-z0-9_]*")

CONDITIONS = "conditions (all must be met; named as in deploy.on)"
SERVER = "server and credentials"
BUILD = "build"
CHECKS = "checks"
UPLOAD = "upload"
OUTPUT = "output"


@dataclass(frozen=True)
class Given:
    """The texts that were given for an option, and the option or variable that they came from."""

    source: str
    texts: tuple[str, ...]

    @property
    def text(self) -> str:
        """Return the text that counts: the last one."""
        return self.texts[-1]

    def wrong(self, why: str, text: str | None = None) -> UsageError:
        """Return the error for a text that is not valid for the option."""
        return UsageError(f'{self.source}: "{text or self.text}" {why}')


@dataclass(frozen=True)
class Option:
    """One option: ``--name`` on the command line, ``PYPI_NAME`` in the environment, a field of Settings.

    Without a ``metavar`` it is a switch; a ``negatable`` one has a ``--no-name``. ``default`` is written as a user
    writes it, several values with commas. ``dpl`` is what dpl, or ``on:``, calls the option.
    """

    group: str
    metavar: str
    help: str
    parse: Callable[[Given], object]
    default: str = ""
    dpl: str = ""
    repeatable: bool = False
    negatable: bool = False
    attribute: str = ""

    @property
    def flags(self) -> tuple[str, ...]:
        """Return the option, and its negation, as they are written on the command line."""
        name = self.attribute.replace("_", "-")
        return (f"--{name}", f"--no-{name}") if self.negatable else (f"--{name}",)

    @property
    def variable(self) -> str:
        """Return the environment variable that sets the option, as in dpl."""
        return f"PYPI_{self.attribute.upper()}"


def specifier_contains(specifier: str, version: str) -> bool:
    """Return whether a version specifier (PEP 440) contains a version; raises ValueError if it is not valid."""
    # Imported here because packaging takes 7 ms to import, and most jobs give versions as text.
    from packaging.specifiers import SpecifierSet

    return SpecifierSet(specifier).contains(version)


# Functions that parse the texts of an option. An option without a default may have no text.


def _texts(given: Given) -> tuple[str, ...]:
    return given.texts


def _text(given: Given) -> str:
    return given.text


def _rules(given: Given) -> tuple[str, ...]:
    rules.require_rules(given.texts, source=given.source)
    return given.texts


def _optional_text(given: Given) -> str | None:
    return given.text if given.texts else None


def _switch(given: Given) -> bool:
    return bool(_optional_switch(given))


def _optional_switch(given: Given) -> bool | None:
    if not given.texts:
        return None
    if given.text.lower() not in TRUE + FALSE:
        raise given.wrong("is not valid: use true or false")
    return given.text.lower() in TRUE


def _count(given: Given) -> int:
    if not re.fullmatch(r"[0-9]{1,9}", given.text):
        raise given.wrong("is not a whole number")
    return int(given.text)


def _positive(given: Given) -> int:
    if _count(given) < 1:
        raise given.wrong("is not a whole number of at least 1")
    return _count(given)


def _repository(given: Given) -> str | None:
    if given.texts and not REPOSITORY.fullmatch(given.text):
        raise given.wrong("is not of the form OWNER/NAME")
    return _optional_text(given)


def _python_versions(given: Given) -> tuple[str, ...]:
    """Return versions as text, and version specifiers (PEP 440)."""
    for each in given.texts:
        try:
            if each.startswith(SPECIFIER_START):
                specifier_contains(each, "3")  # any version: only the syntax is checked here
        except ValueError:
            raise given.wrong('is not a valid version specifier; an example is ">=3.10"', each) from None
    return given.texts


def _server(given: Given) -> Server:
    return servers.find(given.text, source=given.source)[0]


def _url(given: Given) -> str | None:
    return servers.check_url(given.text, source=given.source) if given.texts else None


def _formats(given: Given) -> tuple[str, ...]:
    """Return what to build, ``sdist`` and ``bdist_wheel`` in this order."""
    words = given.text.replace(",", " ").split()
    for word in words:
        if word.startswith("-"):
            raise given.wrong(f"has an argument ({word}); only formats are allowed. Put arguments into setup.cfg")
        if word not in FORMATS:
            raise given.wrong(f"contains {word}; indexes accept sdist and bdist_wheel only")
    if not words:
        raise given.wrong("contains no format: use sdist, bdist_wheel or both")
    return tuple(sorted({FORMATS[word] for word in words}, reverse=True))


def _variable_names(given: Given) -> tuple[str, ...]:
    """Return names of variables; an error does not repeat what was given, because it may be a secret."""
    if not all(VARIABLE.fullmatch(each) for each in given.texts):
        raise UsageError(
            f"{given.source} expects the name of a variable, such as PYPI_TOKEN. If the given value is a token or "
            "password, revoke it: the command line is in the build log"
        )
    return given.texts


# fmt: off
@dataclass(frozen=True)
class Settings:
    """The value of every option; times are in seconds.

    ``dist``: files or globs to upload; ``sources``: the option or variable that each value came from, by attribute;
    ``warnings``: sentences about probable mistakes.
    """

    dist: tuple[str, ...]
    sources: Mapping[str, str]
    warnings: tuple[str, ...]

    branch: tuple[str, ...] = field(metadata={"option": Option(
        CONDITIONS, "NAME", "deploy from this branch; patterns are matched by bash", _texts,
        default="master, main", dpl="on.branch", repeatable=True)})
    all_branches: bool = field(metadata={"option": Option(
        CONDITIONS, "", "deploy from every branch", _switch, dpl="on.all_branches")})
    tags: bool | None = field(metadata={"option": Option(
        CONDITIONS, "", "deploy only builds of tags, from any branch / never deploy builds of tags", _optional_switch,
        dpl="on.tags", negatable=True)})
    repo: str | None = field(metadata={"option": Option(
        CONDITIONS, "OWNER/NAME", "deploy from this repository", _repository, dpl="on.repo")})
    python: tuple[str, ...] = field(metadata={"option": Option(
        CONDITIONS, "VERSION", 'deploy if TRAVIS_PYTHON_VERSION is this text or matches this specifier (">=3.10")',
        _python_versions, dpl="on.python", repeatable=True)})
    condition: tuple[str, ...] = field(metadata={"option": Option(
        CONDITIONS, "EXPR", "deploy if bash's [[ EXPR ]] is true; in .travis.yml, set PYPI_CONDITION instead", _texts,
        dpl="on.condition", repeatable=True)})
    server: Server = field(metadata={"option": Option(
        SERVER, "NAME_OR_URL", "where to upload: testpypi, pypi or an upload URL", _server,
        default="testpypi", dpl="server")})
    index_url: str | None = field(metadata={"option": Option(
        SERVER, "URL", "simple index of a private server, if it is not found below the upload URL", _url)})
    username: str = field(metadata={"option": Option(
        SERVER, "NAME", "user name", _text, default=TOKEN_USERNAME, dpl="username, user")})
    password_env: tuple[str, ...] = field(metadata={"option": Option(
        SERVER, "NAME", "variable that holds the token or password; several are joined. Without this option: "
        "TEST_PYPI_TOKEN (testpypi) or PYPI_TOKEN (pypi), otherwise PYPI_PASSWORD", _variable_names,
        dpl="password", repeatable=True)})
    narrow_token: bool = field(metadata={"option": Option(
        SERVER, "", "upload with a copy of the token that is valid for this project and one hour only / upload with "
        "the token itself", _switch, default="on", negatable=True)})
    allow_plain_http: bool = field(metadata={"option": Option(
        SERVER, "", "allow credentials over http to a host that is not loopback", _switch)})
    distributions: tuple[str, ...] = field(metadata={"option": Option(
        BUILD, "FORMATS", "what to build", _formats, default="sdist bdist_wheel", dpl="distributions")})
    project_dir: str = field(metadata={"option": Option(BUILD, "DIR", "source tree", _text, default=".")})
    dist_dir: str = field(metadata={"option": Option(
        BUILD, "DIR", "folder for the built files, relative to the source tree", _text, default="dist")})
    check: bool = field(metadata={"option": Option(
        CHECKS, "", "validate the files before uploading / skip validation", _switch,
        default="on", dpl="twine_check", negatable=True)})
    strict: bool = field(metadata={"option": Option(CHECKS, "", "treat warnings as errors", _switch)})
    ignore: tuple[str, ...] = field(metadata={"option": Option(
        CHECKS, "RULE", "treat problems of this rule as warnings, also with --strict", _rules, repeatable=True)})
    match_tag: bool = field(metadata={"option": Option(
        CHECKS, "", "require that a tag equals the version / allow any tag", _switch, default="on", negatable=True)})
    skip_existing: bool = field(metadata={"option": Option(
        UPLOAD, "", "continue if the index has other content under a file's name", _switch, dpl="skip_existing")})
    jobs: int = field(metadata={"option": Option(UPLOAD, "N", "number of parallel uploads", _positive, default="4")})
    retries: int = field(metadata={"option": Option(UPLOAD, "N", "number of retries per file", _count, default="5")})
    timeout: int = field(metadata={"option": Option(
        UPLOAD, "SECONDS", "give up an attempt after SECONDS without an answer", _positive, default="300")})
    wait: int = field(metadata={"option": Option(
        UPLOAD, "SECONDS", "wait up to SECONDS until the index lists every file", _count, default="0")})
    dry_run: bool = field(metadata={"option": Option(
        OUTPUT, "", "do everything except the upload; works outside Travis", _switch)})
    check_only: bool = field(metadata={"option": Option(
        OUTPUT, "", "build and check only: no conditions, no credentials; for pull requests", _switch)})
    report: str | None = field(metadata={"option": Option(
        OUTPUT, "FILE", "write the result to FILE as JSON", _optional_text)})
    verbose: bool = field(metadata={"option": Option(
        OUTPUT, "", "show the build's output, hashes, and tracebacks of unexpected errors", _switch)})
# fmt: on


OPTIONS = tuple(
    replace(each.metadata["option"], attribute=each.name) for each in fields(Settings) if "option" in each.metadata
)
