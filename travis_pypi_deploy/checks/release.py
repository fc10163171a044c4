"""Rules for the release as a whole: all files and the tag belong together."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from fnmatch import fnmatch

from packaging.utils import canonicalize_name
from packaging.version import Version

from ..distributions import Distribution
from ..source_tree import SourceTree
from .git_versions import explanation
from .rules import Problem

# Where the version in a tag may begin: at the first digit, or behind a separator; perhaps with a "v".
VERSION_START = re.compile(r"(?:^\D*?|[^A-Z0-9.])((?<![A-Z])v)?(?=\d)", re.IGNORECASE)
PLAIN_PREFIXES = ("", "release", "rel", "version", "v")  # of tags that name no package


def consistency(
    distribution: Distribution, release: Sequence[Distribution], tag: str, tree: SourceTree
) -> Iterator[Problem]:
    """Yield a problem for each way in which the file does not belong to the release.

    Files of several projects are one problem, of the first file that is not of the first one's project. A file is
    compared with the first one of its project; the tag is compared with the first file, if all are of its project.
    """
    projects = {canonicalize_name(each.name): each.name for each in reversed(release)}
    strangers = [each for each in release if canonicalize_name(each.name) != canonicalize_name(release[0].name)]
    if distribution in strangers[:1]:
        yield Problem(
            "one-project",
            f"the files are of {len(projects)} projects, {' and '.join(sorted(projects.values()))}: deploy one project "
            f"at a time, and name only its files, such as {' '.join(_patterns(release, strangers))}.",
        )

    same_project = [each for each in release if canonicalize_name(each.name) == canonicalize_name(distribution.name)]
    first = same_project[0]
    # Texts that are not versions are compared as they are.
    version = parsed_version(distribution.version) or distribution.version
    if version != (parsed_version(first.version) or first.version):
        yield Problem(
            "one-version",
            f'its version is "{distribution.version}", but that of {first.filename} is "{first.version}": '
            "remove the files of earlier builds.",
        )

    sdists = [each for each in same_project if each.filetype == "sdist"]
    if distribution in sdists[1:]:
        yield Problem(
            "one-sdist",
            f"a release can have only one sdist, but {sdists[0].filename} is another one: remove one of them.",
        )

    if distribution is first and not strangers and not is_tagged(release, tag):
        prefix, tagged = split_tag(tag)
        reason = explanation(first.version, tree, on_tag=True)
        remedy = reason or "set the version before tagging, or use --no-match-tag"
        if not reason and canonicalize_name(prefix) not in (
            *PLAIN_PREFIXES,
            canonicalize_name(first.name),
        ):
            remedy = (
                f"if it is the tag of another package, deploy {first.name} on its own tags only, such as with "
                f"--condition '$TRAVIS_TAG == {canonicalize_name(first.name)}*'; if not, {remedy}"
            )
        yield Problem(
            "tag", f'the tag "{tag}" means version "{tagged}", but the release is "{first.version}": {remedy}.'
        )


def is_tagged(release: Sequence[Distribution], tag: str) -> bool:
    """Return whether the version at the end of the tag is that of the release; true if the tag has none."""
    _, tagged = split_tag(tag)
    return tagged is None or tagged == (parsed_version(release[0].version) or release[0].version)


def split_tag(tag: str) -> tuple[str, Version | None]:
    """Return what stands before the version at the end of a tag, and the version; None if the tag ends in none.

    It is a version (PEP 440) if it has at least one dot, or stands behind the letter "v".
    """
    for start in VERSION_START.finditer(tag):
        version = parsed_version(tag[start.end() :])
        if version is not None and (start[1] or "." in tag[start.end() :]):
            return tag[: start.end() - len(start[1] or "")].rstrip("-_./@ "), version
    return tag, None


def _patterns(release: Sequence[Distribution], others: Sequence[Distribution]) -> list[str]:
    """Return the patterns that match the files of the first one's project, and no others."""
    found = []
    for each in release:
        stem = each.filename.partition("-")[0]
        if each.filetype == "sdist":
            stem = each.filename.rpartition("-")[0]
        for pattern in (f"{stem}-*", f"{stem}-[0-9]*"):
            if each not in others and not any(fnmatch(other.filename, pattern) for other in others):
                found.append(str(each.path.with_name(pattern)))
                break
    return list(dict.fromkeys(found))


def parsed_version(text: str) -> Version | None:
    """Return the version that a text is (PEP 440); None if it is not a version."""
    try:
        return Version(text)
    except ValueError:  # InvalidVersion, or a number of thousands of digits
        return None
