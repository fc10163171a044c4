"""The user name and password of a deployment: options of the command, and one sentence on what to do."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from .notes import Note
from .tree import entries, members, resolved, word

if TYPE_CHECKING:
    from collections.abc import Mapping

    from ..servers import Server
    from .tree import Node, Pair

VARIABLES = re.compile(r"(?:\$\w+|\$\{\w+\})+")
VARIABLE = re.compile(r"\w+")
USER = ("username", "user")


def options(block: Mapping[str, Pair], server: Server) -> tuple[str, ...]:
    """Return the options that name the account, not yet quoted for a shell."""
    user, password = _text(block, *USER), _text(block, "password")
    found: tuple[str, ...] = ()
    if not server.is_pypi and user not in {"", "__token__", "$PYPI_USERNAME", "${PYPI_USERNAME}"}:
        found = ("--username", user)
    variables = VARIABLE.findall(password) if VARIABLES.fullmatch(password) else []
    if variables == [_variable(server)]:
        return found
    return (*found, *(part for variable in variables for part in ("--password-env", variable)))


def notes(block: Mapping[str, Pair], server: Server) -> tuple[Note, ...]:
    """Return at most one sentence: what is dropped, and what to set instead."""
    user, password = _text(block, *USER), _text(block, "password")
    named = [name for name in (*USER, "password") if name in block]
    encrypted = any(_is_encrypted(block[name].value) for name in named)
    account = server.is_pypi and user != "__token__" and any(name in block for name in USER)
    if not account and not encrypted and (not password or VARIABLES.fullmatch(password)):
        return ()
    about_user = account or any(name in block and _is_encrypted(block[name].value) for name in USER)
    line = min(block[name].key.line for name in (named if about_user else ["password"]))
    return (Note(line, f"{_dropped(block, password, account=account)}: {_remedy(block, server, password, account)}"),)


def _dropped(block: Mapping[str, Pair], password: str, *, account: bool) -> str:
    if password and "$" not in password:
        return "the password in plain text is leaked and dropped"
    user_dropped = account or any(name in block and _is_encrypted(block[name].value) for name in USER)
    if "password" in block and _is_encrypted(block["password"].value):
        return f"the {'user name and the ' if user_dropped else ''}encrypted password {_verb(user_dropped)} dropped"
    if password and not VARIABLES.fullmatch(password):
        return "the password is dropped, because it is more than variables"
    return "the user name is dropped"


def _remedy(block: Mapping[str, Pair], server: Server, password: str, account: bool) -> str:
    change = "change it now, then " if password and "$" not in password else ""
    if server.is_pypi:
        variables = VARIABLE.findall(password) if VARIABLES.fullmatch(password) else []
        wanted = "".join(f"{variable} and " for variable in variables).removesuffix(" and ") or _variable(server)
        token = "create an API token for this project and " if account else ""
        return f"{change}{token}set {wanted}{' to it' if account else ''} in the repository's settings on Travis."
    users = [name for name in USER if name in block and _is_encrypted(block[name].value)]
    secret = "password" in block and not VARIABLES.fullmatch(password)
    wanted = " and ".join([*(["PYPI_USERNAME"] if users else []), *([_variable(server)] if secret else [])])
    return f"{change}set {wanted} in the repository's settings on Travis."


def _verb(plural: bool) -> str:
    return "are" if plural else "is"


def _variable(server: Server) -> str:
    return server.token_variable or "PYPI_PASSWORD"


def _text(block: Mapping[str, Pair], *names: str) -> str:
    return next((word(block[name].value) or "" for name in names if name in block), "")


def _is_encrypted(node: Node) -> bool:
    return any("secure" in entries(resolved(member)) for member in members(node))
