"""Credentials: find them, read and validate tokens, and narrow them for the upload."""

from __future__ import annotations

import base64
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timezone

from . import macaroon
from .errors import MissingCredentialsError, UsageError
from .macaroon import Macaroon
from .masking import FOREIGN_VARIABLES, PASSWORD_VARIABLE, server_of_token
from .servers import SERVERS, TOKEN_USERNAME, Server

PREFIX = "pypi-"
LIFETIME_SECONDS = 60 * 60
CLOCK_SKEW_SECONDS = 5 * 60

FAULTS = (
    (re.compile(r"[\r\n]"), "contains a line break"),
    (re.compile(r"\s"), "contains a space"),
    (re.compile("[\"'`\u2018\u2019\u201c\u201d]"), "contains a quotation mark"),
    (re.compile(rf"\A(?!{PREFIX})"), f'does not begin with "{PREFIX}", so it is not an API token'),
)
NO_SECRETS = (
    "Travis gave this job no secret variables (TRAVIS_SECURE_ENV_VARS is false): it builds a fork, or the repository's "
    "settings define none for this branch. Check the variables in these settings"
)


@dataclass(frozen=True)
class Credentials:
    """A user name with a token or password; ``source`` names the variables that the secret came from.

    ``contents`` are those of an API token; None for a password, and for a token that cannot be read. ``narrow``: what
    is sent is a copy of the token with less rights.
    """

    username: str
    secret: str = field(repr=False)
    source: str
    contents: Macaroon | None = None
    narrow: bool = False

    def authorization(self, *, project: str, now: float) -> str:
        """Return the Authorization header of an attempt that begins ``now`` (seconds since the epoch)."""
        secret = narrowed(self.contents, project=project, now=now) if self.contents and self.narrow else self.secret
        return "Basic " + base64.b64encode(f"{self.username}:{secret}".encode()).decode("ascii")


def find(
    server: Server,
    environ: Mapping[str, str],
    *,
    names: Sequence[str],
    username: str,
    sources: Mapping[str, str],
    has_secrets: bool,
    narrow: bool,
    now: float,
) -> Credentials | None:
    """Return the credentials for a server; None if another server is used without credentials.

    ``names`` are the variables of ``--password-env``; ``sources`` say by attribute which option or variable a setting
    came from; ``has_secrets``: Travis gave the job its secret variables. Raises MissingCredentialsError if there are
    none, and UsageError, with one sentence, if they are wrong.
    """
    used = _variables_used(server, environ, names, source=sources["password_env"], has_secrets=has_secrets)
    if not used and username != TOKEN_USERNAME:
        raise MissingCredentialsError(
            f"{sources['username']} is given, but {PASSWORD_VARIABLE} is not set. Set it, or name the password's "
            "variable with --password-env"
        )
    if not used:
        return None
    secret, source = "".join(environ[name] for name in used), " + ".join(used)
    for text, its_source in ((secret, source), (username, sources["username"])):
        try:
            text.encode()
        except UnicodeEncodeError:  # the cause has the secret in it
            raise UsageError(f"the value of {its_source} is not UTF-8 text. Store it again, encoded as UTF-8") from None
    issuer = server_of_token(secret)
    if issuer not in (None, server) and not server.is_loopback:
        raise UsageError(
            f"{source} contains a token of {issuer.name}, which is never sent to {server.name}. Use a token or "
            f"password of {server.name}, or --server {issuer.name}"
        )
    if issuer is None and not server.is_pypi:
        return Credentials(username, secret, source)
    if server.is_pypi and username != TOKEN_USERNAME:
        raise UsageError(
            f"{server.name} accepts API tokens only. Remove {sources['username']} and put a token into {source}"
        )
    contents = read(secret, source=source, unreadable_allowed=not narrow)
    if contents:
        validate(contents, server, source=source, now=now)
    return Credentials(username, secret, source, contents, narrow)


def _variables_used(
    server: Server, environ: Mapping[str, str], names: Sequence[str], *, source: str, has_secrets: bool
) -> tuple[str, ...]:
    """Return the variables that hold the secret; none if another server is used without credentials.

    ``source`` is the option or variable that the ``names`` came from.
    """
    for name in names:
        if not environ.get(name):
            remedy = f"Add it in the repository's settings on Travis as {name}" if has_secrets else NO_SECRETS
            raise MissingCredentialsError(f"the variable {name}, named by {source}, is empty or not set. {remedy}")
    looked_at = [name for name in (server.token_variable, PASSWORD_VARIABLE) if name]
    used = tuple(names) or tuple(name for name in looked_at if environ.get(name))[:1]
    if not used and server.is_pypi:
        raise MissingCredentialsError(
            f"no token for {server.name}: {' and '.join(looked_at)} are not set. "
            f"{_why_missing(server, environ, has_secrets=has_secrets)}"
        )
    return used


def require_encryption(credentials: Credentials, server: Server) -> None:
    """Raise UsageError if the credentials would go over plain http to another machine."""
    if server.is_plain_http and not server.is_loopback:
        raise UsageError(
            f"{credentials.source} is not sent to {server.name}, because plain http would expose it. Use https, or "
            "--allow-plain-http in a trusted network"
        )


def _why_missing(server: Server, environ: Mapping[str, str], *, has_secrets: bool) -> str:
    if not has_secrets:
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


def validate(token: Macaroon, server: Server, *, source: str, now: float) -> None:
    """Raise UsageError if the server would reject the token, whatever the project."""
    if server.is_pypi and token.location != server.token_location:
        raise UsageError(f"the token in {source} was not created by {server.name}. {_create(server)}")
    if token.expires_at is not None and now >= token.expires_at:
        raise UsageError(f"the token in {source} expired on {clock_time(token.expires_at)}. {_create(server)}")
    if token.not_before is not None and now < token.not_before:
        raise UsageError(
            f"the token in {source} is not valid before {clock_time(token.not_before)}, and the clock says "
            f"{clock_time(now)}. {_create(server)}, or correct the clock"
        )


def require_project(credentials: Credentials | None, project: str) -> None:
    """Raise UsageError if the credentials are a token for other projects."""
    scope = credentials.contents.projects if credentials and credentials.contents else None
    if credentials and scope is not None and macaroon.normalized(project) not in scope:
        raise UsageError(
            f"the token in {credentials.source} is scoped to {', '.join(sorted(scope)) or 'no project'}. Use a token "
            f"for {project}; for the first release of {project}, an account-wide one"
        )


def narrowed(token: Macaroon, *, project: str, now: float) -> str:
    """Return the token, valid for ``project`` only, from 5 minutes before ``now`` to an hour after."""
    wire = macaroon.narrowed(
        token, project=project, expires_at=int(now) + LIFETIME_SECONDS, not_before=int(now) - CLOCK_SKEW_SECONDS
    )
    return PREFIX + base64.urlsafe_b64encode(wire).rstrip(b"=").decode()


def described(credentials: Credentials | None) -> str:
    """Return what is used to log in, for the first line of the log."""
    if credentials is None:
        return f"no credentials ({PASSWORD_VARIABLE} is not set)"
    if credentials.contents is None:
        return f"{'token' if credentials.secret.startswith(PREFIX) else 'password'} from {credentials.source}"
    projects = sorted(credentials.contents.projects or ())
    if projects:
        limit = f"project{'s' if len(projects) > 1 else ''} {', '.join(projects)}"
    else:
        limit = "not limited to a project" if credentials.contents.projects is None else "not valid for any project"
    return f"token from {credentials.source} ({limit})"


def clock_time(seconds: float) -> str:
    """Return a moment (seconds since the epoch) in UTC."""
    try:
        return datetime.fromtimestamp(seconds, timezone.utc).strftime("%Y-%m-%d %H:%M:%S UTC")
    except (ValueError, OverflowError, OSError):
        return "a year after 9999" if seconds > 0 else "a year before 1"
