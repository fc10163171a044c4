"""When to try again, and how long to pause before it."""

from __future__ import annotations

import random
from datetime import datetime, timezone
from email.utils import parsedate_to_datetime
from typing import TYPE_CHECKING

from .replies import NoAnswer, Reply

if TYPE_CHECKING:
    from collections.abc import Callable

TRANSIENT_STATUSES = frozenset({429, 500, 502, 503, 504})
FIRST_PAUSE_SECONDS = 1.0
LONGEST_PAUSE_SECONDS = 60.0
LONGEST_RETRY_AFTER_SECONDS = 120.0


def is_transient(answer: Reply | NoAnswer) -> bool:
    """Return whether the same upload may succeed in a moment."""
    return not answer.is_final if isinstance(answer, NoAnswer) else answer.status in TRANSIENT_STATUSES


def pause_before(retry: int, *, jitter: Callable[[], float] = random.random) -> float:
    """Return the seconds to pause before a retry (from 1): doubling, between half and all of it.

    The jitter keeps jobs that were turned away together from coming back together.
    """
    pause = min(FIRST_PAUSE_SECONDS * 2.0 ** min(retry - 1, 10), LONGEST_PAUSE_SECONDS)
    return pause * (0.5 + jitter() / 2)


def retry_after_seconds(value: str | None, *, now: float) -> float | None:
    """Return the seconds that a ``Retry-After`` header asks for, None without a readable one (RFC 9110, 10.2.3)."""
    if value is None:
        return None
    if value.strip().isdecimal():
        return float(value)
    try:
        moment = parsedate_to_datetime(value)
    except (TypeError, ValueError, OverflowError):
        return None
    if moment.tzinfo is None:
        moment = moment.replace(tzinfo=timezone.utc)
    return max(0.0, moment.timestamp() - now)


def clock_time(seconds: float) -> str:
    """Return a moment (seconds since the epoch) as a maintainer reads it."""
    try:
        return datetime.fromtimestamp(seconds, timezone.utc).strftime("%Y-%m-%d %H:%M:%S UTC")
    except (ValueError, OverflowError, OSError):
        return "a year after 9999"
