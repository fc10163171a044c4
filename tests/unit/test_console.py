"""The job's log: streams, colours, folds, masking, text of others, and a line whenever the log is silent."""

from __future__ import annotations

import contextlib
import io
import re
import threading

import pytest

from tests.support import invented_tokens
from travis_pypi_deploy import cli
from travis_pypi_deploy.console import Console
from travis_pypi_deploy.masking import Mask

TOKEN = invented_tokens.token()


class Terminal(io.StringIO):
    """A stream that somebody looks at."""

    def isatty(self) -> bool:
        return True


def nothing() -> str:
    return "Still waiting"


class Log:
    """A console, and what it has written."""

    def __init__(self, *, folds: bool = False, colour: bool = False, silence: float = 30) -> None:
        self._out, self._err = io.StringIO(), io.StringIO()
        self.console = Console(self._out, self._err, folds=folds, colour=colour, silence=silence)

    @property
    def out(self) -> str:
        return self._out.getvalue()

    @property
    def err(self) -> str:
        return self._err.getvalue()


def test_results_go_to_stdout_and_warnings_and_errors_to_stderr() -> None:
    log = Log()
    log.console.say("Building")
    log.console.say("Built", "success")
    log.console.warn("slow")
    log.console.say("failed", "error")
    assert (log.out, log.err) == ("Building\nBuilt\n", "Warning: slow\nError: failed\n")


def test_colours_are_closed_again() -> None:
    log = Log(colour=True)
    log.console.say("Building")
    log.console.say("Built", "success")
    log.console.warn("slow")
    log.console.say("failed", "error")
    with log.console.step("pypi.build", "Title", waiting=nothing):
        pass
    assert log.out == "Building\n\x1b[32mBuilt\x1b[0m\n\x1b[1mTitle\x1b[0m\n"
    assert log.err == "\x1b[33mWarning: slow\x1b[0m\n\x1b[31mError: failed\x1b[0m\n"


COLOURS = {
    "Travis": ({"TRAVIS": "true"}, False, True),
    "Travis, NO_COLOR": ({"TRAVIS": "true", "NO_COLOR": "1"}, False, False),
    "Travis, NO_COLOR empty": ({"TRAVIS": "true", "NO_COLOR": ""}, False, True),
    "terminal": ({}, True, True),
    "terminal, NO_COLOR": ({"NO_COLOR": "yes"}, True, False),
    "file": ({}, False, False),
    "file, not Travis": ({"TRAVIS": "false"}, False, False),
}


@pytest.mark.parametrize(("environ", "is_terminal", "coloured"), COLOURS.values(), ids=COLOURS)
def test_colours_are_for_terminals_and_travis(environ: dict[str, str], is_terminal: bool, coloured: bool) -> None:
    out, err = (Terminal() if is_terminal else io.StringIO() for _ in range(2))
    cli.main(["--zzz"], environ, out=out, err=err)
    sentence = "Error: unknown option --zzz (see --help)"
    assert err.getvalue() == (f"\x1b[31m{sentence}\x1b[0m\n" if coloured else f"{sentence}\n")


FOLD = re.compile(
    r"travis_fold:start:pypi\.build\r\x1b\[0Ktravis_time:start:pypi_build\r\x1b\[0K"
    r"Building\nmore\n"
    r"travis_time:end:pypi_build:start=(\d+),finish=(\d+),duration=(\d+)\r\x1b\[0K"
    r"travis_fold:end:pypi\.build\r\x1b\[0K"
)


def test_a_step_is_a_fold_with_its_time_in_nanoseconds() -> None:
    log = Log(folds=True)
    with log.console.step("pypi.build", "Building", waiting=nothing):
        log.console.say("more")
    found = FOLD.fullmatch(log.out)
    assert found
    started, finished, duration = map(int, found.groups())
    assert 1_700_000_000_000_000_000 < started <= finished
    assert duration == finished - started


def test_a_fold_ends_with_its_step_so_that_an_error_stands_outside() -> None:
    log = Log(folds=True)
    with contextlib.suppress(KeyError), log.console.step("pypi.build", "Building", waiting=nothing):
        log.console.say("more")
        raise KeyError
    log.console.say("after")
    assert FOLD.match(log.out)
    assert log.out.endswith("travis_fold:end:pypi.build\r\x1b[0Kafter\n")


def test_outside_travis_a_step_is_a_title() -> None:
    log = Log()
    with log.console.step("pypi.build", "Building", waiting=nothing):
        log.console.say("more")
    assert log.out == "Building\nmore\n"


SAID = {
    "colour": ("\x1b[31mred\x1b[0m", "\\x1b[31mred\\x1b[0m"),
    "fold": ("travis_fold:end:x\r\x1b[0K", "travis_fold\\:end:x\\r\\x1b[0K"),
    "new fold": ("it says fold:start:x", "it says fold\\:start:x"),
    "time": ("travis_time:start:x", "travis_time\\:start:x"),
    "line break": ("a\nError: b\r\nc", "a\\nError: b\\r\\nc"),
    "bell and null": ("\a\0", "\\x07\\x00"),
    "C1": ("\x9b31m\x85", "\\x9b31m\\x85"),
    "backspace": ("no\b\byes", "no\\x08\\x08yes"),
    "right to left": ("\u202egpj.exe", "\\u202egpj.exe"),
    "line separator": ("a\u2028b", "a\\u2028b"),
    "surrogate": ("gr\udcf6", "gr\\udcf6"),
    "tab": ("a\tb", "a\tb"),
    "letters": ("größe 日本 🚀", "größe 日本 🚀"),
}


@pytest.mark.parametrize(("text", "shown"), SAID.values(), ids=SAID)
def test_control_characters_line_breaks_and_folds_are_made_visible(text: str, shown: str) -> None:
    log = Log(folds=True, colour=True)
    log.console.say(text)
    log.console.say(text, "error")
    assert (log.out, log.err) == (f"{shown}\n", f"\x1b[31mError: {shown}\x1b[0m\n")


def test_an_encoding_that_lacks_a_letter_gets_its_number() -> None:
    bytes_out, bytes_err = io.BytesIO(), io.BytesIO()
    out, err = io.TextIOWrapper(bytes_out, "ascii"), io.TextIOWrapper(bytes_err, "latin-1")
    console = Console(out, err, folds=False, colour=False)
    console.say("größe 🚀")
    console.say("größe 🚀", "error")
    assert bytes_out.getvalue() == b"gr\\xf6\\xdfe \\U0001f680\n"
    assert bytes_err.getvalue() == b"Error: gr\xf6\xdfe \\U0001f680\n"


def test_whatever_looks_like_a_token_is_masked() -> None:
    log = Log()
    log.console.say(f"the index said: {TOKEN}, {TOKEN}!", "error")
    assert log.err == "Error: the index said: ***, ***!\n"


def test_a_secret_is_masked_once_it_is_known() -> None:
    log = Log()
    log.console.use(Mask.of(frozenset({"correct horse"})))
    log.console.say("the correct horse knows")
    log.console.say("say: correct horse", "error")
    assert (log.out, log.err) == ("the *** knows\n", "Error: say: ***\n")


def test_a_closed_log_does_not_stop_the_run() -> None:
    log = Log()
    log.console._out.close()
    log.console.say("nobody reads this")
    log.console.say("but this", "error")
    assert log.err == "Error: but this\n"


def test_text_of_others_is_masked_also_where_the_secret_is_short() -> None:
    log = Log()
    log.console.use(Mask.of(frozenset({"hunter2"})))
    assert log.console.quoted("  wrong password hunter2\n") == "wrong password ***"
    assert log.console.mask_own("hunter2-1.0.tar.gz") == "hunter2-1.0.tar.gz"


@pytest.mark.parametrize("secret", [" correct horse", "correct horse ", "correct horse\n"])
def test_text_of_others_is_masked_before_it_is_stripped(secret: str) -> None:
    log = Log()
    log.console.use(Mask.of(frozenset({secret})))
    assert log.console.quoted(f"it is {secret}") in ("it is ***", "it is***")
    assert log.console.quoted(secret) == "***"


def test_text_of_others_is_masked_before_it_is_cut() -> None:
    log = Log()
    assert log.console.quoted("x" * 20, limit=20) == "x" * 20
    assert log.console.quoted("x" * 21, limit=20) == "x" * 20 + " ..."
    assert log.console.quoted("x" * 15 + f" {TOKEN}", limit=20) == "x" * 15 + " ***"


def test_a_silent_log_says_what_is_waited_for() -> None:
    log, asked = Log(silence=0.01), threading.Event()

    def waiting() -> str:
        asked.set()
        return "Sent 45 of 120 MB"

    with log.console.step("pypi.upload", "Uploading", waiting=waiting):
        assert asked.wait(10)
        while "Sent" not in log.out:
            threading.Event().wait(0.01)
    assert log.out.splitlines()[:2] == ["Uploading", "Sent 45 of 120 MB"]


def test_a_log_that_is_not_silent_gets_no_such_line() -> None:
    log = Log(silence=1000)
    with log.console.heartbeat(nothing):
        log.console.say("Uploaded a file")
    assert log.out == "Uploaded a file\n"
