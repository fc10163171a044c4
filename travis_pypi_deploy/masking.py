"""What must never be shown: the values of variables that hold secrets, and everything that looks like a token."""

from __future__ import annotations

import base64
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from urllib.parse import quote, unquote

from . import macaroon
from .servers import SERVERS, TOKEN_USERNAME, Server

PASSWORD_VARIABLE = "PYPI_PASSWORD"  # noqa: S105 - a variable's name
FOREIGN_VARIABLES = ("TWINE_PASSWORD", "UV_PUBLISH_TOKEN", "FLIT_PASSWORD")  # of other tools
SECRET_VARIABLES = ("TEST_PYPI_TOKEN", "PYPI_TOKEN", PASSWORD_VARIABLE, *FOREIGN_VARIABLES)

MASK = "***"
SHORT = 8  # shorter values are often ordinary words: they are masked only in quoted output
SHORTEST = 4  # values that are even shorter are never masked

# A token, or a Basic authorization with one: the base64 form of "pypi-AgE" at each of its three alignments.
BEGINNINGS = ("pypi-AgE", "cHlwaS1BZ0", "weXBpLUFnR", "B5cGktQWdF")  # searched first: the pattern is slow in long logs
LOOKS_LIKE_TOKEN = re.compile(
    rf"pypi-AgE[A-Za-z0-9_-]{{13,}}|(?:\b[A-Za-z0-9+/]{{0,64}})?(?:{'|'.join(BEGINNINGS[1:])})[A-Za-z0-9+/]{{16,}}=*"
)


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
