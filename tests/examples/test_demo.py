"""`make demo` deploys for real, whatever the user's own settings are."""

from __future__ import annotations

import os
import re
import subprocess
import sys
from pathlib import Path

import pytest

from tests.support.travis_world import Image

DEMO = Path(__file__).parents[2] / "examples" / "demo.py"
SETTINGS = {
    "PIP_NO_INDEX": "1",
    "PIP_REQUIRE_HASHES": "1",
    "PIP_TARGET": "elsewhere",
    "PYPI_SERVER": "pypi",
    "PYPI_TAGS": "true",
    "PYPI_TOKEN": "the user's own",
    "TRAVIS_TAG": "v7",
    "TWINE_PASSWORD": "the user's own",
}


@pytest.mark.slow
def test_the_demonstration_publishes_with_a_narrowed_token(image: Image, tmp_path: Path) -> None:
    wheels = image.variables["PIP_FIND_LINKS"]
    ended = subprocess.run(
        [sys.executable, DEMO, wheels],
        env={**os.environ, **SETTINGS},
        cwd=tmp_path,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        check=False,
    )

    assert ended.returncode == 0, ended.stdout
    lines = ended.stdout.splitlines()
    assert "  only for the project travis-sample" in lines
    assert [line for line in lines if re.fullmatch(r"  only from \d\d:\d\d:\d\d to \d\d:\d\d:\d\d UTC", line)]
    assert lines[-1] == "published by a Travis job"
    assert "the user's own" not in ended.stdout
