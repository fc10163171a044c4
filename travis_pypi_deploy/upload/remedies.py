"""What to do about an answer that is not a success, in one clause."""

from __future__ import annotations

import time

from ..credentials import Credentials
from ..servers import LIMITS_URL, STATUS_URL, Server
from .response import NAME_USED_BEFORE, SECOND_SDIST, TOO_MANY_PROJECTS, Kind, Response

# What to do, by words of the answer.
REMEDIES = {
    TOO_MANY_PROJECTS: "An account may create a few projects a day: run this job again tomorrow",
    NAME_USED_BEFORE: "The name of a deleted file can never be used again: raise the version",
    SECOND_SDIST: "The release has an sdist of another name: raise the version",
    "too similar": "Choose another project name",
    # nginx asks for one after the handshake
    "ssl certificate was sent": "The server asks for a client certificate: upload with twine --client-cert",
}
CHECK_URL = "Check that the URL in --server is the one that accepts uploads"


def remedy(response: Response, server: Server, credentials: Credentials | None, name: str) -> str:
    """Return what to do; empty if the words are enough. ``name`` is the project's."""
    status = response.status
    later = f"See {STATUS_URL}, and run this job again later" if server.is_pypi else "Run this job again later"
    if status == 0 and not response.is_final:
        is_unreached = not response.is_sent and not server.is_pypi
        return "Check the URL in --server, or run this job again later" if is_unreached else later
    if response.is_page or 300 <= status < 400 or status in (404, 405, 410):
        return CHECK_URL
    for words, advice in REMEDIES.items():
        if response.says(words):
            return advice
    if response.says("archived"):
        where = f" ({server.settings_url.format(name=name)})" if server.is_pypi else ""
        return f"An archived project accepts no files: unarchive it in its settings{where}"
    if status == 413 or response.says("file too large") or response.says("size too large"):
        if server.is_pypi:
            return f"Delete old releases, or request a higher limit ({LIMITS_URL})"
        return "The server, or a proxy in front of it, limits the size of an upload: ask its administrator to raise it"
    if status in (401, 403):
        return _remedy_for_credentials(response, server, credentials, name)
    if server.is_pypi and status == 409:
        return "The project name is taken: choose another one"
    return "" if response.kind is Kind.REJECTED or response.is_final else later


def _remedy_for_credentials(response: Response, server: Server, credentials: Credentials | None, name: str) -> str:
    if credentials is None:
        return "No credentials were sent: name the variable that holds them with --password-env"
    source, token = credentials.source, credentials.contents
    new_token = f" ({server.token_url})" if server.is_pypi else ""
    copy_has_expired = token is not None and credentials.narrow and (token.expires_at or time.time() + 1) > time.time()
    if response.says("expired") and copy_has_expired:
        return (
            "The copy of the token is valid for one hour: if the upload took longer, or this machine's clock is wrong, "
            "use --no-narrow-token"
        )
    if response.says("expired"):
        return f"The token in {source} has expired: create a new one{new_token}"
    if response.says("isn't allowed"):
        return (
            f"The account of {source} is not a maintainer of {name}: ask a maintainer to add it, or choose another name"
        )
    if response.says("project-scoped") or response.says("not valid for project"):
        return f"The token in {source} is for another project: use one for {name}"
    if server.is_pypi:
        return f"Check that {source} holds a valid token of {server.name} whose scope includes {name}{new_token}"
    return f"Check --username and the value of {source}"
