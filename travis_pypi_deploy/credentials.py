"""Credentials: find them, read and validate tokens, narrow them for the upload, and hide them in everything shown."""

from __future__ import annotations

import base64
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timezone
from typing import TYPE_CHECKING
from urllib.parse import quote, unquote

from . import macaroon
from .errors import MissingCredentialsError, UsageError
from .macaroon import Macaroon
from .servers import SERVERS, Server

if TYPE_CHECKING:  # they are above this module
    from .job import Job
    from .options import Settings

TOKEN_USERNAME = "__token__"  # noqa: S105 - the user name that goes with every token
PREFIX = "pypi-"
ANY_SERVER_VARIABLE = "PYPI_PASSWORD"
FOREIGN_VARIABLES = ("TWINE_PASSWORD", "UV_PUBLISH_TOKEN", "FLIT_PASSWORD")  # of other tools
SECRET_VARIABLES = ("TEST_PYPI_TOKEN", "PYPI_TOKEN", ANY_SERVER_VARIABLE, *FOREIGN_VARIABLES)

LIFETIME_SECONDS = 60 * 60
CLOCK_SKEW_SECONDS = 5 * 60

MASK = "***"
SHORT = 8  # shorter values are often ordinary words: they are masked only in quoted output
SHORTEST = 4  # values that are even shorter are never masked

FAULTS = (
    (re.compile(r"[\r\n]"), "contains a line break"),
    (re.compile(r"\s"), "contains a space"),
    (re.compile("[\"'`\u2018\u2019\u201c\u201d]"), "contains a quotation mark"),
    (re.compile(rf"\A(?!{PREFIX})"), f'does not begin with "{PREFIX}", so it is not an API token'),
)
# A token, or a Basic authorization with one: the base64 form of "pypi-AgE" at each of its three alignments.
BEGINNINGS = ("pypi-AgE", "cHlwaS1BZ0", "weXBpLUFnR", "B5cGktQWdF")  # searched first: the pattern is slow in long logs
LOOKS_LIKE_TOKEN = re.compile(
    rf"pypi-AgE[A-Za-z0-9_-]{{13,}}|(?:\b[A-Za-z0-9+/]{{0,64}})?(?:{'|'.join(BEGINNINGS[1:])})[A-Za-z0-9+/]{{16,}}=*"
)
NO_SECRETS = (
    "Travis gave this job no secret variables (TRAVIS_SECURE_ENV_VARS is false): it builds a fork, or the repository's "
    "settings define none for this branch. Check the variables in these settings"
)


@dataclass(frozen=True)
class Credentials:
    """A user name with a token or password; ``source`` names the variables that the secret came from.

    ``token`` is the secret's contents if it is an API token that is narrowed for the upload.
    """

    username: str
    secret: str = field(repr=False)
    source: str
    token: Macaroon | None = None

    def authorization(self, *, project: str, now: float) -> str:
        """Return the Authorization header of an attempt that begins ``now`` (seconds since the epoch)."""
        secret = narrow(self.token, project=project, now=now) if self.token else self.secret
        return "Basic " + base64.b64encode(f"{self.username}:{secret}".encode()).decode("ascii")


@dataclass(frozen=True)
class Mask:
    """Hides secrets, in all their forms, and everything that looks like a token in the texts that are shown."""

    forms: tuple[str, ...] = field(default=(), repr=False)

    @classmethod
    def of(cls, secrets: frozenset[str], *, username: str = TOKEN_USERNAME) -> Mask:
        """Return the mask of these secrets: as they are, percent-encoded, and in a Basic authorization."""
        # A program that repeats a secret may leave out a line break at its end, or write its lines one by one.
        lines = {line.strip() for secret in secrets for line in secret.splitlines()} - {""}
        forms = set()
        for secret in secrets | lines:
            forms |= {secret, quote(secret, safe="", errors="replace")}
            for encoding in ("utf-8", "latin-1"):  # clients differ
                forms.add(base64.b64encode(f"{username}:{secret}".encode(encoding, "replace")).decode())
        return cls(tuple(sorted(forms, key=len, reverse=True)))

    def hide(self, text: str, *, shortest: int = SHORT) -> str:
        """Return the text with every secret of at least ``shortest`` characters replaced."""
        for form in self.forms:
            if len(form) >= shortest:
                text = text.replace(form, MASK)
        return LOOKS_LIKE_TOKEN.sub(MASK, text) if any(each in text for each in BEGINNINGS) else text


def secret_texts(environ: Mapping[str, str], *, password_env: Sequence[str] = ()) -> frozenset[str]:
    """Return the values of all variables that hold secrets, and those of ``--password-env`` joined."""
    texts = {environ.get(name, "") for name in (*SECRET_VARIABLES, *password_env)}
    joined = "".join(environ.get(name, "") for name in password_env)
    return frozenset({*texts, joined} - {""})


def proxy_secrets(environ: Mapping[str, str]) -> frozenset[str]:
    """Return the credentials in the URLs of proxies, in every form in which a proxy or a library may repeat them.

    Unlike other secrets, the variables themselves are given to the build, which may need the proxy.
    """
    texts: set[str] = set()
    for name in (each for each in environ if each.lower().endswith("_proxy")):
        userinfo = re.sub(r"^\w+://", "", environ[name]).rpartition("@")[0]
        password = userinfo.partition(":")[2]
        if password:
            basic = base64.b64encode(unquote(userinfo).encode("latin-1", "replace")).decode()
            texts |= {userinfo, unquote(userinfo), password, unquote(password), basic}
    return frozenset(texts)


def contains_token(text: str) -> bool:
    """Return whether a text contains an API token, or the beginning of one, in any form."""
    return LOOKS_LIKE_TOKEN.search(text) is not None or server_of_token(text) is not None


def server_of_token(text: str) -> Server | None:
    """Return the server whose token a text contains, however it is quoted, encoded or cut short.

    Every token of a server begins with the same bytes, so that its base64 form does too.
    """
    forms = [_letters(text), _letters(unquote(text))]
    for form in tuple(forms):
        for start in range(4):  # the text before the base64 form has any length
            groups_of_four = form[start : len(form) - (len(form) - start) % 4]
            forms.append(_letters(base64.urlsafe_b64decode(groups_of_four).decode("latin-1")))
    for server in SERVERS:
        if server.token_location:
            beginning = macaroon.beginning(server.token_location)
            letters = base64.b64encode(beginning).decode()[: len(beginning) * 8 // 6]
            if any(letters in form for form in forms):
                return server
    return None


def _letters(text: str) -> str:
    """Return the base64 characters of a text, without line breaks that are written as escapes (a backslash and n)."""
    return re.sub(r"\\[nrt]|[^A-Za-z0-9+/_-]", "", text)


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

    issuer = server_of_token(secret)
    if issuer not in (None, server) and not server.is_loopback:
        raise UsageError(
            f"{source} contains a token of {issuer.name}, which is never sent to {server.name}. Use a token or "
            f"password of {server.name}, or --server {issuer.name}"
        )
    if issuer is None and not server.is_pypi:
        return Credentials(settings.username, secret, source)
    if server.is_pypi and settings.username != TOKEN_USERNAME:
        raise UsageError(
            f"{server.name} accepts API tokens only. Remove {settings.sources['username']} and put a token into "
            f"{source}"
        )
    token = read(secret, source=source, unreadable_allowed=not settings.narrow_token)
    if token:
        validate(token, server, source=source, now=now)
    return Credentials(settings.username, secret, source, token if settings.narrow_token else None)


def _find_secret(settings: Settings, environ: Mapping[str, str], job: Job) -> tuple[str, str] | None:
    """Return the secret and the names of its variables, None if another server is used without credentials."""
    server, names = settings.server, settings.password_env
    for name in names:
        if not environ.get(name):
            remedy = f"Add it in the repository's settings on Travis as {name}" if job.has_secrets else NO_SECRETS
            raise MissingCredentialsError(
                f"the variable {name}, named by {settings.sources['password_env']}, is empty or not set. {remedy}"
            )
    if names:
        return "".join(environ[name] for name in names), " + ".join(names)

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
        return NO_SECRETS
    for other in SERVERS:
        if other.token_variable and environ.get(other.token_variable):
            return f"{other.token_variable} is set; to upload to {other.name}, use --server {other.name}"
    for name in FOREIGN_VARIABLES:
        if environ.get(name):
            return f"{name} is set; to use it, add --password-env {name}"
    return f"{_create(server)} and add it in the repository's settings on Travis as {server.token_variable}"


def _create(server: Server) -> str:
    page = f" on {server.token_url}" if server.token_url else ""
    return f"Create a new token{page}"


def read(text: str, *, source: str, unreadable_allowed: bool = False) -> Macaroon | None:
    """Return the contents of a token; None if they cannot be read and that is allowed.

    Raises UsageError if the text cannot be a token; ``source`` names its variables.
    """
    remedy = "Paste the whole token again, without quotes or spaces"
    for pattern, fault in FAULTS:
        if pattern.search(text):
            raise UsageError(f"the token in {source} {fault}. {remedy}")
    letters = text[len(PREFIX) :]
    try:
        return macaroon.decode(base64.b64decode(letters + "=" * (-len(letters) % 4), altchars=b"-_", validate=True))
    except ValueError:
        if unreadable_allowed:
            return None
        # from None: the cause can contain a part of the token
        raise UsageError(f"the token in {source} is cut short, damaged or more than one token. {remedy}") from None


def validate(token: Macaroon, server: Server, *, source: str, now: float, project: str | None = None) -> None:
    """Raise UsageError if the server would reject the token; ``project`` is None until its name is known."""
    if server.token_location not in (None, token.location):
        raise UsageError(f"the token in {source} was not created by {server.name}. {_create(server)}")
    if token.expires_at is not None and now >= token.expires_at:
        raise UsageError(f"the token in {source} expired on {clock_time(token.expires_at)}. {_create(server)}")
    if token.not_before is not None and now < token.not_before:
        raise UsageError(
            f"the token in {source} is not valid before {clock_time(token.not_before)}, and the clock says "
            f"{clock_time(now)}. {_create(server)}, or correct the clock"
        )
    if project is not None and token.projects is not None and macaroon.normalized(project) not in token.projects:
        raise UsageError(
            f"the token in {source} is scoped to {', '.join(sorted(token.projects)) or 'no project'}. Use a token for "
            f"{project}; for the first release of {project}, an account-wide one"
        )


def narrow(token: Macaroon, *, project: str, now: float) -> str:
    """Return the token, valid for ``project`` only, from 5 minutes before ``now`` to an hour after."""
    wire = macaroon.narrowed(
        token, project=project, expires_at=int(now) + LIFETIME_SECONDS, not_before=int(now) - CLOCK_SKEW_SECONDS
    )
    return PREFIX + base64.urlsafe_b64encode(wire).rstrip(b"=").decode()


def described(credentials: Credentials | None) -> str:
    """Return what is used to log in, for the first line of the log."""
    if credentials is None:
        return f"no credentials ({ANY_SERVER_VARIABLE} is not set)"
    if credentials.token is None:
        return f"{'token' if credentials.secret.startswith(PREFIX) else 'password'} from {credentials.source}"
    projects = sorted(credentials.token.projects or ())
    if projects:
        limit = f"project{'s' if len(projects) > 1 else ''} {', '.join(projects)}"
    else:
        limit = "not limited to a project" if credentials.token.projects is None else "not valid for any project"
    return f"token from {credentials.source} ({limit})"


def clock_time(seconds: float) -> str:
    """Return a moment (seconds since the epoch) in UTC."""
    try:
        return datetime.fromtimestamp(seconds, timezone.utc).strftime("%Y-%m-%d %H:%M:%S UTC")
    except (ValueError, OverflowError, OSError):
        return "a year after 9999" if seconds > 0 else "a year before 1"
