"""Rules for what is inside an sdist."""

from __future__ import annotations

from typing import TYPE_CHECKING

from ..distributions import Sdist

if TYPE_CHECKING:
    from collections.abc import Iterator

    from ..distributions import Distribution

SHOWN_FOLDERS = 3


def zip_archive(distribution: Distribution) -> Iterator[str]:
    """Yield a message if an sdist is a zip archive, too."""
    if isinstance(distribution.archive, Sdist) and distribution.archive.is_zip:
        yield (
            "it ends with a zip archive, so PyPI rejects it as both a zip and a tar file: compress the sdist, or do "
            "not put a zip file at its end."
        )


def top_folder(distribution: Distribution) -> Iterator[str]:
    """Yield a message if an sdist unpacks to more than one folder."""
    if isinstance(distribution.archive, Sdist) and not distribution.archive.top:
        tops = sorted({name.split("/")[0] for name in distribution.archive.members})
        shown = ", ".join(f'"{name}"' for name in tops[:SHOWN_FOLDERS])
        more = f" and {len(tops) - SHOWN_FOLDERS} more" if len(tops) > SHOWN_FOLDERS else ""
        yield f"its members are not in one top folder, but in {shown}{more}: build the sdist again."


def metadata_place(distribution: Distribution) -> Iterator[str]:
    """Yield a message if PKG-INFO is not directly in the folder that holds everything."""
    sdist = distribution.archive
    if not isinstance(sdist, Sdist) or not sdist.top or f"{sdist.top}/PKG-INFO" in sdist.members:
        return
    if sdist.members == {sdist.metadata_member}:
        yield "it contains only a PKG-INFO: build the sdist with a build backend."
    else:
        yield (
            f'its PKG-INFO is "{sdist.metadata_member}", but must be "{sdist.top}/PKG-INFO", directly in the folder '
            "that holds everything: build the sdist again."
        )


def member_names(distribution: Distribution) -> Iterator[str]:
    """Yield a message for each member whose name PyPI does not find or tools do not unpack."""
    if isinstance(distribution.archive, Sdist):
        for name in sorted(distribution.archive.members):
            if name.startswith(("/", "./")):
                yield f'its member "{name}" begins with "{name.split("/")[0]}/": build the sdist with a build backend.'


def sparse_members(distribution: Distribution) -> Iterator[str]:
    """Yield a message for each member that is stored with holes, as GNU tar does on demand."""
    if isinstance(distribution.archive, Sdist):
        for name in distribution.archive.sparse:
            yield f'its member "{name}" is stored sparsely: create the archive without "tar --sparse".'
