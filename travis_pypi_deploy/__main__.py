"""``python -m travis_pypi_deploy``, and where the installed command starts."""

from travis_pypi_deploy.signals import Signals  # first, because a signal may come at any moment

SIGNALS = Signals()
SIGNALS.handle()


def run() -> None:
    """Run the command line and exit."""
    from travis_pypi_deploy.importing import drop_working_directory

    drop_working_directory()
    # Imported here, because the project's own modules must not replace what the command line imports.
    from travis_pypi_deploy.cli import run as run_command_line

    run_command_line(SIGNALS)


if __name__ == "__main__":
    run()
