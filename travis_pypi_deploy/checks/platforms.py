"""Which platform tags PyPI takes: its own list of systems and architectures, which no PEP has in full."""

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
            rf"manylinux_\d+_\d+_({LINUX}|ppc64)",
            rf"musllinux_\d+_\d+_({LINUX})",
            # Since macOS 11 the first number alone says which version it is.
            rf"macosx_(10_\d+|(11|12|13|14|15|26)_0)_({MACOS})",
            r"ios_\d+_\d+_(arm64|x86_64)_(iphoneos|iphonesimulator)",
            r"android_\d+_(arm64_v8a|armeabi_v7a|x86|x86_64)",
            r"pyemscripten_\d+_\d+_wasm32",
        ]
    )
)


def is_taken(platform: str) -> bool:
    """Return whether PyPI takes wheels with this platform tag."""
    return platform in FIXED or FAMILIES.fullmatch(platform) is not None


def remedy(platform: str) -> str:
    """Return what to do about a wheel whose platform tag is not taken."""
    if platform.startswith("linux_"):
        return "repair it with auditwheel to manylinux or musllinux"
    if platform.startswith("macosx_"):
        return "from macOS 11 on the second number is 0, set MACOSX_DEPLOYMENT_TARGET to such a version"
    return "publish the sdist only, or a wheel for a platform on PyPI's list"
