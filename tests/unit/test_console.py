"""The console: folds, colours, what others said, secrets, signs of life; and the table in the end."""

from __future__ import annotations

import contextlib
import io
import re
from typing import TYPE_CHECKING

import pytest

from tests.support import factories, invented_tokens
from travis_pypi_deploy import cli, distributions
from travis_pypi_deploy.report.console import Console
from travis_pypi_deploy.report.summary import install_command, size, table
from travis_pypi_deploy.servers import SERVERS, Server
from travis_pypi_deploy.upload import FileResult, Outcome

if TYPE_CHECKING:
    from pathlib import Path

TOKEN = invented_tokens.token()


class Terminal(io.StringIO):
    """A stream that somebody looks at."""

    def isatty(self) -> bool:
        return True


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


def test_facts_go_to_the_output_and_complaints_to_the_errors() -> None:
    log = Log()
    log.console.say("Building")
    log.console.success("Built")
    log.console.warn("slow")
    log.console.error("failed")
    assert (log.out, log.err) == ("Building\nBuilt\n", "Warning: slow\nError: failed\n")


def test_colours_are_closed_again() -> None:
    log = Log(colour=True)
    log.console.say("Building")
    log.console.success("Built")
    log.console.warn("slow")
    log.console.error("failed")
    with log.console.fold("pypi.build", "Title"):
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


def test_a_stage_is_a_fold_with_its_time_in_nanoseconds() -> None:
    log = Log(folds=True)
    with log.console.fold("pypi.build", "Building"):
        log.console.say("more")
    found = FOLD.fullmatch(log.out)
    assert found
    started, finished, duration = map(int, found.groups())
    assert 1_700_000_000_000_000_000 < started <= finished
    assert duration == finished - started


def test_a_fold_ends_with_its_stage_so_that_an_error_stands_outside() -> None:
    log = Log(folds=True)
    with contextlib.suppress(KeyError), log.console.fold("pypi.build", "Building"):
        log.console.say("more")
        raise KeyError
    log.console.say("after")
    assert FOLD.match(log.out)
    assert log.out.endswith("travis_fold:end:pypi.build\r\x1b[0Kafter\n")


def test_off_travis_a_stage_is_a_title() -> None:
    log = Log()
    with log.console.fold("pypi.build", "Building"):
        log.console.say("more")
    assert log.out == "Building\nmore\n"


SAID = {
    "colour": ("\x1b[31mred\x1b[0m", "\\x1b[31mred\\x1b[0m"),
    "fold": ("travis_fold:end:x\r\x1b[0K", "travis_fold:end:x\\r\\x1b[0K"),
    "bell and null": ("\a\0", "\\x07\\x00"),
    "C1": ("\x9b31m\x85", "\\x9b31m\\x85"),
    "backspace": ("no\b\byes", "no\\x08\\x08yes"),
    "right to left": ("\u202egpj.exe", "\\u202egpj.exe"),
    "line separator": ("a\u2028b", "a\\u2028b"),
    "surrogate": ("gr\udcf6", "gr\\udcf6"),
    "tab and line": ("a\tb\nc", "a\tb\nc"),
    "letters": ("größe 日本 🚀", "größe 日本 🚀"),
}


@pytest.mark.parametrize(("text", "shown"), SAID.values(), ids=SAID)
def test_control_characters_of_others_are_made_visible(text: str, shown: str) -> None:
    log = Log(folds=True, colour=True)
    log.console.say(text)
    log.console.error(text)
    assert (log.out, log.err) == (f"{shown}\n", f"\x1b[31mError: {shown}\x1b[0m\n")


def test_an_encoding_that_lacks_a_letter_gets_its_number() -> None:
    bytes_out, bytes_err = io.BytesIO(), io.BytesIO()
    out, err = io.TextIOWrapper(bytes_out, "ascii"), io.TextIOWrapper(bytes_err, "latin-1")
    console = Console(out, err, folds=False, colour=False)
    console.say("größe 🚀")
    console.error("größe 🚀")
    assert bytes_out.getvalue() == b"gr\\xf6\\xdfe \\U0001f680\n"
    assert bytes_err.getvalue() == b"Error: gr\xf6\xdfe \\U0001f680\n"


def test_whatever_looks_like_a_token_is_masked() -> None:
    log = Log()
    log.console.error(f"the index said: {TOKEN}, {TOKEN}!")
    assert log.err == "Error: the index said: ***, ***!\n"


def test_a_secret_is_masked_once_it_is_known() -> None:
    log = Log()
    log.console.hide(["correct horse"])
    log.console.say("the correct horse knows")
    log.console.error("say: correct horse")
    assert (log.out, log.err) == ("the *** knows\n", "Error: say: ***\n")


def test_a_closed_log_is_no_reason_to_stop() -> None:
    log = Log()
    log.console._out.close()
    log.console.say("nobody reads this")
    log.console.error("but this")
    assert log.err == "Error: but this\n"


def test_a_long_silence_is_broken() -> None:
    patient, impatient = Log(), Log(silence=0)
    for log in (patient, impatient):
        log.console.tick("Still waiting")
        with log.console.progress(2_000_000) as count:
            count(500_000)
            log.console.tick()
    assert patient.out == ""
    waiting, uploading = impatient.out.splitlines()
    assert waiting == "Still waiting"
    assert re.fullmatch(r"Still uploading:  25%\|.*\| 500k/2\.00M \[\d\d:\d\d<\d\d:\d\d, .*B/s\]", uploading)


def test_on_a_terminal_there_is_a_bar_that_makes_room_for_lines() -> None:
    out, err = Terminal(), Terminal()
    console = Console(out, err, folds=False, colour=False)
    with console.progress(2000) as count:
        count(1500)
        console.say("Uploaded a file")
    assert out.getvalue() == "Uploaded a file\n"
    assert re.fullmatch(r"\r  0%\|.*\| 0\.00/2\.00k .*\r {30,}\r+", err.getvalue())


@pytest.mark.parametrize("folds", [True, False])
def test_in_a_log_there_is_no_bar(folds: bool) -> None:
    out, err = Terminal() if folds else io.StringIO(), Terminal() if folds else io.StringIO()
    with Console(out, err, folds=folds, colour=False).progress(2000) as count:
        count(1500)
    assert (out.getvalue(), err.getvalue()) == ("", "")


def test_the_table_has_a_line_for_each_file(tmp_path: Path) -> None:
    paths = [
        factories.wheel(tmp_path),
        factories.wheel(tmp_path, tag="cp312-cp312-win_amd64"),
        factories.big_wheel(tmp_path, 1, version="10.0"),
        factories.sdist(tmp_path),
    ]
    results = [
        FileResult(paths[0].name, Outcome.UPLOADED, attempts=1, seconds=0.26),
        FileResult(paths[1].name, Outcome.IDENTICAL),
        FileResult(paths[2].name, Outcome.UNKNOWN, attempts=3, seconds=61.04),
    ]
    lines = list(table([distributions.read(path) for path in paths], results))
    small, windows, source = (size(paths[number].stat().st_size) for number in (0, 1, 3))
    assert lines == [
        f"  demo-1.0-py3-none-any.whl           {small:>9}  uploaded (0.3 s)",
        f"  demo-1.0-cp312-cp312-win_amd64.whl  {windows:>9}  identical",
        "  demo-10.0-py3-none-any.whl             1.0 MB  unknown (61.0 s, 3 attempts)",
        f"  demo-1.0.tar.gz                     {source:>9}  not attempted",
    ]


SIZES = {
    0: "0 B",
    999: "999 B",
    1000: "1.0 kB",
    1550: "1.6 kB",
    999_949: "999.9 kB",
    999_950: "1.0 MB",
    300 * 1024 * 1024: "314.6 MB",
    12_345_678_901: "12.3 GB",
}


@pytest.mark.parametrize(("count", "text"), SIZES.items(), ids=SIZES.values())
def test_a_size_is_what_a_person_reads(count: int, text: str) -> None:
    assert size(count) == text


def test_the_command_that_installs_a_release_names_its_index() -> None:
    testpypi, pypi = SERVERS
    private = Server("https://index.example/", "https://index.example/")
    assert [
        install_command(server, index_url, name="demo", version="1.0")
        for server, index_url in [
            (pypi, pypi.index_url),
            (testpypi, testpypi.index_url),
            (private, "https://index.example/simple/"),
            (private, None),
        ]
    ] == [
        "pip install demo==1.0",
        f"pip install --index-url {testpypi.index_url} demo==1.0",
        "pip install --index-url https://index.example/simple/ demo==1.0",
        None,
    ]
