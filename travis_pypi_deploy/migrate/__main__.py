"""``python -m travis_pypi_deploy.migrate``."""

import sys

from travis_pypi_deploy.importing import drop_working_directory

drop_working_directory()  # before anything else is imported: the job's secrets are in reach of every import

import io  # noqa: E402

from travis_pypi_deploy.migrate.arguments import read_arguments  # noqa: E402

WITHOUT_EXTRA = 'To read a .travis.yml, first install the extra "config": pip install "travis-pypi-deploy[config]".'


try:
    from travis_pypi_deploy.migrate.command import main
except ModuleNotFoundError:
    read_arguments(sys.argv[1:])  # --help and unknown options are answered without the extra, too
    sys.stderr.write(f"{WITHOUT_EXTRA}\n")
    sys.exit(2)

if __name__ == "__main__":
    if isinstance(sys.stdout, io.TextIOWrapper):
        sys.stdout.reconfigure(encoding="utf-8", newline="")  # the diff keeps the file's line endings
    sys.exit(main(sys.argv[1:], sys.stdout, sys.stderr))
