"""What the index already holds, compared with what is to be published.

Pure, but for hashing a file once more where the index has no sha256.
"""

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
ALGORITHMS = (  # the best first; the sha256 is known without reading the file again
    *("sha256", "sha512", "sha384", "sha224", "sha3_512", "sha3_384", "sha3_256", "sha3_224"),
    *("blake2b", "blake2s", "sha1", "md5"),
)
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
    hashes = _hashes(distribution, listing)
    return hashes.are_same if hashes else None


def forecast(
    distributions: Sequence[Distribution], listing: Listing, *, closes: bool, now: datetime | None = None
) -> Forecast:
    """Return what the index's page foretells; ``closes``: it takes no new files for releases older than 14 days."""
    compared = {each.filename: hashes for each in distributions if (hashes := _hashes(each, listing))}
    new = [each for each in distributions if each.filename not in listing.files]
    return Forecast(
        identical=frozenset(name for name, hashes in compared.items() if hashes.are_same),
        taken={name: _taken(hashes) for name, hashes in compared.items() if not hashes.are_same},
        refusals=tuple(_refusals(new, listing, closes=closes, now=now or datetime.now(timezone.utc))) if new else (),
    )


@dataclass(frozen=True)
class _Hashes:
    """A file's hashes by one algorithm, in hexadecimal."""

    algorithm: str
    there: str
    here: str

    @property
    def are_same(self) -> bool:
        return self.here == self.there


def _hashes(distribution: Distribution, listing: Listing) -> _Hashes | None:
    listed = listing.files.get(distribution.filename)
    algorithm = next((each for each in ALGORITHMS if listed and each in listed.hashes), None)
    if listed is None or algorithm is None:
        return None
    try:
        return _Hashes(algorithm, listed.hashes[algorithm], digest(distribution, algorithm))
    except OSError:
        return None  # it has vanished: the upload will say so


def _taken(hashes: _Hashes) -> str:
    return f"the index has other content under this name: {hashes.algorithm} {hashes.there} there, {hashes.here} here"


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
