"""The attempts to upload one file, the pauses between them, and the progress of all uploads."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

import pytest

from tests.support import factories
from tests.support.misbehaviours import Answer
from tests.unit.upload.test_response import PYPI, USED_BEFORE, context
from travis_pypi_deploy import distributions, http
from travis_pypi_deploy.upload.results import FileResult, Outcome
from travis_pypi_deploy.upload.uploader import Upload, Uploader

if TYPE_CHECKING:
    from pathlib import Path

    from tests.support.loopback_index import LoopbackIndex
    from travis_pypi_deploy.upload.outcome import UploadContext


def upload(folder: Path, index: LoopbackIndex, where: UploadContext) -> tuple[FileResult, list[float]]:
    """Upload a wheel; return its result, and the pauses that it asked for."""
    server = replace(where.server, upload_url=index.upload_url)
    pauses: list[float] = []

    def pause(seconds: float) -> bool:
        pauses.append(seconds)
        return False

    where = replace(where, server=server, client=http.Client(index.url))
    return Upload(distributions.read(factories.wheel(folder)), where, pause).run(), pauses


@pytest.mark.parametrize(("retry_after", "is_awaited"), [("0", True), ("120", True), ("121", False)])
def test_a_pause_that_the_index_asks_for_is_made_up_to_two_minutes(
    tmp_path: Path, index: LoopbackIndex, retry_after: str, is_awaited: bool
) -> None:
    index.on_upload(Answer(429, "Later", {"Retry-After": retry_after}))

    result, pauses = upload(tmp_path, index, replace(context(), retries=1))

    assert pauses == ([float(retry_after)] if is_awaited else [])
    assert (result.outcome, result.attempts) == ((Outcome.UPLOADED, 2) if is_awaited else (Outcome.FAILED, 1))


def test_a_pause_that_is_too_long_is_named_with_its_end(tmp_path: Path, index: LoopbackIndex) -> None:
    index.on_upload(Answer(429, "Later", {"Retry-After": "Fri, 01 Jan 2100 00:00:30 GMT"}))
    warnings: list[str] = []

    upload(tmp_path, index, replace(context(), retries=1, warn=warnings.append))

    assert "status 429: Later; not tried again, because the index asks to wait until 2100-01-01 00:0" in warnings[0]


@pytest.mark.parametrize("retries", [0, 1, 3])
def test_an_upload_is_tried_again_as_often_as_asked_for_after_longer_pauses(
    tmp_path: Path, index: LoopbackIndex, retries: int
) -> None:
    index.on_upload(*[Answer(429, "Later")] * 5)

    result, pauses = upload(tmp_path, index, replace(context(), retries=retries))

    assert (result.outcome, result.attempts) == (Outcome.FAILED, retries + 1)
    assert [0.5 * 2**number <= pause <= 2**number for number, pause in enumerate(pauses)] == [True] * retries


@pytest.mark.parametrize(("times", "outcome"), [(1, Outcome.UPLOADED), (2, Outcome.REJECTED)])
def test_an_answer_that_may_come_from_a_race_is_tried_again_once_even_without_retries(
    tmp_path: Path, index: LoopbackIndex, times: int, outcome: Outcome
) -> None:
    index.on_upload(*[Answer(400, USED_BEFORE)] * times)

    result, pauses = upload(tmp_path, index, context(PYPI))

    assert (result.outcome, result.attempts) == (outcome, 2)
    assert [1 <= pause <= 2 for pause in pauses] == [True]


def test_an_upload_that_has_not_begun_waits_for_nothing(tmp_path: Path) -> None:
    assert Upload(distributions.read(factories.wheel(tmp_path)), context(), bool).waits_for() is None


@pytest.mark.parametrize(
    ("size", "status"),
    [
        (0, "Sent 0 of 0 bytes"),
        (999, "Sent 0 of 999 bytes"),
        (1000, "Sent 0 of 1 kB"),
        (999_999, "Sent 0 of 999 kB"),
        (1_000_000, "Sent 0 of 1 MB"),
        (25_500_000, "Sent 0 of 25 MB"),
    ],
)
def test_the_progress_has_the_unit_that_fits(tmp_path: Path, size: int, status: str) -> None:
    distribution = replace(distributions.read(factories.wheel(tmp_path)), size=size)

    assert Uploader([distribution], context(), jobs=1).status() == status
