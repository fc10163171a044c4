"""Every rule: its name, its severity at PyPI and elsewhere, what it asks for, and who says so.

Adding a rule is adding a function, an entry here, and a case to the tests. Where the source is PyPI, its
upload view asks for it and no specification does.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from . import archives, description, metadata, names, release
from .rules import Rule, of_file

if TYPE_CHECKING:
    from .rules import Severity

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
    Rule("wheel-filename", ERROR, ERROR, WHEELS, of_file(names.wheel_filename),
         "a wheel's name has five or six parts that are valid"),
    Rule("wheel-name", ERROR, ERROR, WHEELS, of_file(names.wheel_name),
         "a wheel's name begins with the normalized name of the project"),
    Rule("wheel-version", ERROR, ERROR, WHEELS, of_file(names.wheel_version),
         "a wheel's name and its metadata have the same version (1.0 is 1.0.0)"),
    Rule("platform-tag", ERROR, WARNING, PYPI, of_file(names.platform_tag),
         "a wheel is for platforms on PyPI's list, so not for plain linux_x86_64"),
    Rule("sdist-filename", ERROR, WARNING, PEP_625, of_file(names.sdist_filename),
         "an sdist is called {normalized_name}-{version}.tar.gz, in every character"),
    Rule("filename-length", ERROR, WARNING, PYPI, of_file(names.filename_length),
         "a wheel's name has at most 246 bytes"),
    Rule("file-size", WARNING, WARNING, PYPI_LIMITS, of_file(names.file_size),
         "a file has at most 100 MiB, unless the project was granted more"),
    # wheels
    Rule("dist-info", ERROR, ERROR, WHEELS, of_file(archives.dist_info),
         "a wheel has METADATA and WHEEL in {name}-{version}.dist-info, spelled as in the file name"),
    Rule("record", ERROR, ERROR, WHEELS, of_file(archives.record),
         "a wheel has a RECORD there that can be read"),
    Rule("record-contents", WARNING, WARNING, WHEELS, of_file(archives.record_contents),
         "RECORD lists exactly the wheel's files"),
    Rule("entry-points", ERROR, WARNING, ENTRY_POINTS, of_file(archives.entry_points),
         "entry_points.txt is UTF-8, INI with \"=\", and names scripts with letters, digits, _ . - only"),
    # zip archives
    Rule("zip-compression", ERROR, WARNING, PYPI_ARCHIVES, of_file(archives.zip_compression),
         "members are stored or deflated"),
    Rule("zip-ratio", ERROR, WARNING, PYPI, of_file(archives.zip_ratio),
         "a wheel unpacks to at most 50 times its size (from 64 MiB on)"),
    Rule("zip-surroundings", ERROR, WARNING, PYPI_ARCHIVES, of_file(archives.zip_surroundings),
         "there is nothing before or after the zip archive"),
    Rule("zip-names", ERROR, WARNING, PYPI_ARCHIVES, of_file(archives.zip_names),
         "members have different, printable names in UTF-8 that are flagged so"),
    Rule("zip-comments", ERROR, WARNING, PYPI_ARCHIVES, of_file(archives.zip_comments),
         "members have no comments (the archive may have one)"),
    Rule("zip-data-descriptors", ERROR, WARNING, PYPI_ARCHIVES, of_file(archives.zip_data_descriptors),
         "members have their sizes in front of them"),
    Rule("zip-records", ERROR, WARNING, PYPI_ARCHIVES, of_file(archives.zip_records),
         "the central directory, local headers and ZIP64 records agree"),
    # sdists
    Rule("sdist-folder", ERROR, WARNING, SDISTS, of_file(archives.sdist_folder),
         "all of an sdist is in one top folder"),
    Rule("sdist-metadata", ERROR, ERROR, SDISTS, of_file(archives.sdist_metadata),
         "PKG-INFO is right in that folder"),
    Rule("sdist-members", ERROR, WARNING, PYPI, of_file(archives.sdist_members),
         "no member's name begins with \"./\" or \"/\""),
    Rule("sdist-sparse", ERROR, WARNING, PYPI, of_file(archives.sdist_sparse),
         "no member is stored with holes"),
    # both
    Rule("license-files", ERROR, WARNING, PEP_639, of_file(archives.license_files),
         "from Metadata 2.4 on every License-File is in the archive"),
    # metadata
    Rule("metadata", ERROR, ERROR, CORE_METADATA, of_file(metadata.valid_fields),
         "every field is valid for packaging.metadata"),
    Rule("metadata-version", ERROR, WARNING, PYPI, of_file(metadata.metadata_version),
         "the metadata version is 1.0 to 1.2 or 2.1 to 2.5"),
    Rule("metadata-fields", ERROR, WARNING, CORE_METADATA, of_file(metadata.newer_fields),
         "no field is newer than the metadata version"),
    Rule("duplicate-header", ERROR, WARNING, CORE_METADATA, of_file(metadata.duplicate_headers),
         "a header that may stand once does not stand twice"),
    Rule("metadata-encoding", WARNING, WARNING, CORE_METADATA, of_file(metadata.encoding),
         "the metadata is UTF-8"),
    Rule("local-version", ERROR, WARNING, PEP_440, of_file(metadata.local_version),
         "the version has no local part (+...)"),
    Rule("summary-length", ERROR, WARNING, PYPI, of_file(metadata.summary_length),
         "the summary has at most 512 characters"),
    Rule("url", ERROR, WARNING, PYPI, of_file(metadata.urls),
         "addresses are http or https"),
    Rule("project-url", ERROR, WARNING, CORE_METADATA, of_file(metadata.project_urls),
         "project URLs have a label of 1 to 32 characters, and are http or https"),
    Rule("classifier", ERROR, WARNING, TROVE, of_file(metadata.classifiers),
         "classifiers are known, not deprecated and not \"Private ::\""),
    Rule("dependency", ERROR, WARNING, PEP_440, of_file(metadata.dependencies),
         "requirements name versions, not addresses"),
    Rule("license", ERROR, WARNING, PEP_639, of_file(metadata.licenses),
         "there is License or License-Expression, not both"),
    Rule("dynamic", ERROR, WARNING, PEP_643, of_file(metadata.dynamic),
         "Dynamic does not name itself"),
    Rule("email", ERROR, WARNING, CORE_METADATA, of_file(metadata.emails),
         "a single e-mail address looks like one"),
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
         "on a tag build, a tag that reads as a version is the release's"),
)
# fmt: on

RULES = (*FILE_RULES, *RELEASE_RULES)
# What only the index's page shows: index.py finds it.
PREDICTED_RULES = ("second-sdist", "closed-release", "archived-project")
RULE_NAMES = frozenset(rule.name for rule in RULES).union(PREDICTED_RULES)
