"""The only place that writes to the job's log: lines, folds, colour, progress; and the last fence for secrets."""

from __future__ import annotations

import threading
import time
from contextlib import contextmanager
from typing import TYPE_CHECKING, TextIO

from ..job import fold_end, fold_start

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator

    from .progress import Progress

SILENCE_SECONDS = 30
BOLD, YELLOW, RED, GREEN, PLAIN = "\x1b[1m", "\x1b[33m", "\x1b[31m", "\x1b[32m", "\x1b[0m"


class Console:
    """Writes complete lines to the job's log; may be used by several threads.

    ``folds``: Travis reads the log. ``colour``: escape codes may be used. ``silence``: after so many seconds without a
    line a sign of life is due. Control characters in what others said are made visible, so that nobody can forge a
    line, a fold or a colour.
    """

    def __init__(
        self, out: TextIO, err: TextIO, *, folds: bool, colour: bool, silence: float = SILENCE_SECONDS
    ) -> None:
        self._out = out
        self._err = err
        self._folds = folds
        self._colour = colour
        self._silence = silence
        self._secrets: tuple[str, ...] = ()
        self._username = ""
        self._hides_encoded = False
        self._lock = threading.RLock()
        self._last_line = time.monotonic()
        self._progress: Progress | None = None

    def hide(self, secrets: Iterable[str], *, username: str = "__token__") -> None:
        """Mask these secrets, and whatever looks like an API token, in everything that is written from now on.

        ``username`` is the one that goes with them in a Basic authorization.
        """
        self._secrets = tuple(secrets)
        self._username = username

    def hide_encoded(self) -> None:
        """From now on mask what was made of the secrets too, such as a Basic authorization.

        Only what others say can hold that, and looking for it costs a skipped job more than all the rest.
        """
        self._hides_encoded = True

    def say(self, text: str, *, colour: str = "") -> None:
        """Write a line of what is going on."""
        self._write(self._out, text, colour)

    def success(self, text: str) -> None:
        """Write a line that says what was reached."""
        self.say(text, colour=GREEN)

    def warn(self, text: str) -> None:
        """Write a warning."""
        self._write(self._err, f"Warning: {text}", YELLOW)

    def error(self, text: str) -> None:
        """Write an error."""
        self._write(self._err, f"Error: {text}", RED)

    @contextmanager
    def fold(self, name: str, title: str) -> Iterator[None]:
        """Put the lines of a stage into a fold of the job's log, with its time; elsewhere just under a title."""
        started = time.time_ns()
        if self._folds:
            self._raw(self._out, fold_start(name))
        self.say(title, colour=BOLD)
        try:
            yield
        finally:
            if self._folds:
                self._raw(self._out, fold_end(name, started=started, finished=time.time_ns()))

    @contextmanager
    def progress(self, total: int) -> Iterator[Callable[[int], None]]:
        """Show how many of ``total`` bytes were sent; yields what counts the bytes of a block, or takes them back."""
        from .progress import Progress

        with Progress(total, stream=self._err, hidden=self._folds or not self._err.isatty()) as progress:
            self._progress = progress

            def count(size: int) -> None:
                with self._lock:
                    progress.count(size)

            try:
                yield count
            finally:
                self._progress = None

    def tick(self, doing: str = "") -> None:
        """Write what is going on if nothing was written for long: Travis ends a job that is silent for 10 minutes.

        By default that is how many bytes were sent, unless a bar shows it all the time.
        """
        if time.monotonic() - self._last_line < self._silence:
            return
        if doing:
            self.say(doing)
        elif self._progress is not None and self._progress.is_hidden:
            self.say(f"Still uploading: {self._progress}")

    def _write(self, stream: TextIO, text: str, colour: str) -> None:
        line = _printable(self.redacted(text))
        self._raw(stream, f"{colour}{line}{PLAIN}\n" if colour and self._colour else f"{line}\n")

    def redacted(self, text: str) -> str:
        """Return the text with every secret masked."""
        may_show_one = self._secrets and (self._hides_encoded or _shows_part(text, self._secrets))
        if not may_show_one and "pypi-" not in text:
            return text
        from ..tokens import Secret, redact

        return redact(text, map(Secret, self._secrets), username=self._username)

    def _raw(self, stream: TextIO, text: str) -> None:
        """Write at once; a log that takes no more (a closed pipe, a full disk) must not stop an upload half-way."""
        encoding = stream.encoding or "utf-8"
        with self._lock:
            self._last_line = time.monotonic()
            if self._progress is not None:
                self._progress.clear()
            try:
                stream.write(text.encode(encoding, "backslashreplace").decode(encoding))
                stream.flush()
            except (OSError, ValueError):
                pass


def _shows_part(text: str, secrets: Iterable[str]) -> bool:
    """Return whether 12 characters in a row of a secret, or all of a shorter one, stand in the text."""
    return any(
        secret[start : start + 12] in text for secret in secrets for start in range(max(1, len(secret) - 12 + 1))
    )


def _printable(text: str) -> str:
    return "".join(each if each.isprintable() or each in "\n\t" else _escaped(each) for each in text)


def _escaped(character: str) -> str:
    return character.encode("unicode_escape").decode("ascii")
