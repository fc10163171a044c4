"""The variables that hold secrets, whatever the server: what no log, report or child process may have."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

SECRET_VARIABLES = (
    "TEST_PYPI_TOKEN",
    "PYPI_TOKEN",
    "PYPI_PASSWORD",
    "TWINE_PASSWORD",
    "UV_PUBLISH_TOKEN",
    "FLIT_PASSWORD",
)


def secret_texts(environ: Mapping[str, str], *, password_env: Sequence[str] = ()) -> frozenset[str]:
    """Return what these variables and those of ``--password-env`` hold, and what the latter make together."""
    texts = {environ.get(name, "") for name in (*SECRET_VARIABLES, *password_env)}
    joined = "".join(environ.get(name, "") for name in password_env)
    return frozenset({*texts, joined} - {""})
