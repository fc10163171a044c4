"""``python -m travis_pypi_deploy``."""

import os
import sys

# With -m the working directory comes first on the path: a project that is called requests, or has a packaging.py,
# would be imported in place of what we need, and with our secrets in reach.
if sys.path[:1] in ([""], [os.getcwd()]):  # noqa: PTH109 - pathlib costs a skipped job a sixth of its time
    del sys.path[0]

from travis_pypi_deploy.cli import run

run()
