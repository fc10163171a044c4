"""The table of rules, as a whole."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from tests.support.cases import problems
from tests.unit.checks import (
    test_addresses,
    test_description,
    test_file_names,
    test_git_versions,
    test_metadata,
    test_release,
    test_sdists,
    test_wheels,
)
from travis_pypi_deploy.checks.rules import RULES, require_rules
from travis_pypi_deploy.errors import UsageError

if TYPE_CHECKING:
    from pathlib import Path

    from tests.support.cases import Case

CASES = (
    *test_file_names.CASES,
    *test_wheels.CASES,
    *test_sdists.CASES,
    *test_metadata.CASES,
    *test_addresses.CASES,
    *test_description.CASES,
)


@pytest.mark.parametrize("case", CASES, ids=str)
def test_a_broken_file_is_found_by_its_rule_alone(case: Case, tmp_path: Path) -> None:
    path = case.broken(tmp_path)
    found = problems(path)
    assert {(each.rule, each.filename) for each in found} == {(case.rule, path.name)}
    assert case.says in found[0].message


@pytest.mark.parametrize("case", CASES, ids=str)
def test_the_nearest_valid_file_passes(case: Case, tmp_path: Path) -> None:
    assert problems(case.neighbour(tmp_path)) == ()


def test_every_rule_has_a_case_and_every_case_a_rule() -> None:
    covered = [*(case.rule for case in CASES), *test_release.RULES, *test_git_versions.RULES]
    assert sorted(covered) == sorted(rule.name for rule in RULES if not rule.is_predicted)


def test_what_is_an_error_elsewhere_is_one_at_pypi_too() -> None:
    assert [rule.name for rule in RULES if rule.elsewhere == "error" and rule.at_pypi != "error"] == []


def test_a_misspelled_rule_gets_a_suggestion() -> None:
    with pytest.raises(UsageError) as raised:
        require_rules({"platfrom-tag"}, source="--ignore")
    assert str(raised.value) == '--ignore: "platfrom-tag" is not a rule. Did you mean platform-tag?'


def test_an_unknown_rule_is_an_error_that_lists_the_rules() -> None:
    with pytest.raises(UsageError, match=r'^--ignore: "no-such-rule" is not a rule') as raised:
        require_rules({"description-type", "no-such-rule"}, source="--ignore")
    assert all(rule.name in str(raised.value) for rule in RULES)
    require_rules({rule.name for rule in RULES}, source="--ignore")
