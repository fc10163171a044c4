"""``python -m travis_pypi_deploy.explain``."""

import sys

from travis_pypi_deploy.importing import drop_working_directory

drop_working_directory()

WITHOUT_EXTRA = 'To read a .travis.yml, first install the extra "config": pip install "travis-pypi-deploy[config]".'

try:
    from travis_pypi_deploy.explain.command import main
except ModuleNotFoundError:
    sys.stderr.write(f"{WITHOUT_EXTRA}\n")
    sys.exit(2)

if __name__ == "__main__":
    sys.exit(main(sys.argv[1:], sys.stdout, sys.stderr))
