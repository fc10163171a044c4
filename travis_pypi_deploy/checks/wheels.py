"""Rules for what is inside a wheel: the records of the zip archive and the ``.dist-info`` folder."""

from __future__ import annotations

import configparser
import csv
import re
from collections.abc import Iterator

from ..distributions import Distribution, Wheel
from ..distributions.zip_records import FaultKind
from .rules import Problem

STORED, DEFLATED = 0, 8
UNPACKED_RATIO = 50
RECORD_LINES = 500_000
UNPACKED_FREE_BYTES = 64 * 1024 * 1024
SCRIPT_NAME = re.compile(r"[\w.-]+")
REBUILD = "build the wheel again"
REMEDIES: dict[FaultKind, str] = {
    "names": "use different names in printable UTF-8, with the flag that says so",
    "data-descriptors": "write the wheel to a file, not to a stream",
}


def contents(distribution: Distribution) -> Iterator[Problem]:
    """Yield a problem for each thing that is wrong inside a wheel."""
    wheel = distribution.archive
    if not isinstance(wheel, Wheel):
        return
    for name in ("METADATA", "WHEEL"):
        if f"{wheel.folder}/{name}" not in wheel.members:
            yield Problem("dist-info", f'it has no "{wheel.folder}/{name}": {REBUILD} and do not rename it.')
    yield from _record(wheel)
    yield from _entry_points(wheel)

    for method in sorted(wheel.methods - {STORED, DEFLATED}):
        yield Problem(
            "zip-compression", f"it is compressed with zip method {method}: store (0) or deflate (8) every member."
        )
    if wheel.unpacked > max(UNPACKED_FREE_BYTES, UNPACKED_RATIO * distribution.size):
        yield Problem(
            "zip-ratio",
            f"it unpacks to {wheel.unpacked} bytes, {wheel.unpacked / distribution.size:.0f} times its size, but PyPI "
            f"accepts {UNPACKED_RATIO} times: generate large, repetitive files at run time.",
        )
    for fault in wheel.faults:
        yield Problem(f"zip-{fault.kind}", f"{fault.reason}: {REMEDIES.get(fault.kind, REBUILD)}.")


def _record(wheel: Wheel) -> Iterator[Problem]:
    """Yield a problem if RECORD cannot be read, or for each file that is only in it or in the wheel."""
    if "RECORD" not in wheel.dist_info:
        yield Problem("record", f'it has no readable "{wheel.folder}/RECORD": {REBUILD} and do not rename it.')
        return
    try:
        recorded = _recorded(wheel.dist_info["RECORD"])
    except (ValueError, csv.Error) as error:
        yield Problem("record", f"its RECORD cannot be read ({error}): {REBUILD}.")
        return
    signatures = {f"{wheel.folder}/RECORD.jws", f"{wheel.folder}/RECORD.p7s"}
    # Some installers reject such wheels.
    for name in sorted(wheel.members - signatures - set(recorded)):
        yield Problem(
            "record-contents", f'RECORD does not list "{name}": let the build backend add all files of the wheel.'
        )
    for name in sorted(set(recorded) - wheel.members):
        yield Problem("record-contents", f'RECORD lists "{name}", but it is not in the wheel: {REBUILD}.')
    for name, digest in wheel.digests.items():
        algorithm, _, expected = recorded.get(name, "").partition("=")
        if algorithm == "sha256" and expected != digest:
            yield Problem("record-hash", f'"{name}" does not match its hash in RECORD: {REBUILD} after each change.')


def _recorded(record: bytes) -> dict[str, str]:
    """Return the names that a RECORD lists with their hashes; raises ValueError or csv.Error if it cannot be read."""
    recorded: dict[str, str] = {}
    lines = record.decode().splitlines()
    if len(lines) > RECORD_LINES:
        raise ValueError(f"it has more than {RECORD_LINES} lines")
    for row in csv.reader(lines):
        if not row:
            raise ValueError("it has an empty line")
        recorded[row[0].replace("\\", "/")] = row[1] if len(row) > 1 else ""
    return recorded


def _entry_points(wheel: Wheel) -> Iterator[Problem]:
    """Yield a problem for each entry point that does not follow the specification."""
    parser = configparser.ConfigParser(delimiters=("=",))
    parser.optionxform = str  # type: ignore[assignment,method-assign]  # documented so: names keep their case
    try:
        parser.read_string(wheel.dist_info.get("entry_points.txt", b"").decode())
    except (UnicodeDecodeError, configparser.Error) as error:
        yield Problem(
            "entry-points",
            f"its entry_points.txt cannot be read ({error}): UTF-8 and NAME = MODULE:OBJECT are expected.",
        )
        return
    for section in ("console_scripts", "gui_scripts"):
        for name in parser[section] if parser.has_section(section) else ():
            if not SCRIPT_NAME.fullmatch(name):
                yield Problem(
                    "entry-points",
                    f'"{name}" in {section} is not a valid script name: use letters, digits, "_", "." and "-".',
                )
