"""How long to pause before an upload is tried again."""

from __future__ import annotations

import random
from collections.abc import Callable
from datetime import timezone
from email.utils import parsedate_to_datetime

FIRST_PAUSE_SECONDS = 1.0
LONGEST_PAUSE_SECONDS = 60.0
LONGEST_RETRY_AFTER_SECONDS = 120.0


def pause_before(retry: int, *, jitter: Callable[[], float] = random.random) -> float:
    """Return the seconds to pause before a retry (from 1): doubling, between half and all of it.

    The jitter keeps jobs that were rejected together from retrying at the same time.
    """
    pause = min(FIRST_PAUSE_SECONDS * 2.0 ** min(retry - 1, 10), LONGEST_PAUSE_SECONDS)
    return pause * (0.5 + jitter() / 2)


def retry_after_seconds(value: str | None, *, now: float) -> float | None:
    """Return the seconds that a ``Retry-After`` header asks for, None without a readable one (RFC 9110, 10.2.3)."""
    text = (value or "").strip()
    if text.isdecimal():
        return float(text)
    try:
        moment = parsedate_to_datetime(text)
    except (TypeError, ValueError, OverflowError):
        return None
    if moment.tzinfo is None:
        moment = moment.replace(tzinfo=timezone.utc)
    return max(0.0, moment.timestamp() - now)
