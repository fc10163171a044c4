"""What a token is limited to: the caveats that PyPI writes, in both generations of their JSON.

Source: ``warehouse/macaroons/caveats`` of pypi/warehouse. Arrays begin with a tag, and what follows the known
fields is ignored; objects are what older tokens have.
"""

from __future__ import annotations

import json
import re
from dataclasses import dataclass, field
from typing import Union

VALIDITY, PROJECT_NAMES, PROJECT_IDS, USER = range(4)


@dataclass(frozen=True)
class Validity:
    """Good from ``not_before`` on and before ``expires_at``, both in seconds of Unix time."""

    expires_at: int
    not_before: int


@dataclass(frozen=True)
class ProjectNames:
    """Good for the projects of these names, normalized or not."""

    names: tuple[str, ...]


@dataclass(frozen=True)
class ProjectIds:
    """Good for the projects that the index knows by these ids."""

    ids: tuple[str, ...]


@dataclass(frozen=True)
class User:
    """Good for the user of this id; without one, as in older tokens, for whoever made the token."""

    id: str | None


@dataclass(frozen=True)
class Unknown:
    """Left for the index to judge."""

    text: bytes = field(repr=False)


Caveat = Union[Validity, ProjectNames, ProjectIds, User, Unknown]


def parse(text: bytes) -> Caveat:
    """Return the limit that a caveat states; Unknown for whatever is none that we know."""
    try:
        value: object = json.loads(text.decode())
    except (ValueError, RecursionError):
        return Unknown(text)
    return _from_array(_as_array(value)) or Unknown(text)


def validity(expires_at: int, not_before: int) -> bytes:
    """Return the caveat that limits a token to this time, in seconds of Unix time."""
    return _dump([VALIDITY, expires_at, not_before])


def project_names(*names: str) -> bytes:
    """Return the caveat that limits a token to the projects of these names, which it normalizes."""
    return _dump([PROJECT_NAMES, [normalized(name) for name in names]])


def normalized(name: str) -> str:
    """Return a project's name as PEP 503 writes it."""
    return re.sub(r"[-_.]+", "-", name).lower()


def _as_array(value: object) -> object:
    """Return what the index makes of an object of the older generation; anything else as it is."""
    if not isinstance(value, dict):
        return value
    if "exp" in value and "nbf" in value:
        return [VALIDITY, value["exp"], value["nbf"]]
    if "project_ids" in value:
        return [PROJECT_IDS, value["project_ids"]]
    permissions = value.get("permissions")
    if isinstance(permissions, dict):
        return [PROJECT_NAMES, permissions.get("projects")]
    return [USER, None] if permissions == "user" else value


def _from_array(value: object) -> Caveat | None:
    if not isinstance(value, list) or len(value) < 2:
        return None
    tag, first, *rest = value
    if type(tag) is not int:  # true is no tag, though it equals 1
        return None
    if tag == VALIDITY and rest and type(first) is int and type(rest[0]) is int:
        return Validity(expires_at=first, not_before=rest[0])
    if tag == PROJECT_NAMES and _is_texts(first):
        return ProjectNames(tuple(first))
    if tag == PROJECT_IDS and _is_texts(first):
        return ProjectIds(tuple(first))
    if tag == USER and (first is None or isinstance(first, str)):
        return User(first)
    return None


def _is_texts(value: object) -> bool:
    return isinstance(value, list) and all(isinstance(each, str) for each in value)


def _dump(value: list[object]) -> bytes:
    return json.dumps(value, separators=(",", ":")).encode()
