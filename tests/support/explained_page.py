"""The outputs in docs/explain.md, from real runs. ``python -m tests.support.explained_page`` writes them."""

from __future__ import annotations

import re
import subprocess
import sys
import tempfile
from pathlib import Path

PAGE = Path(__file__).parents[2] / "docs" / "explain.md"
CASE = re.compile(r"(<!-- explain: (.*?) ?-->\n```yaml\n(.*?)```\n\n```text\n).*?(```)", re.DOTALL)


def renewed(text: str) -> str:
    """Return the page with what the command prints for each config."""
    return CASE.sub(lambda match: match[1] + output(match[3], match[2].split()) + match[4], text)


def output(config: str, options: list[str]) -> str:
    with tempfile.TemporaryDirectory() as folder:
        (Path(folder) / ".travis.yml").write_text(config, encoding="utf-8")
        command = [sys.executable, "-m", "travis_pypi_deploy.explain", *options]
        return subprocess.run(command, cwd=folder, capture_output=True, text=True, check=True).stdout


if __name__ == "__main__":
    PAGE.write_text(renewed(PAGE.read_text(encoding="utf-8")), encoding="utf-8")
