"""How many bytes of how many were sent: one bar on a terminal, a line now and then in a job's log."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING, NoReturn, TextIO

if TYPE_CHECKING:
    from types import TracebackType

    from tqdm import tqdm

LINE_WIDTH = 80


class Progress:
    """Counts sent bytes; draws a bar on ``stream`` unless ``hidden``, and is a line of text at any time."""

    def __init__(self, total: int, *, stream: TextIO, hidden: bool) -> None:
        self._total = total
        self._sent = 0
        self._started = time.monotonic()
        self._bar = None if hidden else _bar(total, stream)

    @property
    def is_hidden(self) -> bool:
        """Whether there is no bar to see."""
        return self._bar is None

    def __enter__(self) -> Progress:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if self._bar is not None:
            self._bar.close()

    def count(self, size: int) -> None:
        """Count these bytes as sent; a negative number takes back what has to be sent again."""
        self._sent += size
        if self._bar is not None:
            self._bar.n = self._sent
            self._bar.update(0)

    def clear(self) -> None:
        """Make room for a line; the bar draws itself again with the next bytes."""
        if self._bar is not None:
            self._bar.clear()

    def __str__(self) -> str:
        from tqdm import tqdm

        elapsed = time.monotonic() - self._started
        line: str = tqdm.format_meter(
            self._sent, self._total, elapsed, unit="B", unit_scale=True, ascii=True, ncols=LINE_WIDTH
        )
        return line


def _bar(total: int, stream: TextIO) -> tqdm[NoReturn]:
    from tqdm import tqdm  # only a terminal pays for it

    return tqdm(total=total, unit="B", unit_scale=True, file=stream, leave=False)
