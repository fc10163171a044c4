from __future__ import annotations

import base64
import copy
import pickle
import traceback
from typing import Callable

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from travis_pypi_deploy.tokens.secret import Secret, redact

TOKEN = "pypi-AgENaW5kZXguZXhhbXBsZQIkOGY3ZjBjMWUtNGQ2YS00ZjBlLTlhNTMtMmQ0ZjVmMGM2YjExAAAGIHNzc3Nzc3Nz"


def basic(username: str, password: str) -> str:
    return base64.b64encode(f"{username}:{password}".encode()).decode()


@pytest.mark.parametrize(
    "shown",
    [repr, str, "{}".format, "{0!r:>5}".format, lambda each: f"{each}", lambda each: "%s %r" % ((each,) * 2)],
)
def test_a_secret_shows_nothing(shown: Callable[[Secret], str]) -> None:
    assert TOKEN not in shown(Secret(TOKEN))
    assert "Secret(***)" in shown(Secret(TOKEN))


def test_a_secret_is_revealed_on_request_only() -> None:
    assert Secret(TOKEN).reveal() == TOKEN


@pytest.mark.parametrize("leak", [pickle.dumps, copy.copy, copy.deepcopy])
def test_a_secret_is_neither_pickled_nor_copied(leak: Callable[[Secret], object]) -> None:
    with pytest.raises(TypeError, match="cannot be pickled or copied"):
        leak(Secret(TOKEN))


def test_a_secret_has_no_dictionary_and_does_not_change() -> None:
    secret = Secret(TOKEN)

    assert not hasattr(secret, "__dict__")
    with pytest.raises(AttributeError, match="cannot be changed"):
        secret._text = "another"
    with pytest.raises(AttributeError, match="cannot be changed"):
        del secret._text
    assert secret.reveal() == TOKEN


def test_secrets_are_equal_by_their_text() -> None:
    assert Secret("one") == Secret("one")
    assert Secret("one") != Secret("another")
    assert Secret("one") != "one"
    assert len({Secret("one"), Secret("one"), Secret("two")}) == 2


def test_a_secret_among_a_traceback_s_locals_stays_one() -> None:
    with pytest.raises(RuntimeError) as caught:
        _fail(Secret(TOKEN))

    shown = "".join(traceback.TracebackException.from_exception(caught.value, capture_locals=True).format())
    assert "secret = Secret(***)" in shown
    assert TOKEN not in shown


def _fail(secret: Secret) -> None:
    assert secret.reveal()
    raise RuntimeError("something else went wrong")


@pytest.mark.parametrize(
    ("text", "secret", "shown"),
    [
        (f"sent {TOKEN} off", TOKEN, "sent *** off"),
        (f"{TOKEN}{TOKEN}", TOKEN, "***"),
        (f"{TOKEN}, {TOKEN}.", TOKEN, "***, ***."),
        (f"Authorization: Basic {basic('__token__', TOKEN)}", TOKEN, "Authorization: Basic ***"),
        (f"...{TOKEN[20:32]}...", TOKEN, "...***..."),
        (f"...{TOKEN[20:31]}...", TOKEN, f"...{TOKEN[20:31]}..."),
        (TOKEN[20:60] + "narrowed-and-signed anew", TOKEN, "*** anew"),
        ("https://me:p%40ss%20word@index.example/", "p@ss word", "https://me:***@index.example/"),
        ("p@ss word", "p@ss word", "***"),
        ("pass and past", "pass", "*** and past"),
        ("abc", "abc", "abc"),
        ("", "hunter2", ""),
        ("nothing to see", TOKEN, "nothing to see"),
        ("nothing to see", "", "nothing to see"),
        ("sch\u00f6n und geheim!", "sch\u00f6n und geheim!", "***"),
        ("a\ud800b-and-a-long-one", "a\ud800b-and-a-long-one", "***"),
    ],
)
def test_a_secret_is_masked_and_the_rest_is_not(text: str, secret: str, shown: str) -> None:
    assert redact(text, [Secret(secret)]) == shown


def test_a_basic_authorization_is_masked_for_the_user_that_it_is_of() -> None:
    text = f"Basic {basic('me', 'hunter2')}"

    assert redact(text, [Secret("hunter2")], username="me") == "Basic ***"
    assert redact(text, [Secret("hunter2")], username="another") == text


@pytest.mark.parametrize("encoding", ["utf-8", "latin-1"])
def test_a_basic_authorization_is_masked_in_either_encoding(encoding: str) -> None:
    username, password = "J\u00fcrgen", "ge-h\u00e4-im"
    header = base64.b64encode(f"{username}:{password}".encode(encoding)).decode()

    assert redact(header, [Secret(password)], username=username) == "***"


def test_several_secrets_are_masked_at_once() -> None:
    secrets = (Secret(each) for each in ["hunter2", "hunter2-and-more", TOKEN])

    assert redact(f"hunter2 hunter2-and-more {TOKEN}", secrets) == "*** *** ***"


@pytest.mark.parametrize(
    "text",
    [
        f"typed in the wrong place: {TOKEN}",
        "of version 1: pypi-MDAxZWxvY2F0aW9uIGluZGV4LmV4YW1wbGU",
        f"a header: {basic('__token__', TOKEN)}",
    ],
)
def test_what_looks_like_a_token_is_masked_though_nobody_said_that_it_is_one(text: str) -> None:
    assert redact(text, []) == text.rpartition(" ")[0] + " ***"


@pytest.mark.parametrize(
    "text",
    [
        "pypi-attestations-0.0.12.tar.gz",
        "pypi_attestations-0.0.12-py3-none-any.whl",
        "travis-pypi-deploy-0.1.0.tar.gz",
        "pypi-AgE",
        "pypi-MDAnalysis",
        "a token begins with pypi-, then comes base64",
    ],
)
def test_a_name_that_begins_like_a_token_is_no_token(text: str) -> None:
    assert redact(text, []) == text
    assert redact(text, [Secret(TOKEN)]) == text


@settings(deadline=None)
@given(
    before=st.text(max_size=40),
    after=st.text(max_size=40),
    secret=st.text(min_size=12, max_size=60),
    cut=st.tuples(st.integers(0, 48), st.integers(0, 48)),
)
def test_no_twelve_characters_of_a_secret_come_through(
    before: str, after: str, secret: str, cut: tuple[int, int]
) -> None:
    shown = redact(before + secret[min(cut) : max(cut) + 12] + after, [Secret(secret)])

    pieces = shown.split("***")
    runs = {secret[start : start + 12] for start in range(len(secret) - 11)}
    assert not any(run in piece for piece in pieces for run in runs)


@settings(deadline=None)
@given(text=st.text(), secret=st.text(alphabet="\u0410\u0411\u0412", min_size=12))
def test_a_text_without_the_secret_stays_as_it_is(text: str, secret: str) -> None:
    innocent = text.translate({0x410: None, 0x411: None, 0x412: None})

    assert redact(innocent, [Secret(secret)]) == innocent
