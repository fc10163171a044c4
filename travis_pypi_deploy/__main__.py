"""``python -m travis_pypi_deploy``, and where the installed command starts."""

from __future__ import annotations

from typing import NoReturn

from travis_pypi_deploy.importing import drop_working_directory
from travis_pypi_deploy.signals import Signals


def run() -> NoReturn:
    """Run the command line and exit."""
    signals = Signals()
    signals.handle()
    drop_working_directory()
    # Imported here, because signals come at any moment, and the project's own modules must not replace what it imports.
    from travis_pypi_deploy.cli import run as run_command_line

    run_command_line(signals)


if __name__ == "__main__":
    run()
