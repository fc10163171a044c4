"""Settings as the command line and the environment give them."""

from __future__ import annotations

from typing import TYPE_CHECKING

from travis_pypi_deploy.arguments import read_arguments, resolve

if TYPE_CHECKING:
    from collections.abc import Mapping

    from travis_pypi_deploy.options import Settings


def settings(*argv: str, environ: Mapping[str, str]) -> Settings:
    """Return what a command line and an environment mean; raises UsageError."""
    return resolve(read_arguments(argv), environ)
