"""The wire format of macaroons, and the caveats that can be checked here."""

from __future__ import annotations

import hmac
import json
from typing import Optional

import pytest

from tests.support import wire
from travis_pypi_deploy import macaroon

Limits = tuple[Optional[int], Optional[int], Optional[set[str]]]
CAVEATS: dict[str, tuple[list[object], Limits]] = {
    "validity": ([[0, 20, 10]], (20, 10, None)),
    "validity with more fields": ([[0, 20, 10, "new"]], (20, 10, None)),
    "validity of an older token": ([{"nbf": 10, "exp": 20}], (20, 10, None)),
    "two validities": ([[0, 20, 10], [0, 30, 15]], (20, 15, None)),
    "names": ([[1, ["demo", "other"]]], (None, None, {"demo", "other"})),
    "names that are not normalized": ([[1, ["My_.Demo"]]], (None, None, {"my-demo"})),
    "no names": ([[1, []]], (None, None, set())),
    "names twice": ([[1, ["a", "b"]], [1, ["b", "c"]]], (None, None, {"b"})),
    "names of an older token": ([{"version": 1, "permissions": {"projects": ["demo"]}}], (None, None, {"demo"})),
    "names without a version": ([{"permissions": {"projects": ["demo"]}}], (None, None, {"demo"})),
    "both": ([[0, 20, 10], [1, ["demo"]]], (20, 10, {"demo"})),
}


@pytest.mark.parametrize(("caveats", "limits"), CAVEATS.values(), ids=CAVEATS)
def test_a_caveat_of_either_generation_is_read(caveats: list[object], limits: Limits) -> None:
    texts = [b"unknown", *(json.dumps(each).encode() for each in caveats)]
    read = macaroon.decode(wire.macaroon("index.example", caveats=texts))
    assert (read.location, limits_of(read)) == ("index.example", limits)


def limits_of(read: macaroon.Macaroon) -> Limits:
    """Return until when, from when and for which projects a macaroon is valid; None: no such limit."""
    return read.expires_at, read.not_before, None if read.projects is None else set(read.projects)


def narrowed(read: macaroon.Macaroon, project: str = "demo") -> bytes:
    """Return the wire format of a macaroon that is valid for this project and between 10 and 20."""
    return macaroon.narrowed(read, project=project, expires_at=20, not_before=10)


def expected(caveats: list[bytes], project: str = "demo") -> bytes:
    """Return what such a macaroon with these caveats of its own has to look like."""
    added = [b"[0,20,10]", f'[1,["{project}"]]'.encode()]
    signature = wire.SIGNATURE
    for caveat in added:
        signature = hmac.new(signature, caveat, "sha256").digest()
    return wire.macaroon(caveats=[*caveats, *added], signature=signature)


UNKNOWN = [b"", b"\xff", b"no JSON", b"7", b"[]", b"[0,20]", b"[0,20.0,10]", b'[1,"demo"]', b"[1,[7]]", b"{}"]
UNKNOWN += [b'{"nbf":"1","exp":2}', b'[3,"a user"]', b'{"version":1,"permissions":"user"}', b"[" * 16_000]


@pytest.mark.parametrize("caveat", UNKNOWN, ids=lambda caveat: repr(caveat[:30]))
def test_every_other_caveat_is_left_to_the_index_and_kept(caveat: bytes) -> None:
    read = macaroon.decode(wire.macaroon(caveats=[caveat]))
    assert limits_of(read) == (None, None, None)
    assert narrowed(read) == expected([caveat])


NOT_MACAROONS = {
    "nothing": b"",
    "version 1, as text": b"001alocation index.example\n",
    "no location": b"\x02" + wire.field(2, b"i") + b"\0\0" + wire.field(6, wire.SIGNATURE),
    "a caveat for a third party": wire.macaroon().replace(
        b"\0\0", b"\0" + wire.field(2, b"[0,1,0]") + wire.field(4, b"key") + b"\0\0"
    ),
    "a short signature": wire.macaroon(signature=b"short"),
    "a long signature": wire.macaroon(signature=b"s" * 33),
    "a size beyond the end": wire.macaroon().replace(b"\x06\x20", b"\x06\x21"),
    "two": wire.macaroon() + wire.macaroon(),
    "an endless number": b"\x02\xff\xff\xff\xff\xff",
    "an unknown field": wire.macaroon().replace(b"\0\0", b"\0" + wire.field(9, b"?") + b"\0"),
}


@pytest.mark.parametrize("data", NOT_MACAROONS.values(), ids=NOT_MACAROONS)
def test_everything_else_is_not_a_macaroon(data: bytes) -> None:
    with pytest.raises(ValueError, match=r"."):
        macaroon.decode(data)


@pytest.mark.parametrize("end", range(len(wire.macaroon(caveats=[b"[1,[]]"]))))
def test_a_macaroon_that_is_cut_short_is_an_error(end: int) -> None:
    with pytest.raises(ValueError, match=r"."):
        macaroon.decode(wire.macaroon(caveats=[b"[1,[]]"])[:end])


@pytest.mark.parametrize("size", [1, 119, 120, 16_375, 16_376])
def test_a_caveat_of_any_length_is_read_as_it_was_written(size: int) -> None:
    longer = macaroon.decode(narrowed(macaroon.decode(wire.macaroon()), "c" * size))
    assert limits_of(longer) == (20, 10, {"c" * size})


def test_the_beginning_is_the_one_of_every_macaroon_of_a_location() -> None:
    beginning = macaroon.beginning("index.example")
    assert wire.macaroon("index.example").startswith(beginning)
    assert not wire.macaroon("test.index.example").startswith(beginning)
    assert beginning.endswith(b"index.example")


def test_a_macaroon_shows_neither_its_signature_nor_its_identifier() -> None:
    shown = repr(macaroon.decode(wire.macaroon(caveats=[b'[1,["demo"]]'])))
    assert "demo" in shown
    assert "ssss" not in shown
    assert wire.IDENTIFIER not in shown
