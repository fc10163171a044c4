"""What must never be shown: the values of variables that hold secrets, and everything that looks like a token."""

from __future__ import annotations

import base64
import html
import re
from collections.abc import Iterator, Mapping, Sequence
from contextlib import suppress
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
SIGNATURE_CHARACTERS = 48  # at the end of a token

# A token, or a Basic authorization with one: the base64 form of "pypi-AgE" at each of its three alignments.
BEGINNINGS = ("pypi-AgE", "cHlwaS1BZ0", "weXBpLUFnR", "B5cGktQWdF")  # searched first: the pattern is slow in long logs
LOOKS_LIKE_TOKEN = re.compile(
    rf"pypi-AgE[A-Za-z0-9_-]{{13,}}|(?:\b[A-Za-z0-9+/]{{0,64}})?(?:{'|'.join(BEGINNINGS[1:])})[A-Za-z0-9+/]{{16,}}=*"
)


# Other forms of a text: percent, HTML, JSON and backslash escapes, UTF-8 that was read in another charset, and colours.
ENCODED = re.compile(
    r"(?P<percent>(?:%[0-9A-Fa-f]{2})+)"
    r"|(?P<html>&(?:\#[0-9]{1,7}|\#[xX][0-9A-Fa-f]{1,6}|[A-Za-z][A-Za-z0-9]{1,30});?)"
    r"|(?P<unicode>(?:[\\%]u[0-9A-Fa-f]{4}|\\[ux]\{[0-9A-Fa-f]{1,6}\}|\\U[0-9A-Fa-f]{8})+)"
    r"|(?P<bytes>(?:\\x[0-9A-Fa-f]{2}|\\[0-3]?[0-7]{1,2})+)"
    r"|(?P<charset>[^\x00-\x7f]+)"
    r"|(?P<space>\\[abefnrtv])"
    r"|(?P<quoted>\\\W)"
    r"|(?P<nothing>\x1b\[[0-9;]*[A-Za-z])"
)
FOLDED = re.compile(r"(?P<nothing>[\r\n]+[ \t]*)")  # decoded alone, because an escape may be folded, too
DECODINGS_LIMIT = 8  # so often is a text encoded at the most, and decoded here

# What the normal forms leave out: spaces, which are folded and split, the plus that stands for one, characters that
# cannot be seen, quotes and the backslashes before them; the same, and all but one of the question marks that stand for
# letters which a charset does not have; spaces between the letters of base64 and of hexadecimal numbers.
UNSTABLE = r"[\s+\\'\"`\x00-\x1f\x7f-\x9f\xad\u200b-\u200f\u2060\ufeff]"
PLAIN, REPLACED, ENCODED_LETTERS = re.compile(UNSTABLE), re.compile(rf"{UNSTABLE}|(?<=\?)\?"), re.compile(r"\s")


@dataclass(frozen=True)
class Mask:
    """Hides secrets, and everything that looks like a token, in the texts that are shown.

    ``forms`` are the secrets as this tool could write them, the longest first. In texts from others the normal forms
    are searched: ``plain``, ``replaced`` without the letters that a charset may not have, and ``encoded``, the letters
    of base64 and hexadecimal numbers, which are the same whatever stands around the secret.
    """

    forms: tuple[str, ...] = field(default=(), repr=False)
    plain: frozenset[str] = field(default=frozenset(), repr=False)
    replaced: frozenset[str] = field(default=frozenset(), repr=False)
    encoded: frozenset[str] = field(default=frozenset(), repr=False)

    @classmethod
    def of(cls, secrets: frozenset[str], *, username: str = TOKEN_USERNAME) -> Mask:
        """Return the mask of these secrets, which may be sent in a Basic authorization of this user."""
        # A program that repeats a secret may leave out a line break at its end, or write its lines one by one.
        secrets |= {line.strip() for secret in secrets for line in secret.splitlines()} - {""}
        # A narrowed token begins like the one that it comes from.
        beginnings = {secret[:-SIGNATURE_CHARACTERS] for secret in secrets if LOOKS_LIKE_TOKEN.fullmatch(secret)}
        forms, plain, replaced, encoded = set[str](), set[str](), set[str](), set[str]()
        for secret in secrets:
            number = secret.encode(errors="replace").hex()
            forms |= {secret, quote(secret, safe="", errors="replace"), number, number.upper()}
            for encoding in ("utf-8", "latin-1"):  # clients differ
                forms.add(base64.b64encode(f"{username}:{secret}".encode(encoding, "replace")).decode())
        for secret in secrets | beginnings:
            plain.add(PLAIN.sub("", secret))
            encoded |= set(_encoded_letters(secret))
            for text, _ in _decodings(secret):  # what is decoded with the text around it
                plain |= {form for form in [PLAIN.sub("", text)] if len(form) >= SHORT}
                replaced |= {REPLACED.sub("", _in_ascii(text))} if not text.isascii() else set()
        return cls(
            tuple(sorted(forms, key=len, reverse=True)),
            frozenset(each for each in plain if len(each) >= SHORTEST),
            frozenset(each for each in replaced if len(each.replace("?", "")) >= SHORTEST),
            frozenset(each for each in encoded if len(each) >= SHORTEST),
        )

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

    def _places(self, text: str) -> list[Origin]:
        """Return where secrets are in a text, whatever their form; places that overlap are one."""
        found: list[Origin] = []
        for decoded, origins in _decodings(text):
            if any(each in decoded for each in BEGINNINGS):
                found += [_origin(origins, *match.span()) for match in LOOKS_LIKE_TOKEN.finditer(decoded)]
            in_ascii = _in_ascii(decoded)
            for form, left_out, secrets in (
                (decoded, PLAIN, self.plain),
                (in_ascii, REPLACED, self.replaced),
                (in_ascii, ENCODED_LETTERS, self.encoded),
            ):
                rest = left_out.sub("", form) if secrets else ""
                present = [each for each in secrets if each in rest]
                if present:
                    kept = [at for at in range(len(form)) if not left_out.match(form, at)]
                    matches = [match.span() for each in present for match in re.finditer(re.escape(each), rest)]
                    found += [_origin(origins, kept[start], kept[end - 1] + 1) for start, end in matches]
        merged: list[Origin] = []
        for start, end in sorted(found):
            if merged and start <= merged[-1][1]:
                merged[-1] = (merged[-1][0], max(end, merged[-1][1]))
            else:
                merged.append((start, end))
        return merged


Origin = tuple[int, int]
"""Where a decoded character comes from: the span in the original text."""


def _origin(origins: Sequence[Origin], start: int, end: int) -> Origin:
    return origins[start][0], origins[end - 1][1]


def _decodings(text: str) -> Iterator[tuple[str, Sequence[Origin]]]:
    """Yield the text, and what it is when it is decoded, until nothing is encoded any more."""
    origins: Sequence[Origin] = _Itself()
    for _ in range(DECODINGS_LIMIT):
        yield text, origins
        if text.isascii() and not any(each in text for each in "%&\\\x1b\r\n"):  # the pattern is slow in long logs
            return
        pieces, places, at = [], [], 0
        for match in (FOLDED if FOLDED.search(text) else ENCODED).finditer(text):
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
    if kind == "charset":
        for charset in ("latin-1", "cp1252"):
            with suppress(UnicodeError):
                return text.encode(charset, "surrogateescape").decode()
        return text
    return {"space": "\n", "quoted": text[1:], "nothing": ""}[str(kind)]


def _in_ascii(text: str) -> str:
    """Return the text with a question mark for each character that ASCII does not have."""
    return text.encode("ascii", "replace").decode()


def _text_of(data: bytes) -> str:
    try:
        return data.decode()
    except UnicodeDecodeError:
        return data.decode("latin-1")


def _encoded_letters(secret: str) -> Iterator[str]:
    """Yield the letters of base64 that depend on the secret alone, at each place in a group of three bytes, and hex."""
    for charset in ("utf-8", "latin-1", "utf-16-le"):
        data = secret.encode(charset, "replace")
        yield from (data.hex(), data.hex().upper())
        for before in range(3):
            letters = base64.b64encode(bytes(before) + data).decode().rstrip("=")
            middle = letters[-(-before * 8 // 6) : (before + len(data)) * 8 // 6]
            yield from (middle, middle.replace("+", "-").replace("/", "_"))


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
