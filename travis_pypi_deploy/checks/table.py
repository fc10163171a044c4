"""The table of rules, and the validation of a release against it.

A new rule is a function, an entry here, and a case in the tests. Where the source is PyPI, its upload view requires it
and no specification does.
"""

from __future__ import annotations

import difflib
from typing import TYPE_CHECKING

from ..errors import UsageError
from . import addresses, description, file_names, metadata, release, sdists, wheels
from .rules import Release, Rule, of_file, of_sdist, of_wheel

if TYPE_CHECKING:
    from collections.abc import Collection, Sequence

    from ..distributions import Distribution
    from .rules import Problem, Severity

ERROR: Severity = "error"
WARNING: Severity = "warning"

PYPI = "PyPI"
PYPI_ARCHIVES = "PyPI's documentation: Archives"
PYPI_DESCRIPTIONS = "PyPI's help: description content types"
PYPI_LIMITS = "PyPI's documentation: Storage limits"
TROVE = "PyPI's list of classifiers, trove-classifiers"
CORE_METADATA = "Core metadata specifications"
ENTRY_POINTS = "Entry points specification"
SDISTS = "Source distribution format (PEP 625)"
WHEELS = "Binary distribution format (PEP 427)"
UPLOADS = "Legacy upload API"
PEP_440 = "PEP 440"
PEP_527 = "PEP 527"
PEP_625 = "PEP 625"
PEP_639 = "PEP 639"
PEP_643 = "PEP 643"
OURS = "travis-pypi-deploy"

# Two lines a rule make it a table.
# fmt: off
FILE_RULES = (
    # file names
    Rule("wheel-filename", ERROR, ERROR, WHEELS, of_file(file_names.wheel_filename),
         "a wheel's name has five or six parts that are valid"),
    Rule("wheel-name", ERROR, ERROR, WHEELS, of_file(file_names.wheel_name),
         "a wheel's name begins with the normalized name of the project"),
    Rule("wheel-version", ERROR, ERROR, WHEELS, of_file(file_names.wheel_version),
         "a wheel's name and its metadata have the same version (1.0 is 1.0.0)"),
    Rule("platform-tag", ERROR, WARNING, PYPI, of_file(file_names.platform_tag),
         "a wheel is for platforms on PyPI's list, so not for plain linux_x86_64"),
    Rule("sdist-filename", ERROR, WARNING, PEP_625, of_file(file_names.sdist_filename),
         "an sdist is named exactly {normalized_name}-{version}.tar.gz"),
    Rule("filename-length", ERROR, WARNING, PYPI, of_file(file_names.filename_length),
         "a wheel's name has at most 246 bytes"),
    Rule("file-size", WARNING, WARNING, PYPI_LIMITS, of_file(file_names.file_size),
         "a file has at most 100 MiB, unless the project has a higher limit"),
    # wheels
    Rule("dist-info", ERROR, ERROR, WHEELS, of_wheel(wheels.dist_info),
         "a wheel has METADATA and WHEEL in {name}-{version}.dist-info, spelled as in the file name"),
    Rule("record", ERROR, ERROR, WHEELS, of_wheel(wheels.record),
         "a wheel has a readable RECORD in this folder"),
    Rule("record-contents", WARNING, WARNING, WHEELS, of_wheel(wheels.record_contents),
         "RECORD lists exactly the wheel's files"),
    Rule("entry-points", ERROR, WARNING, ENTRY_POINTS, of_wheel(wheels.entry_points),
         "entry_points.txt has at most 1 MiB of UTF-8, INI with \"=\", and scripts with letters, digits, _ . - only"),
    # zip archives
    Rule("zip-compression", ERROR, WARNING, PYPI_ARCHIVES, of_wheel(wheels.zip_compression),
         "members are stored or deflated"),
    Rule("zip-ratio", ERROR, WARNING, PYPI, of_file(wheels.zip_ratio),
         "a wheel unpacks to at most 50 times its size (from 64 MiB on)"),
    Rule("zip-surroundings", ERROR, WARNING, PYPI_ARCHIVES, of_wheel(wheels.faults("surroundings")),
         "there is nothing before or after the zip archive"),
    Rule("zip-names", ERROR, WARNING, PYPI_ARCHIVES, of_wheel(wheels.faults("names")),
         "members have different, printable names in UTF-8, with the UTF-8 flag"),
    Rule("zip-comments", ERROR, WARNING, PYPI_ARCHIVES, of_wheel(wheels.faults("comments")),
         "members have no comments (the archive may have one)"),
    Rule("zip-data-descriptors", ERROR, WARNING, PYPI_ARCHIVES, of_wheel(wheels.faults("data-descriptors")),
         "members have their sizes in front of them"),
    Rule("zip-records", ERROR, WARNING, PYPI_ARCHIVES, of_wheel(wheels.faults("records")),
         "the central directory, local headers and ZIP64 records agree"),
    Rule("zip-contents", ERROR, WARNING, PYPI, of_wheel(wheels.faults("contents")),
         "members are not encrypted, and source files match their checksums in the archive"),
    # sdists
    Rule("sdist-folder", ERROR, WARNING, SDISTS, of_sdist(sdists.top_folder),
         "all of an sdist is in one top folder"),
    Rule("sdist-metadata", ERROR, ERROR, SDISTS, of_sdist(sdists.metadata_place),
         "PKG-INFO is directly in that folder"),
    Rule("sdist-members", ERROR, WARNING, PYPI, of_sdist(sdists.member_names),
         "no member's name begins with \"./\" or \"/\""),
    Rule("sdist-sparse", ERROR, WARNING, PYPI, of_sdist(sdists.sparse_members),
         "no member is stored sparsely"),
    Rule("sdist-zip", ERROR, WARNING, PYPI, of_sdist(sdists.zip_archive),
         "an sdist is not a zip archive too"),
    # metadata
    Rule("metadata", ERROR, ERROR, CORE_METADATA, of_file(metadata.valid_fields),
         "every field is valid for packaging.metadata"),
    Rule("metadata-version", ERROR, WARNING, PYPI, of_file(metadata.metadata_version),
         "the metadata version is 1.0 to 1.2 or from 2.1 on"),
    Rule("metadata-newer", WARNING, WARNING, CORE_METADATA, of_file(metadata.newer_metadata),
         "the metadata version is not newer than 2.5, the newest that is known here"),
    Rule("metadata-fields", ERROR, WARNING, CORE_METADATA, of_file(metadata.newer_fields),
         "no field is newer than the metadata version"),
    Rule("duplicate-header", ERROR, WARNING, CORE_METADATA, of_file(metadata.duplicate_headers),
         "a header that is allowed once does not occur twice"),
    Rule("metadata-encoding", WARNING, WARNING, CORE_METADATA, of_file(metadata.encoding),
         "the metadata is UTF-8"),
    Rule("local-version", ERROR, WARNING, PEP_440, of_file(metadata.local_version),
         "the version has no local part (+...)"),
    Rule("summary-length", ERROR, WARNING, PYPI, of_file(metadata.summary_length),
         "the summary has at most 512 characters"),
    Rule("url", ERROR, WARNING, PYPI, of_file(addresses.urls),
         "addresses are http or https"),
    Rule("project-url", ERROR, WARNING, CORE_METADATA, of_file(addresses.project_urls),
         "project URLs have different labels of 1 to 32 characters, and are http or https"),
    Rule("classifier", ERROR, WARNING, TROVE, of_file(metadata.classifiers),
         "classifiers are known, not deprecated and not \"Private ::\""),
    Rule("dependency", ERROR, WARNING, PEP_440, of_file(metadata.dependencies),
         "requirements name versions, not addresses"),
    Rule("license", ERROR, WARNING, PEP_639, of_file(metadata.licenses),
         "there is License or License-Expression, not both"),
    Rule("license-files", ERROR, WARNING, PEP_639, of_file(metadata.license_files),
         "from Metadata 2.4 on every License-File is in the archive"),
    Rule("dynamic", ERROR, WARNING, PEP_643, of_file(metadata.dynamic),
         "Dynamic does not contain \"Dynamic\""),
    Rule("email", ERROR, WARNING, CORE_METADATA, of_file(addresses.emails),
         "a single e-mail address is one that PyPI may accept"),
    # description
    Rule("description", ERROR, WARNING, PYPI_DESCRIPTIONS, of_file(description.renders),
         "a description in reStructuredText, or without a content type, renders"),
    Rule("description-length", WARNING, WARNING, OURS, of_file(description.is_short_enough_to_render),
         "a description in reStructuredText has at most 100 000 characters, so that it is rendered here"),
    Rule("description-type", WARNING, WARNING, CORE_METADATA, of_file(description.has_content_type),
         "the description has a content type"),
    Rule("description-missing", WARNING, WARNING, CORE_METADATA, of_file(description.is_there),
         "there is a description"),
)

RELEASE_RULES = (
    Rule("one-project", ERROR, ERROR, UPLOADS, release.one_project,
         "all files are of one project"),
    Rule("one-version", ERROR, ERROR, UPLOADS, release.one_version,
         "all files are of one version"),
    Rule("one-sdist", ERROR, ERROR, PEP_527, release.one_sdist,
         "there is at most one sdist"),
    Rule("tag", ERROR, ERROR, OURS, release.matching_tag,
         "on a build of a tag, a tag that is a version equals the version of the release"),
)
# fmt: on

RULES = (*FILE_RULES, *RELEASE_RULES)
# Predicted from the index's page, by index.py.
PREDICTED_RULES = ("second-sdist", "closed-release", "archived-project")
RULE_NAMES = frozenset(rule.name for rule in RULES).union(PREDICTED_RULES)


def require_rules(names: Collection[str], *, source: str) -> None:
    """Raise UsageError if one of the names, which came from this option or variable, is not a rule."""
    for each in sorted(names):
        if each not in RULE_NAMES:
            close = difflib.get_close_matches(each, sorted(RULE_NAMES), n=1)
            hint = f"Did you mean {close[0]}?" if close else f"The rules are: {', '.join(sorted(RULE_NAMES))}"
            raise UsageError(f'{source}: "{each}" is not a rule. {hint}')


def validate(
    distributions: Sequence[Distribution],
    *,
    is_pypi: bool,
    tag: str | None = None,
    with_files: bool = True,
    strict: bool = False,
    ignore: Collection[str] = (),
) -> tuple[Problem, ...]:
    """Return every problem of the release, by file as they are given, then in the order of the table.

    ``is_pypi`` is true for PyPI and TestPyPI; ``tag`` is the tag that must equal the version, None for none. Without
    ``with_files`` only the rules for the release as a whole count. With ``strict`` warnings become errors; problems of
    the rules to ``ignore`` are warnings in any case.
    """
    release = Release(tuple(distributions), tag)
    return tuple(
        problem.with_severity(strict=strict, is_ignored=problem.rule in ignore)
        for distribution in distributions
        for rule in (RULES if with_files else RELEASE_RULES)
        for problem in rule.problems(distribution, release, is_pypi=is_pypi)
    )
