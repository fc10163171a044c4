"""Rules for the release as a whole: all files and the tag belong together."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence

from packaging.utils import canonicalize_name
from packaging.version import Version

from ..distributions import Distribution
from .rules import Problem


def consistency(distribution: Distribution, release: Sequence[Distribution], tag: str) -> Iterator[Problem]:
    """Yield a problem for each way in which the file does not belong to the release.

    The first file says which project and version the release is; a tag that reads as another version is reported for
    the first file only.
    """
    first = release[0]
    if canonicalize_name(distribution.name) != canonicalize_name(first.name):
        yield Problem(
            "one-project",
            f'its project is "{distribution.name}", but that of {first.filename} is "{first.name}": '
            "deploy one project at a time.",
        )

    # Texts that are not versions are compared as they are.
    version = parsed_version(distribution.version) or distribution.version
    if version != (parsed_version(first.version) or first.version):
        yield Problem(
            "one-version",
            f'its version is "{distribution.version}", but that of {first.filename} is "{first.version}": '
            "remove the files of earlier builds.",
        )

    sdists = [each for each in release if each.filetype == "sdist"]
    if distribution in sdists[1:]:
        yield Problem(
            "one-sdist",
            f"a release can have only one sdist, but {sdists[0].filename} is another one: remove one of them.",
        )

    tagged = version_of_tag(tag, project=distribution.name) if tag and distribution is first else None
    if tagged is not None and tagged != version:
        yield Problem(
            "tag",
            f'the tag "{tag}" means version "{tagged}", but the release is "{distribution.version}": '
            "set the version before tagging, or use --no-match-tag.",
        )


def version_of_tag(tag: str, *, project: str) -> Version | None:
    """Return the version that a tag reads as; None if it is not a version.

    It is one if, after an optional project name or "release" with "-", "/" or "_", and an optional "v", the rest is a
    version with at least one dot (PEP 440).
    """
    prefixes = (canonicalize_name(project), "release")
    separators = [found.start() for found in re.finditer("[-/_]", tag)]
    for candidate in (tag, *(tag[at + 1 :] for at in separators if canonicalize_name(tag[:at]) in prefixes)):
        version = parsed_version(candidate)
        if version is not None and "." in candidate:
            return version
    return None


def parsed_version(text: str) -> Version | None:
    """Return the version that a text is (PEP 440); None if it is not a version."""
    try:
        return Version(text)
    except ValueError:  # InvalidVersion, or a number of thousands of digits
        return None
