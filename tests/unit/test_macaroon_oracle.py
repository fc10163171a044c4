"""pypitoken, an independent implementation of PyPI's rules, agrees about every token that is read or narrowed."""

from __future__ import annotations

from contextlib import suppress

import pypitoken
from hypothesis import given, settings
from hypothesis import strategies as st

from travis_pypi_deploy import credentials
from travis_pypi_deploy.errors import UsageError
from travis_pypi_deploy.macaroon import Macaroon, normalized
from travis_pypi_deploy.servers import Server

KEY = "the index's secret key"
USER = "11111111-2222-3333-4444-555555555555"
NOW = 1_700_000_000
HOUR = 3600

few = settings(max_examples=25, deadline=None)  # the oracle compiles a JSON schema for every caveat
many = settings(max_examples=200, deadline=None)

names = st.from_regex(r"[a-z0-9](-?[a-z0-9]){0,20}", fullmatch=True)  # normalized: pypitoken compares text
moments = st.integers(min_value=1, max_value=2**40)
ids = st.uuids().map(str)
limits = st.one_of(
    st.fixed_dictionaries({"not_before": moments, "not_after": moments}),
    st.fixed_dictionaries({"legacy_not_before": moments, "legacy_not_after": moments}),
    st.fixed_dictionaries({"project_names": st.lists(names, max_size=4)}),
    st.fixed_dictionaries({"legacy_project_names": st.lists(names, max_size=4)}),
    st.fixed_dictionaries({"project_ids": st.lists(ids, max_size=4)}),
    st.fixed_dictionaries({"user_id": ids}),
    st.just({"legacy_noop": True}),
)


@st.composite
def issued(draw: st.DrawFn, limits: st.SearchStrategy[dict[str, object]] = limits) -> pypitoken.Token:
    """Return a token as an index makes it."""
    token = pypitoken.Token.create(
        domain=draw(st.from_regex(r"[a-z]{1,9}\.example", fullmatch=True)),
        identifier=draw(ids),
        key=KEY,
    )
    for limit in draw(st.lists(limits, max_size=4)):
        token.restrict(**limit)
    return token


unlimited = issued(st.sampled_from([{"legacy_noop": True}, {"user_id": USER}]))


def accepts(token: pypitoken.Token, *, project: str, now: int) -> bool:
    """Return whether an index that has the key takes the token for this project at this time."""
    try:
        token.check(key=KEY, project_name=project, project_id="", user_id=USER, now=now)
    except (pypitoken.ValidationError, ValueError):  # ValueError: it trips over a second unmet caveat
        return False
    return True


def read(text: str) -> Macaroon:
    """Return the contents of a token; raises UsageError."""
    found = credentials.read(text, source="PYPI_TOKEN")
    assert found is not None
    return found


def narrowed(token: pypitoken.Token, *, project: str, now: float = NOW) -> pypitoken.Token:
    return pypitoken.Token.load(credentials.narrowed(read(token.dump()), project=project, now=now))


@few
@given(issued())
def test_every_token_of_the_oracle_is_read(token: pypitoken.Token) -> None:
    ours = read(token.dump())

    assert ours.location == token.domain
    assert (ours.expires_at, ours.not_before, ours.projects) == limits_of(token)


def limits_of(token: pypitoken.Token) -> tuple[int | None, int | None, frozenset[str] | None]:
    """Return when a token ends and begins to be valid, and for which projects; None: no such limit."""
    periods, scopes = [], []
    for each in token.restrictions:
        if isinstance(each, (pypitoken.DateRestriction, pypitoken.LegacyDateRestriction)):
            periods.append(each)
        if isinstance(each, (pypitoken.ProjectNamesRestriction, pypitoken.LegacyProjectNamesRestriction)):
            scopes.append(frozenset(map(normalized, each.project_names)))
    return (
        min((each.not_after for each in periods), default=None),
        max((each.not_before for each in periods), default=None),
        frozenset.intersection(*scopes) if scopes else None,
    )


@few
@given(token=issued(), project=names, now=st.integers(301, 2**40))
def test_the_oracle_reads_every_narrowed_token(token: pypitoken.Token, project: str, now: int) -> None:
    theirs = narrowed(token, project=project, now=now)

    assert (theirs.prefix, theirs.domain, theirs.identifier) == ("pypi", token.domain, token.identifier)
    token.restrict(not_before=now - 300, not_after=now + HOUR, project_names=[project])
    assert theirs.restrictions == token.restrictions


@few
@given(token=unlimited, project=names, other=names, now=st.integers(NOW - 400, NOW + HOUR + 100))
def test_a_narrowed_token_is_valid_for_its_project_and_hour_only(
    token: pypitoken.Token, project: str, other: str, now: int
) -> None:
    expected = project == other and NOW - 300 <= now < NOW + HOUR

    assert accepts(narrowed(token, project=project), project=other, now=now) is expected


@few
@given(token=issued(), project=names, now=st.integers(NOW - 300, NOW + HOUR - 1))
def test_a_narrowed_token_is_valid_only_where_the_whole_one_was(token: pypitoken.Token, project: str, now: int) -> None:
    whole = accepts(token, project=project, now=now)

    assert accepts(narrowed(token, project=project), project=project, now=now) is whole


@few
@given(token=issued(), project=names, now=moments)
def test_a_token_that_is_rejected_here_is_rejected_by_the_oracle_too(
    token: pypitoken.Token, project: str, now: int
) -> None:
    server = Server("https://index.example/", "https://index.example/")
    try:
        contents = read(token.dump())
        credentials.validate(contents, server, source="PYPI_TOKEN", now=now)
        credentials.require_project(credentials.Credentials("__token__", "", "PYPI_TOKEN", contents), project)
    except UsageError:
        assert not accepts(token, project=project, now=now)
    else:
        only_the_index = (pypitoken.UserIDRestriction, pypitoken.ProjectIDsRestriction)
        if not any(isinstance(each, only_the_index) for each in token.restrictions):
            assert accepts(token, project=project, now=now)


@many
@given(token=issued(), data=st.data())
def test_a_flipped_bit_gives_a_usage_error_or_a_token_that_the_oracle_reads(
    token: pypitoken.Token, data: st.DataObject
) -> None:
    letters = bytearray(token.dump().encode())
    letters[data.draw(st.integers(0, len(letters) - 1))] ^= 1 << data.draw(st.integers(0, 6))

    with suppress(UsageError):
        agrees_with_the_oracle(letters.decode())


@many
@given(st.one_of(st.text(), st.binary().map(lambda wire: wire.decode("latin-1"))), st.booleans())
def test_every_other_text_gives_a_usage_error(text: str, prefixed: bool) -> None:
    with suppress(UsageError):
        agrees_with_the_oracle("pypi-" * prefixed + text)


def agrees_with_the_oracle(text: str) -> None:
    ours, theirs = read(text), pypitoken.Token.load(text)

    assert ours.location == theirs.domain
    assert pypitoken.Token.load(credentials.narrowed(ours, project="demo", now=NOW)).domain == theirs.domain
