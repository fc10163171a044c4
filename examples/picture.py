"""Draw the pictures of the README from real runs: a deployment, and a run that fails.

python examples/picture.py            draws log.svg and failed.svg beside this file
python examples/picture.py --check    exits with 1 if they do not show what the tool prints now
"""

from __future__ import annotations

import re
import shutil
import sys
import tempfile
from html import escape
from pathlib import Path

from demo import COMMAND, FOLD_CODES, Index, run, travis_job

HERE = Path(__file__).parent
PROJECT = HERE.parent / "tests" / "support" / "projects" / "plain"
COLOURS = {"1": ' font-weight="bold"', "31": ' fill="#ff7b72"', "32": ' fill="#7ee787"', "33": ' fill="#e3b341"'}
CODE = re.compile(r"\x1b\[(\d+)m(.*?)\x1b\[0m")
NUMBER = re.compile(r"\d+(\.\d+)*")
LINE_HEIGHT, MARGIN, CHARACTER_WIDTH = 20, 16, 7.85


def main(argv: list[str]) -> int | str:
    """Draw the pictures, or compare them with those that are there, apart from numbers."""
    with tempfile.TemporaryDirectory() as folder, Index(Path(folder) / "index") as index:
        project = Path(shutil.copytree(PROJECT, Path(folder) / "demo"))
        pictures = {"log.svg": drawn(played(project, index.url))}
        backend = project / "backend.py"
        backend.write_text(
            backend.read_text("utf-8").replace("Name: {NAME}", "Name: {NAME}\nHome-Page: example.org"), "utf-8"
        )
        pictures["failed.svg"] = drawn(played(project, index.url, PYPI_SERVER="pypi", PYPI_CHECK_ONLY="yes"))
    if "--check" not in argv:
        for name, picture in pictures.items():
            (HERE / name).write_text(picture, encoding="utf-8")
        return 0
    stale = [
        name
        for name, picture in pictures.items()
        if NUMBER.sub("0", picture) != NUMBER.sub("0", (HERE / name).read_text("utf-8"))
    ]
    return f"stale: {', '.join(stale)}; run make pictures" if stale else 0


def played(project: Path, url: str, **variables: str) -> list[str]:
    """Return the lines of a job's log."""
    job = {**travis_job(url), "NO_COLOR": "", **variables}
    _, log = run([sys.executable, *COMMAND], folder=project, environ=job)
    shown = FOLD_CODES.sub("", log).rstrip().replace(url, "https://packages.example/")
    return [f"$ python {' '.join(COMMAND)}", *shown.splitlines()]


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
    sys.exit(main(sys.argv[1:]))
