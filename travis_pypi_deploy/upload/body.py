"""One upload's body, streamed from the disk, and proof that what is sent is what was checked."""

from __future__ import annotations

import hashlib
import os
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing, contextmanager
from typing import TYPE_CHECKING

from ..distributions import stamp

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from typing import BinaryIO

    from requests_toolbelt import MultipartEncoder

    from ..distributions import Distribution

BLOCK_BYTES = 1024 * 1024


class ChangedFileError(Exception):
    """The file on the disk is not the one that was read and checked, or cannot be read any more."""


@contextmanager
def opened(distribution: Distribution, *, told: Callable[[int], None]) -> Iterator[CheckedFile]:
    """Open a distribution file for sending; ``told`` is called with the number of bytes of each block.

    Raises ChangedFileError where the file was written to or replaced since it was read, or is gone.
    """
    try:
        file = distribution.path.open("rb")
    except OSError as error:
        raise ChangedFileError(f"the file cannot be read any more ({error.strerror})") from error
    with file, closing(HashBeside()) as hasher:
        if stamp(os.fstat(file.fileno())) != distribution.stamp:
            raise ChangedFileError("the file was changed")
        yield CheckedFile(file, distribution, hasher, told=told)


class CheckedFile:
    """A distribution file that is open for sending and hashes what it gives out.

    The last bytes are withheld, by ChangedFileError, if they are not those of the file that was checked: an index
    cannot take a body that ends early.
    """

    def __init__(
        self, file: BinaryIO, distribution: Distribution, hasher: HashBeside, *, told: Callable[[int], None]
    ) -> None:
        self._file = file
        self._hasher = hasher
        self._told = told
        self._expected = distribution.sha256
        self.size = distribution.size
        self.len = distribution.size  # what is left, as requests-toolbelt asks for it

    def read(self, size: int = -1) -> bytes:
        """Return the next ``size`` bytes, all that are left by default."""
        try:
            block = self._file.read(self.len if size < 0 else min(size, self.len))
        except OSError as error:
            raise ChangedFileError(f"the file cannot be read any more ({error.strerror})") from error
        self._hasher.update(block)
        self.len -= len(block)
        became_shorter = size and not block and self.len
        if became_shorter or (not self.len and self._hasher.hexdigest() != self._expected):
            raise ChangedFileError("the file was changed while it was being sent")
        self._told(len(block))
        return block


class HashBeside:
    """A sha256 that is computed beside the sending, at most one block behind it."""

    def __init__(self) -> None:
        self._digest = hashlib.sha256()
        self._thread = ThreadPoolExecutor(max_workers=1)
        self._under_way = self._thread.submit(self._digest.update, b"")

    def update(self, block: bytes) -> None:
        """Begin to hash the next block, as soon as the one before is done."""
        self._under_way.result()
        self._under_way = self._thread.submit(self._digest.update, block)

    def hexdigest(self) -> str:
        """Return the hash of all blocks, in hexadecimal."""
        self._under_way.result()
        return self._digest.hexdigest()

    def close(self) -> None:
        """End the thread."""
        self._thread.shutdown(wait=False)


class Body:
    """What requests streams: the encoded form, in large blocks however little is asked for.

    http.client asks for 16 KiB at a time, which costs more than the sending itself. ``is_begun`` and ``is_sent`` tell
    whether any of it, and all of it, was handed over to the connection.
    """

    def __init__(self, encoder: MultipartEncoder) -> None:
        self._encoder = encoder
        self.len: int = encoder.len
        self.content_type: str = encoder.content_type
        self.is_begun = False
        self.is_sent = False

    def read(self, size: int = -1) -> bytes:
        """Return the next block, whatever its ``size`` should be."""
        del size
        block: bytes = self._encoder.read(BLOCK_BYTES)
        self.is_begun = True
        self.is_sent = not block  # whoever asks in vain has sent the block before
        return block
