"""A PyPI token: ``pypi-`` and a macaroon in base64url; read from a variable, narrowed for the wire."""

from __future__ import annotations

import base64
import re
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from ..errors import UsageError
from . import caveats, macaroon
from .secret import Secret

if TYPE_CHECKING:
    from collections.abc import Mapping

PREFIX = "pypi-"
LIFETIME_SECONDS = 60 * 60
CLOCK_SKEW_SECONDS = 5 * 60

QUOTES = "\"'`\u2018\u2019\u201c\u201d"
FAULTS = (
    (re.compile(r"\A\s*\Z"), "is empty"),
    (re.compile(r"[\n\r\v\f\x1c-\x1e\x85\u2028\u2029]"), "holds a line break"),
    (re.compile(r"\s"), "holds a space"),
    (re.compile(f"[{QUOTES}]"), "holds a quotation mark"),
    (re.compile(rf"\A(?!{PREFIX})"), f'does not begin with "{PREFIX}", so it is no API token of the index'),
    (re.compile(r"[^A-Za-z0-9_=-]"), "holds a character that no token has"),
)


@dataclass(frozen=True)
class Token:
    """A token that could be read; whether its signature is right only the index can tell."""

    macaroon: macaroon.Macaroon
    caveats: tuple[caveats.Caveat, ...] = field(repr=False)

    @property
    def version(self) -> int:
        """Return the version of the macaroon's wire format, 1 or 2."""
        return self.macaroon.version

    @property
    def location(self) -> str:
        """Return the host of the index that made the token."""
        return self.macaroon.location

    @property
    def identifier(self) -> str:
        """Return the name under which the index keeps the token's key."""
        return self.macaroon.identifier


def looks_like_token(text: str) -> bool:
    """Return whether ``text`` is meant to be a PyPI token, be it in quotes or between spaces."""
    return text.strip(QUOTES + " \t\r\n").startswith(PREFIX)


def read(text: str, *, source: str) -> Token:
    """Return the token that ``text`` is.

    Raises UsageError where it cannot be one; ``source`` names the variables that it came from.
    """
    fault = next((words for pattern, words in FAULTS if pattern.search(text)), None)
    if fault:
        raise _unreadable(source, fault)
    try:
        wire = macaroon.decode(_base64url(text[len(PREFIX) :]))
    except ValueError:
        # from None: the cause can hold a part of the token
        raise _unreadable(source, "is cut short, damaged or more than one token") from None
    return Token(wire, tuple(caveats.parse(each) for each in wire.caveats))


def is_of(text: str, known: Mapping[str, str]) -> str | None:
    """Return the name of the server whose token ``text`` holds, be it quoted or cut short; None if none.

    ``known`` maps the location in a server's tokens to the server's name.
    """
    for rest in "".join(text.split()).split(PREFIX)[1:]:
        beginning = "".join(re.findall(r"\A(?:[A-Za-z0-9_-]{4})*", rest))
        place = macaroon.location(_base64url(beginning))
        if place is not None and place in known:
            return known[place]
    return None


def narrow(token: Token, *, project: str, now: float) -> Secret:
    """Return ``token`` for the wire: for ``project`` only, from 5 minutes before ``now`` to an hour after."""
    expires_at, not_before = int(now) + LIFETIME_SECONDS, int(now) - CLOCK_SKEW_SECONDS
    narrowed = macaroon.append(token.macaroon, caveats.validity(expires_at, not_before))
    narrowed = macaroon.append(narrowed, caveats.project_names(project))
    return Secret(PREFIX + base64.urlsafe_b64encode(macaroon.encode(narrowed)).rstrip(b"=").decode())


def _unreadable(source: str, fault: str) -> UsageError:
    remedy = f'store it anew, alone, from "{PREFIX}" to its last character'
    return UsageError(f"The token in {source} {fault}: {remedy}.")


def _base64url(text: str) -> bytes:
    return base64.b64decode(text + "=" * (-len(text) % 4), altchars=b"-_", validate=True)
