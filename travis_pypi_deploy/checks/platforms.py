"""Which platform tags PyPI accepts: its own list of systems and architectures, which no PEP has in full."""

from __future__ import annotations

import re

FIXED = frozenset(
    {
        "any",
        *("win32", "win_amd64", "win_arm64", "win_ia64"),
        *("linux_armv6l", "linux_armv7l"),
        *("manylinux1_i686", "manylinux1_x86_64", "manylinux2010_i686", "manylinux2010_x86_64"),
        *("manylinux2014_aarch64", "manylinux2014_armv7l", "manylinux2014_i686", "manylinux2014_ppc64"),
        *("manylinux2014_ppc64le", "manylinux2014_s390x", "manylinux2014_x86_64"),
    }
)

LINUX = "aarch64|armv7l|i686|ppc64le|riscv64|s390x|x86_64"
MACOS = "arm64|fat|fat3|fat64|i386|intel|ppc|ppc64|universal|universal2|x86_64"

FAMILIES = re.compile(
    "|".join(
        [
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
MACOS_TAG = re.compile(r"macosx_\d+_\d+_(.+)", re.DOTALL)


def is_accepted(platform: str) -> bool:
    """Return whether PyPI accepts wheels with this platform tag."""
    return platform in FIXED or FAMILIES.match(platform) is not None


def remedy(platform: str) -> str:
    """Return what to do about a wheel whose platform tag is not accepted."""
    macos = MACOS_TAG.fullmatch(platform)
    if platform.startswith("linux_"):
        return "repair it with auditwheel to manylinux or musllinux"
    if macos and macos[1] in MACOS.split("|"):
        return "from macOS 11 on the second number is 0, set MACOSX_DEPLOYMENT_TARGET to such a version"
    return (
        "upload the sdist only, or a wheel for another platform; if PyPI accepts the tag now, use "
        '"--ignore platform-tag"'
    )
