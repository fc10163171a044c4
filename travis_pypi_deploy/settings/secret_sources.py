"""Where the secret for a server is looked for, and why there may be none."""

from __future__ import annotations

from typing import TYPE_CHECKING

from ..errors import MissingCredentialsError, UsageError
from ..servers import SERVERS

if TYPE_CHECKING:
    from collections.abc import Mapping

    from ..job import Job
    from ..servers import Server
    from . import Settings

ANY_SERVER_VARIABLE = "PYPI_PASSWORD"
TOKEN_USERNAME = "__token__"  # noqa: S105 - the user name that goes with every token
NO_SECRETS = (
    "Travis gave this job no encrypted variables (TRAVIS_SECURE_ENV_VARS is false): it builds a fork, or none are "
    "defined for this branch in the repository's settings"
)


def find(settings: Settings, environ: Mapping[str, str], job: Job) -> tuple[str, str] | None:
    """Return the secret for the server, and the names of the variables that it came from.

    None where there is none and the server may take uploads without. Raises MissingCredentialsError where it takes
    none, UsageError for a user name without a password.
    """
    if settings.password_env:
        return _named_secret(settings, environ, job)
    for name in _variables(settings.server):
        if environ.get(name):
            return environ[name], name
    _check_none_needed(settings, environ, job)
    return None


def shown(username: str) -> str:
    """Return the user name as a message shows it: not at all if it may be a token in the wrong place."""
    return "" if "pypi-" in username else f' "{username}"'


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
                f"there is no password for {settings.sources['username']}{shown(settings.username)}: "
                f"{ANY_SERVER_VARIABLE} is not set. Put it there, or name its variable with --password-env"
            )
        return
    raise MissingCredentialsError(
        f"no token for {server.name}: {' and '.join(_variables(server))} are not set. "
        + _why_missing(server, environ, job)
    )


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
