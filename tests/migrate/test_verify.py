"""A migrated text is checked before it is written."""

from __future__ import annotations

import pytest

from travis_pypi_deploy.errors import UsageError
from travis_pypi_deploy.migrate.parse import parse
from travis_pypi_deploy.migrate.verify import verify


@pytest.mark.parametrize("after", ["a: 1\nb: 3\n", "a: 1\n", "a: 1\nb: 2\nc: 3\n"], ids=["changed", "lost", "added"])
def test_a_change_outside_of_the_deployments_is_an_error(after: str) -> None:
    with pytest.raises(UsageError):
        verify(parse("a: 1\nb: 2\n"), parse(after), (), ())
