"""One upload's body, streamed from the disk, and proof that what is sent is what was checked."""

from __future__ import annotations

import hashlib
import os
from typing import TYPE_CHECKING

from ..distributions import stamp

if TYPE_CHECKING:
    from collections.abc import Callable
    from typing import BinaryIO

    from requests_toolbelt import MultipartEncoder

    from ..distributions import Distribution


class ChangedFileError(Exception):
    """The file on the disk is not the one that was read and checked."""


class CheckedFile:
    """A distribution file that is open for sending and hashes what it gives out.

    The last bytes are withheld, by ChangedFileError, if they are not those of the file that was checked: an index
    cannot take a body that ends early.
    """

    def __init__(self, file: BinaryIO, distribution: Distribution) -> None:
        self._file = file
        self._distribution = distribution
        self._digest = hashlib.sha256()
        self.len = distribution.size  # what is left, as requests-toolbelt asks for it

    def read(self, size: int = -1) -> bytes:
        """Return the next ``size`` bytes, all that are left by default."""
        block = self._file.read(self.len if size < 0 else min(size, self.len))
        self._digest.update(block)
        self.len -= len(block)
        if self.len == 0 and self._digest.hexdigest() != self._distribution.sha256:
            raise ChangedFileError
        if size and not block and self.len:
            raise ChangedFileError  # it became shorter
        return block


class Body:
    """What requests streams: the encoded form, in blocks of ``block_bytes`` however little is asked for.

    http.client asks for 16 KiB at a time, which costs more than the sending itself. ``told`` is called with the
    number of bytes of each block. ``is_sent`` tells whether the last block was handed over.
    """

    def __init__(self, encoder: MultipartEncoder, *, block_bytes: int, told: Callable[[int], None]) -> None:
        self._encoder = encoder
        self._block_bytes = block_bytes
        self._told = told
        self.len: int = encoder.len
        self._left: int = encoder.len
        self.content_type = encoder.content_type

    @property
    def is_sent(self) -> bool:
        """Whether everything was handed over to the connection."""
        return not self._left

    @property
    def sent_bytes(self) -> int:
        """How much was handed over to the connection."""
        return self.len - self._left

    def read(self, size: int = -1) -> bytes:
        """Return the next block, whatever its ``size`` should be."""
        del size
        block: bytes = self._encoder.read(self._block_bytes)
        self._left -= len(block)
        self._told(len(block))
        return block


def check_unchanged(file: BinaryIO, distribution: Distribution) -> None:
    """Raise ChangedFileError where the open file was written to, or replaced, since it was read."""
    if stamp(os.fstat(file.fileno())) != distribution.stamp:
        raise ChangedFileError
