"""A backend that names a wheel which it has not made."""

from __future__ import annotations

from backend import build_sdist  # type: ignore[import-not-found]  # it stands beside this file once both are copied

__all__ = ["build_sdist", "build_wheel"]


def build_wheel(wheel_directory: str, config_settings: object = None, metadata_directory: object = None) -> str:
    """Return a fine name, and leave it at that."""
    return "demo-1.0-py3-none-any.whl"
