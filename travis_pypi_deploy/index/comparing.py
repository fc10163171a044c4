"""What the index already holds, compared with what is to be published. Pure, but for hashing a file once more."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta, timezone
from typing import TYPE_CHECKING

from ..distributions import digest

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from ..distributions import Distribution
    from .pages import Listing

RELEASE_OPEN_DAYS = 14
ALGORITHMS = ("sha256", "sha512", "sha384", "sha224", "blake2b", "sha3_256", "sha3_512", "sha1", "md5")
SDIST_SUFFIXES = (".tar.gz", ".zip", ".tar.bz2", ".tgz", ".tar.xz", ".tar.Z", ".tar")


@dataclass(frozen=True)
class Forecast:
    """What will become of a release: files that are there already, files whose name is taken, and refusals.

    ``taken`` has a sentence for each file name that holds other content; ``refusals`` are sentences about what the
    index will not take, for whatever files.
    """

    identical: frozenset[str]
    taken: dict[str, str]
    refusals: tuple[str, ...]


def is_listed(distribution: Distribution, listing: Listing) -> bool | None:
    """Return whether the index lists this very file (True) or another of its name (False); None if neither is known."""
    listed = listing.files.get(distribution.filename)
    if listed is None:
        return None
    for algorithm in ALGORITHMS:
        if algorithm in listed.hashes:
            return digest(distribution, algorithm) == listed.hashes[algorithm]
    return None


def forecast(
    distributions: Sequence[Distribution], listing: Listing, *, closes: bool, now: datetime | None = None
) -> Forecast:
    """Return what the index's page foretells; ``closes``: it takes no new files for releases older than 14 days."""
    same = {each.filename: is_listed(each, listing) for each in distributions}
    new = [each for each in distributions if each.filename not in listing.files]
    return Forecast(
        identical=frozenset(name for name, is_same in same.items() if is_same),
        taken={each.filename: _taken(each, listing) for each in distributions if same[each.filename] is False},
        refusals=tuple(_refusals(new, listing, closes=closes, now=now or datetime.now(timezone.utc))) if new else (),
    )


def _taken(distribution: Distribution, listing: Listing) -> str:
    algorithm, theirs = next(iter(listing.files[distribution.filename].hashes.items()))
    ours = digest(distribution, algorithm)
    return f"the index has other content under this name: {algorithm} {theirs} there, {ours} here"


def _refusals(new: Sequence[Distribution], listing: Listing, *, closes: bool, now: datetime) -> Iterator[str]:
    name, version = new[0].name, new[0].version
    if listing.status in ("archived", "quarantined"):
        yield f"the project {name} is {listing.status}, and takes no uploads: its owner can change that on the index"
    published = _files_of(version, listing)
    sdists = [each for each in published if each.endswith(SDIST_SUFFIXES)]
    for each in new:
        if each.filetype == "sdist" and sdists:
            yield f"{each.filename}: the release {name} {version} has an sdist already, {sdists[0]}: it can have one"
    moments = [moment for each in published if (moment := listing.files[each].uploaded)]
    if closes and moments and now - min(moments) > timedelta(days=RELEASE_OPEN_DAYS):
        names = ", ".join(each.filename for each in new)
        yield (
            f"the release {name} {version} is closed: its first file was uploaded on {min(moments):%Y-%m-%d}, and "
            f"{RELEASE_OPEN_DAYS} days later a release takes no new files ({names}). Raise the version"
        )


def _files_of(version: str, listing: Listing) -> list[str]:
    from packaging.utils import canonicalize_version

    wanted = canonicalize_version(version, strip_trailing_zero=True)
    return sorted(name for name in listing.files if canonicalize_version(_version_in(name)) == wanted)


def _version_in(filename: str) -> str:
    """Return the version that a published file's name says, in whatever style of the past it is written."""
    if filename.endswith(".whl"):
        return f"{filename}-".split("-")[1]
    suffix = next((each for each in SDIST_SUFFIXES if filename.endswith(each)), None)
    return filename[: -len(suffix)].rpartition("-")[2] if suffix else ""
