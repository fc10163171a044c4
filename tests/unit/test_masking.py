"""Secrets, and whatever looks like a token, are hidden in every text that is shown."""

from __future__ import annotations

import base64
import html
import json
import re
import shlex
import subprocess
import time
from typing import TYPE_CHECKING
from urllib.parse import quote, quote_plus

import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from tests.support import invented_tokens
from travis_pypi_deploy import credentials
from travis_pypi_deploy.masking import Mask, secret_texts

if TYPE_CHECKING:
    from collections.abc import Callable

TOKEN = invented_tokens.token()


def basic(username: str, password: str, encoding: str = "utf-8") -> str:
    return base64.b64encode(f"{username}:{password}".encode(encoding)).decode()


HIDDEN = {
    "a token": (f"sent {TOKEN} off", TOKEN, "sent *** off"),
    "twice": (f"{TOKEN}, {TOKEN}.", TOKEN, "***, ***."),
    "Basic": (f"Authorization: Basic {basic('__token__', TOKEN)}", TOKEN, "Authorization: Basic ***"),
    "percent-encoded": ("https://me:p%40ss%20word@index.example/", "p@ss word", "https://me:***@index.example/"),
    "a password": ("correct horse battery", "correct horse", "*** battery"),
    "a short password": ("hunter2", "hunter2", "hunter2"),
    "a password of 8 characters": ("hunter22", "hunter22", "***"),
    "another alphabet": ("sch\u00f6n und geheim!", "sch\u00f6n und geheim!", "***"),
    "a surrogate": ("a\ud800b-and-more", "a\ud800b-and-more", "***"),
    "a line break at its end": ("it is correct horse!", "correct horse\n", "it is ***!"),
    "one line of it": ("it is battery staple!", "correct horse\nbattery staple", "it is ***!"),
    "nothing": ("nothing to see", TOKEN, "nothing to see"),
}


@pytest.mark.parametrize(("text", "secret", "shown"), HIDDEN.values(), ids=HIDDEN)
def test_a_secret_is_hidden_and_the_rest_is_not(text: str, secret: str, shown: str) -> None:
    assert Mask.of(frozenset({secret})).hide(text) == shown


@pytest.mark.parametrize(("secret", "is_hidden"), [("abcd", True), ("hunter2", True), ("abc", False)])
def test_a_short_secret_is_hidden_in_text_of_others_only(secret: str, is_hidden: bool) -> None:
    mask, text = Mask.of(frozenset({secret})), f"it is {secret}"
    assert mask.hide(text) == text
    assert mask.hide_quoted(text) == ("it is ***" if is_hidden else text)


@pytest.mark.parametrize("encoding", ["utf-8", "latin-1"])
def test_a_basic_authorization_is_hidden_for_its_user_and_in_either_encoding(encoding: str) -> None:
    header = basic("J\u00fcrgen", "ge-h\u00e4-im", encoding)
    secrets = frozenset({"ge-h\u00e4-im"})
    assert Mask.of(secrets, username="J\u00fcrgen").hide(header) == "***"
    assert Mask.of(secrets, username="another").hide(header) == header


def test_the_longest_of_several_secrets_is_hidden_first() -> None:
    mask = Mask.of(frozenset({"correct horse", "correct horse battery"}))
    assert mask.hide("correct horse battery, correct horse") == "***, ***"


@pytest.mark.parametrize("username", ["", "a", "ab", "abc", "__token__"])
def test_a_token_is_hidden_though_nobody_named_it(username: str) -> None:
    assert Mask().hide(f"typed in the wrong place: {TOKEN}") == "typed in the wrong place: ***"
    shown = Mask().hide(f"a header: {basic(username, TOKEN)}.")
    assert shown == "a header: ***."


NOT_TOKENS = ["pypi-attestations-0.0.12.tar.gz", "pypi_attestations-0.0.12-py3-none-any.whl", "pypi-AgE"]
NOT_TOKENS += ["travis-pypi-deploy-0.1.0.tar.gz", "pypi-MDAnalysis", 'a token begins with "pypi-", then comes base64']


@pytest.mark.parametrize("text", NOT_TOKENS)
def test_a_name_that_begins_like_a_token_is_not_hidden(text: str) -> None:
    assert Mask.of(frozenset({TOKEN})).hide(text) == text


def test_a_long_text_without_a_space_is_searched_in_linear_time() -> None:
    text = "a" * 300_000  # took minutes, when every letter was tried as the beginning of the whole rest
    assert Mask().hide(text) == text


def test_a_long_log_of_a_build_is_masked_in_little_time() -> None:
    line = 10 * "gcc -pthread -Wall -O2 -fPIC -I/usr/include/python3.11 -c src/a.c -o build/temp.linux-x86_64/a.o "
    started = time.process_time()
    for _ in range(20_000):
        Mask().hide(line)
    assert time.process_time() - started < 0.4  # more than a second, when the whole pattern was tried everywhere


@settings(deadline=None)
@given(before=st.text(max_size=40), after=st.text(max_size=40), secret=st.text(min_size=8, max_size=60))
def test_no_text_shows_a_secret(before: str, after: str, secret: str) -> None:
    assert secret not in Mask.of(frozenset({secret})).hide(before + secret + after).replace("***", "\0")


@settings(deadline=None)
@given(text=st.text(), secret=st.text(alphabet="\u0410\u0411\u0412", min_size=8))
def test_a_text_without_the_secret_stays_as_it_is(text: str, secret: str) -> None:
    innocent = text.translate({0x410: None, 0x411: None, 0x412: None})
    assert Mask.of(frozenset({secret})).hide(innocent) == innocent


@pytest.mark.parametrize(
    "name",
    ["TEST_PYPI_TOKEN", "PYPI_TOKEN", "PYPI_PASSWORD", "TWINE_PASSWORD", "UV_PUBLISH_TOKEN", "FLIT_PASSWORD"],
)
def test_the_value_of_every_variable_that_holds_secrets_is_a_secret(name: str) -> None:
    assert secret_texts({name: "s3cret", "HOME": "/root"}) == {"s3cret"}


def test_each_part_of_a_password_and_the_joined_value_are_secrets() -> None:
    assert secret_texts({"A": "one", "B": "two", "C": ""}, password_env=("A", "B", "C")) == {"one", "two", "onetwo"}


def test_a_mask_does_not_show_what_it_hides() -> None:
    assert "correct horse" not in repr(Mask.of(frozenset({"correct horse"})))


# Texts from others: one normal form of text and secret

PASSWORD = "p\u00e4ss w\u00f6rd/+&<\"'\\%41$x"


def bash_quoted(text: str) -> str:
    return subprocess.run(["bash", "-c", 'printf %q "$0"', text], capture_output=True, check=True).stdout.decode()


def lower_percent(text: str) -> str:
    return "".join(f"%{each:02x}" for each in text.encode())


WRITTEN: dict[str, Callable[[str], str]] = {
    "as it is": str,
    "UTF-8 read as latin-1": lambda text: text.encode().decode("latin-1"),
    "JSON": json.dumps,
    "JSON in UTF-8": lambda text: json.dumps(text, ensure_ascii=False),
    "JSON twice": lambda text: json.dumps(json.dumps(text)),
    "JSON with escaped slashes": lambda text: json.dumps(text).replace("/", "\\/"),
    "HTML": html.escape,
    "HTML in numbers": lambda text: "".join(f"&#{ord(each)};" for each in text),
    "HTML in hexadecimal": lambda text: "".join(f"&#x{ord(each):X};" for each in text),
    "HTML in JSON": lambda text: json.dumps(html.escape(text)),
    "percent": lambda text: quote(text, safe=""),
    "percent, slashes kept": quote,
    "percent, in lower case": lower_percent,
    "percent twice": lambda text: quote(quote(text, safe=""), safe=""),
    "plus": quote_plus,
    "repr": repr,
    "repr of bytes": lambda text: repr(text.encode()),
    "octal": lambda text: "".join(f"\\{each:03o}" for each in text.encode()),
    "shell": shlex.quote,
    "bash's %q": bash_quoted,
    "base64": lambda text: base64.b64encode(text.encode()).decode(),
    "base64 for URLs": lambda text: base64.urlsafe_b64encode(text.encode()).decode(),
    "Basic of any user": lambda text: base64.b64encode(f"somebody:{text}".encode()).decode(),
    "Basic in latin-1": lambda text: base64.b64encode(f"me:{text}".encode("latin-1", "replace")).decode(),
    "base64 in lines": lambda text: base64.encodebytes(b"x" * 50 + text.encode()).decode(),
    "collapsed spaces": lambda text: " ".join(text.split()),
    "split over two lines": lambda text: text[:6] + "\r\n " + text[6:],
}
RARELY_WRITTEN: dict[str, Callable[[str], str]] = {
    "split in an escape": lambda text: lower_percent(text)[:4] + "\r\n " + lower_percent(text)[4:],
    "split by a colour": lambda text: f"{text[:6]}\x1b[1;31m{text[6:]}\x1b[0m",
    "split by an invisible space": lambda text: f"{text[:6]}\u200b{text[6:]}",
    "UTF-8 read as cp1252": lambda text: text.encode().decode("cp1252"),
    "surrogates": lambda text: text.encode().decode("ascii", "surrogateescape"),
    "UTF-16 read as UTF-8": lambda text: text.encode("utf-16-le").decode("utf-8", "replace"),
    "repr of UTF-16": lambda text: repr(text.encode("utf-16-le")),
    "latin-1 read as UTF-8": lambda text: text.encode("latin-1").decode("utf-8", "replace"),
    "ASCII with question marks": lambda text: text.encode("ascii", "replace").decode(),
    "octal without zeros": lambda text: "".join(f"\\{each:o}" for each in text.encode()),
    "JavaScript's escape": lambda text: "".join(f"%u{ord(each):04X}" for each in text),
    "Perl's escapes": lambda text: "".join(f"\\x{{{ord(each):x}}}" for each in text),
    "a mixture": lambda text: "".join(
        (f"\\u{ord(each):04x}", f"&#{ord(each)};", lower_percent(each), each)[at % 4] for at, each in enumerate(text)
    ),
    "hexadecimal": lambda text: text.encode().hex(" "),
    "hexadecimal in capitals": lambda text: text.encode().hex().upper(),
}


@pytest.mark.parametrize("how", [*WRITTEN.values(), *RARELY_WRITTEN.values()], ids=[*WRITTEN, *RARELY_WRITTEN])
def test_a_secret_in_a_text_from_others_is_masked_however_it_is_written(how: Callable[[str], str]) -> None:
    for secret in (PASSWORD, "correct horse battery", "Tr0ub4dor&3"):
        shown = Mask.of(frozenset({secret})).hide_quoted(f"before {how(secret)} after")
        assert shown.startswith("before ")
        assert shown.endswith(" after")
        assert "***" in shown
        assert not set(secret.split()) & set(shown.split())


words = st.sampled_from(
    ["correct", "horse", "status", "demo", "token", "a", "the", "10", "/", "<b>", "%20", "&amp;", "\\n"]
)
passwords = st.one_of(
    st.text(st.characters(codec="utf-8", exclude_characters="\0"), min_size=8, max_size=30),
    st.lists(st.sampled_from(["correct", "horse", "battery", "staple"]), min_size=2, max_size=5).map(" ".join),
)
not_base64 = [each for name, each in WRITTEN.items() if "ase64" not in name and "Basic" not in name]
encodings = st.lists(st.sampled_from([each for each in not_base64 if each is not bash_quoted]), max_size=2)


@settings(deadline=None, max_examples=300)
@given(secret=passwords, before=st.lists(words).map(" ".join), after=st.lists(words).map(" ".join), how=encodings)
def test_no_text_from_others_shows_a_secret_written_twice_over(
    secret: str, before: str, after: str, how: list[Callable[[str], str]]
) -> None:
    assume(len("".join(secret.replace("+", "").split())) >= 4)
    assume(not set(secret) & set("%&\\"))  # a secret of escapes only has no normal form
    written = secret
    for each in how:
        written = each(written)
    shown = Mask.of(frozenset({secret})).hide_quoted(f"{before} {written} {after}")
    assert written not in shown.replace("***", "\0")


@settings(deadline=None, max_examples=300)
@given(text=st.lists(words | st.text(max_size=8)).map(" ".join), secret=st.text("\u0410\u0411\u0412\u0413", min_size=4))
def test_a_text_from_others_without_a_secret_stays_as_it_is(text: str, secret: str) -> None:
    innocent = text.translate(dict.fromkeys(map(ord, secret)))
    assert Mask.of(frozenset({secret})).hide_quoted(innocent) == innocent


INNOCENT = {
    "its words alone": ("correct horse battery", "a correct battery for a horse"),
    "the letters of ASCII alone": ("\u00fcpassword", "PYPI_PASSWORD is not a password"),
    "a letter more": ("sch\u00f6n-geheim", "sch?ner-geheim, schon-geheim"),
    "a number of a file": ("beef", "sha256 bee00ef"),
}


@pytest.mark.parametrize(("secret", "text"), INNOCENT.values(), ids=INNOCENT)
def test_a_text_that_resembles_a_secret_stays_as_it_is(secret: str, text: str) -> None:
    assert Mask.of(frozenset({secret})).hide_quoted(text) == text


@settings(deadline=None, max_examples=300)
@given(
    text=st.lists(words).map(" ".join), secret=st.lists(words.filter(str.isalpha), min_size=2, max_size=4).map("-".join)
)
def test_a_secret_of_words_hides_no_other_words(text: str, secret: str) -> None:
    assume(len(secret) >= 4)
    assert Mask.of(frozenset({secret})).hide_quoted(text) == text


@pytest.mark.parametrize("width", [20, 60, 76])
def test_a_narrowed_token_cannot_be_read_from_folded_lines(width: int) -> None:
    contents = credentials.read(TOKEN, source="X")
    assert contents
    narrowed = credentials.narrowed(contents, project="demo", now=time.time())
    identifier = TOKEN[30:60]
    mask = Mask.of(frozenset({TOKEN}))
    for written in (narrowed, basic("__token__", narrowed), basic("me", narrowed)):
        shown = mask.hide_quoted("\r\n ".join(written[at : at + width] for at in range(0, len(written), width)))
        letters = "".join(re.findall("[A-Za-z0-9+/_-]", shown))
        decoded = [base64.urlsafe_b64decode(letters[at : len(letters) - (len(letters) - at) % 4]) for at in range(4)]
        assert identifier not in letters
        assert identifier.encode() not in b" ".join(decoded)


def test_upper_and_lower_case_are_two_things() -> None:
    mask = Mask.of(frozenset({"password"}))
    assert mask.hide_quoted("PYPI_PASSWORD is not set; password") == "PYPI_PASSWORD is not set; ***"
