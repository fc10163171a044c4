"""``python -m travis_pypi_deploy``, and where the installed command starts."""

from travis_pypi_deploy.importing import drop_working_directory

drop_working_directory()

from travis_pypi_deploy.cli import run  # noqa: E402 - else the project's own modules could replace its imports

if __name__ == "__main__":
    run()
