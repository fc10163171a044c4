"""Rules for URLs and e-mail addresses; email-validator, which PyPI uses, is the oracle for e-mail addresses."""

from __future__ import annotations

from typing import TYPE_CHECKING

import email_validator
import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from tests.support import factories
from tests.support.cases import Case, Make, problems, rules
from travis_pypi_deploy.checks.addresses import _email_fault

if TYPE_CHECKING:
    from pathlib import Path

    from tests.support.factories import Header


def wheel(**headers: Header) -> Make:
    metadata = factories.metadata("demo", "1.0", description="Words.", **headers)
    return lambda folder: factories.wheel(folder, metadata=metadata)


CASES = (
    Case("url", wheel(home_page="ssh://x.org"), wheel(home_page="http://x.org"), says='"ssh://x.org"'),
    Case(
        "project-url",
        broken=wheel(project_url=f"{'x' * 33}, https://x.org"),
        neighbour=wheel(project_url=f"{'x' * 32}, https://x.org"),
        says="33 characters",
    ),
    Case("email", wheel(author_email="jane at x.org"), wheel(author_email="jane@x.org"), says='"jane at x.org"'),
)
EMAIL_CASES = {
    "a label that begins with a hyphen": ("a@-x.org", "a@x-.org", "a@x-y.org", "hyphens between them"),
    "a label with hyphens like Punycode": ("a@ab--x.org", "a@AB--x.org", "a@abc--x.org", "hyphens between them"),
    "an underscore in the domain": ("a@x_y.org", "a@x.o_g", "a_b@x.org", "only letters and digits"),
    "a long label": (f"a@{'x' * 64}.org", f"a@b.{'x' * 64}.org", f"a@{'x' * 63}.org", "at most 63 characters"),
    "a numeric top-level domain": ("a@x.123", "a@1.2.3.4", "a@1.2.3.4.org", "top-level domain"),
    "a reserved domain": ("ann@example.test", "a@b.1.ARPA", "a@test.org", "is reserved"),
    "an invisible character": ("a\u200b@x.org", "a@x\u00ad.org", "ä@x.org", "invisible"),
}


@pytest.mark.parametrize(("first", "second", "neighbour", "says"), EMAIL_CASES.values(), ids=EMAIL_CASES)
def test_an_email_address_that_pypi_rejects_is_found(
    first: str, second: str, neighbour: str, says: str, tmp_path: Path
) -> None:
    for address in (first, second):
        assert not is_valid(address)
        (problem,) = problems(wheel(author_email=f"Ann <{address}>")(tmp_path))
        assert (problem.rule, says in problem.message) == ("email", True), problem.message
    assert is_valid(neighbour)
    assert rules(wheel(author_email=f"Ann <{neighbour}>")(tmp_path)) == []


characters = st.characters(codec="utf-8") | st.sampled_from("abc019-_.@[]\"+ '\u200b\u00adäß漢xn")
texts = st.text(characters, min_size=1, max_size=12)
labels = st.from_regex(r"\A[a-zA-Z0-9äß漢_-]{1,8}\Z") | st.sampled_from(["x" * 63, "x" * 64, "xn--bcher-kva", "ab--c"])
domains = st.lists(labels, min_size=1, max_size=4).map(".".join)
suffixes = st.sampled_from(["", ".org", ".test", ".arpa", ".museum", ".1", ".a1", ".", ".рф"])


@given(st.builds("{}@{}{}".format, texts, domains | texts, suffixes))
@example("a.b+c@x.org")
@example("a@xn--bcher-kva.org")
@example("a@bücher.org")
def test_an_email_address_that_pypi_accepts_is_never_rejected_here(address: str) -> None:
    if is_valid(address):
        assert _email_fault(address) == ""


def is_valid(address: str) -> bool:
    try:
        email_validator.validate_email(address, check_deliverability=False)
    except (email_validator.EmailNotValidError, UnicodeError):
        return False
    return True


VALID = [
    '"Doe, Jane" <jane@x.org>',
    "Doe, Jane <jane@x.org>",
    "jane@x.org, joe@y.org",
    "Jane <jane@x.org>, Joe",
    "Jane Doe <jane@müller.de>",
    "Jane <jane+pypi@mail.x.org>",
    "jane@",
]
INVALID = ["Jane", "@x.org", "Jane Doe jane@x.org", "Jane <jane at x.org>", "j@localhost", "j@x..org", "j@x.local"]


@pytest.mark.parametrize(
    ("value", "found"), [*((value, []) for value in VALID), *((value, ["email", "email"]) for value in INVALID)]
)
def test_single_addresses_that_are_certainly_invalid_are_found(value: str, found: list[str], tmp_path: Path) -> None:
    assert rules(wheel(author_email=value, maintainer_email=value)(tmp_path)) == found


def test_project_urls_with_one_label_twice_are_rejected_and_the_label_is_named(tmp_path: Path) -> None:
    twice = wheel(project_url=["Home, https://x.org", "Docs, https://y.org", "Home, https://y.org"])
    (problem,) = problems(twice(tmp_path))
    assert (problem.rule, problem.message) == (
        "project-url",
        'two project URLs have the label "Home": use different labels.',
    )


@pytest.mark.parametrize(
    "value", ["no address", "Home", "Home, mailto:me@x.org", ", https://x.org", "Home,", "Home, https://x.org/a[b]"]
)
def test_invalid_project_urls_are_rejected(value: str, tmp_path: Path) -> None:
    assert rules(wheel(project_url=value)(tmp_path)) == ["project-url"]


CORRECTED = [
    "HTTP://X.ORG/%20?q=ä#a[b]",
    "https://user@x.org:8080/a b",
    "https://ä.org/ü",
    "https://[::1]/",
    "https:/x",
]


@pytest.mark.parametrize("address", CORRECTED)
def test_urls_that_pypi_corrects_pass(address: str, tmp_path: Path) -> None:
    assert rules(wheel(home_page=address, download_url=address, project_url=f"Home, {address}")(tmp_path)) == []


URLS = {
    "x.org": "must begin with https:// or http://",
    "//x.org": "must begin with https:// or http://",
    "git+https://x.org": "must begin with https:// or http://",
    "https://x.org/[a]": 'has brackets after the host: write "%5B" and "%5D"',
    "https://x.org?a[]=1": 'has brackets after the host: write "%5B" and "%5D"',
    "http://x:65536": "has the port 65536, but the highest port is 65535: correct it",
}


@pytest.mark.parametrize(("address", "says"), URLS.items(), ids=URLS)
def test_urls_that_pypi_rejects_are_found_in_every_field(address: str, says: str, tmp_path: Path) -> None:
    found = problems(wheel(home_page=address, download_url=address)(tmp_path))
    assert [problem.message for problem in found] == [
        f'Home-Page "{address}" {says}.',
        f'Download-URL "{address}" {says}.',
    ]


def test_of_a_very_long_value_the_two_ends_are_shown(tmp_path: Path) -> None:
    (problem,) = problems(wheel(home_page="x" * 5000)(tmp_path))
    beginning, end = problem.message.split(" [...] ")
    assert beginning.startswith('Home-Page "xxx')
    assert end.endswith('xxx" must begin with https:// or http://.')
    assert len(beginning) == len(end) == 500
