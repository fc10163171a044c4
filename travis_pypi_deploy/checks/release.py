"""Rules for the release as a whole: all files and the tag belong together."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence

from packaging.utils import canonicalize_name
from packaging.version import Version

from ..distributions import Distribution
from ..source_tree import SourceTree
from .git_versions import explanation
from .rules import Problem

# Where the version in a tag may begin: at the first digit, or behind a separator; perhaps with a "v".
VERSION_START = re.compile(r"(?:^\D*?|[^A-Z0-9.])((?<![A-Z])v)?(?=\d)", re.IGNORECASE)
PLAIN_PREFIXES = ("", "release", "rel", "version", "v")  # of tags that name no package


def consistency(release: Sequence[Distribution], tag: str, tree: SourceTree) -> Iterator[Problem]:
    """Yield a problem of a file for each way in which it does not belong to the release.

    Files of several projects are one problem. A file is compared with the first one of its project; the tag is
    compared with the first file, if all are of its project.
    """
    projects: dict[str, list[Distribution]] = {}
    for each in release:
        projects.setdefault(canonicalize_name(each.name), []).append(each)
    if len(projects) > 1:
        names = sorted(files[0].name for files in projects.values())
        files, *_ = projects.values()
        others = [each for each in release if each not in files]
        yield Problem(
            "one-project",
            f"the files are of {len(projects)} projects, {' and '.join(names)}: deploy one project at a time, and name "
            f"only its files, such as {' '.join(_patterns(files, others))}.",
            others[0].filename,
        )

    for first, *rest in projects.values():
        for each in rest:
            if _version(each) != _version(first):
                yield Problem(
                    "one-version",
                    f'its version is "{each.version}", but that of {first.filename} is "{first.version}": remove the '
                    "files of earlier builds, or, if one build made both, put what the version comes from into the "
                    "sdist, such as a file that MANIFEST.in lacks.",
                    each.filename,
                )
        sdists = [each for each in (first, *rest) if each.filetype == "sdist"]
        for each in sdists[1:]:
            yield Problem(
                "one-sdist",
                f"a release can have only one sdist, but {sdists[0].filename} is another one: remove one of them.",
                each.filename,
            )

    if len(projects) == 1 and not is_tagged(release, tag):
        yield _other_version(release[0], tag, tree)


def _other_version(first: Distribution, tag: str, tree: SourceTree) -> Problem:
    """Return the problem of a release whose version is not the one of its tag."""
    prefix, tagged = split_tag(tag)
    name, reason = canonicalize_name(first.name), explanation(first.version, tree, on_tag=True)
    remedy = reason or "set the version before tagging, or use --no-match-tag"
    if tree.version_tool and not reason:
        remedy = f"{tree.version_tool} sees another commit or another tag (git describe --tags shows it)"
    if not reason and canonicalize_name(prefix) not in (*PLAIN_PREFIXES, name):
        remedy = (
            f"if it is the tag of another package, deploy {first.name} on its own tags only, such as with "
            f"--condition '$TRAVIS_TAG == {name}[-@/]?(v)[0-9]*'; if not, {remedy}"
        )
    message = f'the tag "{tag}" means version "{tagged}", but the release is "{first.version}": {remedy}.'
    return Problem("tag", message, first.filename)


def is_tagged(release: Sequence[Distribution], tag: str) -> bool:
    """Return whether the version at the end of the tag is that of the release; true if the tag has none."""
    _, tagged = split_tag(tag)
    return tagged is None or tagged == _version(release[0])


def split_tag(tag: str) -> tuple[str, Version | None]:
    """Return what stands before the version at the end of a tag, and the version; None if the tag ends in none.

    It is a version (PEP 440) if it has at least one dot, or stands behind the letter "v".
    """
    for start in VERSION_START.finditer(tag):
        version = parsed_version(tag[start.end() :])
        if version is not None and (start[1] or "." in tag[start.end() :]):
            return tag[: start.end() - len(start[1] or "")].rstrip("-_./@ "), version
    return tag, None


def _patterns(files: Sequence[Distribution], others: Sequence[Distribution]) -> list[str]:
    """Return the patterns that match the files of one project, and none of the others."""
    found = []
    for each in files:
        stem = each.filename.rpartition("-")[0] if each.filetype == "sdist" else each.filename.partition("-")[0]
        is_beginning = any(other.filename.startswith(f"{stem}-") for other in others)
        found.append(str(each.path.with_name(f"{stem}-[0-9]*" if is_beginning else f"{stem}-*")))
    return list(dict.fromkeys(found))


def _version(distribution: Distribution) -> Version | str:
    """Return the version of a file; a text that is not a version is compared as it is."""
    return parsed_version(distribution.version) or distribution.version


def parsed_version(text: str) -> Version | None:
    """Return the version that a text is (PEP 440); None if it is not a version."""
    try:
        return Version(text)
    except ValueError:  # InvalidVersion, or a number of thousands of digits
        return None
