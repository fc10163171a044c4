"""Rules for what is inside an sdist."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator

    from ..distributions import Sdist

SHOWN_FOLDERS = 3


def zip_archive(sdist: Sdist) -> Iterator[str]:
    """Yield a message if an sdist is a zip archive, too."""
    if sdist.is_zip:
        yield (
            "it ends with a zip archive, so PyPI rejects it as both a zip and a tar file: compress the sdist, or do "
            "not put a zip file at its end."
        )


def top_folder(sdist: Sdist) -> Iterator[str]:
    """Yield a message if an sdist unpacks to more than one folder."""
    if not sdist.top:
        tops = sorted({name.split("/")[0] for name in sdist.members})
        shown = ", ".join(f'"{name}"' for name in tops[:SHOWN_FOLDERS])
        more = f" and {len(tops) - SHOWN_FOLDERS} more" if len(tops) > SHOWN_FOLDERS else ""
        yield f"its members are not in one top folder, but in {shown}{more}: build the sdist again."


def metadata_place(sdist: Sdist) -> Iterator[str]:
    """Yield a message if PKG-INFO is not directly in the folder that holds everything."""
    if not sdist.top or f"{sdist.top}/PKG-INFO" in sdist.members:
        return
    if sdist.members == {sdist.metadata_member}:
        yield "it contains only a PKG-INFO: build the sdist with a build backend."
    else:
        yield (
            f'its PKG-INFO is "{sdist.metadata_member}", but must be "{sdist.top}/PKG-INFO", directly in the folder '
            "that holds everything: build the sdist again."
        )


def member_names(sdist: Sdist) -> Iterator[str]:
    """Yield a message for each member whose name PyPI does not find or tools do not unpack."""
    for name in sorted(sdist.members):
        if name.startswith(("/", "./")):
            yield f'its member "{name}" begins with "{name.split("/")[0]}/": build the sdist with a build backend.'


def sparse_members(sdist: Sdist) -> Iterator[str]:
    """Yield a message for each member that is stored with holes, as GNU tar does on demand."""
    for name in sdist.sparse:
        yield f'its member "{name}" is stored sparsely: create the archive without "tar --sparse".'
