"""The remedy for a rejection."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from ..servers import Server
    from .response import Response, UploadContext

NAME_USED_BEFORE = ("previously used", "since been deleted")
SECOND_SDIST = "only one sdist may be uploaded"


def remedy(response: Response, context: UploadContext, *, name: str) -> str:
    """Return what to do about a rejection, in one clause; empty if the index's own words are enough."""
    server, words, status = context.server, response.words.lower(), response.status
    if "archived" in words or status == 410:
        where = f" ({server.settings_url.format(name=name)})" if server.settings_url else ""
        return f"An archived project takes no files: unarchive it in its settings{where}"
    if "too similar" in words:
        return "Choose another project name"
    if status == 413 or "file too large" in words or "size too large" in words:
        where = f" ({server.limits_url})" if server.limits_url else ""
        return f"Delete old releases, or request a higher limit{where}"
    if any(each in words for each in NAME_USED_BEFORE):
        return "The name of a deleted file can never be used again: raise the version"
    if SECOND_SDIST in words:
        return "The release has an sdist of another name: raise the version"
    if status in (401, 403):
        return _remedy_for_credentials(response, context, name)
    if status in (404, 405) or 300 <= status < 400:
        return "Check that the URL in --server is the one that accepts uploads"
    if server.is_pypi and status == 409:
        return "The project name is taken: choose another one"
    if status == 429 or status >= 500:
        return try_later(server)
    return ""


def try_later(server: Server) -> str:
    """Return what to do about an index that has a problem of its own."""
    return f"See {server.status_url}, and run this job again later" if server.status_url else "Run this job again later"


def reconnect(server: Server) -> str:
    """Return what to do about an index that cannot be reached."""
    return try_later(server) if server.status_url else "Check the URL in --server, or run this job again later"


def _remedy_for_credentials(response: Response, context: UploadContext, name: str) -> str:
    server, credentials, words = context.server, context.credentials, response.words.lower()
    new_token = f" ({server.token_url})" if server.token_url else ""
    if credentials is None:
        return "No credentials were sent: name the variable that holds them with --password-env"
    source, token = credentials.source, credentials.token
    if "expired" in words and token and (token.expires_at is None or token.expires_at > time.time()):
        return (
            "The copy of the token is valid for one hour: if the upload took longer, or this machine's clock is wrong, "
            "use --no-narrow-token"
        )
    if "expired" in words:
        return f"The token in {source} has expired: create a new one{new_token}"
    if "isn't allowed" in words:
        return (
            f"The account of {source} is not a maintainer of {name}: ask a maintainer to add it, or choose another name"
        )
    if "project-scoped" in words or "not valid for project" in words:
        return f"The token in {source} is for another project: use one for {name}"
    if server.is_pypi:
        return f"Check that {source} holds a valid token of {server.name} whose scope includes {name}{new_token}"
    return f"Check --username and the value of {source}"
