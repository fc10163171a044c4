"""A backend that says so, and then takes all the time of the world."""

from __future__ import annotations

import os
import time
from pathlib import Path


def build_sdist(sdist_directory: str, config_settings: object = None) -> str:
    """Never return."""
    with Path(os.environ["PIPE"]).open("wb", buffering=0) as pipe:
        pipe.write(b"waiting\n")
        time.sleep(600)
    return ""
