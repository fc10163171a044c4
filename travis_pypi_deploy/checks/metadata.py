"""Rules for METADATA and PKG-INFO.

The index validates the fields that it receives, so these rules validate what is uploaded, not the text. packaging
validates every field; what PyPI requires in addition follows here, one rule for each requirement.
"""

from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING

from packaging.metadata import Metadata, parse_email
from packaging.requirements import InvalidRequirement, Requirement
from packaging.version import InvalidVersion, Version
from trove_classifiers import all_classifiers, deprecated_classifiers

from ..distributions import Wheel
from ..distributions.metadata import HEADERS, NEWEST_HEADERS, parse

if TYPE_CHECKING:
    from collections.abc import Iterator

    from packaging.metadata import RawMetadata

    from ..distributions import Distribution

METADATA_VERSIONS = ("1.0", "1.1", "1.2", "2.1", "2.2", "2.3", "2.4", "2.5")
DEPENDENCY_FIELDS = {
    "requires_dist": "Requires-Dist",
    "provides_dist": "Provides-Dist",
    "obsoletes_dist": "Obsoletes-Dist",
}
SUMMARY_LIMIT = 512
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


def valid_fields(distribution: Distribution) -> Iterator[str]:
    """Yield a message for each field that does not follow the core metadata specification."""
    raw, unparsed = _uploaded(distribution)
    for field in unparsed:
        if field != "project-url":  # a rule of its own reports that
            yield f"{field.title()} cannot be read: build it with a current version of its build backend."
    metadata = Metadata.from_raw(raw, validate=False)
    for field in sorted({"name", "version", *raw} - {"metadata_version"}):
        remedy = REMEDIES.get(field, "build it with a current version of its build backend")
        try:
            getattr(metadata, field)
        except ValueError as error:  # InvalidMetadata, or a number of thousands of digits
            yield f"{field.replace('_', '-')}: {error}: {remedy}."
        except RecursionError:
            yield f"{field.replace('_', '-')}: it is nested too deeply: simplify it."


def metadata_version(distribution: Distribution) -> Iterator[str]:
    """Yield a message if PyPI does not accept the metadata version."""
    declared = _metadata_version(distribution)
    if declared not in METADATA_VERSIONS and not _is_newer(declared):
        yield (
            f'its Metadata-Version is "{declared}", but PyPI accepts {", ".join(METADATA_VERSIONS)}: '
            "build it with a current version of its build backend."
        )


def newer_metadata(distribution: Distribution) -> Iterator[str]:
    """Yield a message if the metadata version is newer than the newest one that is known here."""
    declared = _metadata_version(distribution)
    if _is_newer(declared):
        unknown = sorted(_headers(distribution) - {header.lower() for header in HEADER_OF.values()})
        lost = f" Fields that are not known are not uploaded: {', '.join(map(str.title, unknown))}." if unknown else ""
        yield (
            f'its Metadata-Version is "{declared}", but the newest one that is known here is '
            f"{METADATA_VERSIONS[-1]}, so only the index can validate it.{lost} Update travis-pypi-deploy and pkginfo."
        )


def newer_fields(distribution: Distribution) -> Iterator[str]:
    """Yield a message for each field that the declared metadata version does not have, and that would be lost."""
    declared = _metadata_version(distribution)
    if declared not in METADATA_VERSIONS:
        return
    known = HEADERS.get(declared, NEWEST_HEADERS)
    newer = {header.lower() for header in HEADER_OF.values()} - {header.lower() for header, _, _ in known}
    # setuptools wrote License-File before the specification had it, and it does no harm.
    for header in sorted(newer & _headers(distribution) - {"license-file"}):
        yield (
            f"its metadata version is too old for the field {header.title()}, which would be lost: "
            "build it with a current version of its build backend."
        )


def duplicate_headers(distribution: Distribution) -> Iterator[str]:
    """Yield a message for each header that is allowed once and occurs more than once."""
    headers, _ = parse(distribution.metadata)
    counts = Counter(name for name, _ in headers)
    for header, _, is_multiple in NEWEST_HEADERS:
        count = counts[header.lower()]
        if not is_multiple and count > 1:
            yield f"its metadata has {count} {header} headers, but only one is valid: remove the others."


def encoding(distribution: Distribution) -> Iterator[str]:
    """Yield a message if the metadata is not UTF-8."""
    try:
        distribution.metadata.decode()
    except UnicodeDecodeError as error:
        yield f"its metadata is not UTF-8 (byte {error.start}): save the source files of the metadata as UTF-8."


def local_version(distribution: Distribution) -> Iterator[str]:
    """Yield a message if the version has a local part, which is for private indexes."""
    if "+" in distribution.version:
        yield (
            f'PyPI does not accept local versions such as "{distribution.version}". With setuptools_scm: set '
            'local_scheme = "no-local-version", and "git: depth: false" in .travis.yml, because Travis clones too '
            "few commits for it to see the tag."
        )


def summary_length(distribution: Distribution) -> Iterator[str]:
    """Yield a message if the summary is too long."""
    for summary in distribution.fields.get("summary", ()):
        if len(summary) > SUMMARY_LIMIT:
            yield f"its Summary has {len(summary)} characters, but PyPI accepts {SUMMARY_LIMIT}: shorten it."


def classifiers(distribution: Distribution) -> Iterator[str]:
    """Yield a message for each classifier that PyPI does not know or no longer accepts."""
    for classifier in dict.fromkeys(distribution.fields.get("classifiers", ())):
        if classifier.startswith("Private ::"):
            yield f'the classifier "{classifier}" prevents uploads to PyPI: remove it to upload.'
        elif classifier in deprecated_classifiers:
            others = " or ".join(f'"{each}"' for each in deprecated_classifiers[classifier])
            yield f'the classifier "{classifier}" is deprecated: {f"use {others}" if others else "remove it"}.'
        elif classifier not in all_classifiers:
            yield (
                f'the classifier "{classifier}" is not valid on PyPI: correct it. If it is new, update '
                'trove-classifiers or use "--ignore classifier".'
            )


def dependencies(distribution: Distribution) -> Iterator[str]:
    """Yield a message for each requirement that names an address, or that cannot be read."""
    for field, header in DEPENDENCY_FIELDS.items():
        for value in distribution.fields.get(field, ()):
            try:
                requirement = Requirement(value)
            except (InvalidRequirement, RecursionError) as error:
                if field != "requires_dist":  # packaging.metadata has reported those
                    yield f'{header} "{value}" is not a valid requirement ({str(error).splitlines()[0]}): correct it.'
                continue
            if requirement.url is not None:
                yield (
                    f'{header} "{value}" names an address, but PyPI accepts only names and versions: '
                    "depend on a published release, or move it to a requirements file."
                )


def licenses(distribution: Distribution) -> Iterator[str]:
    """Yield a message if the metadata has both license fields."""
    if "license" in distribution.fields and "license_expression" in distribution.fields:
        yield "it has both License and License-Expression: remove the old one, License (PEP 639)."


def license_files(distribution: Distribution) -> Iterator[str]:
    """Yield a message for each license file that the metadata names and the archive does not have."""
    archive = distribution.archive
    folder = f"{archive.folder}/licenses" if isinstance(archive, Wheel) else archive.top
    # Below Metadata 2.4 pkginfo does not know the field, so it is neither uploaded nor checked.
    for name in distribution.fields.get("license_file", ()):
        is_path = "*" not in name and ".." not in name  # else packaging.metadata has reported it
        if is_path and f"{folder}/{name}" not in archive.members:
            yield (
                f'its metadata names the License-File "{name}", but it has no "{folder}/{name}": '
                "build it with a newer version of its build backend."
            )


def dynamic(distribution: Distribution) -> Iterator[str]:
    """Yield a message for the one value that packaging accepts and PyPI does not."""
    if any(value.lower() == "dynamic" for value in distribution.fields.get("dynamic", ())):
        yield '"Dynamic: Dynamic" is not valid: remove it.'


def _metadata_version(distribution: Distribution) -> str:
    return "".join(distribution.fields.get("metadata_version", ()))


def _is_newer(declared: str) -> bool:
    try:
        return Version(declared) > Version(METADATA_VERSIONS[-1])
    except (InvalidVersion, ValueError):
        return False


def _headers(distribution: Distribution) -> set[str]:
    """Return the names of the headers that have a value, in lower case."""
    headers, _ = parse(distribution.metadata)
    return {name for name, value in headers if value.strip() not in ("", "UNKNOWN")}


def _uploaded(distribution: Distribution) -> tuple[RawMetadata, list[str]]:
    """Return the fields that are uploaded, as packaging has them, and the names of those that it cannot read."""
    text = "".join(
        f"{HEADER_OF[attribute]}: {value}\n"
        for attribute, values in distribution.fields.items()
        for value in (values if attribute != "description" else ())
    )
    raw, unparsed = parse_email(text)
    return raw, sorted(unparsed)
