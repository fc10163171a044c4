"""The wording of the log."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from tests.support import factories
from travis_pypi_deploy import distributions
from travis_pypi_deploy.checks.rules import Problem, listed
from travis_pypi_deploy.messages import install_command, number_of_files, problem_texts, size, table
from travis_pypi_deploy.servers import SERVERS, Server
from travis_pypi_deploy.upload.results import FileResult, Outcome

if TYPE_CHECKING:
    from pathlib import Path

TESTPYPI, PYPI = SERVERS


def test_the_table_has_a_line_for_each_file(tmp_path: Path) -> None:
    paths = [
        factories.wheel(tmp_path),
        factories.wheel(tmp_path, tag="cp312-cp312-win_amd64"),
        factories.big_wheel(tmp_path, 1, version="10.0"),
        factories.sdist(tmp_path),
    ]
    release = [distributions.read(path) for path in paths]
    results = (
        FileResult(paths[0].name, Outcome.UPLOADED, attempts=1, seconds=0.26),
        FileResult(paths[1].name, Outcome.IDENTICAL),
        FileResult(paths[2].name, Outcome.UNKNOWN, attempts=3, seconds=61.04),
        FileResult(paths[3].name, Outcome.NOT_ATTEMPTED),
    )
    small, windows = (size(paths[number].stat().st_size) for number in (0, 1))
    assert list(table(list(zip(release, results)))) == [
        f"  demo-1.0-py3-none-any.whl           {small:>9}  uploaded (0.3 s)",
        f"  demo-1.0-cp312-cp312-win_amd64.whl  {windows:>9}  identical",
        "  demo-10.0-py3-none-any.whl             1.0 MB  unknown (61.0 s, 3 attempts)",
        f"  demo-1.0.tar.gz                     {size(paths[3].stat().st_size):>9}  not attempted",
    ]


def test_files_that_were_not_attempted_share_a_line(tmp_path: Path) -> None:
    found = [distributions.read(path) for path in (factories.wheel(tmp_path), factories.sdist(tmp_path))]
    (line,) = table([(each, FileResult(each.filename, Outcome.NOT_ATTEMPTED)) for each in found])
    assert line.strip() == "2 files not attempted: demo-1.0-py3-none-any.whl, demo-1.0.tar.gz"


@pytest.mark.parametrize(
    ("names", "which"),
    [("a", "a"), ("ab", "both files"), ("abc", "all 3 files"), ("abd", "a, b, d"), ("aa", "a")],
    ids=["one file", "both", "all", "some", "twice in one file"],
)
def test_a_problem_that_files_share_is_one_line(names: str, which: str) -> None:
    problems = [Problem("platform-tag", "PyPI does not accept it: repair it.", name) for name in names]
    count = {"abd": 4, "aa": 2}.get(names, len(names))
    assert problem_texts(problems, "error", count=count) == [
        f"{which}: PyPI does not accept it: repair it (platform-tag)"
    ]


SIZES = {
    0: "0 B",
    999: "999 B",
    1000: "1.0 kB",
    1550: "1.6 kB",
    999_949: "999.9 kB",
    999_950: "1.0 MB",
    300 * 1024 * 1024: "314.6 MB",
    12_345_678_901: "12345.7 MB",
}


@pytest.mark.parametrize(("count", "text"), SIZES.items(), ids=SIZES.values())
def test_a_size_is_in_decimal_units(count: int, text: str) -> None:
    assert size(count) == text


def test_numbers_and_names_are_written_as_words() -> None:
    assert [number_of_files(0), number_of_files(1), number_of_files(2)] == ["0 files", "1 file", "2 files"]
    assert listed(["a", "b", "c"]) == "a, b, c"
    assert listed(["a", "b", "c", "d"]) == "a, b, c and 1 more"


def test_the_command_that_installs_a_release_names_its_index(tmp_path: Path) -> None:
    release = distributions.read(factories.wheel(tmp_path))
    private = Server("https://index.example/", "https://index.example/")
    assert install_command(PYPI, PYPI.index_url or "", release) == "pip install demo==1.0"
    assert install_command(private, "", release) == ""
    for server, index_url in ((TESTPYPI, TESTPYPI.index_url or ""), (private, "https://index.example/simple/")):
        assert install_command(server, index_url, release) == f"pip install --index-url {index_url} demo==1.0"
