"""Rules for METADATA and PKG-INFO.

The index validates the fields that it receives, so these rules validate what is uploaded, not the text. packaging
validates every field; what PyPI requires in addition follows here.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator

from packaging.metadata import Metadata, parse_email
from packaging.requirements import InvalidRequirement, Requirement
from packaging.version import Version
from trove_classifiers import all_classifiers, deprecated_classifiers

from ..distributions import Distribution, Wheel
from ..distributions.metadata import HEADERS, NEWEST_HEADERS
from .release import parsed_version
from .rules import Problem

METADATA_VERSIONS = ("1.0", "1.1", "1.2", "2.1", "2.2", "2.3", "2.4", "2.5")
DEPENDENCY_FIELDS = ("requires_dist", "provides_dist", "obsoletes_dist")
SUMMARY_CHARACTERS = 512
REBUILD = "build it with a current version of its build backend"
HEADER_OF = {attribute: header for header, attribute, _ in NEWEST_HEADERS}
REMEDIES = {
    "name": "use letters, digits, '.', '_' and '-' only",
    "version": "write it as PEP 440 defines it, such as 1.0.1 or 2.0rc1",
    "summary": "write one line",
    "description_content_type": "use text/markdown, text/x-rst or text/plain",
    "dynamic": "remove it",
    "provides_extra": "name extras with letters, digits, '.', '_' and '-' only",
    "requires_python": "write version specifiers, such as >=3.9",
    "requires_dist": "write requirements as PEP 508 defines them, such as requests>=2.0; python_version<'3.9'",
    "license_expression": "write an SPDX expression, such as MIT OR Apache-2.0",
    "license_files": "name each file by its path from the folder of the project, without patterns",
    "import_names": "write a name that can be imported",
    "import_namespaces": "write a name that can be imported",
}


def fields(distribution: Distribution) -> Iterator[Problem]:
    """Yield a problem for each field that does not follow the core metadata specification."""
    raw, _ = parse_email(
        "".join(
            f"{HEADER_OF[attribute]}: {value}\n"
            for attribute, values in distribution.fields.items()
            for value in (values if attribute != "description" else ())
        )
    )
    metadata = Metadata.from_raw(raw, validate=False)
    for field in sorted({"name", "version", *raw} - {"metadata_version"}):
        remedy = REMEDIES.get(field, REBUILD)
        try:
            getattr(metadata, field)
        except ValueError as error:  # InvalidMetadata, or a number of thousands of digits
            yield Problem("metadata", f"{field.replace('_', '-')}: {error}: {remedy}.")


def headers(distribution: Distribution) -> Iterator[Problem]:
    """Yield a problem if the metadata version is not valid, and for each header that does not fit it."""
    present = {name for name, value in distribution.headers if value.strip() not in ("", "UNKNOWN")}
    known = {header.lower() for header in HEADER_OF.values()}

    declared = "".join(distribution.fields.get("metadata_version", ()))
    version = parsed_version(declared)
    if declared in METADATA_VERSIONS:
        valid = {header.lower() for header, _, _ in HEADERS.get(declared, NEWEST_HEADERS)}
        # setuptools wrote License-File before the specification had it, and it does no harm.
        for header in sorted(present & known - valid - {"license-file"}):
            yield Problem(
                "metadata-fields",
                f"its metadata version is too old for the field {header.title()}, which would be lost: {REBUILD}.",
            )
    elif version is not None and version > Version(METADATA_VERSIONS[-1]):
        unknown = sorted(present - known)
        lost = f" Fields that are not known are not uploaded: {', '.join(map(str.title, unknown))}." if unknown else ""
        yield Problem(
            "metadata-newer",
            f'its Metadata-Version is "{declared}", but the newest one that is known here is '
            f"{METADATA_VERSIONS[-1]}, so only the index can validate it.{lost} Update travis-pypi-deploy and pkginfo.",
        )
    else:
        yield Problem(
            "metadata-version",
            f'its Metadata-Version is "{declared}", but PyPI accepts {", ".join(METADATA_VERSIONS)}: {REBUILD}.',
        )

    counts = Counter(name for name, _ in distribution.headers)
    for header, _, is_multiple in NEWEST_HEADERS:
        count = counts[header.lower()]
        if not is_multiple and count > 1:
            yield Problem(
                "duplicate-header",
                f"its metadata has {count} {header} headers, but only one is valid: remove the others.",
            )


def values(distribution: Distribution) -> Iterator[Problem]:
    """Yield a problem for text that is not UTF-8, and for each value that packaging accepts and PyPI does not."""
    try:
        distribution.metadata.decode()
    except UnicodeDecodeError as error:
        yield Problem(
            "metadata-encoding",
            f"its metadata is not UTF-8 (byte {error.start}): save the source files of the metadata as UTF-8.",
        )
    for summary in distribution.fields.get("summary", ()):
        if len(summary) > SUMMARY_CHARACTERS:
            yield Problem(
                "summary-length",
                f"its Summary has {len(summary)} characters, but PyPI accepts {SUMMARY_CHARACTERS}: shorten it.",
            )
    if "license" in distribution.fields and "license_expression" in distribution.fields:
        yield Problem("license", "it has both License and License-Expression: remove the old one, License (PEP 639).")
    # The one value that packaging accepts and PyPI does not.
    if any(value.lower() == "dynamic" for value in distribution.fields.get("dynamic", ())):
        yield Problem("dynamic", '"Dynamic: Dynamic" is not valid: remove it.')


def classifiers(distribution: Distribution) -> Iterator[Problem]:
    """Yield a problem for each classifier that PyPI does not know or no longer accepts."""
    for classifier in dict.fromkeys(distribution.fields.get("classifiers", ())):
        if classifier.startswith("Private ::"):
            yield Problem("classifier", f'the classifier "{classifier}" prevents uploads to PyPI: remove it to upload.')
        elif classifier in deprecated_classifiers:
            others = " or ".join(f'"{each}"' for each in deprecated_classifiers[classifier])
            remedy = f"use {others}" if others else "remove it"
            yield Problem("classifier", f'the classifier "{classifier}" is deprecated: {remedy}.')
        elif classifier not in all_classifiers:
            yield Problem(
                "classifier",
                f'the classifier "{classifier}" is not valid on PyPI: correct it. If it is new, update '
                'trove-classifiers or use "--ignore classifier".',
            )


def dependencies(distribution: Distribution) -> Iterator[Problem]:
    """Yield a problem for each requirement that names an address, or that cannot be read."""
    for field in DEPENDENCY_FIELDS:
        for value in distribution.fields.get(field, ()):
            try:
                requirement = Requirement(value)
            except InvalidRequirement as error:
                if field != "requires_dist":  # packaging.metadata has reported those
                    reason = str(error).splitlines()[0]
                    yield Problem(
                        "dependency", f'{HEADER_OF[field]} "{value}" is not a valid requirement ({reason}): correct it.'
                    )
                continue
            if requirement.url is not None:
                yield Problem(
                    "dependency",
                    f'{HEADER_OF[field]} "{value}" names an address, but PyPI accepts only names and versions: '
                    "depend on a published release, or move it to a requirements file.",
                )


def license_files(distribution: Distribution) -> Iterator[Problem]:
    """Yield a problem for each license file that the metadata names and the archive does not have."""
    archive = distribution.archive
    folder = f"{archive.folder}/licenses" if isinstance(archive, Wheel) else archive.top
    # Below Metadata 2.4 pkginfo does not know the field, so it is neither uploaded nor checked.
    for name in distribution.fields.get("license_file", ()):
        is_path = "*" not in name and ".." not in name  # else packaging.metadata has reported it
        if is_path and f"{folder}/{name}" not in archive.members:
            yield Problem(
                "license-files",
                f'its metadata names the License-File "{name}", but it has no "{folder}/{name}": '
                "build it with a newer version of its build backend.",
            )
