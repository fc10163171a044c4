"""Rules for what is inside an sdist."""

from __future__ import annotations

from collections.abc import Iterator

from ..distributions import Distribution, Sdist
from .rules import Problem, listed


def contents(distribution: Distribution) -> Iterator[Problem]:
    """Yield a problem for each thing that is wrong inside an sdist."""
    sdist = distribution.archive
    if not isinstance(sdist, Sdist):
        return
    top = sdist.top
    if not top:
        tops = sorted({name.split("/")[0] for name in sdist.members})
        shown = listed([f'"{name}"' for name in tops])
        yield Problem("sdist-folder", f"its members are not in one top folder, but in {shown}: build the sdist again.")
    elif sdist.members == {sdist.metadata_member}:
        yield Problem("sdist-metadata", "it contains only a PKG-INFO: build the sdist with a build backend.")
    elif f"{top}/PKG-INFO" not in sdist.members:
        yield Problem(
            "sdist-metadata",
            f'its PKG-INFO is "{sdist.metadata_member}", but must be "{top}/PKG-INFO", directly in the folder '
            "that holds everything: build the sdist again.",
        )

    for name in sorted(name for name in sdist.members if name.startswith(("/", "./"))):
        yield Problem(
            "sdist-members",
            f'its member "{name}" begins with "{name.split("/")[0]}/": build the sdist with a build backend.',
        )
    for name in sdist.sparse:
        yield Problem(
            "sdist-sparse", f'its member "{name}" is stored sparsely: create the archive without "tar --sparse".'
        )
    if sdist.is_zip:
        yield Problem(
            "sdist-zip",
            "it ends with a zip archive, so PyPI rejects it as both a zip and a tar file: compress the sdist, or do "
            "not put a zip file at its end.",
        )
