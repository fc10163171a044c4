"""Draw the picture of the README: the real log of the demonstration's job, as ``log.svg`` beside this file."""

from __future__ import annotations

import re
import shutil
import sys
import tempfile
from html import escape
from pathlib import Path

from demo import COMMAND, FOLD_CODES, SAMPLE, pypiserver, run, travis_job

PICTURE = Path(__file__).parent / "log.svg"
COLOURS = {"1": ' font-weight="bold"', "31": ' fill="#ff7b72"', "32": ' fill="#7ee787"', "33": ' fill="#e3b341"'}
CODE = re.compile(r"\x1b\[(\d+)m(.*?)\x1b\[0m")
LINE_HEIGHT, MARGIN, CHARACTER_WIDTH = 20, 16, 7.85
PROMPT = '$ python -m travis_pypi_deploy --branch staging --python 3.6 --distributions "sdist bdist_wheel"'


def main() -> None:
    """Play a job that is skipped and one that deploys, and draw their logs."""
    with tempfile.TemporaryDirectory() as folder, pypiserver(Path(folder) / "index") as url:
        project = Path(shutil.copytree(SAMPLE, Path(folder) / "sample_project"))
        job = {**travis_job(PYPI_SERVER=url, PYPI_INDEX_URL=f"{url}simple/"), "NO_COLOR": ""}
        lines = []
        for branch in ("feature/x", "staging"):
            _, log = run([sys.executable, *COMMAND], folder=project, environ={**job, "TRAVIS_BRANCH": branch})
            shown = FOLD_CODES.sub("", log).rstrip().replace(url, "https://packages.example/")
            lines += [f"# TRAVIS_BRANCH={branch}", PROMPT, *shown.splitlines(), ""]
    PICTURE.write_text(drawn(lines[:-1]), encoding="utf-8")


def drawn(lines: list[str]) -> str:
    """Return an SVG that shows the lines as a terminal does."""
    width = int(max(len(CODE.sub(r"\2", line)) for line in lines) * CHARACTER_WIDTH) + 2 * MARGIN
    height = len(lines) * LINE_HEIGHT + 2 * MARGIN
    rows = "\n".join(
        f'<text x="{MARGIN}" y="{MARGIN + (row + 1) * LINE_HEIGHT - 6}"{dimmed(line)} xml:space="preserve">'
        f"{CODE.sub(coloured, escape(line))}</text>"
        for row, line in enumerate(lines)
    )
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" width="{width}" height="{height}" '
        'font-family="ui-monospace, SFMono-Regular, Menlo, Consolas, monospace" font-size="13" fill="#e6edf3">\n'
        f'<rect width="{width}" height="{height}" rx="8" fill="#161b22"/>\n{rows}\n</svg>\n'
    )


def dimmed(line: str) -> str:
    """Return the colour of a line that is not the command's own."""
    return ' fill="#8b949e"' if line.startswith(("#", "$")) else ""


def coloured(code: re.Match[str]) -> str:
    """Return what an escape code of a terminal's colour is in SVG."""
    return f"<tspan{COLOURS.get(code[1], '')}>{code[2]}</tspan>"


if __name__ == "__main__":
    main()
