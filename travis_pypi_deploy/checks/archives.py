"""Rules for what is inside: the zip archive itself, a wheel's ``.dist-info`` folder, an sdist's members."""

from __future__ import annotations

import configparser
import csv
import io
import re
from typing import TYPE_CHECKING

from ..distributions import Sdist, Wheel

if TYPE_CHECKING:
    from collections.abc import Iterator

    from ..distributions import Distribution
    from ..distributions.zips import FaultKind

STORED, DEFLATED = 0, 8
UNPACKED_RATIO_LIMIT = 50
UNPACKED_FREE_BYTES = 64 * 1024 * 1024

# Twice as many as the members that a wheel may have to be read at all.
RECORD_LIMIT_LINES = 200_000

SCRIPT_SECTIONS = ("console_scripts", "gui_scripts")
SCRIPT_NAME = re.compile(r"[\w.-]+")


def zip_surroundings(distribution: Distribution) -> Iterator[str]:
    """Find wheels that are part of a larger file, in which another archive may hide."""
    return _faults(distribution, "surroundings", "build the wheel anew")


def zip_names(distribution: Distribution) -> Iterator[str]:
    """Find members that one tool would unpack under another name than the next."""
    return _faults(distribution, "names", "names are there once, in printable UTF-8 that is flagged so")


def zip_comments(distribution: Distribution) -> Iterator[str]:
    """Find members with comments, in which another archive may hide."""
    return _faults(distribution, "comments", "build the wheel anew")


def zip_data_descriptors(distribution: Distribution) -> Iterator[str]:
    """Find members that were written without looking back, so that nobody knows where they end."""
    return _faults(distribution, "data-descriptors", "write the wheel to a file, not to a stream")


def zip_records(distribution: Distribution) -> Iterator[str]:
    """Find archives whose records contradict each other."""
    return _faults(distribution, "records", "build the wheel anew")


def zip_compression(distribution: Distribution) -> Iterator[str]:
    """Find wheels that are compressed in a way that not every tool can undo."""
    if isinstance(distribution.archive, Wheel):
        for method in sorted(distribution.archive.methods - {STORED, DEFLATED}):
            yield f"it is compressed with zip method {method}: store (0) or deflate (8) every member."


def zip_ratio(distribution: Distribution) -> Iterator[str]:
    """Find wheels that unpack to far more than they weigh."""
    wheel = distribution.archive
    if not isinstance(wheel, Wheel) or wheel.unpacked <= UNPACKED_FREE_BYTES:
        return
    if wheel.unpacked > UNPACKED_RATIO_LIMIT * distribution.size:
        yield (
            f"it unpacks to {wheel.unpacked} bytes, {wheel.unpacked / distribution.size:.0f} times its size; "
            f"PyPI takes more than {UNPACKED_RATIO_LIMIT} times for a bomb: make large files at run time."
        )


def dist_info(distribution: Distribution) -> Iterator[str]:
    """Find wheels without METADATA or WHEEL where the wheel's name says that they are."""
    wheel = distribution.archive
    if isinstance(wheel, Wheel):
        for name in ("METADATA", "WHEEL"):
            if f"{wheel.folder}/{name}" not in wheel.members:
                yield f'it has no "{wheel.folder}/{name}": build the wheel anew, never rename it.'


def record(distribution: Distribution) -> Iterator[str]:
    """Find wheels without a RECORD that can be read."""
    wheel = distribution.archive
    if not isinstance(wheel, Wheel):
        return
    if "RECORD" not in wheel.dist_info:
        yield f'it has no readable "{wheel.folder}/RECORD": build the wheel anew, never rename it.'
        return
    try:
        _recorded(wheel.dist_info["RECORD"])
    except (ValueError, csv.Error) as error:
        yield f"its RECORD cannot be read ({error}): build the wheel anew."


def record_contents(distribution: Distribution) -> Iterator[str]:
    """Find wheels whose RECORD lists other files than the wheel has; installers refuse some of them."""
    wheel = distribution.archive
    if not isinstance(wheel, Wheel) or "RECORD" not in wheel.dist_info:
        return
    try:
        recorded = _recorded(wheel.dist_info["RECORD"])
    except (ValueError, csv.Error):
        return
    signatures = {f"{wheel.folder}/RECORD.jws", f"{wheel.folder}/RECORD.p7s"}
    for name in sorted(wheel.members - signatures - recorded):
        yield f'RECORD does not list "{name}": let the build backend add what belongs into the wheel.'
    for name in sorted(recorded - wheel.members):
        yield f'RECORD lists "{name}", which the wheel does not have: build the wheel anew.'


def entry_points(distribution: Distribution) -> Iterator[str]:
    """Find entry points that are not written as their specification wants them."""
    wheel = distribution.archive
    if not isinstance(wheel, Wheel) or "entry_points.txt" not in wheel.dist_info:
        return
    parser = configparser.ConfigParser(delimiters=("=",))
    parser.optionxform = str  # type: ignore[assignment,method-assign]  # documented so: names keep their case
    try:
        parser.read_string(wheel.dist_info["entry_points.txt"].decode())
    except (UnicodeDecodeError, configparser.Error) as error:
        yield f"its entry_points.txt cannot be read ({error}): UTF-8 and NAME = MODULE:OBJECT are expected."
        return
    for section in SCRIPT_SECTIONS:
        for name in parser[section] if parser.has_section(section) else ():
            if not SCRIPT_NAME.fullmatch(name):
                yield f'"{name}" in {section} is no name for a script: use letters, digits, "_", "." and "-".'


def license_files(distribution: Distribution) -> Iterator[str]:
    """Find license files that the metadata promises and the archive does not have."""
    archive = distribution.archive
    folder = f"{archive.folder}/licenses" if isinstance(archive, Wheel) else archive.top
    # pkginfo knows the field from Metadata 2.4 on: below, it is neither sent nor judged.
    for name in distribution.fields.get("license_file", ()):
        if f"{folder}/{name}" not in archive.members:
            yield (
                f'its metadata names the License-File "{name}", but there is no "{folder}/{name}" in it: '
                "build it with a newer version of its build backend."
            )


def sdist_folder(distribution: Distribution) -> Iterator[str]:
    """Find sdists that unpack to more than one folder."""
    if isinstance(distribution.archive, Sdist) and not distribution.archive.top:
        tops = sorted({name.split("/")[0] for name in distribution.archive.members})
        yield f"not all of it is in one top folder, but in {_listed(tops)}: build the sdist anew."


def sdist_metadata(distribution: Distribution) -> Iterator[str]:
    """Find sdists whose PKG-INFO is not right in the one folder that holds everything."""
    sdist = distribution.archive
    if isinstance(sdist, Sdist) and sdist.top and f"{sdist.top}/PKG-INFO" not in sdist.members:
        yield (
            f'its PKG-INFO is "{sdist.metadata_member}", and has to be "{sdist.top}/PKG-INFO", '
            "right in the folder that holds everything: build the sdist anew."
        )


def sdist_members(distribution: Distribution) -> Iterator[str]:
    """Find sdists whose members have names that PyPI does not find or tools do not unpack."""
    if isinstance(distribution.archive, Sdist):
        for name in sorted(distribution.archive.members):
            if name.startswith(("/", "./")):
                yield f'its member "{name}" begins with "{name.split("/")[0]}/": let a build backend pack it.'


def sdist_sparse(distribution: Distribution) -> Iterator[str]:
    """Find sdists with members that are stored with holes, as GNU tar does on demand."""
    if isinstance(distribution.archive, Sdist):
        for name in distribution.archive.sparse:
            yield f'its member "{name}" is stored sparsely: pack it without "tar --sparse".'


def _faults(distribution: Distribution, kind: FaultKind, remedy: str) -> Iterator[str]:
    if isinstance(distribution.archive, Wheel):
        for fault in distribution.archive.faults:
            if fault.kind == kind:
                yield f"{fault.reason}: {remedy}."


def _recorded(contents: bytes) -> set[str]:
    """Return the names that a RECORD lists; raises ValueError or csv.Error where it cannot be read."""
    names: set[str] = set()
    for row in csv.reader(io.StringIO(contents.decode(), newline="")):
        if not row:
            raise ValueError("it has an empty line")
        if len(names) > RECORD_LIMIT_LINES:
            raise ValueError(f"it lists more than {RECORD_LIMIT_LINES} files")
        names.add(row[0].replace("\\", "/"))
    return names


def _listed(names: list[str]) -> str:
    shown = ", ".join(f'"{name}"' for name in names[:3])
    return shown if len(names) <= 3 else f"{shown} and {len(names) - 3} more"
