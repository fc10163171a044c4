"""Rules for file names."""

from __future__ import annotations

from typing import TYPE_CHECKING

from packaging.utils import InvalidWheelFilename, canonicalize_name, parse_wheel_filename
from packaging.version import Version

from . import platforms

if TYPE_CHECKING:
    from collections.abc import Iterator

    from packaging.tags import Tag

    from ..distributions import Distribution

SIZE_LIMIT_BYTES = 100 * 1024 * 1024
# PyPI stores a wheel's metadata in a file of the wheel's name and ".metadata", of 255 bytes at most.
LENGTH_LIMIT_BYTES = 255 - len(".metadata")


def wheel_filename(distribution: Distribution) -> Iterator[str]:
    """Yield a message if the name of a wheel is not a wheel's name."""
    if distribution.filetype != "bdist_wheel":
        return
    try:
        parse_wheel_filename(distribution.filename)
    except InvalidWheelFilename as error:
        yield (
            f"{error}: the expected form is name-version(-build)-python-abi-platform.whl. Build the wheel again and do "
            "not rename it."
        )


def wheel_name(distribution: Distribution) -> Iterator[str]:
    """Yield a message if the name of a wheel does not begin with the normalized name of its project."""
    if _parsed_wheel(distribution) is None:
        return
    found, expected = distribution.filename.split("-")[0], _normalized(distribution.name)
    if found != expected:
        yield (
            f'the file name begins with "{found}", but the project "{distribution.name}" needs "{expected}": '
            "build the wheel with a newer version of its build backend."
        )


def wheel_version(distribution: Distribution) -> Iterator[str]:
    """Yield a message if a wheel has different versions in its name and in its metadata."""
    parsed, version = _parsed_wheel(distribution), _version(distribution)
    if parsed is not None and version is not None and parsed[0] != version:
        yield (
            f'the file name has version "{parsed[0]}", but the metadata has "{distribution.version}": '
            "build the wheel again and do not rename it."
        )


def platform_tag(distribution: Distribution) -> Iterator[str]:
    """Yield a message for each platform of a wheel that PyPI does not accept."""
    parsed = _parsed_wheel(distribution)
    for platform in sorted({tag.platform for tag in parsed[1]}) if parsed else ():
        if not platforms.is_accepted(platform):
            yield f'PyPI does not accept "{platform}" wheels: {platforms.remedy(platform)}.'


def sdist_filename(distribution: Distribution) -> Iterator[str]:
    """Yield a message if the name of an sdist is not the one that PEP 625 requires."""
    version = _version(distribution)
    if distribution.filetype != "sdist" or version is None:
        return
    expected = f"{_normalized(distribution.name)}-{version}.tar.gz"
    if distribution.filename != expected:
        yield f'its name must be "{expected}": build it with a newer version of its build backend.'


def filename_length(distribution: Distribution) -> Iterator[str]:
    """Yield a message if the name of a wheel is longer than PyPI can store."""
    length = len(distribution.filename.encode(errors="surrogateescape"))
    if distribution.filetype == "bdist_wheel" and length > LENGTH_LIMIT_BYTES:
        yield f"its name has {length} bytes, but PyPI accepts {LENGTH_LIMIT_BYTES}: use fewer tags."


def file_size(distribution: Distribution) -> Iterator[str]:
    """Yield a message if the file is larger than the limit of a project that has no higher one."""
    if distribution.size > SIZE_LIMIT_BYTES:
        yield (
            f"it has {distribution.size / 1024**2:.1f} MiB, but PyPI accepts {SIZE_LIMIT_BYTES // 1024**2} MiB "
            "unless the project has a higher limit: remove what is not needed, or request a higher limit."
        )


def _parsed_wheel(distribution: Distribution) -> tuple[Version, frozenset[Tag]] | None:
    if distribution.filetype != "bdist_wheel":
        return None
    try:
        _, version, _, tags = parse_wheel_filename(distribution.filename)
    except InvalidWheelFilename:
        return None
    return version, tags


def _version(distribution: Distribution) -> Version | None:
    try:
        return Version(distribution.version)
    except ValueError:  # InvalidVersion, or a number of thousands of digits
        return None


def _normalized(name: str) -> str:
    return canonicalize_name(name).replace("-", "_")
