"""What the index already holds: its simple page of a project, asked for once, and awaited after an upload."""

from __future__ import annotations

import time
from itertools import chain, repeat
from typing import TYPE_CHECKING
from urllib.parse import urljoin

import requests
import urllib3
from packaging.utils import canonicalize_name

from .. import __version__
from ..errors import RejectedError, root_cause
from ..servers import proxies, redirect
from .comparing import Forecast, forecast, is_listed
from .pages import ListedFile, Listing, parse

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from ..distributions import Distribution

__all__ = ["Forecast", "Index", "ListedFile", "Listing", "forecast", "is_listed"]

ACCEPT = "application/vnd.pypi.simple.v1+json, application/vnd.pypi.simple.v1+html;q=0.2, text/html;q=0.1"
LONGEST_LOOK_SECONDS = 30
BLOCK_BYTES = 4096
POLL_SECONDS = (0.5, 1, 2, 4)  # the last again and again
REDIRECTS_LIMIT = 3


class Index:
    """A simple index; ``authorization``, the value of that header, goes to its own origin only.

    ``timeout``, in seconds, is for each look at a page, which is given up after half a minute anyway.
    """

    def __init__(self, index_url: str, *, authorization: str | None, timeout: float) -> None:
        self._url = index_url if index_url.endswith("/") else index_url + "/"
        self._headers = {
            "Accept": ACCEPT,
            "User-Agent": f"travis-pypi-deploy/{__version__}",
            "Cache-Control": "no-cache",
            **({"Authorization": authorization} if authorization else {}),
        }
        self._timeout = min(timeout, LONGEST_LOOK_SECONDS)

    def look(self, name: str) -> Listing:
        """Return what the index lists for a project; raises RejectedError where it does not say."""
        url = urljoin(self._url, canonicalize_name(name) + "/")
        until = time.monotonic() + self._timeout
        try:
            for _ in range(REDIRECTS_LIMIT + 1):
                with self._get(url) as response:
                    if not response.is_redirect:
                        return _listing(response, until=until)
                    url, is_own = redirect(url, response.headers["Location"])
                    if not is_own:
                        return Listing(exists=False)  # it sends on to another index: it has nothing itself
        except (OSError, ValueError, urllib3.exceptions.HTTPError) as error:
            raise RejectedError(f"cannot look at {url}: {root_cause(error)}") from error
        raise RejectedError(f"cannot look at {url}: more than {REDIRECTS_LIMIT} redirects")

    def wait_for(
        self,
        distributions: Sequence[Distribution],
        *,
        by_name: frozenset[str],
        seconds: float,
        tick: Callable[[], None],
    ) -> tuple[str, ...]:
        """Wait until every file is listed with its hash, those in ``by_name`` with any; return those that are not.

        Asks every few seconds, and calls ``tick`` while waiting.
        """
        until = time.monotonic() + seconds
        for pause in chain(POLL_SECONDS, repeat(POLL_SECONDS[-1])):
            missing = self._missing(distributions, by_name)
            left = until - time.monotonic()
            if not missing or left <= 0:
                break
            _pause(min(pause, left), tick)
        return missing

    def _missing(self, distributions: Sequence[Distribution], by_name: frozenset[str]) -> tuple[str, ...]:
        try:
            listing = self.look(distributions[0].name)
        except RejectedError:
            return tuple(each.filename for each in distributions)
        return tuple(
            each.filename
            for each in distributions
            if not (each.filename in listing.files if each.filename in by_name else is_listed(each, listing))
        )

    def _get(self, url: str) -> requests.Response:
        return requests.get(
            url,
            headers=self._headers,
            auth=lambda request: request,  # without any, requests would look into ~/.netrc
            proxies=proxies(url),
            timeout=self._timeout,
            allow_redirects=False,
            stream=True,
        )


def _listing(response: requests.Response, *, until: float) -> Listing:
    if response.status_code == 404:
        return Listing(exists=False)
    if response.status_code != 200:
        raise RejectedError(f"cannot look at {response.url}: it answers {response.status_code} {response.reason or ''}")
    try:
        return parse(_content(response, until=until), content_type=response.headers.get("Content-Type", ""))
    except ValueError as error:
        raise RejectedError(f"cannot look at {response.url}: not a page of a simple index: {error}") from error


def _content(response: requests.Response, *, until: float) -> bytes:
    """Return the page; raises RejectedError where it comes so slowly that it is not whole in time."""
    blocks = []
    for block in response.iter_content(BLOCK_BYTES):
        blocks.append(block)
        if time.monotonic() > until:
            raise RejectedError(f"cannot look at {response.url}: the page comes too slowly")
    return b"".join(blocks)


def _pause(seconds: float, tick: Callable[[], None]) -> None:
    until = time.monotonic() + seconds
    while (left := until - time.monotonic()) > 0:
        tick()
        time.sleep(min(0.1, left))
