"""What must never be shown: the values of variables that hold secrets, and everything that looks like a token."""

from __future__ import annotations

import base64
import html
import re
from collections.abc import Iterator, Mapping, Sequence
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


# Other forms of a text: percent, HTML, JSON, backslash and shell escapes, and UTF-8 that was read as latin-1.
ENCODED = re.compile(
    r"(?P<percent>(?:%[0-9A-Fa-f]{2})+)"
    r"|(?P<html>&(?:\#[0-9]{1,7}|\#[xX][0-9A-Fa-f]{1,6}|[A-Za-z][A-Za-z0-9]{1,30});?)"
    r"|(?P<unicode>(?:\\u(?:[0-9A-Fa-f]{4}|\{[0-9A-Fa-f]{1,6}\}))+|\\U[0-9A-Fa-f]{8})"
    r"|(?P<bytes>(?:\\x[0-9A-Fa-f]{2}|\\[0-3][0-7]{2})+)"
    r"|(?P<shell>'\\''|'\"'\"'|\\[^\w]|\\[a-tv-wyzA-TV-Z0-9])"
    r"|(?P<latin>[\x80-\xff]+)"
)
ESCAPES = {"n": "\n", "t": "\t", "r": "\r", "b": "\b", "f": "\f", "v": "\v", "a": "\a", "e": "\x1b", "0": "\0"}
BASE64_LETTER = re.compile(r"[A-Za-z0-9+/_=-]")
DECODINGS_LIMIT = 6  # so often is a text encoded at the most, and decoded here
SHORTEST_BASE64 = 5


@dataclass(frozen=True)
class Mask:
    """Hides secrets, and everything that looks like a token, in the texts that are shown.

    ``forms`` are the secrets as this tool could write them, the longest first. In texts from others the other two are
    searched, in one normal form of text and secret: ``plain`` are the secrets without spaces, ``encoded`` the middle
    of their base64 forms, which is the same whatever stands around them.
    """

    forms: tuple[str, ...] = field(default=(), repr=False)
    plain: tuple[str, ...] = field(default=(), repr=False)
    encoded: tuple[str, ...] = field(default=(), repr=False)

    @classmethod
    def of(cls, secrets: frozenset[str], *, username: str = TOKEN_USERNAME) -> Mask:
        """Return the mask of these secrets, which may be sent in a Basic authorization of this user."""
        # A program that repeats a secret may leave out a line break at its end, or write its lines one by one.
        lines = {line.strip() for secret in secrets for line in secret.splitlines()} - {""}
        forms, plain, encoded = set(), set(), set()
        for secret in secrets | lines:
            forms |= {secret, quote(secret, safe="", errors="replace")}
            for encoding in ("utf-8", "latin-1"):  # clients differ
                forms.add(base64.b64encode(f"{username}:{secret}".encode(encoding, "replace")).decode())
            decoded = [text for text, _ in _decodings(secret)][-1]
            ascii_only = "".join(each for each in secret if each.isascii())  # the rest may be unreadable
            plain |= {_without_spaces(secret), _without_spaces(decoded)}
            plain |= {_without_spaces(ascii_only)} if len(ascii_only) >= SHORT else set()
            if len(secret) >= SHORTEST:
                encoded |= set(_base64_middles(secret))
        by_length = [tuple(sorted(each, key=len, reverse=True)) for each in (forms, plain, encoded)]
        return cls(by_length[0], tuple(each for each in by_length[1] if len(each) >= SHORTEST), by_length[2])

    def hide(self, text: str, *, shortest: int = SHORT) -> str:
        """Return a text of this tool with every secret of at least ``shortest`` characters replaced."""
        for form in self.forms:
            if len(form) >= shortest:
                text = text.replace(form, MASK)
        return LOOKS_LIKE_TOKEN.sub(MASK, text) if any(each in text for each in BEGINNINGS) else text

    def hide_quoted(self, text: str) -> str:
        """Return a text from others with every secret replaced, however it is written; a text without one as it is."""
        text = self.hide(text, shortest=SHORTEST)
        found = self._places(text)
        if not found:
            return text
        for start, end in sorted(found, reverse=True):
            text = text[:start] + MASK + text[max(end, start) :]
        return MASK if self._places(text) else text  # what cannot be cut out is replaced whole

    def _places(self, text: str) -> list[tuple[int, int]]:
        """Return where secrets are in a text, whatever their form; places that overlap are one."""
        found: list[tuple[int, int]] = []
        for decoded, origins in _decodings(text):
            if any(each in decoded for each in BEGINNINGS):
                found += [_origin(origins, *match.span()) for match in LOOKS_LIKE_TOKEN.finditer(decoded)]
            if not self.plain:
                continue
            together = _without_spaces(decoded)
            letters = "".join(decoded.split())
            if any(each in together for each in self.plain):
                found += self._plain_places(decoded, origins, together)
            if any(each in letters for each in self.encoded):
                found += self._encoded_places(decoded, origins, letters)
        merged: list[tuple[int, int]] = []
        for start, end in sorted(found):
            if merged and start <= merged[-1][1]:
                merged[-1] = (merged[-1][0], max(end, merged[-1][1]))
            else:
                merged.append((start, end))
        return merged

    def _plain_places(self, decoded: str, origins: Sequence[Origin], together: str) -> Iterator[Origin]:
        kept = [at for at, each in enumerate(decoded) if _without_spaces(each)]
        for secret in self.plain:
            for match in re.finditer(re.escape(secret), together):
                yield _origin(origins, kept[match.start()], kept[match.end() - 1] + 1)

    def _encoded_places(self, decoded: str, origins: Sequence[Origin], letters: str) -> Iterator[Origin]:
        kept = [at for at, each in enumerate(decoded) if not each.isspace()]
        for middle in self.encoded:
            for match in re.finditer(re.escape(middle), letters):
                start, end = kept[match.start()], kept[match.end() - 1] + 1
                # The letters around the middle depend on the secret, too.
                while start and BASE64_LETTER.match(decoded[start - 1]):
                    start -= 1
                while end < len(decoded) and BASE64_LETTER.match(decoded[end]):
                    end += 1
                yield _origin(origins, start, end)


Origin = tuple[int, int]
"""Where a decoded character comes from: the span in the original text."""


def _origin(origins: Sequence[Origin], start: int, end: int) -> Origin:
    return origins[start][0], origins[end - 1][1]


def _decodings(text: str) -> Iterator[tuple[str, Sequence[Origin]]]:
    """Yield the text, and what it is when it is decoded, until nothing is encoded any more."""
    origins: Sequence[Origin] = _Itself()
    for _ in range(DECODINGS_LIMIT):
        yield text, origins
        if text.isascii() and not any(each in text for each in "%&\\'"):  # the pattern is slow in long logs
            return
        pieces, places, at = [], [], 0
        for match in ENCODED.finditer(text):
            new = _decoded(match)
            start, end = match.span()
            pieces += [text[at:start], new]
            places += [origins[each] for each in range(at, start)] + [_origin(origins, start, end)] * len(new)
            at = end
        decoded = "".join([*pieces, text[at:]])
        if decoded == text:
            return
        text, origins = decoded, [*places, *(origins[each] for each in range(at, len(text)))]


class _Itself(Sequence[Origin]):
    """The origins of a text that is not decoded: each character comes from its own place."""

    def __len__(self) -> int:
        raise NotImplementedError

    def __getitem__(self, at: int) -> Origin:  # type: ignore[override]  # slices are not asked for
        return at, at + 1


def _decoded(match: re.Match[str]) -> str:
    """Return what a piece of encoded text means."""
    text, kind = match[0], match.lastgroup
    if kind == "percent":
        return _text_of(bytes.fromhex(text.replace("%", "")))
    if kind == "html" and text[1] != "#":
        return html.unescape(text)
    if kind == "html":
        number = text[2:].rstrip(";").lower()
        return chr(min(int(number[1:], 16) if number[0] == "x" else int(number), 0x10FFFF))
    if kind == "unicode":
        characters = "".join(chr(min(int(each, 16), 0x10FFFF)) for each in re.findall(r"[0-9A-Fa-f]{1,8}", text))
        return characters.encode("utf-16", "surrogatepass").decode("utf-16", "replace")  # joins surrogate pairs
    if kind == "bytes":
        return _text_of(bytes(int(each[1:], 16) if each[0] == "x" else int(each, 8) for each in text.split("\\")[1:]))
    if kind == "latin":
        return _text_of(text.encode("latin-1"))
    return ESCAPES.get(text[1], text[1]) if text.startswith("\\") else "'"


def _text_of(data: bytes) -> str:
    try:
        return data.decode()
    except UnicodeDecodeError:
        return data.decode("latin-1")


def _without_spaces(text: str) -> str:
    """Return the text without spaces, which are folded and split, and without the plus that stands for one."""
    return "".join(text.split()).replace("+", "").replace("\ufffd", "")


def _base64_middles(secret: str) -> Iterator[str]:
    """Yield the letters of base64 that depend on the secret alone, for each position in a group of three bytes."""
    for encoding in ("utf-8", "latin-1", "utf-16-le"):
        data = secret.encode(encoding, "replace")
        for before in range(3):
            letters = base64.b64encode(bytes(before) + data).decode().rstrip("=")
            first, end = -(-before * 8 // 6), (before + len(data)) * 8 // 6
            if end - first >= SHORTEST_BASE64:
                yield letters[first:end]
                yield letters[first:end].replace("+", "-").replace("/", "_")


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
