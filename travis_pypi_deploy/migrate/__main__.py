"""``python -m travis_pypi_deploy.migrate``."""

from __future__ import annotations

import io
import sys

from .command import main

if __name__ == "__main__":
    if isinstance(sys.stdout, io.TextIOWrapper):
        sys.stdout.reconfigure(encoding="utf-8", newline="")  # the diff has the file's own bytes everywhere
    sys.exit(main(sys.argv[1:], sys.stdout, sys.stderr))
