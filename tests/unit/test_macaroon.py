"""The wire format of macaroons, and the caveats that can be checked here."""

from __future__ import annotations

import hmac
import json

import pytest

from tests.support import wire
from travis_pypi_deploy import macaroon
from travis_pypi_deploy.macaroon import ProjectNames, Validity

CAVEATS = {
    "validity": ([0, 20, 10], Validity(expires_at=20, not_before=10)),
    "validity with more fields": ([0, 20, 10, "new"], Validity(expires_at=20, not_before=10)),
    "validity of an older token": ({"nbf": 10, "exp": 20}, Validity(expires_at=20, not_before=10)),
    "names": ([1, ["demo", "other"]], ProjectNames(("demo", "other"))),
    "no names": ([1, []], ProjectNames(())),
    "names of an older token": ({"version": 1, "permissions": {"projects": ["demo"]}}, ProjectNames(("demo",))),
    "names without a version": ({"permissions": {"projects": ["demo"]}}, ProjectNames(("demo",))),
}


@pytest.mark.parametrize(("caveat", "meaning"), CAVEATS.values(), ids=CAVEATS)
def test_a_caveat_of_either_generation_is_read(caveat: object, meaning: macaroon.Caveat) -> None:
    read = macaroon.decode(wire.macaroon("index.example", caveats=[b"unknown", json.dumps(caveat).encode()]))
    assert (read.location, read.caveats) == ("index.example", (meaning,))


UNKNOWN = [b"", b"\xff", b"no JSON", b"7", b"[]", b"[0]", b"[0,20]", b"[0,20.0,10]", b"[0,true,10]", b"[true,[]]"]
UNKNOWN += [b'[1,"demo"]', b"[1,[7]]", b'["1",[]]', b"{}", b'{"nbf":10}', b'{"nbf":"1","exp":2}']
UNKNOWN += [b'[2,["an id"]]', b'[3,"a user"]', b'[4,"publisher"]', b'{"project_ids":["an id"]}']
UNKNOWN += [b'{"version":1,"permissions":"user"}', b'{"version":1,"permissions":{}}', b"[" * 16_000, b"1" * 5_000]


@pytest.mark.parametrize("caveat", UNKNOWN, ids=lambda caveat: repr(caveat[:30]))
def test_every_other_caveat_is_left_to_the_index_and_kept(caveat: bytes) -> None:
    whole = wire.macaroon(caveats=[caveat])
    read = macaroon.decode(whole)
    assert read.caveats == ()
    assert macaroon.encode(read) == whole


NOT_MACAROONS = {
    "nothing": b"",
    "version 1, as text": b"001alocation index.example\n",
    "another version": b"\x01" + wire.macaroon()[1:],
    "the version alone": b"\x02",
    "no identifier": b"\x02\x00\x00" + wire.field(6, wire.SIGNATURE),
    "fields in another order": (
        b"\x02" + wire.field(2, b"i") + wire.field(1, b"l") + b"\0\0" + wire.field(6, wire.SIGNATURE)
    ),
    "a short signature": wire.macaroon(signature=b"short"),
    "a long signature": wire.macaroon(signature=b"s" * 33),
    "a size beyond the end": wire.macaroon().replace(b"\x06\x20", b"\x06\x21"),
    "a byte too much": wire.macaroon() + b"\0",
    "two": wire.macaroon() + wire.macaroon(),
    "an endless number": b"\x02\xff\xff\xff\xff\xff",
    "a location that is not UTF-8": (
        b"\x02" + wire.field(1, b"\xff") + wire.field(2, b"i") + b"\0\0" + wire.field(6, wire.SIGNATURE)
    ),
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


def test_a_third_party_caveat_is_kept_and_not_read() -> None:
    opening = b"\x02" + wire.field(1, b"index.example") + wire.field(2, b"i") + b"\0"
    third = wire.field(1, b"elsewhere") + wire.field(2, b"[0,1,0]") + wire.field(4, b"key") + b"\0"
    first = wire.field(2, b'[1,["demo"]]') + b"\0"
    whole = opening + third + first + b"\0" + wire.field(6, wire.SIGNATURE)
    read = macaroon.decode(whole)
    assert read.caveats == (ProjectNames(("demo",)),)
    assert macaroon.encode(read) == whole


def test_a_restricted_macaroon_is_the_old_one_with_more_caveats_and_a_chained_signature() -> None:
    old = macaroon.decode(wire.macaroon(caveats=[b'[3,"me"]']))
    added = [b"[0,20,10]", b'[1,["my-demo"]]']
    signature = wire.SIGNATURE
    for caveat in added:
        signature = hmac.new(signature, caveat, "sha256").digest()
    restricted = macaroon.restrict(old, Validity(expires_at=20, not_before=10), ProjectNames(("my-demo",)))
    assert macaroon.encode(restricted) == wire.macaroon(caveats=[b'[3,"me"]', *added], signature=signature)
    assert macaroon.decode(macaroon.encode(restricted)) == restricted


@pytest.mark.parametrize("size", [0, 1, 100, 127, 128, 16_383, 16_384, 60_000])
def test_a_caveat_of_any_length_is_read_as_it_was_written(size: int) -> None:
    longer = macaroon.restrict(macaroon.decode(wire.macaroon()), ProjectNames(("c" * size,)))
    assert macaroon.decode(macaroon.encode(longer)) == longer


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
