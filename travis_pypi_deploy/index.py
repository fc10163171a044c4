"""The simple index: look up what it lists for a project, and plan a release by that."""

from __future__ import annotations

import re
import time
from collections.abc import Iterator, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from concurrent.futures import TimeoutError as LookupTimeoutError  # before Python 3.11 not the built-in one
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import Enum
from itertools import chain, repeat
from urllib.parse import urljoin

from packaging.utils import canonicalize_name, parse_sdist_filename
from packaging.version import Version

from . import http
from .checks.rules import Policy, Problem
from .credentials import Credentials
from .distributions import Distribution, digest
from .errors import RejectedError
from .servers import Server, origin
from .simple_pages import Listing, parse

ACCEPT = "application/vnd.pypi.simple.v1+json, application/vnd.pypi.simple.v1+html;q=0.2, text/html;q=0.1"
LOOKUP_SECONDS = 30
TRIES = 3
RETRY_PAUSE_SECONDS = 0.5  # twice as long before the last try
PAGE_LIMIT_BYTES = 16 * 1024 * 1024
FIRST_POLLS_SECONDS, POLL_SECONDS = (0.5, 1, 2), 4
LAST_POLL_SECONDS = 1  # for the answer, although the time is over
NAME = re.compile(r"[A-Z0-9]([A-Z0-9._-]*[A-Z0-9])?", re.IGNORECASE | re.ASCII)
RELEASE_OPEN_DAYS = 14
# The best first; the sha256 is known without reading the file again.
ALGORITHMS = ("sha256", "sha512", "sha384", "sha224", "sha3_256", "blake2b", "blake2s", "sha1", "md5")


class Published(Enum):
    """What an index says about a file: it lists these bytes, other bytes of this name, or no file of this name.

    UNKNOWN: its page cannot be read or found, or lists the name without a hash that can be compared.
    """

    IDENTICAL = "identical"
    DIFFERENT = "different"
    ABSENT = "absent"
    UNKNOWN = "unknown"


class Index:
    """The simple index of a server; ``client`` connects to the server, ``index_url`` is what the user has named.

    If ``is_certain``, its address is known, and what it does not list is not there. Otherwise the first page that lists
    a file of the project is taken; it may be that of several repositories. ``found_url`` is the address of the index,
    empty while it is not known. ``timeout`` is in seconds for each request, LOOKUP_SECONDS at most.
    """

    def __init__(
        self,
        server: Server,
        index_url: str | None,
        client: http.Client,
        *,
        credentials: Credentials | None,
        timeout: float,
    ) -> None:
        known = index_url or server.index_url
        self.is_certain = bool(known)
        self.found_url = f"{known.rstrip('/')}/" if known else ""
        self._possible_urls = possible_index_urls(server.upload_url)
        is_own = not known or origin(known) == origin(server.upload_url)
        # Credentials go to the server's own origin only; PyPI's pages are public.
        self._credentials = credentials if is_own and not server.is_pypi else None
        # An expensive connection of the lookup is also that of the first upload.
        self._client = client if is_own else http.Client(self.found_url, mask=client.mask)
        self._timeout = min(timeout, LOOKUP_SECONDS)
        # A thread, because a signal can interrupt the wait for it, but not the resolving of a host's name. Only one,
        # because a page takes much memory.
        self._thread = ThreadPoolExecutor(max_workers=1)

    def start_lookup(self, project: str, *, tries: int = TRIES) -> Future[Listing | None]:
        """Begin to look up a project in the background.

        The result is what the index lists for it; None if the index is not found. The error is RejectedError, if a page
        cannot be read after so many tries.
        """
        return self._thread.submit(self._lookup, project, tries)

    def published(self, distribution: Distribution) -> Published:
        """Return what the index says about a file now."""
        try:
            listing = self.start_lookup(distribution.name).result()
        except RejectedError:
            return Published.UNKNOWN
        return published(distribution, listing) if listing else Published.UNKNOWN

    def wait_for(self, distributions: Sequence[Distribution], *, seconds: float) -> tuple[tuple[str, ...], str]:
        """Wait until every file is listed.

        Return the names of those that are not, and why that is not known, empty if it is.
        """
        until = time.monotonic() + seconds
        missing, trouble = tuple(each.filename for each in distributions), ""
        for pause in chain(FIRST_POLLS_SECONDS, repeat(POLL_SECONDS)):
            lookup = self.start_lookup(distributions[0].name, tries=1)  # asked again until the time is over
            try:
                listing = lookup.result(timeout=max(until - time.monotonic(), LAST_POLL_SECONDS)) or Listing()
                missing = tuple(each.filename for each in distributions if not _is_listed(each, listing))
                trouble = ""
            except RejectedError as error:
                trouble = str(error)
            except LookupTimeoutError:
                trouble = trouble or "the index does not answer"
            left = until - time.monotonic()
            if not missing or left <= 0:
                break
            time.sleep(min(pause, left))
        return missing, trouble

    def _lookup(self, project: str, tries: int) -> Listing | None:
        if not NAME.fullmatch(project):
            raise RejectedError(f'cannot look up "{project}" on the index: it is not a valid project name')
        tried = 0
        while True:
            try:
                return self._listing(self.found_url, project) if self.is_certain else self._find(project)
            except http.NoResponseError as error:
                tried += 1
                if error.is_final or tried == tries:
                    if self.found_url:
                        raise RejectedError(f"cannot read the index page of {project}: {error}") from error
                    return None
            time.sleep(RETRY_PAUSE_SECONDS * tried)

    def _find(self, project: str) -> Listing | None:
        """Return the first page that lists a file of the project, and remember its address; None if there is none."""
        failure: http.NoResponseError | None = None
        for url in (self.found_url,) if self.found_url else self._possible_urls:
            try:
                listing = self._listing(url, project)
            except http.NoResponseError as error:
                failure = failure or (None if error.is_final else error)
                continue
            if any(found[0] == canonicalize_name(project) for found in map(_name_and_version, listing.files) if found):
                self.found_url = url
                return listing
        if failure:
            raise failure
        return None

    def _listing(self, index_url: str, project: str) -> Listing:
        """Return what one page lists, nothing if it is not there; raises NoResponseError."""
        url = urljoin(index_url, canonicalize_name(project) + "/")
        headers = {"Accept": ACCEPT, "Accept-Encoding": "gzip", "Cache-Control": "no-cache"}
        if self._credentials:
            headers["Authorization"] = self._credentials.authorization(project=project, now=time.time())
        page = self._client.request(url, headers=headers, limit_bytes=PAGE_LIMIT_BYTES, timeout=self._timeout)
        if page.status in (301, 302, 303, 307, 308, 404):
            return Listing()  # an index that redirects to another one has nothing itself
        if page.status != 200:
            is_final = page.status < 500 and page.status not in (408, 425, 429)
            reason = f"{url}: status {page.status} {page.reason}".rstrip(" .")
            raise http.NoResponseError(reason, is_final=is_final)
        if page.cut:
            raise http.NoResponseError(f"{url}: the page is not complete: {page.cut}")
        try:
            return parse(page.body, content_type=self._client.mask(page.headers.get("Content-Type", "")))
        except ValueError as error:
            text = f"{url}: not a page of a simple index: {error}"
            raise http.NoResponseError(text, is_final=True) from error


def possible_index_urls(upload_url: str) -> tuple[str, ...]:
    """Return where servers have their index: below the upload URL, as devpi names it, and beside it as in Azure."""
    base = upload_url.partition("?")[0].rstrip("/")
    beside = (f"{base[: -len('/upload')]}/simple/",) if base.endswith("/upload") else ()
    return (*beside, f"{base}/simple/", f"{base}/+simple/")


@dataclass(frozen=True)
class Hashes:
    """The hash of a file on the index, as its page writes it, and the one of the file here, in hexadecimal."""

    filename: str
    algorithm: str
    theirs: str
    ours: str

    @property
    def are_equal(self) -> bool:
        """Whether both files have the same content."""
        return self.theirs.lower() == self.ours


@dataclass(frozen=True)
class Plan:
    """What happens to each file of a release.

    ``upload``: it is uploaded; ``identical``: the index has it already; ``different``: the index has other content
    under its name; ``doubtful``: it is uploaded, although the page of some index has other content. ``is_yanked``: pip
    installs the release only if it is pinned. ``problems``: what the page predicts.
    """

    upload: tuple[Distribution, ...]
    identical: tuple[str, ...] = ()
    different: tuple[Hashes, ...] = ()
    doubtful: tuple[Hashes, ...] = ()
    problems: tuple[Problem, ...] = ()
    is_yanked: bool = False


def plan(release: Sequence[Distribution], listing: Listing, policy: Policy, *, is_certain: bool, now: datetime) -> Plan:
    """Return what happens to the files of a release at an index that lists these files.

    A page that is not certainly that of the server's own repository only shows which files are identical: for files
    with other content, the upload decides.
    """
    compared = [hashes for each in release if (hashes := _hashes(each, listing))]
    identical = tuple(each.filename for each in compared if each.are_equal)
    different = tuple(each for each in compared if not each.are_equal)
    if not is_certain:
        upload = tuple(each for each in release if each.filename not in identical)
        return Plan(upload, identical, doubtful=different)

    settled = [each.filename for each in compared]
    upload = tuple(each for each in release if each.filename not in settled)
    own = _name_and_version(release[0].filename)
    same_release = sorted(each for each in listing.files if own and _name_and_version(each) == own)
    new = [each for each in release if each.filename not in listing.files]
    return Plan(
        upload,
        identical,
        different,
        problems=tuple(_predicted(new, listing, same_release, policy, now=now)),
        is_yanked=bool(same_release) and all(listing.files[each].is_yanked for each in same_release),
    )


def published(distribution: Distribution, listing: Listing) -> Published:
    """Return what a page says about a file."""
    if distribution.filename not in listing.files:
        return Published.ABSENT
    hashes = _hashes(distribution, listing)
    if hashes is None:
        return Published.UNKNOWN
    return Published.IDENTICAL if hashes.are_equal else Published.DIFFERENT


def _is_listed(distribution: Distribution, listing: Listing) -> bool:
    """Return whether the page lists the file with its hash; on a page without hashes its name is enough."""
    entry = listing.files.get(distribution.filename)
    return entry is not None and (not entry.hashes or published(distribution, listing) is Published.IDENTICAL)


def _hashes(distribution: Distribution, listing: Listing) -> Hashes | None:
    """Return the hashes of a file there and here; None if the page has none that can be compared."""
    listed = listing.files.get(distribution.filename)
    algorithm = next((each for each in ALGORITHMS if listed and each in listed.hashes), None)
    if listed is None or algorithm is None:
        return None
    try:
        ours = distribution.sha256 if algorithm == "sha256" else digest(distribution.path, algorithm)
    except (OSError, ValueError):  # the file is gone, as the upload will report; a FIPS build of Python has no md5
        return None
    return Hashes(distribution.filename, algorithm, listed.hashes[algorithm], ours)


def _predicted(
    new: Sequence[Distribution], listing: Listing, same_release: Sequence[str], policy: Policy, *, now: datetime
) -> Iterator[Problem]:
    """Yield what the index will reject; ``same_release`` names the files that the release has there."""
    if new and listing.status == "archived":
        message = f"the project {new[0].name} is archived: unarchive it in its settings"
        yield policy.applied(Problem("archived-project", message), filename=new[0].filename)

    sdists = [each for each in same_release if not each.endswith(".whl")]
    first_upload = min((moment for each in same_release if (moment := listing.files[each].uploaded)), default=now)
    for each in new:
        release = f"the release {each.name} {each.version}"
        if each.filetype == "sdist" and sdists:
            message = f"{release} already has an sdist, {sdists[0]}; it can have only one"
            yield policy.applied(Problem("second-sdist", message), filename=each.filename)
        if policy.is_pypi and now - first_upload > timedelta(days=RELEASE_OPEN_DAYS):
            message = (
                f"{release} is closed: its first file was uploaded on {first_upload:%Y-%m-%d}, and after "
                f"{RELEASE_OPEN_DAYS} days a release accepts no new files. Raise the version"
            )
            yield policy.applied(Problem("closed-release", message), filename=each.filename)


def _name_and_version(filename: str) -> tuple[str, Version] | None:
    """Return the name and the version in a published file's name; None if it is not that of a wheel or an sdist."""
    try:
        if filename.endswith(".whl"):  # packaging would multiply all tags of a name that a stranger may have made up
            name, version = filename.split("-")[:2]
            return canonicalize_name(name), Version(version)
        return parse_sdist_filename(filename)
    except ValueError:
        return None
