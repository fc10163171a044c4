"""The simple index: look up what it lists for a project, compare a release with that, wait for a release."""

from __future__ import annotations

import re
import time
from collections.abc import Iterator, Mapping, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass
from datetime import datetime, timedelta, timezone
from itertools import chain, repeat
from urllib.parse import urljoin

from packaging.utils import canonicalize_name, canonicalize_version

from . import http
from .checks import Problem
from .credentials import Credentials
from .distributions import Distribution, digest
from .errors import RejectedError
from .simple_pages import Listing, parse

ACCEPT = "application/vnd.pypi.simple.v1+json, application/vnd.pypi.simple.v1+html;q=0.2, text/html;q=0.1"
LOOKUP_SECONDS = 30
PAGE_LIMIT_BYTES = 16 * 1024 * 1024
POLL_SECONDS = (0.5, 1, 2, 4)  # the last one is repeated
NAME = re.compile(r"[A-Z0-9]([A-Z0-9._-]*[A-Z0-9])?", re.IGNORECASE | re.ASCII)
RELEASE_OPEN_DAYS = 14
VERSION_LIMIT_CHARACTERS = 200
HASH_LIMIT_CHARACTERS = 128
# The best first; the sha256 is known without reading the file again.
ALGORITHMS = ("sha256", "sha512", "sha384", "sha224", "sha3_256", "blake2b", "blake2s", "sha1", "md5")
SDIST_SUFFIXES = (".tar.gz", ".zip", ".tar.bz2", ".tgz", ".tar.xz", ".tar.Z", ".tar")


class Index:
    """A simple index, which ``client`` reads, with credentials if there are any.

    ``timeout`` is in seconds for each lookup, LOOKUP_SECONDS at most.
    """

    def __init__(self, index_url: str, client: http.Client, *, credentials: Credentials | None, timeout: float) -> None:
        self._url = index_url if index_url.endswith("/") else index_url + "/"
        self._credentials = credentials
        self._client = client
        self._timeout = min(timeout, LOOKUP_SECONDS)
        # A thread, because a signal can interrupt the wait for it, but not the resolving of a host's name. Only one,
        # because a page takes much memory.
        self._thread = ThreadPoolExecutor(max_workers=1)
        self._first_lookups: dict[str, Future[Listing]] = {}

    def lookup(self, name: str) -> Listing:
        """Return what the index lists for a project; raises RejectedError if the page cannot be read."""
        return self._thread.submit(self._lookup, name).result()

    def start_lookup(self, name: str) -> Future[Listing]:
        """Begin the first lookup of a project in the background, or return it if it was begun before."""
        if name not in self._first_lookups:
            self._first_lookups[name] = self._thread.submit(self._lookup, name)
        return self._first_lookups[name]

    def _lookup(self, name: str) -> Listing:
        if not NAME.fullmatch(name):
            raise RejectedError(f'cannot look up "{name}" on the index: it is not a valid project name')
        url = urljoin(self._url, canonicalize_name(name) + "/")
        headers = {"Accept": ACCEPT, "Accept-Encoding": "gzip", "Cache-Control": "no-cache"}
        if self._credentials:
            headers["Authorization"] = self._credentials.authorization(project=name, now=time.time())
        for _ in range(http.REDIRECTS_LIMIT + 1):
            try:
                page = self._client.request(url, headers=headers, limit_bytes=PAGE_LIMIT_BYTES, timeout=self._timeout)
            except http.NoResponseError as error:
                raise RejectedError(f"cannot read the index page of {name}: {error}") from error
            if page.status not in (301, 302, 303, 307, 308):
                return _listing(page)
            target = http.redirect_target(url, page.headers.get("Location", ""))
            if target is None:
                return Listing()  # it redirects to another index: it has nothing itself
            url = target
        raise RejectedError(f"cannot read the index page of {name}: more than {http.REDIRECTS_LIMIT} redirects")

    def wait_for(self, distributions: Sequence[Distribution], *, seconds: float) -> tuple[str, ...]:
        """Wait until every file is listed with its hash, and return the names of those that are not."""
        until = time.monotonic() + seconds
        for pause in chain(POLL_SECONDS, repeat(POLL_SECONDS[-1])):
            try:
                listing = self.lookup(distributions[0].name)
            except RejectedError:
                listing = Listing()
            missing = tuple(each.filename for each in distributions if not is_listed(each, listing))
            left = until - time.monotonic()
            if not missing or left <= 0:
                break
            time.sleep(min(pause, left))
        return missing


def _listing(page: http.HTTPResponse) -> Listing:
    if page.status == 404:
        return Listing()
    if page.status != 200:
        raise RejectedError(f"cannot read {page.url}: status {page.status} {page.reason}".rstrip(" ."))
    if page.cut:
        raise RejectedError(f"cannot read {page.url}: the page is not complete: {page.cut}")
    try:
        return parse(page.body, content_type=page.headers.get("Content-Type", ""))
    except ValueError as error:
        raise RejectedError(f"cannot read {page.url}: not a page of a simple index: {error}") from error


@dataclass(frozen=True)
class Comparison:
    """A release beside what the index lists.

    ``identical`` names the files that are there already; ``different`` has a sentence with both hashes for each file
    whose name is there with other content; ``warnings`` do not stop the deployment.
    """

    identical: frozenset[str]
    different: Mapping[str, str]
    problems: tuple[Problem, ...] = ()
    warnings: tuple[str, ...] = ()


def compare(
    distributions: Sequence[Distribution], listing: Listing, *, is_pypi: bool, now: datetime | None = None
) -> Comparison:
    """Return how a release compares with the index; ``is_pypi``: it closes releases after RELEASE_OPEN_DAYS."""
    identical, different = set(), {}
    for each in distributions:
        if hashes := _hashes(each, listing):
            algorithm, theirs, ours = hashes
            if theirs == ours:
                identical.add(each.filename)
            else:
                both = f"{algorithm} {theirs[:HASH_LIMIT_CHARACTERS]} there, {ours} here"
                different[each.filename] = f"the index has other content under this name: {both}"

    name, version = distributions[0].name, distributions[0].version
    normalized = _normalized(version)
    published = sorted(each for each in listing.files if normalized and _normalized(_version_in(each)) == normalized)
    warnings: tuple[str, ...] = ()
    if published and all(listing.files[each].is_yanked for each in published):
        warnings = (f"the release {name} {version} is yanked on the index: pip installs it only if it is pinned",)

    new = [each for each in distributions if each.filename not in listing.files]
    problems = _problems(new, listing, published, is_pypi=is_pypi, now=now or datetime.now(timezone.utc))
    return Comparison(frozenset(identical), different, tuple(problems), warnings)


def is_listed(distribution: Distribution, listing: Listing) -> bool | None:
    """Return whether the index lists this file (True) or another one with its name (False); None if not known."""
    hashes = _hashes(distribution, listing)
    return hashes[1] == hashes[2] if hashes else None


def _hashes(distribution: Distribution, listing: Listing) -> tuple[str, str, str] | None:
    """Return the best algorithm that the page and this Python have in common, the index's hash, and the local one."""
    listed = listing.files.get(distribution.filename)
    for algorithm in ALGORITHMS:
        if listed is not None and algorithm in listed.hashes:
            try:
                ours = distribution.sha256 if algorithm == "sha256" else digest(distribution.path, algorithm)
                return algorithm, listed.hashes[algorithm], ours
            except ValueError:
                continue  # a FIPS build of Python has no md5
            except OSError:
                return None  # the file is gone: the upload will report it
    return None


def _problems(
    new: Sequence[Distribution], listing: Listing, published: Sequence[str], *, is_pypi: bool, now: datetime
) -> Iterator[Problem]:
    """Yield what the index will reject; ``published`` names the files that the release has there."""
    if new and listing.status == "archived":
        message = f"the project {new[0].name} is archived: unarchive it in its settings"
        yield Problem(new[0].filename, "archived-project", "error", message)

    sdists = [each for each in published if each.endswith(SDIST_SUFFIXES)]
    first_upload = min((moment for each in published if (moment := listing.files[each].uploaded)), default=now)
    for each in new:
        release = f"the release {each.name} {each.version}"
        if each.filetype == "sdist" and sdists:
            message = f"{release} already has an sdist, {sdists[0]}; it can have only one"
            yield Problem(each.filename, "second-sdist", "error", message)
        if is_pypi and now - first_upload > timedelta(days=RELEASE_OPEN_DAYS):
            message = (
                f"{release} is closed: its first file was uploaded on {first_upload:%Y-%m-%d}, and after "
                f"{RELEASE_OPEN_DAYS} days a release accepts no new files. Raise the version"
            )
            yield Problem(each.filename, "closed-release", "error", message)


def _version_in(filename: str) -> str:
    """Return the version in a published file's name, in any style of the past."""
    if filename.endswith(".whl"):
        return f"{filename}-".split("-")[1]
    suffix = next((each for each in SDIST_SUFFIXES if filename.endswith(each)), None)
    return filename[: -len(suffix)].rpartition("-")[2] if suffix else ""


def _normalized(version: str) -> str | None:
    """Return a version in its normalized form, None if it is too long to be one."""
    if len(version) > VERSION_LIMIT_CHARACTERS:
        return None
    return canonicalize_version(version, strip_trailing_zero=True)
