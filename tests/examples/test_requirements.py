"""The example of pinned requirements: every file that pip may install has a hash."""

from __future__ import annotations

import configparser
import re
from pathlib import Path

from packaging.requirements import Requirement

from travis_pypi_deploy import __version__

ROOT = Path(__file__).parents[2]
LINES = (ROOT / "examples" / "deploy-requirements.txt").read_text(encoding="utf-8").splitlines()
TEXT = "\n".join(line for line in LINES if not line.startswith("#"))
PINNED = re.compile(r"([a-z0-9-]+)==([\w.]+)((?: \\\n    --hash=sha256:[0-9a-f]{64})+)\n?")
PINS = {name: version for name, version, _ in PINNED.findall(TEXT)}


def test_every_requirement_is_pinned_and_has_hashes() -> None:
    assert PINNED.sub("", TEXT + "\n").strip() == ""


def test_the_tool_and_its_dependencies_are_pinned_to_versions_that_fit() -> None:
    config = configparser.ConfigParser()
    config.read(ROOT / "setup.cfg", encoding="utf-8")
    needed = [Requirement(line) for line in config["options"]["install_requires"].strip().splitlines()]

    assert PINS["travis-pypi-deploy"] == __version__
    assert [str(each) for each in needed if PINS.get(each.name, "") not in each.specifier] == []


def test_the_requirements_are_sorted() -> None:
    assert list(PINS) == sorted(PINS)
