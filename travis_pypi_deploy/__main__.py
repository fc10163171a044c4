"""``python -m travis_pypi_deploy``, and where the installed command starts."""

import gc

from travis_pypi_deploy.signals import Signals

SIGNALS = Signals()
SIGNALS.handle()  # before anything else is imported, because a signal may come at any moment

from travis_pypi_deploy.importing import drop_working_directory  # noqa: E402

drop_working_directory()
# Most objects that imports create stay: to look for garbage among them takes 8 ms of 120.
gc.set_threshold(100_000)

from travis_pypi_deploy import cli  # noqa: E402 - else the project's own modules could replace its imports


def run() -> None:
    """Run the command line and exit."""
    cli.run(SIGNALS)


if __name__ == "__main__":
    run()
