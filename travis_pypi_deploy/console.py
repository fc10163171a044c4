"""The job's log: complete lines, folds, colour, and a line whenever nothing was written for 30 seconds."""

from __future__ import annotations

import re
import threading
import time
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Literal, TextIO

from .masking import Mask

SILENCE_SECONDS = 30.0
QUOTED_LIMIT_CHARACTERS = 500
BOLD, YELLOW, RED, GREEN, PLAIN = "\x1b[1m", "\x1b[33m", "\x1b[31m", "\x1b[32m", "\x1b[0m"
# Travis' page reads these as a fold anywhere in a line.
FOLD_MARK = re.compile(r"(travis_)?(fold|time)(?=:(start|end))")


Kind = Literal["plain", "success", "warning", "error", "quoted"]


@dataclass(frozen=True)
class Line:
    """A line of the log. A ``quoted`` one is text from others, such as the output of a build."""

    text: str
    kind: Kind = "plain"


class Console:
    """Writes lines to the job's log; may be used by several threads.

    ``folds``: Travis shows the log. ``colour``: escape codes are allowed. ``silence``: seconds without a line after
    which the log says what is being waited for. Secrets are masked, and control characters and line breaks are made
    visible, so that no text can forge a line, a fold or a colour.
    """

    def __init__(
        self, out: TextIO, err: TextIO, *, folds: bool, colour: bool, silence: float = SILENCE_SECONDS
    ) -> None:
        self._out = out
        self._err = err
        self._folds = folds
        self._colour = colour
        self._silence = silence
        self._mask = Mask()
        self._lock = threading.RLock()
        self._last_line = time.monotonic()

    def use(self, mask: Mask) -> None:
        """Mask these secrets in everything that is written from now on."""
        self._mask = mask

    def show(self, lines: Iterable[Line]) -> None:
        """Write lines."""
        for line in lines:
            self.say(line.text, line.kind)

    def say(self, text: str, kind: Kind = "plain") -> None:
        """Write a line: a warning or an error to the standard error, others to the standard output."""
        if kind == "warning":
            self._write(self._err, f"Warning: {text}", YELLOW)
        elif kind == "error":
            self._write(self._err, f"Error: {text}", RED)
        elif kind == "quoted":
            self._write(self._out, text[: len(text) - len(text.lstrip())] + self.quoted(text), "")
        else:
            self._write(self._out, text, GREEN if kind == "success" else "")

    def warn(self, text: str) -> None:
        """Write a warning."""
        self.say(text, "warning")

    def mask_own(self, text: str) -> str:
        """Return a text of this tool as it is shown in the report."""
        return self._mask.hide(text)

    def mask_quoted(self, text: str) -> str:
        """Return a text from an index, a build backend or bash, in which every form of a secret is masked."""
        return self._mask.hide_quoted(text)

    def quoted(self, text: str, *, limit: int = QUOTED_LIMIT_CHARACTERS) -> str:
        """Return a text from others for use in a sentence: masked, and then cut if it is long."""
        clean = self.mask_quoted(text).strip()
        return clean if len(clean) <= limit else f"{clean[:limit]} ..."

    @contextmanager
    def step(self, name: str, title: str, *, waiting: Callable[[], str]) -> Iterator[None]:
        """Put the lines of a step into a fold with its time; ``waiting`` says what it waits for while it is silent."""
        started = time.time_ns()
        timer = name.replace(".", "_")
        if self._folds:
            self._raw(self._out, f"travis_fold:start:{name}\r\x1b[0Ktravis_time:start:{timer}\r\x1b[0K")
        self._write(self._out, title, BOLD)
        try:
            with self.heartbeat(waiting):
                yield
        finally:
            if self._folds:
                finished = time.time_ns()
                clock = f"start={started},finish={finished},duration={finished - started}"
                self._raw(self._out, f"travis_time:end:{timer}:{clock}\r\x1b[0Ktravis_fold:end:{name}\r\x1b[0K")

    @contextmanager
    def heartbeat(self, waiting: Callable[[], str]) -> Iterator[None]:
        """Write a line whenever the log was silent for 30 seconds; Travis ends a job that is silent for 10 minutes."""
        done = threading.Event()

        def beat() -> None:
            while not done.wait(max(0.0, self._last_line + self._silence - time.monotonic())):
                if time.monotonic() - self._last_line >= self._silence:
                    self.say(waiting())

        thread = threading.Thread(target=beat, name="heartbeat", daemon=True)
        thread.start()
        try:
            yield
        finally:
            done.set()

    def _write(self, stream: TextIO, text: str, colour: str) -> None:
        """Write one line without control characters and without the marks of Travis' folds."""
        visible = "".join(
            each if each.isprintable() or each == "\t" else each.encode("unicode_escape").decode()
            for each in self._mask.hide(text)
        )
        line = FOLD_MARK.sub(lambda match: f"{match[0]}\\", visible)
        self._raw(stream, f"{colour}{line}{PLAIN}\n" if colour and self._colour else f"{line}\n")

    def _raw(self, stream: TextIO, text: str) -> None:
        """Write at once; a log that cannot be written (closed pipe, full disk) must not stop an upload."""
        encoding = stream.encoding or "utf-8"
        with self._lock:
            self._last_line = time.monotonic()
            try:
                stream.write(text.encode(encoding, "backslashreplace").decode(encoding))
                stream.flush()
            except (OSError, ValueError):
                pass


class BuildLog:
    """Takes the lines that a build prints: shows them if ``verbose``, and remembers the last one for the heartbeat."""

    def __init__(self, console: Console, *, verbose: bool) -> None:
        self._console = console
        self._verbose = verbose
        self._last = ""

    def take(self, line: str) -> None:
        """Take one line."""
        self._last = line
        if self._verbose:
            self._console.say(line, "quoted")

    def waiting(self) -> str:
        """Return what the build is doing."""
        return f"Still building; last line: {self._console.quoted(self._last)}" if self._last else "Still building"
