"""A text that nothing shows by accident, and the last fence before a stream or a file."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, NoReturn

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

MASK = "***"
RUN = 12  # so many characters in a row are no coincidence
PROBE = 6
STEP = RUN - PROBE + 1
SHORTEST = 4  # a password of three letters would mask half of a log

WORD = re.compile(r"[A-Za-z0-9+/=_-]*")
TOKEN = re.compile(
    r"pypi-(?:AgE|MD[AB])[A-Za-z0-9_-]{13,}"  # how macaroons begin, versions 2 and 1
    r"|X190b2tlbl9fOnB5cGkt[A-Za-z0-9+/]+=*"  # "__token__:pypi-" in a Basic authorization, and what follows
)


class Secret:
    """A text that only ``reveal`` gives away: no ``str``, ``repr``, format, pickle or copy of it does."""

    __slots__ = ("_text",)
    _text: str

    def __init__(self, text: str) -> None:
        object.__setattr__(self, "_text", text)

    def reveal(self) -> str:
        """Return the text itself."""
        return self._text

    def __repr__(self) -> str:
        return f"Secret({MASK})"

    def __eq__(self, other: object) -> bool:
        return self._text == other._text if isinstance(other, Secret) else NotImplemented

    def __hash__(self) -> int:
        return hash((Secret, self._text))

    def __setattr__(self, name: str, value: object) -> NoReturn:
        raise AttributeError(f"a Secret cannot be changed: {name}")

    def __delattr__(self, name: str) -> NoReturn:
        raise AttributeError(f"a Secret cannot be changed: {name}")

    def __reduce__(self) -> NoReturn:
        raise TypeError("a Secret cannot be pickled or copied: its text would be readable there")


def redact(text: str, secrets: Iterable[Secret], *, username: str = "__token__") -> str:
    """Return ``text`` without any of ``secrets``, and without anything that looks like a PyPI token.

    Masked are a secret itself, its percent-encoded form, its Basic authorization for ``username``, and any 12
    characters in a row of these with the rest of their word: a token narrowed from a secret goes on there.
    """
    forms = {form for secret in secrets for form in _forms(secret.reveal(), username)}
    text = _without_runs(text, "\0".join(form for form in forms if len(form) >= RUN))
    for form in sorted(forms, key=len, reverse=True):
        if SHORTEST <= len(form) < RUN:
            text = text.replace(form, MASK)
    return TOKEN.sub(MASK, text)


def _forms(secret: str, username: str) -> Iterator[str]:
    from base64 import b64encode  # a job without secrets needs neither
    from urllib.parse import quote

    yield secret
    yield quote(secret, safe="", errors="replace")
    for encoding in ("utf-8", "latin-1"):  # clients differ
        yield b64encode(f"{username}:{secret}".encode(encoding, "replace")).decode()


def _without_runs(text: str, forms: str) -> str:
    pieces: list[str] = []
    end = 0
    for start in _shared(text, forms):
        if start + RUN <= end:
            continue
        if start >= end:
            pieces += [text[end:start], MASK]
        end = start + RUN
        word = WORD.match(text, end)
        end = word.end() if word else end
    return "".join(pieces) + text[end:]


def _shared(text: str, forms: str) -> Iterator[int]:
    """Yield, in order, where 12 characters in a row of ``text`` stand in ``forms``.

    Each such run holds 6 characters that begin at a multiple of 7, so only those are looked for everywhere.
    """
    for probe in range(0, len(text) - PROBE + 1, STEP) if forms else ():
        if text[probe : probe + PROBE] in forms:
            for start in range(max(probe - STEP + 1, 0), min(probe, len(text) - RUN) + 1):
                if text[start : start + RUN] in forms:
                    yield start
