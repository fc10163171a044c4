"""Credentials: find them, read and validate tokens, narrow them for the upload, and hide them in everything shown."""

from __future__ import annotations

import base64
import re
from dataclasses import dataclass, field
from datetime import datetime, timedelta, timezone
from typing import TYPE_CHECKING
from urllib.parse import quote, unquote

from . import macaroon
from .errors import MissingCredentialsError, UsageError
from .macaroon import Macaroon, ProjectNames, Validity
from .servers import SERVERS

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from .job import Job
    from .options import Settings
    from .servers import Server

TOKEN_USERNAME = "__token__"  # noqa: S105 - the user name that goes with every token
PREFIX = "pypi-"
ANY_SERVER_VARIABLE = "PYPI_PASSWORD"
FOREIGN_VARIABLES = ("TWINE_PASSWORD", "UV_PUBLISH_TOKEN", "FLIT_PASSWORD")
SECRET_VARIABLES = ("TEST_PYPI_TOKEN", "PYPI_TOKEN", ANY_SERVER_VARIABLE, *FOREIGN_VARIABLES)

LIFETIME_SECONDS = 60 * 60
CLOCK_SKEW_SECONDS = 5 * 60

MASK = "***"
SHORT = 8  # shorter values are often ordinary words: they are masked only in quoted output
SHORTEST = 4

QUOTES = "\"'`\u2018\u2019\u201c\u201d"
FAULTS = (
    (re.compile(r"\A\s*\Z"), "is empty"),
    (re.compile(r"[\n\r\v\f\x1c-\x1e\x85\u2028\u2029]"), "contains a line break"),
    (re.compile(r"\s"), "contains a space"),
    (re.compile(f"[{QUOTES}]"), "contains a quotation mark"),
    (re.compile(rf"\A(?!{PREFIX})"), f'does not begin with "{PREFIX}", so it is not an API token'),
)
# "pypi-AgE" in base64, at each of its three alignments: a Basic authorization
TOKEN_IN_BASE64 = "cHlwaS1BZ0|weXBpLUFnR|B5cGktQWdF"  # noqa: S105 - the beginning of every token
LOOKS_LIKE_TOKEN = re.compile(
    rf"pypi-AgE[A-Za-z0-9_-]{{13,}}|[A-Za-z0-9+/]{{0,64}}(?:{TOKEN_IN_BASE64})[A-Za-z0-9+/]{{16,}}=*"
)
TOKEN_BEGINS = re.compile(rf"pypi-AgE|{TOKEN_IN_BASE64}")  # a hundred times faster, for long logs of builds


@dataclass(frozen=True)
class Credentials:
    """A user name with a token or password; ``source`` names the variables that the secret came from.

    ``token`` is the secret's contents if it is an API token that is narrowed for the upload.
    """

    username: str
    secret: str = field(repr=False)
    source: str
    token: Macaroon | None = None

    @property
    def expires_at(self) -> float | None:
        """Return when the user's own token expires (seconds since the epoch), None if it does not say."""
        return _expiry(self.token) if self.token else None

    def authorization(self, *, project: str, now: float) -> str:
        """Return the Authorization header of an attempt that begins ``now`` (seconds since the epoch)."""
        secret = narrow(self.token, project=project, now=now) if self.token else self.secret
        return "Basic " + base64.b64encode(f"{self.username}:{secret}".encode()).decode("ascii")


@dataclass(frozen=True)
class Mask:
    """What is hidden in every text that is shown: secrets in all forms, and everything that looks like a token."""

    forms: tuple[str, ...] = field(default=(), repr=False)

    @classmethod
    def of(cls, secrets: frozenset[str], *, username: str = TOKEN_USERNAME) -> Mask:
        """Return the mask of these secrets: as they are, percent-encoded, and in a Basic authorization."""
        # A program that repeats a secret may leave out a line break at its end, or write its lines one by one.
        lines = {line.strip() for secret in secrets for line in secret.splitlines()} - {""}
        forms = {form for secret in secrets | lines for form in _forms(secret, username)}
        return cls(tuple(sorted(forms, key=len, reverse=True)))

    def hide(self, text: str, *, shortest: int = SHORT) -> str:
        """Return the text with every secret of at least ``shortest`` characters replaced."""
        for form in self.forms:
            if len(form) >= shortest:
                text = text.replace(form, MASK)
        return LOOKS_LIKE_TOKEN.sub(MASK, text) if TOKEN_BEGINS.search(text) else text


def secret_texts(environ: Mapping[str, str], *, password_env: Sequence[str] = ()) -> frozenset[str]:
    """Return the values of all variables that hold secrets, and those of ``--password-env`` joined."""
    texts = {environ.get(name, "") for name in (*SECRET_VARIABLES, *password_env)}
    joined = "".join(environ.get(name, "") for name in password_env)
    return frozenset({*texts, joined} - {""})


def contains_token(text: str) -> bool:
    """Return whether a text contains an API token, or the beginning of one, in any form."""
    return LOOKS_LIKE_TOKEN.search(text) is not None or owner(text) is not None


def owner(text: str) -> Server | None:
    """Return the server whose token a text contains, however it is quoted, encoded or cut short.

    Every token of a server begins with the same bytes, so that its base64 form does too.
    """
    forms = tuple(_decoded_forms(text, depth=2))
    for server in SERVERS:
        if server.token_location:
            start = base64.b64encode(macaroon.beginning(server.token_location)).decode()
            whole = len(macaroon.beginning(server.token_location)) * 8 // 6
            if any(start[:whole] in form for form in forms):
                return server
    return None


def find(settings: Settings, environ: Mapping[str, str], job: Job, *, now: float) -> Credentials | None:
    """Return the credentials for the server; None if another server is used without credentials.

    Raises MissingCredentialsError if there are none, and UsageError, with one sentence, if they are wrong.
    """
    server = settings.server
    found = _find_secret(settings, environ, job)
    if found is None:
        return None
    secret, source = found
    if server.is_plain_http and not server.is_loopback and not settings.allow_plain_http:
        raise UsageError(
            f"{source} is not sent to {server.name}, because plain http would expose it. Use https, or "
            "--allow-plain-http in a trusted network"
        )
    if not server.is_pypi:
        return _for_other_server(settings, secret, source)
    if settings.username != TOKEN_USERNAME:
        raise UsageError(
            f"{server.name} accepts API tokens only. Remove {settings.sources['username']} and put a token into "
            f"{source}"
        )
    token = read(secret, source=source, unreadable_allowed=not settings.narrow_token)
    if token:
        validate(token, server, source=source, now=now)
    return Credentials(settings.username, secret, source, token if settings.narrow_token else None)


def read(text: str, *, source: str, unreadable_allowed: bool = False) -> Macaroon | None:
    """Return the contents of a token; None if they cannot be read and that is allowed.

    Raises UsageError if the text cannot be a token; ``source`` names its variables.
    """
    remedy = "Paste the whole token again, without quotes or spaces"
    fault = next((words for pattern, words in FAULTS if pattern.search(text)), None)
    if fault:
        raise UsageError(f"the token in {source} {fault}. {remedy}")
    try:
        return macaroon.decode(_from_base64(text[len(PREFIX) :]))
    except ValueError:
        if unreadable_allowed:
            return None
        # from None: the cause can contain a part of the token
        raise UsageError(f"the token in {source} is cut short, damaged or more than one token. {remedy}") from None


def validate(token: Macaroon, server: Server, *, source: str, now: float, project: str | None = None) -> None:
    """Raise UsageError if the server would reject the token; ``project`` is None until its name is known."""
    if server.token_location and token.location != server.token_location:
        other = next((each.name for each in SERVERS if each.token_location == token.location), None)
        if other:
            raise UsageError(
                f"the token in {source} is a token of {other}, but the server is {server.name}. Use a token of "
                f"{server.name}, or --server {other}"
            )
        raise UsageError(f"the token in {source} was not created by {server.name}. {_create(server)}")
    limits = [each for each in token.caveats if isinstance(each, Validity)]
    expires_at = _expiry(token)
    not_before = max((each.not_before for each in limits), default=None)
    if expires_at is not None and now >= expires_at:
        raise UsageError(f"the token in {source} expired on {_utc(expires_at)}. {_create(server)}")
    if not_before is not None and now < not_before:
        raise UsageError(
            f"the token in {source} is not valid before {_utc(not_before)}, and the clock says {_utc(int(now))}. "
            f"{_create(server)}, or correct the clock"
        )
    allowed = scope(token)
    if project is not None and allowed is not None and _normalized(project) not in allowed:
        raise UsageError(
            f"the token in {source} is scoped to {', '.join(sorted(allowed)) or 'no project'}. Use a token for "
            f"{project}; for the first release of {project}, an account-wide one"
        )


def scope(token: Macaroon) -> frozenset[str] | None:
    """Return the normalized names of the projects that a token is valid for; None if it has no such limit."""
    limits = [{_normalized(name) for name in each.names} for each in token.caveats if isinstance(each, ProjectNames)]
    return frozenset(set.intersection(*limits)) if limits else None


def narrow(token: Macaroon, *, project: str, now: float) -> str:
    """Return the token, valid for ``project`` only, from 5 minutes before ``now`` to an hour after."""
    narrowed = macaroon.restrict(
        token,
        Validity(expires_at=int(now) + LIFETIME_SECONDS, not_before=int(now) - CLOCK_SKEW_SECONDS),
        ProjectNames((_normalized(project),)),
    )
    return PREFIX + base64.urlsafe_b64encode(macaroon.encode(narrowed)).rstrip(b"=").decode()


def described(credentials: Credentials | None) -> str:
    """Return what is used to log in, for the first line of the log."""
    if credentials is None:
        return f"no credentials ({ANY_SERVER_VARIABLE} is not set)"
    if credentials.token is None:
        kind = "token" if credentials.secret.startswith(PREFIX) else "password"
        return f"{kind} from {credentials.source}"
    projects = scope(credentials.token)
    if projects is None:
        return f"token from {credentials.source} (not limited to a project)"
    if not projects:
        return f"token from {credentials.source} (not valid for any project)"
    return f"token from {credentials.source} (project{'s' if len(projects) > 1 else ''} {', '.join(sorted(projects))})"


def _expiry(token: Macaroon) -> int | None:
    return min((each.expires_at for each in token.caveats if isinstance(each, Validity)), default=None)


def _find_secret(settings: Settings, environ: Mapping[str, str], job: Job) -> tuple[str, str] | None:
    """Return the secret and the names of its variables."""
    names = settings.password_env
    if names:
        missing = next((name for name in names if not environ.get(name)), None)
        if missing is None:
            return "".join(environ[name] for name in names), " + ".join(names)
        state = "empty" if missing in environ else "not set"
        raise MissingCredentialsError(
            f"the variable {missing}, named by {settings.sources['password_env']}, is {state}. "
            + (f"Add it in the repository's settings on Travis as {missing}" if job.has_secrets else _no_secrets())
        )
    server = settings.server
    looked_at = [name for name in (server.token_variable, ANY_SERVER_VARIABLE) if name]
    for name in looked_at:
        if environ.get(name):
            return environ[name], name
    if server.is_pypi:
        raise MissingCredentialsError(
            f"no token for {server.name}: {' and '.join(looked_at)} are not set. {_why_missing(server, environ, job)}"
        )
    if settings.username != TOKEN_USERNAME:
        raise UsageError(
            f"{settings.sources['username']} is given, but {ANY_SERVER_VARIABLE} is not set. Set it, or name the "
            "password's variable with --password-env"
        )
    return None


def _why_missing(server: Server, environ: Mapping[str, str], job: Job) -> str:
    if not job.has_secrets:
        return _no_secrets()
    for other in SERVERS:
        if other is not server and other.token_variable and environ.get(other.token_variable):
            return f"{other.token_variable} is set; to upload to {other.name}, use --server {other.name}"
    for name in FOREIGN_VARIABLES:
        if environ.get(name):
            return f"{name} is set; to use it, add --password-env {name}"
    return f"{_create(server)} and add it in the repository's settings on Travis as {server.token_variable}"


def _no_secrets() -> str:
    return (
        "Travis gave this job no secret variables (TRAVIS_SECURE_ENV_VARS is false): it builds a fork, or the "
        "repository's settings define none for this branch. Check the variables in these settings"
    )


def _create(server: Server) -> str:
    page = f" on {server.token_url}" if server.token_url else ""
    return f"Create a new token{page}"


def _for_other_server(settings: Settings, secret: str, source: str) -> Credentials:
    """Return the credentials as they are; tokens of PyPI and TestPyPI go only to loopback."""
    index = owner(secret)
    if index is None:
        return Credentials(settings.username, secret, source)
    if not settings.server.is_loopback:
        raise UsageError(
            f"{source} contains a token of {index.name}, which is never sent to {settings.server.name}. Use that "
            f"server's own password, or --server {index.name}"
        )
    token = read(secret, source=source, unreadable_allowed=not settings.narrow_token)
    return Credentials(settings.username, secret, source, token if settings.narrow_token else None)


def _forms(secret: str, username: str) -> Iterator[str]:
    yield secret
    yield quote(secret, safe="", errors="replace")
    for encoding in ("utf-8", "latin-1"):  # clients differ
        yield base64.b64encode(f"{username}:{secret}".encode(encoding, "replace")).decode()


def _decoded_forms(text: str, *, depth: int) -> Iterator[str]:
    """Yield the letters and digits of a text as it is, percent-decoded, and decoded from base64."""
    for form in {text, unquote(text)}:
        letters = re.sub(r"[^A-Za-z0-9+/_-]", "", re.sub(r"\\[nrt]", "", form))
        yield letters
        if depth and len(letters) > len(PREFIX):
            for start in range(4):
                yield from _decoded_forms(_from_loose_base64(letters[start:]), depth=depth - 1)


def _from_base64(text: str) -> bytes:
    return base64.b64decode(text + "=" * (-len(text) % 4), altchars=b"-_", validate=True)


def _from_loose_base64(text: str) -> str:
    """Decode letters of base64, of both alphabets, whatever their number."""
    return _from_base64(text.translate({ord("+"): "-", ord("/"): "_"})[: len(text) // 4 * 4]).decode("latin-1")


def _normalized(name: str) -> str:
    return re.sub(r"[-_.]+", "-", name).lower()


def _utc(seconds: int) -> str:
    try:
        moment = datetime(1970, 1, 1, tzinfo=timezone.utc) + timedelta(seconds=seconds)
    except OverflowError:
        return "a year after 9999" if seconds > 0 else "a year before 1"
    return f"{moment:%Y-%m-%d %H:%M:%S} UTC"
