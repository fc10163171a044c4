"""Which secret goes to which server: found in variables, judged before anything slow, narrowed for every attempt."""

from __future__ import annotations

import base64
from dataclasses import dataclass
from typing import TYPE_CHECKING

from .. import tokens
from ..errors import MissingCredentialsError, UsageError
from ..tokens import Secret
from .servers import SERVERS, TOKEN_LOCATIONS

if TYPE_CHECKING:
    from collections.abc import Mapping

    from ..tokens import Token
    from ..travis import Job
    from . import Settings
    from .servers import Server

ANY_SERVER_VARIABLE = "PYPI_PASSWORD"
TOKEN_USERNAME = "__token__"  # noqa: S105 - the user name that goes with every token
NO_SECRETS = (
    "Travis gave this job no encrypted variables (TRAVIS_SECURE_ENV_VARS is false): it builds a fork, or none are "
    "defined for this branch in the repository's settings"
)


@dataclass(frozen=True)
class Credentials:
    """A user name with a token or password; ``source`` names the variables that the secret came from.

    ``token`` is what was read from a secret that is an API token and may be narrowed.
    """

    username: str
    secret: Secret
    source: str
    token: Token | None = None

    def authorization(self, *, project: str, now: float, narrow: bool) -> str:
        """Return the value of the Authorization header for an attempt that begins ``now`` (seconds since the epoch)."""
        secret = tokens.narrow(self.token, project=project, now=now) if self.token and narrow else self.secret
        pair = f"{self.username}:{secret.reveal()}".encode()
        return "Basic " + base64.b64encode(pair).decode("ascii")


def find(settings: Settings, environ: Mapping[str, str], job: Job, *, now: float) -> Credentials | None:
    """Return the credentials for the server; None where there are none and the server may take uploads without.

    Raises UsageError, one sentence, for whatever is missing or wrong.
    """
    server = settings.server
    secret, source = _secret(settings, environ, job)
    if not secret:
        _check_none_needed(settings, environ, job)
        return None
    _check_transport(settings, source)
    if not server.is_pypi:
        return _for_other_server(settings, Secret(secret), source)
    if settings.username != TOKEN_USERNAME:
        raise UsageError(
            f"{server.name} takes API tokens only: leave out {settings.sources['username']}{_shown(settings.username)} "
            f"and put a token into {source}"
        )
    token = tokens.read(secret, source=source)
    judge_token(token, server, source=source, project=None, now=now)
    return Credentials(settings.username, Secret(secret), source, token)


def judge_token(token: Token, server: Server, *, source: str, project: str | None, now: float) -> None:
    """Raise UsageError if the server would refuse the token; ``project`` None: it is not known yet."""
    if not server.token_location:
        return
    problems = tokens.judge(
        token, location=server.token_location, known=TOKEN_LOCATIONS, project=project, now=now, source=source
    )
    if problems:
        raise UsageError(" ".join(problems))


def _secret(settings: Settings, environ: Mapping[str, str], job: Job) -> tuple[str, str]:
    """Return the secret and the variables that it came from; two empty texts where there is none."""
    if settings.password_env:
        return _named_secret(settings, environ, job)
    for name in _variables(settings.server):
        if environ.get(name):
            return environ[name], name
    return "", ""


def _named_secret(settings: Settings, environ: Mapping[str, str], job: Job) -> tuple[str, str]:
    names = settings.password_env
    for name in names:
        if not environ.get(name):
            state = "empty" if name in environ else "not set"
            why = f"Store it in the repository's settings on Travis as {name}" if job.has_secrets else NO_SECRETS
            raise MissingCredentialsError(
                f"the variable {name}, which {settings.sources['password_env']} names, is {state}. {why}"
            )
    return "".join(environ[name] for name in names), " + ".join(names)


def _variables(server: Server) -> tuple[str, ...]:
    return (server.token_variable, ANY_SERVER_VARIABLE) if server.token_variable else (ANY_SERVER_VARIABLE,)


def _check_none_needed(settings: Settings, environ: Mapping[str, str], job: Job) -> None:
    server = settings.server
    if not server.is_pypi:
        if settings.username != TOKEN_USERNAME:
            raise UsageError(
                f"there is no password for {settings.sources['username']}{_shown(settings.username)}: "
                f"{ANY_SERVER_VARIABLE} is not set. Put it there, or name its variable with --password-env"
            )
        return
    raise MissingCredentialsError(
        f"no token for {server.name}: {' and '.join(_variables(server))} are not set. "
        + _why_missing(server, environ, job)
    )


def _shown(username: str) -> str:
    """Return the user name as a message shows it: not at all if it may be a token in the wrong place."""
    return "" if "pypi-" in username else f' "{username}"'


def _why_missing(server: Server, environ: Mapping[str, str], job: Job) -> str:
    if not job.has_secrets:
        return NO_SECRETS
    for other in SERVERS:
        if other is not server and other.token_variable and environ.get(other.token_variable):
            return f"{other.token_variable} is set: did you mean --server {other.name}?"
    return (
        f"Create an API token on {server.name}, and store it in the repository's settings on Travis as "
        f"{server.token_variable}, with display in the log off, for this branch or all"
    )


def _check_transport(settings: Settings, source: str) -> None:
    server = settings.server
    if server.is_plain_http and not server.is_loopback and not settings.allow_plain_http:
        raise UsageError(
            f"{source} is not sent to {server.name}: over plain http everybody on the way can read it. Use https, or "
            "--allow-plain-http in a network that you trust"
        )


def _for_other_server(settings: Settings, secret: Secret, source: str) -> Credentials:
    """Return the credentials as they are; a token of PyPI or TestPyPI goes to a loopback server at most, narrowed."""
    owner = tokens.is_of(secret.reveal(), TOKEN_LOCATIONS)
    if owner is None:
        return Credentials(settings.username, secret, source)
    if not settings.server.is_loopback:
        raise UsageError(
            f"{source} holds a token of {owner}, which must not go to {settings.server.name}: give that server's own "
            "password, or use --server " + owner
        )
    return Credentials(settings.username, secret, source, tokens.read(secret.reveal(), source=source))
