"""The command line of the migration, which can be read without the extra."""

from __future__ import annotations

import argparse
from collections.abc import Sequence
from pathlib import Path

PACKAGE = "travis-pypi-deploy"


def read_arguments(arguments: Sequence[str]) -> argparse.Namespace:
    """Return what the command line says; exits for `--help`, and with 2 for what cannot be read."""
    parser = argparse.ArgumentParser(
        prog="python -m travis_pypi_deploy.migrate",
        description="Rewrite each `provider: pypi` of a .travis.yml into a `provider: script` with travis-pypi-deploy.",
        allow_abbrev=False,
    )
    parser.add_argument(
        "path", nargs="?", type=Path, default=Path(".travis.yml"), metavar=".travis.yml", help="the file to rewrite"
    )
    parser.add_argument("--write", action="store_true", help="write the file; otherwise only the diff is shown")
    parser.add_argument(
        "--stage", action="store_true", help="deploy from a stage of its own, on jammy with Python 3.12"
    )
    parser.add_argument(
        "--install",
        type=_requirement,
        default=PACKAGE,
        metavar="REQUIREMENT",
        help=f"what the job installs with pip: a requirement, URL or file of {PACKAGE} (default: {PACKAGE})",
    )
    return parser.parse_args(arguments)


def _requirement(text: str) -> str:
    if not text.strip() or not text.isprintable():
        raise argparse.ArgumentTypeError("write a requirement, URL or file in one line")
    return text.strip()
