"""The user name and password of a deployment: options of the command, and one sentence on what to do."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING

from ..travis_yml.lints import Note
from ..travis_yml.tree import entries, members, option_text, resolved

if TYPE_CHECKING:
    from collections.abc import Mapping

    from ..servers import Server
    from ..travis_yml.tree import Node, Pair

VARIABLES = re.compile(r"(?:\$\w+|\$\{\w+\})+")
USER = ("username", "user")
TOOL_USERNAME = {"$PYPI_USERNAME", "${PYPI_USERNAME}"}
SETTINGS = "in the repository's settings on Travis"


@dataclass(frozen=True)
class Account:
    """The user name and password as a deployment writes them, and which of its options are there or encrypted."""

    user: str
    password: str
    written: frozenset[str]
    encrypted: frozenset[str]
    server: Server

    @property
    def variables(self) -> tuple[str, ...]:
        """The variables that hold the password, if it consists of nothing else."""
        return tuple(re.findall(r"\w+", self.password)) if VARIABLES.fullmatch(self.password) else ()

    @property
    def is_leaked(self) -> bool:
        """Whether the password stands in the file for everyone to read."""
        return bool(self.password) and "$" not in self.password

    @property
    def is_missing(self) -> bool:
        """Whether a deployment to PyPI names neither: dpl took both from the repository's settings."""
        return self.server.is_pypi and not self.user and "password" not in self.written

    @property
    def loses_password(self) -> bool:
        """Whether a password is written that cannot be carried over."""
        return "password" in self.encrypted or (bool(self.password) and not self.variables)

    @property
    def names_user_for_pypi(self) -> bool:
        """Whether a user name is written for PyPI, which accepts tokens only."""
        return self.server.is_pypi and self.user != "__token__" and bool(self.written & {*USER})

    @property
    def loses_user(self) -> bool:
        """Whether a user name is written that cannot be carried over."""
        return self.names_user_for_pypi or bool(self.encrypted & {*USER})

    @property
    def variable(self) -> str:
        """The variable from which the tool takes the token or password by default."""
        return self.server.token_variable or "PYPI_PASSWORD"


def account(block: Mapping[str, Pair], server: Server) -> Account:
    """Return the account of a deployment's pairs by name."""
    written = frozenset({*USER, "password"} & block.keys())
    encrypted = frozenset(name for name in written if is_encrypted(block[name].value))
    return Account(option_text(block, *USER), option_text(block, "password"), written, encrypted, server)


def options(block: Mapping[str, Pair], server: Server) -> tuple[str, ...]:
    """Return the options that name the account, not yet quoted for a shell."""
    found = account(block, server)
    user: tuple[str, ...] = ()
    if not server.is_pypi and found.user not in {"", "__token__", *TOOL_USERNAME}:
        user = ("--username", found.user)
    if found.variables == (found.variable,):
        return user
    return (*user, *(part for variable in found.variables for part in ("--password-env", variable)))


def notes(block: Mapping[str, Pair], server: Server, line: int) -> tuple[Note, ...]:
    """Return at most one sentence: what is dropped, and what to set instead; ``line`` is that of the deployment."""
    found = account(block, server)
    reason = _reason(found)
    if not reason:
        return ()
    names = USER if found.loses_user else ("password",)
    lines = [block[name].key.line for name in names if name in block]
    steps = _steps_for_pypi(found) if server.is_pypi else _steps_elsewhere(found)
    if found.is_leaked:
        steps = ["change it now", *steps]
    return (Note(min(lines, default=line), f"{reason}: {', then '.join(steps)}."),)


def _reason(found: Account) -> str:
    if found.is_missing:
        return "no user name and password are written here"
    if found.is_leaked:
        return "the password in plain text is leaked and dropped"
    if "password" in found.encrypted:
        both = "the user name and the encrypted password are dropped"
        return both if found.loses_user else "the encrypted password is dropped"
    if found.loses_password:
        return "the password is dropped, because it is more than variables"
    return "the user name is dropped" if found.loses_user else ""


def _steps_for_pypi(found: Account) -> list[str]:
    variables = " and ".join(found.variables or (found.variable,))
    token = " to an API token of this project" if found.names_user_for_pypi or found.is_missing else ""
    steps = [f"set {variables}{token} {SETTINGS}"]
    return [*steps, "delete PYPI_USERNAME there"] if found.is_missing or found.user in TOOL_USERNAME else steps


def _steps_elsewhere(found: Account) -> list[str]:
    lost = {"PYPI_USERNAME": found.loses_user, found.variable: found.loses_password}
    return [f"set {' and '.join(name for name, is_lost in lost.items() if is_lost)} {SETTINGS}"]


def is_encrypted(node: Node) -> bool:
    """Return whether a value, or a part of it, is encrypted for the repository."""
    return any("secure" in entries(resolved(member)) for member in members(node))
