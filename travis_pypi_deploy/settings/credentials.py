"""A secret that was found is judged before anything slow, and narrowed for every attempt."""

from __future__ import annotations

import base64
from dataclasses import dataclass
from typing import TYPE_CHECKING

from .. import tokens
from ..errors import UsageError
from ..servers import TOKEN_LOCATIONS
from ..tokens import Secret
from .secret_sources import TOKEN_USERNAME, shown

if TYPE_CHECKING:
    from ..servers import Server
    from ..tokens import Token
    from . import Settings


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


def for_server(settings: Settings, secret: str, *, source: str, now: float) -> Credentials:
    """Return the credentials that go to the server with this secret, which ``source`` names.

    Raises UsageError, one sentence, for whatever is wrong with it.
    """
    server = settings.server
    _check_transport(settings, source)
    if not server.is_pypi:
        return _for_other_server(settings, Secret(secret), source)
    if settings.username != TOKEN_USERNAME:
        raise UsageError(
            f"{server.name} takes API tokens only: leave out {settings.sources['username']}{shown(settings.username)} "
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
