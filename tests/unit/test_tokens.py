from __future__ import annotations

import base64
import hmac
import json
from typing import TYPE_CHECKING

import pytest

from travis_pypi_deploy import tokens
from travis_pypi_deploy.errors import UsageError
from travis_pypi_deploy.tokens import macaroon

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

HERE, THERE, ELSEWHERE = "index.example", "test.index.example", "private.example"
KNOWN = {HERE: "pypi", THERE: "testpypi"}
NOW, NOW_UTC = 1_700_000_000, "2023-11-14 22:13:20 UTC"
IDENTIFIER = "8f7f0c1e-4d6a-4f0e-9a53-2d4f5f0c6b11"
NO_TOKEN = 'does not begin with "pypi-", so it is no API token of the index'
DAMAGED = "is cut short, damaged or more than one token"
EXPIRED = "The token in PYPI_TOKEN has expired (it was good until {}): make a new one and store it there."
EARLY = "The token in PYPI_TOKEN is not valid yet (it is good from {} on, and now it is {}): use another one."
USER = "11111111-2222-3333-4444-555555555555"


def v1_wire(*, location: str = HERE, caveats: Sequence[bytes] = (), signature: bytes = b"s" * 32) -> bytes:
    fields = [(b"location", location.encode()), (b"identifier", IDENTIFIER.encode())]
    fields += [(b"cid", caveat) for caveat in caveats]
    fields += [(b"signature", signature)]
    return b"".join(b"%04x%s %s\n" % (len(key) + len(value) + 6, key, value) for key, value in fields)


def v2_wire(*, location: str = HERE, caveats: Sequence[bytes] = (), signature: bytes = b"s" * 32) -> bytes:
    opening = b"\x02" + v2_field(1, location.encode()) + v2_field(2, IDENTIFIER.encode()) + b"\0"
    sections = b"".join(v2_field(2, caveat) + b"\0" for caveat in caveats)
    return opening + sections + b"\0" + v2_field(6, signature)


def v2_field(kind: int, value: bytes) -> bytes:
    size = len(value)
    return bytes([kind]) + (bytes([size]) if size < 0x80 else bytes([size & 0x7F | 0x80, size >> 7])) + value


def text_of(wire: bytes) -> str:
    return "pypi-" + base64.urlsafe_b64encode(wire).rstrip(b"=").decode()


def token_with(*caveats: object, location: str = HERE) -> tokens.Token:
    wire = v2_wire(location=location, caveats=[json.dumps(caveat).encode() for caveat in caveats])
    return tokens.read(text_of(wire), source="PYPI_TOKEN")


def judged(token: tokens.Token, *, location: str | None = HERE, project: str | None = None) -> tuple[str, ...]:
    return tokens.judge(token, location=location, known=KNOWN, project=project, now=float(NOW), source="PYPI_TOKEN")


@pytest.mark.parametrize(("wire", "version"), [(v1_wire, 1), (v2_wire, 2)])
def test_both_wire_formats_say_the_same(wire: Callable[..., bytes], version: int) -> None:
    token = tokens.read(text_of(wire(caveats=[b'[1,["demo"]]', b"else"])), source="PYPI_TOKEN")

    assert token.version == version
    assert (token.location, token.identifier) == (HERE, IDENTIFIER)
    assert token.caveats == (tokens.ProjectNames(("demo",)), tokens.Unknown(b"else"))


@pytest.mark.parametrize(
    ("caveat", "limit"),
    [
        ([0, 20, 10], tokens.Validity(expires_at=20, not_before=10)),
        ([0, 20, 10, "a field of tomorrow"], tokens.Validity(expires_at=20, not_before=10)),
        ({"nbf": 10, "exp": 20}, tokens.Validity(expires_at=20, not_before=10)),
        ([1, ["demo", "other"]], tokens.ProjectNames(("demo", "other"))),
        ([1, []], tokens.ProjectNames(())),
        ({"version": 1, "permissions": {"projects": ["demo"]}}, tokens.ProjectNames(("demo",))),
        ({"permissions": {"projects": ["demo"]}}, tokens.ProjectNames(("demo",))),
        ([2, [IDENTIFIER]], tokens.ProjectIds((IDENTIFIER,))),
        ({"project_ids": [IDENTIFIER]}, tokens.ProjectIds((IDENTIFIER,))),
        ([3, USER], tokens.User(USER)),
        ({"version": 1, "permissions": "user"}, tokens.User(None)),
    ],
    ids=repr,
)
def test_a_caveat_of_either_generation_is_understood(caveat: object, limit: tokens.Caveat) -> None:
    assert token_with(caveat).caveats == (limit,)


@pytest.mark.parametrize(
    "caveat",
    [
        b"",
        b"\xff",
        b"no JSON",
        b"7",
        b"[]",
        b"[0]",
        b"[0,20]",
        b"[0,20.0,10]",
        b"[0,true,10]",
        b"[true,[]]",
        b'[1,"demo"]',
        b"[1,[7]]",
        b"[2,null]",
        b"[3,7]",
        b'[4,"publisher"]',
        b'["1",[]]',
        b"{}",
        b'{"nbf":10}',
        b'{"version":1,"permissions":"all"}',
        b'{"version":1,"permissions":{}}',
        b"[" * 100_000,
    ],
    ids=lambda caveat: repr(caveat[:40]),
)
def test_a_caveat_that_we_do_not_know_is_left_to_the_index(caveat: bytes) -> None:
    token = tokens.read(text_of(v2_wire(caveats=[caveat[:16_000]])), source="PYPI_TOKEN")

    assert token.caveats == (tokens.Unknown(caveat[:16_000]),)
    assert judged(token, project="demo") == ()


@pytest.mark.parametrize(
    ("text", "fault"),
    [
        ("", "is empty"),
        (" \n", "is empty"),
        (text_of(v2_wire()) + "\n", "holds a line break"),
        (text_of(v2_wire())[:70] + "\r\n" + text_of(v2_wire())[70:], "holds a line break"),
        (" " + text_of(v2_wire()), "holds a space"),
        ("pypi-AgE\tIcA", "holds a space"),
        (f'"{text_of(v2_wire())}"', "holds a quotation mark"),
        (f"\u201c{text_of(v2_wire())}\u201d", "holds a quotation mark"),
        ("hunter2", NO_TOKEN),
        (
            "PYPI_TOKEN=" + text_of(v2_wire()),
            NO_TOKEN,
        ),
        ("pypi-AgE.IcA", "holds a character that no token has"),
        ("pypi-AgE+IcA/", "holds a character that no token has"),
        ("pypi-", DAMAGED),
        ("pypi-A", DAMAGED),
        (text_of(v2_wire()) * 2, DAMAGED),
    ],
)
def test_a_text_that_is_no_token_gets_a_sentence_of_its_own(text: str, fault: str) -> None:
    with pytest.raises(UsageError) as caught:
        tokens.read(text, source="TOKEN_A + TOKEN_B")

    remedy = 'store it anew, alone, from "pypi-" to its last character'
    assert str(caught.value) == f"The token in TOKEN_A + TOKEN_B {fault}: {remedy}."


@pytest.mark.parametrize(
    "wire",
    [
        b"",
        b"\x01",
        b"\x02",
        b"\x02\x00\x00" + v2_field(6, b"s" * 32),
        b"\x02" + v2_field(2, b"i") + v2_field(1, b"l") + b"\0\0" + v2_field(6, b"s" * 32),
        v2_wire(signature=b"short"),
        v2_wire().replace(b"\x06\x20", b"\x06\x21"),
        v2_wire() + b"\0",
        b"\x02\xff\xff\xff\xff\xff",
        b"\x02" + v2_field(1, b"\xff") + v2_field(2, b"i") + b"\0\0" + v2_field(6, b"s" * 32),
        v2_wire().replace(b"\0\0", b"\0" + v2_field(9, b"?") + b"\0"),
        v1_wire(signature=b"short"),
        v1_wire().replace(b"002fsignature", b"0030signature"),
        v1_wire() + b"0",
        v1_wire() + v1_wire(),
        v1_wire().replace(b"identifier", b"identifies"),
        v1_wire().replace(b"\n", b" "),
        v1_wire().replace(b"001", b"+01", 1),
        b"0000" + v1_wire(),
        b"0005l",
    ],
    ids=lambda wire: repr(wire[:24]),
)
def test_what_is_no_macaroon_is_refused(wire: bytes) -> None:
    with pytest.raises(UsageError, match=DAMAGED):
        tokens.read(text_of(wire), source="PYPI_TOKEN")


def test_a_sentence_about_a_broken_token_brings_no_cause_that_quotes_it() -> None:
    with pytest.raises(UsageError) as caught:
        tokens.read(text_of(v2_wire())[:-4], source="PYPI_TOKEN")

    assert caught.value.__suppress_context__


def test_padding_that_the_index_takes_is_taken() -> None:
    padded = "pypi-" + base64.urlsafe_b64encode(v2_wire(caveats=[b"1"])).decode()

    assert padded.endswith("=")
    assert tokens.read(padded, source="X") == tokens.read(padded.rstrip("="), source="X")


def test_a_token_shows_neither_its_signature_nor_its_identifier() -> None:
    token = tokens.read(text_of(v2_wire(caveats=[b'[3,"me"]'])), source="PYPI_TOKEN")

    assert repr(token) == "Token(macaroon=Macaroon(version=2, location='index.example'))"


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("pypi-AgEIcA", True),
        (' "pypi-AgEIcA"\n', True),
        ("\u2018pypi-AgEIcA\u2019", True),
        ("pypi", False),
        ("hunter2-pypi-", False),
        ("", False),
    ],
)
def test_what_is_meant_to_be_a_token_is_told_by_its_beginning(text: str, expected: bool) -> None:
    assert tokens.looks_like_token(text) is expected


@pytest.mark.parametrize("wire", [v1_wire, v2_wire])
@pytest.mark.parametrize(
    "damage",
    [
        lambda text: text,
        lambda text: f'"{text}"',
        lambda text: text[:-9],
        lambda text: text[:40] + "\n" + text[40:],
        lambda text: "PYPI_TOKEN=" + text,
        lambda text: "pypi-" + text,
    ],
    ids=["whole", "quoted", "cut short", "wrapped", "with its variable", "prefixed twice"],
)
def test_a_known_server_s_token_is_recognized_however_it_is_broken(
    wire: Callable[..., bytes], damage: Callable[[str], str]
) -> None:
    assert tokens.is_of(damage(text_of(wire(location=THERE))), KNOWN) == "testpypi"


@pytest.mark.parametrize(
    "text",
    [
        "",
        "hunter2",
        "pypi-",
        "pypi-hunter2",
        "pypi-\u00e9",
        text_of(v2_wire(location=ELSEWHERE)),
        text_of(v1_wire(location=ELSEWHERE)),
        text_of(b"\x02" + v2_field(2, b"identifier") + b"\0\0" + v2_field(6, b"s" * 32)),
    ],
)
def test_other_credentials_are_nobody_s_token(text: str) -> None:
    assert tokens.is_of(text, KNOWN) is None


def test_a_token_without_limits_is_good_for_all() -> None:
    assert judged(token_with({"version": 1, "permissions": "user"}), project="demo") == ()


def test_a_token_of_the_other_index_is_refused_before_all_else() -> None:
    token = token_with([0, NOW, 0], [1, ["other"]], location=THERE)

    assert judged(token, project="demo") == (
        (
            "The token in PYPI_TOKEN is one of testpypi, and the server is pypi: "
            "store one of pypi, or give --server testpypi."
        ),
    )


def test_a_token_of_a_private_index_is_refused_without_naming_that() -> None:
    assert judged(token_with(location=ELSEWHERE)) == (
        (
            "The token in PYPI_TOKEN was not made by pypi but by an index that is not known here: "
            "store one that pypi made."
        ),
    )


def test_any_index_s_token_will_do_for_a_rehearsal_but_not_an_expired_one() -> None:
    assert judged(token_with(location=THERE), location=None) == ()
    assert len(judged(token_with([0, NOW, 0], location=THERE), location=None)) == 1


@pytest.mark.parametrize(
    ("caveats", "problems"),
    [
        ([[0, NOW + 1, NOW]], ()),
        ([[0, NOW, 0]], (EXPIRED.format(NOW_UTC),)),
        ([[0, NOW + 60, 0], [0, NOW - 60, 0]], (EXPIRED.format("2023-11-14 22:12:20 UTC"),)),
        ([[0, -(10**30), 0]], (EXPIRED.format("a year before 1"),)),
        ([{"nbf": NOW + 1, "exp": NOW + 60}], (EARLY.format("2023-11-14 22:13:21 UTC", NOW_UTC),)),
        ([[0, 10**40, 10**30]], (EARLY.format("a year after 9999", NOW_UTC),)),
    ],
    ids=["in time", "expired", "expired by one caveat", "never valid", "not yet", "never yet"],
)
def test_a_token_is_good_from_its_first_second_until_its_last(caveats: list[object], problems: tuple[str, ...]) -> None:
    assert judged(token_with(*caveats)) == problems


@pytest.mark.parametrize(
    ("caveats", "project", "good_for"),
    [
        ([[1, ["other"]]], None, None),
        ([[1, ["demo"]]], "demo", None),
        ([[1, ["my-demo", "other"]]], "My_.Demo", None),
        ([{"version": 1, "permissions": {"projects": ["My.Demo"]}}], "my-demo", None),
        ([[2, [IDENTIFIER]]], "demo", None),
        ([[1, ["other", "Another"]]], "demo", '"another", "other"'),
        ([[1, ["a", "b"]], [1, ["b", "c"]]], "demo", '"b"'),
        ([[1, ["demo"]], [1, ["other"]]], "demo", "no project at all"),
        ([[1, ["\ud800\n"]]], "demo", '"\\ud800\\n"'),
    ],
)
def test_a_token_of_other_projects_is_refused_once_the_name_is_known(
    caveats: list[object], project: str | None, good_for: str | None
) -> None:
    sentence = (
        f'The token in PYPI_TOKEN is not good for "demo" but for {good_for}: store one for "demo", '
        "or one for the whole account as long as that project does not exist."
    )
    assert judged(token_with(*caveats), project=project) == ((sentence,) if good_for else ())


def test_all_that_is_wrong_with_a_token_is_said_at_once() -> None:
    assert len(judged(token_with([0, NOW, NOW + 60], [1, ["other"]]), project="demo")) == 3


@pytest.mark.parametrize("wire", [v1_wire, v2_wire])
def test_a_narrowed_token_is_the_old_one_with_two_caveats_more(wire: Callable[..., bytes]) -> None:
    token = tokens.read(text_of(wire(caveats=[b'[3,"me"]'])), source="PYPI_TOKEN")

    added = [b"[0,1700003600,1699999700]", b'[1,["my-demo"]]']
    signature = b"s" * 32
    for caveat in added:
        signature = hmac.new(signature, caveat, "sha256").digest()
    expected = text_of(wire(caveats=[b'[3,"me"]', *added], signature=signature))
    assert tokens.narrow(token, project="My_Demo", now=NOW + 0.9).reveal() == expected


@pytest.mark.parametrize("size", [0, 1, 127, 128, 16_383, 16_384, 60_000])
@pytest.mark.parametrize("wire", [v1_wire(), v2_wire()], ids=["v1", "v2"])
def test_a_caveat_of_any_length_is_read_as_it_was_written(wire: bytes, size: int) -> None:
    longer = macaroon.append(macaroon.decode(wire), b"c" * size)

    assert macaroon.decode(macaroon.encode(longer)) == longer
    assert longer.caveats == (b"c" * size,)


def test_a_third_party_caveat_travels_along_unread() -> None:
    opening = b"\x02" + v2_field(1, HERE.encode()) + v2_field(2, b"i") + b"\0"
    third = v2_field(1, b"elsewhere") + v2_field(2, b"[0,1,0]") + v2_field(4, b"key") + b"\0"
    wire = opening + third + v2_field(2, b"first") + b"\0\0" + v2_field(6, b"s" * 32)

    assert macaroon.decode(wire).caveats == (b"first",)
    assert macaroon.encode(macaroon.decode(wire)) == wire


def test_a_third_party_caveat_of_version_1_travels_along_unread() -> None:
    third = b"0010cid [0,1,0]\n000cvid key\n0011cl elsewhere\n"
    wire = v1_wire(caveats=[b"first"]).replace(b"000ecid first", third.rstrip(b"\n") + b"\n000ecid first")

    assert macaroon.decode(wire).caveats == (b"first",)
    assert macaroon.encode(macaroon.decode(wire)) == wire
