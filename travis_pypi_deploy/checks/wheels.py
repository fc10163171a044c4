"""Rules for what is inside a wheel: the records of the zip archive and the ``.dist-info`` folder."""

from __future__ import annotations

import configparser
import csv
import functools
import re
from typing import TYPE_CHECKING

from ..distributions import Wheel

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from ..distributions import Distribution
    from ..distributions.zip_records import FaultKind

STORED, DEFLATED = 0, 8
UNPACKED_RATIO_LIMIT = 50
UNPACKED_FREE_BYTES = 64 * 1024 * 1024

# Twice the number of members that a wheel may have.
RECORD_LIMIT_LINES = 200_000

SCRIPT_SECTIONS = ("console_scripts", "gui_scripts")
SCRIPT_NAME = re.compile(r"[\w.-]+")
REMEDIES: dict[FaultKind, str] = {
    "names": "use different names in printable UTF-8, with the flag that says so",
    "data-descriptors": "write the wheel to a file, not to a stream",
}


def faults(kind: FaultKind) -> Callable[[Wheel], Iterator[str]]:
    """Return a function that yields a message for each fault of this kind in the records of the zip archive."""
    remedy = REMEDIES.get(kind, "build the wheel again")
    return lambda wheel: (f"{fault.reason}: {remedy}." for fault in wheel.faults if fault.kind == kind)


def zip_compression(wheel: Wheel) -> Iterator[str]:
    """Yield a message for each compression method that not every tool knows."""
    for method in sorted(wheel.methods - {STORED, DEFLATED}):
        yield f"it is compressed with zip method {method}: store (0) or deflate (8) every member."


def zip_ratio(distribution: Distribution) -> Iterator[str]:
    """Yield a message if a wheel unpacks to many times its size."""
    wheel = distribution.archive
    if not isinstance(wheel, Wheel) or wheel.unpacked <= UNPACKED_FREE_BYTES:
        return
    if wheel.unpacked > UNPACKED_RATIO_LIMIT * distribution.size:
        yield (
            f"it unpacks to {wheel.unpacked} bytes, {wheel.unpacked / distribution.size:.0f} times its size, but PyPI "
            f"accepts {UNPACKED_RATIO_LIMIT} times: generate large, repetitive files at run time."
        )


def dist_info(wheel: Wheel) -> Iterator[str]:
    """Yield a message for each required member that is missing from the wheel."""
    for name in ("METADATA", "WHEEL"):
        if f"{wheel.folder}/{name}" not in wheel.members:
            yield f'it has no "{wheel.folder}/{name}": build the wheel again and do not rename it.'


def record(wheel: Wheel) -> Iterator[str]:
    """Yield a message if the wheel has no readable RECORD."""
    if "RECORD" not in wheel.dist_info:
        yield f'it has no readable "{wheel.folder}/RECORD": build the wheel again and do not rename it.'
        return
    try:
        _recorded(wheel.dist_info["RECORD"])
    except (ValueError, csv.Error) as error:
        yield f"its RECORD cannot be read ({error}): build the wheel again."


def record_contents(wheel: Wheel) -> Iterator[str]:
    """Yield a message for each file that is only in RECORD or only in the wheel; some installers reject them."""
    if "RECORD" not in wheel.dist_info:
        return
    try:
        recorded = _recorded(wheel.dist_info["RECORD"])
    except (ValueError, csv.Error):
        return
    signatures = {f"{wheel.folder}/RECORD.jws", f"{wheel.folder}/RECORD.p7s"}
    for name in sorted(wheel.members - signatures - recorded):
        yield f'RECORD does not list "{name}": let the build backend add all files of the wheel.'
    for name in sorted(recorded - wheel.members):
        yield f'RECORD lists "{name}", but it is not in the wheel: build the wheel again.'


def entry_points(wheel: Wheel) -> Iterator[str]:
    """Yield a message for each entry point that does not follow the specification."""
    if "entry_points.txt" in wheel.oversized:
        yield "its entry_points.txt is larger than 1 MiB: generate fewer entry points."
        return
    parser = configparser.ConfigParser(delimiters=("=",))
    parser.optionxform = str  # type: ignore[assignment,method-assign]  # documented so: names keep their case
    try:
        parser.read_string(wheel.dist_info.get("entry_points.txt", b"").decode())
    except (UnicodeDecodeError, configparser.Error) as error:
        yield f"its entry_points.txt cannot be read ({error}): UTF-8 and NAME = MODULE:OBJECT are expected."
        return
    for section in SCRIPT_SECTIONS:
        for name in parser[section] if parser.has_section(section) else ():
            if not SCRIPT_NAME.fullmatch(name):
                yield f'"{name}" in {section} is not a valid script name: use letters, digits, "_", "." and "-".'


@functools.lru_cache(maxsize=1)  # two rules read the same RECORD
def _recorded(contents: bytes) -> frozenset[str]:
    """Return the names that a RECORD lists; raises ValueError or csv.Error if it cannot be read."""
    if contents.count(b"\n") > RECORD_LIMIT_LINES:
        raise ValueError(f"it lists more than {RECORD_LIMIT_LINES} files")
    names: set[str] = set()
    # PyPI splits RECORD at form feeds and other separators, too.
    for row in csv.reader(contents.decode().splitlines()):
        if not row:
            raise ValueError("it has an empty line")
        names.add(row[0].replace("\\", "/"))
    return frozenset(names)
