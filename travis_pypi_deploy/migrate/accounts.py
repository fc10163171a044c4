"""The user name and password of a deployment: options of the command, and one sentence on what to do."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from ..travis_yml.notes import Note
from ..travis_yml.tree import entries, members, resolved, words

if TYPE_CHECKING:
    from collections.abc import Collection, Mapping

    from ..servers import Server
    from ..travis_yml.tree import Node, Pair

VARIABLES = re.compile(r"(?:\$\w+|\$\{\w+\})+")
VARIABLE = re.compile(r"\w+")
USER = ("username", "user")
OUR_USERNAME = {"$PYPI_USERNAME", "${PYPI_USERNAME}"}
NOT_WRITTEN = "no user name and password are written here"
IN_SETTINGS = "in the repository's settings on Travis"


def options(block: Mapping[str, Pair], server: Server) -> tuple[str, ...]:
    """Return the options that name the account, not yet quoted for a shell."""
    user, password = words(block, *USER), words(block, "password")
    found: tuple[str, ...] = ()
    if not server.is_pypi and user not in {"", "__token__", *OUR_USERNAME}:
        found = ("--username", user)
    variables = VARIABLE.findall(password) if VARIABLES.fullmatch(password) else []
    if variables == [_variable(server)]:
        return found
    return (*found, *(part for variable in variables for part in ("--password-env", variable)))


def notes(block: Mapping[str, Pair], server: Server, line: int) -> tuple[Note, ...]:
    """Return at most one sentence: what is dropped, and what to set instead; ``line`` is that of the deployment."""
    user, password = words(block, *USER), words(block, "password")
    account = server.is_pypi and user != "__token__" and any(name in block for name in USER)
    from_settings = server.is_pypi and not user and "password" not in block
    encrypted = [name for name in (*USER, "password") if name in block and is_encrypted(block[name].value)]
    if not (account or from_settings or encrypted) and (not password or VARIABLES.fullmatch(password)):
        return ()
    user_dropped = account or bool({*USER} & {*encrypted})
    lines = [block[name].key.line for name in (USER if user_dropped else ("password",)) if name in block]
    said = NOT_WRITTEN if from_settings else _dropped(password, encrypted, user_dropped)
    steps = ["change it now"] if password and "$" not in password else []
    if server.is_pypi:
        variables = VARIABLE.findall(password) if VARIABLES.fullmatch(password) else [_variable(server)]
        token = " to an API token of this project" if account or from_settings else ""
        steps.append(f"set {' and '.join(variables)}{token} {IN_SETTINGS}")
        steps += ["delete PYPI_USERNAME there"] if from_settings or user in OUR_USERNAME else []
    else:
        wanted = ["PYPI_USERNAME"] if user_dropped else []
        wanted += [_variable(server)] if "password" in block and not VARIABLES.fullmatch(password) else []
        steps.append(f"set {' and '.join(wanted)} {IN_SETTINGS}")
    return (Note(min(lines, default=line), f"{said}: {', then '.join(steps)}."),)


def _dropped(password: str, encrypted: Collection[str], user_dropped: bool) -> str:
    if password and "$" not in password:
        return "the password in plain text is leaked and dropped"
    if "password" in encrypted and user_dropped:
        return "the user name and the encrypted password are dropped"
    if "password" in encrypted:
        return "the encrypted password is dropped"
    if password and not VARIABLES.fullmatch(password):
        return "the password is dropped, because it is more than variables"
    return "the user name is dropped"


def _variable(server: Server) -> str:
    return server.token_variable or "PYPI_PASSWORD"


def is_encrypted(node: Node) -> bool:
    """Return whether a value, or a part of it, is encrypted for the repository."""
    return any("secure" in entries(resolved(member)) for member in members(node))
