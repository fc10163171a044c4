"""The signals that end a run. Imports little, because it is the first thing that runs."""

from __future__ import annotations

import os
import signal
import sys

from .errors import SignalledError

EXIT_CODES = {"SIGINT": 130, "SIGTERM": 143, "SIGHUP": 143}  # SIGHUP does not exist everywhere
SECOND_TRY_SECONDS = 0.01


class Signals:
    """The first signal ends the run in order, by SignalledError in the main thread; the second one ends it at once.

    A signal that was ignored at the start stays ignored.
    """

    def __init__(self) -> None:
        self._received = ""
        self._can_raise = False
        self._is_over = False

    def handle(self) -> None:
        """Take the signals, which raise nothing before ``raise_errors``."""
        for name in EXIT_CODES:
            number = getattr(signal, name, None)
            if number is not None and signal.getsignal(number) is not signal.SIG_IGN:
                signal.signal(number, self._receive)
        sys.unraisablehook = self._raise_later

    def raise_errors(self) -> None:
        """Let the first signal raise SignalledError from now on; raises it if a signal came before."""
        self._can_raise = True
        if self._received and not self._is_over:
            raise SignalledError(self._received, EXIT_CODES[self._received])

    def cause(self, error: BaseException) -> BaseException:
        """Return why the run ended: the signal, if one came; Python can turn its error into another one."""
        return SignalledError(self._received, EXIT_CODES[self._received]) if self._received else error

    def ignore(self) -> None:
        """Ignore every further signal: the result is certain."""
        self._is_over = True

    def _receive(self, number: int, _frame: object) -> None:
        if self._is_over:
            return
        if self._received:
            os._exit(EXIT_CODES[self._received])
        self._received = signal.Signals(number).name
        if self._can_raise:
            raise SignalledError(self._received, EXIT_CODES[self._received])

    def _raise_later(self, ignored: sys.UnraisableHookArgs) -> None:
        """Raise once more what Python ignores: the signal came in a callback, as it has some for each import."""
        if isinstance(ignored.exc_value, SignalledError) and hasattr(signal, "setitimer"):
            signal.signal(signal.SIGALRM, lambda *_: self.raise_errors())
            signal.setitimer(signal.ITIMER_REAL, SECOND_TRY_SECONDS)
        else:
            sys.__unraisablehook__(ignored)
