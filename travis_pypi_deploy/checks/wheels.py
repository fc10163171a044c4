"""Rules for what is inside a wheel: the records of the zip archive and the ``.dist-info`` folder."""

from __future__ import annotations

import configparser
import csv
import functools
import re
from typing import TYPE_CHECKING

from ..distributions import Wheel

if TYPE_CHECKING:
    from collections.abc import Iterator

    from ..distributions import Distribution
    from ..distributions.zip_records import FaultKind

STORED, DEFLATED = 0, 8
UNPACKED_RATIO_LIMIT = 50
UNPACKED_FREE_BYTES = 64 * 1024 * 1024

# Twice the number of members that a wheel may have.
RECORD_LIMIT_LINES = 200_000

SCRIPT_SECTIONS = ("console_scripts", "gui_scripts")
SCRIPT_NAME = re.compile(r"[\w.-]+")


def zip_surroundings(distribution: Distribution) -> Iterator[str]:
    """Yield a message if the zip archive is a part of a larger file."""
    return _faults(distribution, "surroundings", "build the wheel again")


def zip_names(distribution: Distribution) -> Iterator[str]:
    """Yield a message for each member that tools would unpack under different names."""
    return _faults(distribution, "names", "use different names in printable UTF-8, with the flag that says so")


def zip_comments(distribution: Distribution) -> Iterator[str]:
    """Yield a message for each member with a comment."""
    return _faults(distribution, "comments", "build the wheel again")


def zip_data_descriptors(distribution: Distribution) -> Iterator[str]:
    """Yield a message for each member that has its sizes behind its contents."""
    return _faults(distribution, "data-descriptors", "write the wheel to a file, not to a stream")


def zip_records(distribution: Distribution) -> Iterator[str]:
    """Yield a message for each record that contradicts another one."""
    return _faults(distribution, "records", "build the wheel again")


def zip_contents(distribution: Distribution) -> Iterator[str]:
    """Yield a message for each member that cannot be unpacked."""
    return _faults(distribution, "contents", "build the wheel again")


def zip_compression(distribution: Distribution) -> Iterator[str]:
    """Yield a message for each compression method that not every tool knows."""
    if isinstance(distribution.archive, Wheel):
        for method in sorted(distribution.archive.methods - {STORED, DEFLATED}):
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


def dist_info(distribution: Distribution) -> Iterator[str]:
    """Yield a message for each required member that is missing from the wheel."""
    wheel = distribution.archive
    if isinstance(wheel, Wheel):
        for name in ("METADATA", "WHEEL"):
            if f"{wheel.folder}/{name}" not in wheel.members:
                yield f'it has no "{wheel.folder}/{name}": build the wheel again and do not rename it.'


def record(distribution: Distribution) -> Iterator[str]:
    """Yield a message if the wheel has no readable RECORD."""
    wheel = distribution.archive
    if not isinstance(wheel, Wheel):
        return
    if "RECORD" not in wheel.dist_info:
        yield f'it has no readable "{wheel.folder}/RECORD": build the wheel again and do not rename it.'
        return
    try:
        _recorded(wheel.dist_info["RECORD"])
    except (ValueError, csv.Error) as error:
        yield f"its RECORD cannot be read ({error}): build the wheel again."


def record_contents(distribution: Distribution) -> Iterator[str]:
    """Yield a message for each file that is only in RECORD or only in the wheel; some installers reject them."""
    wheel = distribution.archive
    if not isinstance(wheel, Wheel) or "RECORD" not in wheel.dist_info:
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


def entry_points(distribution: Distribution) -> Iterator[str]:
    """Yield a message for each entry point that does not follow the specification."""
    wheel = distribution.archive
    if not isinstance(wheel, Wheel):
        return
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


def _faults(distribution: Distribution, kind: FaultKind, remedy: str) -> Iterator[str]:
    if isinstance(distribution.archive, Wheel):
        for fault in distribution.archive.faults:
            if fault.kind == kind:
                yield f"{fault.reason}: {remedy}."


@functools.lru_cache(maxsize=1)  # two rules read the same RECORD
def _recorded(contents: bytes) -> frozenset[str]:
    """Return the names that a RECORD lists; raises ValueError or csv.Error if it cannot be read."""
    names: set[str] = set()
    # PyPI splits RECORD at form feeds and other separators, too.
    for row in csv.reader(contents.decode().splitlines()):
        if not row:
            raise ValueError("it has an empty line")
        if len(names) > RECORD_LIMIT_LINES:
            raise ValueError(f"it lists more than {RECORD_LIMIT_LINES} files")
        names.add(row[0].replace("\\", "/"))
    return frozenset(names)
