"""When an upload is tried again, and after which pause."""

from __future__ import annotations

import time
from datetime import datetime, timedelta, timezone
from email.utils import format_datetime, formatdate

import pytest

from travis_pypi_deploy.http import retry_after_seconds
from travis_pypi_deploy.upload.response import Response
from travis_pypi_deploy.upload.uploader import pause_before

LOST = Response(0, "no answer")
BROKEN = Response(0, "the connection was lost", is_sent=False)
EAST = timezone(timedelta(hours=1))


@pytest.mark.parametrize(
    ("response", "expected"),
    [
        *[(Response(status, ""), True) for status in (408, 429, 500, 502, 503, 504)],
        *[(Response(status, ""), False) for status in (200, 400, 401, 403, 404, 405, 409, 410, 413, 501, 507)],
        (Response(429, "Too many new projects created"), False),
        (LOST, True),
        (BROKEN, True),
        (Response(0, "a request that cannot be sent", is_final=True), False),
    ],
)
def test_only_transient_errors_are_tried_again(response: Response, expected: bool) -> None:
    assert response.is_transient is expected


@pytest.mark.parametrize(("value", "seconds"), [("0", 0.0), (" 7 ", 7.0), ("120", 120.0)])
def test_retry_after_is_read_as_seconds(value: str, seconds: float) -> None:
    assert retry_after_seconds(value) == seconds


@pytest.mark.parametrize(
    "value",
    [formatdate(time.time() + 3600, usegmt=True), format_datetime(datetime.now(EAST) + timedelta(hours=1))],
    ids=["GMT", "another zone"],
)
def test_retry_after_is_read_as_a_date(value: str) -> None:
    assert 0 < (retry_after_seconds(value) or 0) <= 3600


@pytest.mark.skipif(not hasattr(time, "tzset"), reason="the system has its own time zone")
def test_a_date_without_a_zone_is_in_utc_wherever_the_job_runs(monkeypatch: pytest.MonkeyPatch) -> None:
    with monkeypatch.context() as job:
        job.setenv("TZ", "EST5")
        time.tzset()
        seconds = retry_after_seconds(time.asctime(time.gmtime(time.time() + 3600)))
    time.tzset()

    assert 0 < (seconds or 0) <= 3600


def test_a_date_that_has_passed_asks_for_no_pause() -> None:
    assert retry_after_seconds("Tue, 14 Nov 2023 20:00:00 GMT") == 0.0


@pytest.mark.parametrize("value", ["", "-1", "soon", "1.5", "\u00b2", "Tue, 99 Nov 2023 22:13:50 GMT"])
def test_any_other_retry_after_says_nothing(value: str) -> None:
    assert retry_after_seconds(value) is None


@pytest.mark.parametrize(("retry", "longest"), [(1, 1.0), (2, 2.0), (3, 4.0), (7, 60.0), (10_000, 60.0)])
def test_pauses_double_up_to_a_minute_with_jitter(retry: int, longest: float) -> None:
    pauses = {pause_before(retry) for _ in range(20)}

    assert all(longest / 2 <= pause <= longest for pause in pauses)
    assert len(pauses) > 1
