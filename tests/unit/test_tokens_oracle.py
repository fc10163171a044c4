"""What pypitoken says of every token that we read and narrow; it is PyPI's own rules in another's words."""

from __future__ import annotations

from contextlib import suppress

import pypitoken
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from travis_pypi_deploy import tokens
from travis_pypi_deploy.errors import UsageError

KEY = "the index's secret key"
USER = "11111111-2222-3333-4444-555555555555"
NOW = 1_700_000_000
HOUR = 3600

few = settings(max_examples=25, deadline=None)  # the oracle compiles a JSON schema for every caveat
many = settings(max_examples=200, deadline=None)

names = st.from_regex(r"[a-z0-9]([a-z0-9-]{0,20}[a-z0-9])?", fullmatch=True)
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
    """A token as an index makes it, in either version of the wire format."""
    token = pypitoken.Token.create(
        domain=draw(st.from_regex(r"[a-z]{1,9}\.example", fullmatch=True)),
        identifier=draw(ids),
        key=KEY,
        version=draw(st.sampled_from([1, 2])),
    )
    for limit in draw(st.lists(limits, max_size=4)):
        token.restrict(**limit)
    return token


unlimited = issued(st.sampled_from([{"legacy_noop": True}, {"user_id": USER}]))


def accepts(token: pypitoken.Token, *, project: str, now: int) -> bool:
    """Whether an index that has the key takes the token for this project at this time."""
    try:
        token.check(key=KEY, project_name=project, project_id="", user_id=USER, now=now)
    except (pypitoken.ValidationError, ValueError):  # ValueError: it trips over a second unmet caveat
        return False
    return True


def limit_of(restriction: pypitoken.Restriction) -> tokens.Caveat:
    """The same limit in our own words."""
    if isinstance(restriction, (pypitoken.DateRestriction, pypitoken.LegacyDateRestriction)):
        return tokens.Validity(expires_at=restriction.not_after, not_before=restriction.not_before)
    if isinstance(restriction, (pypitoken.ProjectNamesRestriction, pypitoken.LegacyProjectNamesRestriction)):
        return tokens.ProjectNames(tuple(restriction.project_names))
    if isinstance(restriction, pypitoken.ProjectIDsRestriction):
        return tokens.ProjectIds(tuple(restriction.project_ids))
    return tokens.User(getattr(restriction, "user_id", None))


def narrowed(token: pypitoken.Token, *, project: str, now: float = NOW) -> pypitoken.Token:
    ours = tokens.read(token.dump(), source="PYPI_TOKEN")
    return pypitoken.Token.load(tokens.narrow(ours, project=project, now=now).reveal())


@few
@given(issued())
def test_we_read_what_the_oracle_wrote(token: pypitoken.Token) -> None:
    ours = tokens.read(token.dump(), source="PYPI_TOKEN")

    assert (ours.location, ours.identifier) == (token.domain, token.identifier)
    assert ours.caveats == tuple(limit_of(each) for each in token.restrictions)


@few
@given(token=issued(), project=names, now=st.integers(301, 2**40))
def test_the_oracle_reads_what_we_wrote(token: pypitoken.Token, project: str, now: int) -> None:
    theirs = narrowed(token, project=project, now=now)

    assert (theirs.prefix, theirs.domain, theirs.identifier) == ("pypi", token.domain, token.identifier)
    token.restrict(not_before=now - 300, not_after=now + HOUR, project_names=[project])
    assert theirs.restrictions == token.restrictions


@few
@given(token=unlimited, project=names, other=names, now=st.integers(NOW - 400, NOW + HOUR + 100))
def test_a_narrowed_token_is_good_for_its_project_and_hour_only(
    token: pypitoken.Token, project: str, other: str, now: int
) -> None:
    expected = project == other and NOW - 300 <= now < NOW + HOUR

    assert accepts(narrowed(token, project=project), project=other, now=now) is expected


@few
@given(token=issued(), project=names, now=st.integers(NOW - 300, NOW + HOUR - 1))
def test_a_narrowed_token_is_good_only_where_the_whole_one_was(token: pypitoken.Token, project: str, now: int) -> None:
    whole = accepts(token, project=project, now=now)

    assert accepts(narrowed(token, project=project), project=project, now=now) is whole


@few
@given(token=issued(), project=names, now=moments)
def test_a_token_that_we_find_fault_with_is_refused_by_the_oracle_too(
    token: pypitoken.Token, project: str, now: int
) -> None:
    ours = tokens.read(token.dump(), source="PYPI_TOKEN")
    problems = tokens.judge(ours, location=None, known={}, project=project, now=now, source="PYPI_TOKEN")
    judged_here = (tokens.Validity, tokens.ProjectNames)

    if problems:
        assert not accepts(token, project=project, now=now)
    elif all(isinstance(limit, judged_here) or limit == tokens.User(None) for limit in ours.caveats):
        assert accepts(token, project=project, now=now)


@few
@given(token=unlimited, project=names)
def test_every_attempt_gets_a_fresh_token(token: pypitoken.Token, project: str) -> None:
    later = narrowed(token, project=project, now=NOW + 2 * HOUR)

    assert not accepts(later, project=project, now=NOW)
    assert accepts(later, project=project, now=NOW + 2 * HOUR)


@many
@given(token=issued(), data=st.data())
def test_a_token_that_is_cut_short_is_never_read(token: pypitoken.Token, data: st.DataObject) -> None:
    text = token.dump()

    with pytest.raises(UsageError):
        tokens.read(text[: data.draw(st.integers(0, len(text) - 1))], source="PYPI_TOKEN")


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
def test_no_text_whatever_gives_anything_but_a_usage_error(text: str, prefixed: bool) -> None:
    with suppress(UsageError):
        agrees_with_the_oracle("pypi-" * prefixed + text)


def agrees_with_the_oracle(text: str) -> None:
    ours = tokens.read(text, source="PYPI_TOKEN")
    theirs = pypitoken.Token.load(text)

    assert (ours.location, ours.identifier) == (theirs.domain, theirs.identifier)
    assert tokens.is_of(text, {theirs.domain: "it"}) == "it"
    assert pypitoken.Token.load(tokens.narrow(ours, project="demo", now=NOW).reveal()).domain == theirs.domain
