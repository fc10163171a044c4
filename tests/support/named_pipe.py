"""A named pipe between a test and the processes that it watches: they write, or are gone."""

from __future__ import annotations

import os
import select
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from pathlib import Path

    from typing_extensions import Self

WAIT_SECONDS = 60
BLOCK_BYTES = 4096


class NamedPipe:
    """The reading end of a new named pipe at ``path``; a context manager."""

    def __init__(self, path: Path) -> None:
        os.mkfifo(path)
        self.path = path
        self._reader = os.open(path, os.O_RDONLY | os.O_NONBLOCK)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        os.close(self._reader)

    def read(self) -> bytes:
        """Wait for what is written, and return it; nothing once no process has the other end open any more."""
        ready, _, _ = select.select([self._reader], [], [], WAIT_SECONDS)
        assert ready, f"nobody wrote to {self.path}, or closed it"
        return os.read(self._reader, BLOCK_BYTES)
