"""How many bytes of how many were sent: one bar on a terminal, a line now and then in a job's log."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING, TextIO

if TYPE_CHECKING:
    from types import TracebackType


class Progress:
    """Counts sent bytes; draws a bar on ``stream`` unless ``hidden``."""

    def __init__(self, total: int, *, stream: TextIO, hidden: bool) -> None:
        from tqdm import tqdm

        self._total = total
        self._started = time.monotonic()
        self._bar = tqdm(total=total, unit="B", unit_scale=True, file=stream, leave=False, disable=hidden)

    def __enter__(self) -> Progress:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._bar.close()

    def count(self, size: int) -> None:
        """Count these bytes as sent; a negative number takes back what has to be sent again."""
        self._bar.n += size
        self._bar.update(0)

    def clear(self) -> None:
        """Make room for a line; the bar draws itself again with the next bytes."""
        if not self._bar.disable:
            self._bar.clear()

    def __str__(self) -> str:
        elapsed = time.monotonic() - self._started
        line: str = self._bar.format_meter(
            self._bar.n, self._total, elapsed, unit="B", unit_scale=True, ascii=True, ncols=80
        )
        return line
