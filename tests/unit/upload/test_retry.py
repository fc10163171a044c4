"""When an upload is tried again, and after which pause."""

from __future__ import annotations

import pytest

from travis_pypi_deploy.upload.response import Response
from travis_pypi_deploy.upload.retry import (
    pause_before,
    retry_after_seconds,
)

LOST = Response(0, "no answer")
BROKEN = Response(0, "the connection was lost", is_sent=False)
NOW = 1_700_000_000.0  # 2023-11-14 22:13:20 UTC


@pytest.mark.parametrize(
    ("response", "expected"),
    [
        *[(Response(status, ""), True) for status in (429, 500, 502, 503, 504)],
        *[(Response(status, ""), False) for status in (200, 400, 401, 403, 404, 405, 408, 409, 410, 413, 501, 507)],
        (LOST, True),
        (BROKEN, True),
        (Response(0, "a request that cannot be sent", is_final=True), False),
    ],
)
def test_only_transient_errors_are_tried_again(response: Response, expected: bool) -> None:
    assert response.is_transient is expected


@pytest.mark.parametrize(
    ("value", "seconds"),
    [
        (None, None),
        ("0", 0.0),
        (" 7 ", 7.0),
        ("120", 120.0),
        ("Tue, 14 Nov 2023 22:13:50 GMT", 30.0),
        ("Tue, 14 Nov 2023 22:13:50 -0000", 30.0),
        ("Tue, 14 Nov 2023 23:13:50 +0100", 30.0),
        ("Tue, 14 Nov 2023 20:00:00 GMT", 0.0),
        ("", None),
        ("-1", None),
        ("soon", None),
        ("1.5", None),
        ("\u00b2", None),
        ("Tue, 99 Nov 2023 22:13:50 GMT", None),
        ("Tue, 14 Nov 2023 22:13:50 +999999999999", None),
    ],
)
def test_retry_after_is_read_as_seconds_or_as_a_date(value: str | None, seconds: float | None) -> None:
    assert retry_after_seconds(value, now=NOW) == seconds


@pytest.mark.parametrize(
    ("retry", "jitter", "seconds"),
    [(1, 0.0, 0.5), (1, 1.0, 1.0), (2, 1.0, 2.0), (3, 0.5, 3.0), (7, 1.0, 60.0), (10_000, 0.0, 30.0)],
)
def test_pauses_double_up_to_a_minute_with_jitter(retry: int, jitter: float, seconds: float) -> None:
    assert pause_before(retry, jitter=lambda: jitter) == seconds
