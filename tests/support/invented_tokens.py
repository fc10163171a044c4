"""API tokens as PyPI makes them, with keys that nobody has: pypitoken writes them, and checks what was sent."""

from __future__ import annotations

import time

import pypitoken

from travis_pypi_deploy.servers import SERVERS

KEY = "the key that only the index has"
IDENTIFIER = "8f7f0c1e-4d6a-4f0e-9a53-2d4f5f0c6b11"
LOCATIONS = {server.name: server.token_location or "" for server in SERVERS}


def token(server: str = "testpypi", *, projects: tuple[str, ...] = (), expired: bool = False) -> str:
    """Return a token that a server made, for these projects or for all."""
    made = pypitoken.Token.create(domain=LOCATIONS[server], identifier=IDENTIFIER, key=KEY)
    if projects:
        made.restrict(project_names=list(projects))
    if expired:
        made.restrict(not_before=1, not_after=2)
    text: str = made.dump()
    return text


def accepts(text: str, project: str, *, seconds_from_now: int = 0) -> bool:
    """Return whether the index that made the token takes it for an upload to this project, then."""
    moment = int(time.time()) + seconds_from_now
    try:
        pypitoken.Token.load(text).check(key=KEY, project_name=project, project_id="", user_id="", now=moment)
    except (pypitoken.PyPITokenException, ValueError):  # ValueError: it trips over a second unmet caveat
        return False
    return True
