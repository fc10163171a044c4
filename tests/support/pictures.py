"""The pictures of the README, drawn from real runs: a deployment to testpypi, and one to pypi that fails.

``python -m tests.support.pictures`` draws them again. A proxy on loopback plays the indexes, the tokens are invented.
"""

from __future__ import annotations

import os
import re
import subprocess
import tempfile
import textwrap
from collections.abc import Iterator, Mapping, Sequence
from html import escape
from pathlib import Path
from urllib.parse import urlsplit

from tests.support import command, invented_tokens, sample_projects, travis_job
from tests.support.interception import Interception
from tests.support.loopback_index import LoopbackIndex
from travis_pypi_deploy.servers import SERVERS

EXAMPLES = Path(__file__).parents[2] / "examples"
COLOURED = re.compile(r"\x1b\[(\d+)m(.*)\x1b\[0m")
STYLES = {"1": ' font-weight="bold"', "31": ' fill="#ff7b72"', "32": ' fill="#7ee787"', "33": ' fill="#e3b341"'}
DIMMED = ' fill="#8b949e"'
COLUMNS, CHARACTER_WIDTH, LINE_HEIGHT, MARGIN = 100, 7.85, 20, 16


def draw(folder: Path) -> dict[str, str]:
    """Return the SVG of each picture by its file name; the runs happen in an empty folder."""
    project = sample_projects.copy("plain", folder).rename(folder / "demo")
    index = LoopbackIndex()
    hosts = {urlsplit(url).hostname or "" for each in SERVERS for url in (each.upload_url, each.index_url or "")}
    with index, Interception(dict.fromkeys(hosts, index), folder) as proxy:
        variables = {
            **proxy.variables,
            "TEST_PYPI_TOKEN": invented_tokens.token("testpypi", projects=("demo",)),
            "PYPI_TOKEN": invented_tokens.token("pypi", projects=("demo",)),
        }
        tagged = {"TRAVIS_TAG": "v1.1", "TRAVIS_BRANCH": "v1.1"}  # the project's version is 1.0
        logs = {
            "log.svg": log_of(["--branch", "staging"], project, variables),
            "failed.svg": log_of(["--server", "pypi", "--tags"], project, {**variables, **tagged}),
        }
    return {name: svg(log) for name, log in logs.items()}


def log_of(options: Sequence[str], project: Path, variables: Mapping[str, str]) -> list[str]:
    """Return the lines of a job's log as Travis shows them; addresses of the indexes stand in servers.py only."""
    ended = subprocess.run(
        command.module(*options),
        cwd=project,
        env={"PATH": os.environ["PATH"], **travis_job.job(**variables)},
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        check=False,
    )
    log = command.FOLD_MARK.sub("", ended.stdout.decode())
    for host in (host for server in SERVERS for host in server.hosts):
        log = log.replace(f"//{host}/", "//…/")
    return [f"$ python -m travis_pypi_deploy {' '.join(options)}", *log.splitlines()]


def svg(log: Sequence[str]) -> str:
    """Return a picture of these lines, with long ones wrapped, as the log on Travis' page."""
    rows = [row for line in log for row in rows_of(line)]
    width, height = int(COLUMNS * CHARACTER_WIDTH) + 2 * MARGIN, len(rows) * LINE_HEIGHT + 2 * MARGIN
    texts = "\n".join(
        f'<text x="{MARGIN}" y="{MARGIN + (number + 1) * LINE_HEIGHT - 6}"{style} xml:space="preserve">'
        f"{escape(text)}</text>"
        for number, (style, text) in enumerate(rows)
    )
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" width="{width}" height="{height}" '
        'font-family="ui-monospace, SFMono-Regular, Menlo, Consolas, monospace" font-size="13" fill="#e6edf3">\n'
        f'<rect width="{width}" height="{height}" rx="8" fill="#161b22"/>\n{texts}\n</svg>\n'
    )


def rows_of(line: str) -> Iterator[tuple[str, str]]:
    """Yield the rows that a line takes, each with its style; the command that was run is dimmed."""
    coloured = COLOURED.fullmatch(line)
    style, text = (STYLES[coloured[1]], coloured[2]) if coloured else (DIMMED if line.startswith("$") else "", line)
    for row in textwrap.wrap(text, COLUMNS, break_on_hyphens=False):
        yield style, row


if __name__ == "__main__":
    with tempfile.TemporaryDirectory() as name:
        for filename, picture in draw(Path(name)).items():
            (EXAMPLES / filename).write_text(picture, encoding="utf-8")
