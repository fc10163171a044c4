"""Rules for the name and the size of a file."""

from __future__ import annotations

import re
from collections.abc import Iterator

from packaging.utils import InvalidWheelFilename, canonicalize_name, parse_wheel_filename

from ..distributions import Distribution
from .release import parsed_version
from .rules import Problem

FILE_BYTES = 100 * 1024 * 1024
# PyPI stores a wheel's metadata in a file of the wheel's name and ".metadata", of 255 bytes at most.
NAME_BYTES = 255 - len(".metadata")

LINUX = "aarch64|armv7l|i686|ppc64le|riscv64|s390x|x86_64"
MACOS = "arm64|fat|fat3|fat64|i386|intel|ppc|ppc64|universal|universal2|x86_64"
# PyPI's own list of systems and architectures, which no PEP has in full.
PLATFORMS = re.compile(
    "|".join(
        [
            r"any\Z",
            r"win(32|_amd64|_arm64|_ia64)\Z",
            r"linux_armv[67]l\Z",
            r"manylinux(1|2010)_(i686|x86_64)\Z",
            r"manylinux2014_(aarch64|armv7l|i686|ppc64|ppc64le|s390x|x86_64)\Z",
            rf"manylinux_\d+_\d+_({LINUX}|ppc64)\Z",
            rf"musllinux_\d+_\d+_({LINUX})\Z",
            # From macOS 11 on the first number alone says which version it is; new versions come every year.
            rf"macosx_(10_\d+|(1[1-9]|[2-9]\d|\d{{3,}})_0)_({MACOS})\Z",
            # These two match the beginning of a tag, as PyPI's own expressions do.
            r"ios_\d+_\d+_(arm64|x86_64)_(iphoneos|iphonesimulator)",
            r"pyemscripten_\d+_\d+_wasm32",
            r"android_\d+_(arm64_v8a|armeabi_v7a|x86|x86_64)\Z",
        ]
    )
)


def wheel_name(distribution: Distribution) -> Iterator[Problem]:
    """Yield a problem for each part of a wheel's name that is wrong."""
    if distribution.filetype != "bdist_wheel":
        return
    filename, version = distribution.filename, parsed_version(distribution.version)
    try:
        _, named_version, _, tags = parse_wheel_filename(filename)
    except InvalidWheelFilename as error:
        yield Problem(
            "wheel-filename",
            f"{error}: the expected form is name-version(-build)-python-abi-platform.whl. Build the wheel again and do "
            "not rename it.",
        )
    else:
        found, expected = filename.split("-")[0], canonicalize_name(distribution.name).replace("-", "_")
        if found != expected:
            yield Problem(
                "wheel-name",
                f'the file name begins with "{found}", but the project "{distribution.name}" needs "{expected}": '
                "build the wheel with a newer version of its build backend.",
            )
        if version is not None and named_version != version:
            yield Problem(
                "wheel-version",
                f'the file name has version "{named_version}", but the metadata has "{distribution.version}": '
                "build the wheel again and do not rename it.",
            )
        for platform in sorted({tag.platform for tag in tags}):
            if remedy := platform_remedy(platform):
                yield Problem("platform-tag", f'PyPI does not accept "{platform}" wheels: {remedy}.')

    length = len(filename.encode(errors="surrogateescape"))
    if length > NAME_BYTES:
        yield Problem("filename-length", f"its name has {length} bytes, but PyPI accepts {NAME_BYTES}: use fewer tags.")


def sdist_name(distribution: Distribution) -> Iterator[Problem]:
    """Yield a problem if the name of an sdist is not the one that PEP 625 requires."""
    version = parsed_version(distribution.version)
    if distribution.filetype == "sdist" and version is not None:
        expected = f"{canonicalize_name(distribution.name).replace('-', '_')}-{version}.tar.gz"
        if distribution.filename != expected:
            yield Problem(
                "sdist-filename", f'its name must be "{expected}": build it with a newer version of its build backend.'
            )


def size(distribution: Distribution) -> Iterator[Problem]:
    """Yield a problem if the file is larger than the limit of a project that has no higher one."""
    if distribution.size > FILE_BYTES:
        yield Problem(
            "file-size",
            f"it has {distribution.size / 1024**2:.1f} MiB, but PyPI accepts {FILE_BYTES // 1024**2} MiB "
            "unless the project has a higher limit: remove what is not needed, or request a higher limit.",
        )


def platform_remedy(platform: str) -> str:
    """Return what to do about a wheel whose platform tag PyPI does not accept; empty if PyPI accepts it."""
    if PLATFORMS.match(platform):
        return ""
    if platform.startswith("linux_"):
        return "repair it with auditwheel to manylinux or musllinux"
    if re.fullmatch(rf"macosx_\d+_\d+_({MACOS})", platform):
        return "from macOS 11 on the second number is 0, set MACOSX_DEPLOYMENT_TARGET to such a version"
    return (
        "upload the sdist only, or a wheel for another platform; if PyPI accepts the tag now, use "
        '"--ignore platform-tag"'
    )
