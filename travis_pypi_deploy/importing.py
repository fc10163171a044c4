"""Keep modules of the working directory from being imported."""

import os
import sys


def drop_working_directory() -> None:
    """Remove each entry of ``sys.path`` that is the working directory.

    A project that has a requests.py or packaging.py would be imported in place of what this tool needs, with the
    token in reach. ``python -m`` puts the working directory there, and so do empty entries of PYTHONPATH.
    """
    try:
        here = os.path.realpath(os.curdir)
    except FileNotFoundError:  # it was removed: nothing can be imported from it
        return
    sys.path[:] = [entry for entry in sys.path if os.path.realpath(entry or os.curdir) != here]
