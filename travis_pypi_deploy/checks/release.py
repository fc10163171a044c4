"""Rules for the release as a whole: all files and the tag belong together."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from packaging.utils import canonicalize_name
from packaging.version import Version

if TYPE_CHECKING:
    from collections.abc import Iterator

    from ..distributions import Distribution
    from .rules import Release


def one_project(distribution: Distribution, release: Release) -> Iterator[str]:
    """Yield a message if the file is of another project than the first one."""
    first = release.distributions[0]
    if canonicalize_name(distribution.name) != canonicalize_name(first.name):
        yield (
            f'its project is "{distribution.name}", but that of {first.filename} is "{first.name}": '
            "deploy one project at a time."
        )


def one_version(distribution: Distribution, release: Release) -> Iterator[str]:
    """Yield a message if the file is of another version than the first one."""
    first = release.distributions[0]
    if _comparable(distribution.version) != _comparable(first.version):
        yield (
            f'its version is "{distribution.version}", but that of {first.filename} is "{first.version}": '
            "remove the files of earlier builds."
        )


def one_sdist(distribution: Distribution, release: Release) -> Iterator[str]:
    """Yield a message for every sdist but the first one."""
    sdists = [each for each in release.distributions if each.filetype == "sdist"]
    if distribution in sdists[1:]:
        yield f"a release can have only one sdist, but {sdists[0].filename} is another one: remove one of them."


def matching_tag(distribution: Distribution, release: Release) -> Iterator[str]:
    """Yield a message, for the first file only, if the tag reads as another version."""
    if release.tag is None or distribution is not release.distributions[0]:
        return
    tagged = version_of_tag(release.tag, project=distribution.name)
    if tagged is not None and tagged != _comparable(distribution.version):
        yield (
            f'the tag "{release.tag}" means version "{tagged}", but the release is "{distribution.version}": '
            "set the version before tagging, or use --no-match-tag."
        )


def version_of_tag(tag: str, *, project: str) -> Version | None:
    """Return the version that a tag reads as; None if it is not a version.

    It is one if, after an optional project name or "release" with "-", "/" or "_", and an optional "v", the rest is a
    version with at least one dot (PEP 440).
    """
    prefixes = (canonicalize_name(project), "release")
    places = [found.start() for found in re.finditer("[-/_]", tag)]
    for candidate in (tag, *(tag[at + 1 :] for at in places if canonicalize_name(tag[:at]) in prefixes)):
        version = _comparable(candidate)
        if isinstance(version, Version) and "." in candidate:
            return version
    return None


def _comparable(version: str) -> Version | str:
    try:
        return Version(version)
    except ValueError:  # InvalidVersion, or a number of thousands of digits
        return version
