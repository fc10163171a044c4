"""The user name and password of a deployment: options of the command, and one sentence on what to do."""

from __future__ import annotations

import re
from collections.abc import Mapping

from ..servers import Server
from ..travis_yml.lints import Note
from ..travis_yml.tree import Pair, entries, members, option_text

VARIABLES = re.compile(r"(?:\$\w+|\$\{\w+\})+")
USER = ("username", "user")
TOOL_USERNAME = {"$PYPI_USERNAME", "${PYPI_USERNAME}"}
SETTINGS = "in the repository's settings on Travis"


def options(block: Mapping[str, Pair], server: Server) -> tuple[str, ...]:
    """Return the options that name the account, not yet quoted for a shell."""
    user, variables = option_text(block, *USER), _variables(block)
    named: tuple[str, ...] = ()
    if not server.is_pypi and user not in {"", "__token__", *TOOL_USERNAME}:
        named = ("--username", user)
    if variables == (_default_variable(server),):
        return named
    return (*named, *(part for variable in variables for part in ("--password-env", variable)))


def notes(block: Mapping[str, Pair], server: Server, line: int) -> tuple[Note, ...]:
    """Return at most one sentence: what is dropped, and what to set instead; ``line`` is that of the deployment."""
    user, password = option_text(block, *USER), option_text(block, "password")
    encrypted = {name for name in (*USER, "password") if name in block and is_encrypted(block[name])}
    is_missing = server.is_pypi and not user and "password" not in block
    has_user_for_pypi = server.is_pypi and user != "__token__" and not block.keys().isdisjoint(USER)
    loses_user = has_user_for_pypi or not encrypted.isdisjoint(USER)
    is_leaked = bool(password) and "$" not in password
    loses_password = "password" in encrypted or (bool(password) and not _variables(block))

    if is_missing:
        reason = "no user name and password are written here"
    elif is_leaked:
        reason = "the password in plain text is leaked and dropped"
    elif "password" in encrypted:
        both = "the user name and the encrypted password are dropped"
        reason = both if loses_user else "the encrypted password is dropped"
    elif loses_password:
        reason = "the password is dropped, because it is more than variables"
    elif loses_user:
        reason = "the user name is dropped"
    else:
        return ()

    default = _default_variable(server)
    if server.is_pypi:
        token = " to an API token of this project" if has_user_for_pypi or is_missing else ""
        steps = [f"set {' and '.join(_variables(block) or (default,))}{token} {SETTINGS}"]
        steps += ["delete PYPI_USERNAME there"] if is_missing or user in TOOL_USERNAME else []
    else:
        lost = {"PYPI_USERNAME": loses_user, default: loses_password}
        steps = [f"set {' and '.join(name for name, is_lost in lost.items() if is_lost)} {SETTINGS}"]
    if is_leaked:
        steps = ["change it now", *steps]
    lines = [block[name].key.line for name in (USER if loses_user else ("password",)) if name in block]
    return (Note(min(lines, default=line), f"{reason}: {', then '.join(steps)}."),)


def is_encrypted(pair: Pair) -> bool:
    """Return whether a value, or a part of it, is encrypted for the repository."""
    return any("secure" in entries(member) for member in members(pair))


def _variables(block: Mapping[str, Pair]) -> tuple[str, ...]:
    """Return the variables that hold the password, if it consists of nothing else."""
    password = option_text(block, "password")
    return tuple(re.findall(r"\w+", password)) if VARIABLES.fullmatch(password) else ()


def _default_variable(server: Server) -> str:
    """Return the variable from which the tool takes the token or password by default."""
    return server.token_variable or "PYPI_PASSWORD"
