"""A PyPI token: read, judged before it is used, narrowed for the wire."""

from __future__ import annotations

from .caveats import Caveat, ProjectIds, ProjectNames, Unknown, User, Validity
from .judgement import judge
from .secret import Secret, redact
from .token import Token, is_of, looks_like_token, narrow, read

__all__ = [
    "Caveat",
    "ProjectIds",
    "ProjectNames",
    "Secret",
    "Token",
    "Unknown",
    "User",
    "Validity",
    "is_of",
    "judge",
    "looks_like_token",
    "narrow",
    "read",
    "redact",
]
