"""A backend whose wheel fails, in two languages."""

from __future__ import annotations

import os

from backend import build_sdist  # type: ignore[import-not-found]  # it stands beside this file once both are copied

__all__ = ["build_sdist", "build_wheel"]


def build_wheel(wheel_directory: str, config_settings: object = None, metadata_directory: object = None) -> str:
    """Say in bytes that are no UTF-8 that something is missing, and fail."""
    os.write(1, b"f\xe4hler: cannot find demo.h\r\n")
    raise SystemExit(7)
