"""The table of rules, and how serious a problem is. Imports none of the checks.

Where the source of a rule is PyPI, its upload view requires it and no specification does.
"""

from __future__ import annotations

import difflib
from collections.abc import Collection, Sequence
from dataclasses import dataclass, replace
from typing import Literal

from ..errors import UsageError

Severity = Literal["error", "warning"]


@dataclass(frozen=True)
class Rule:
    """One thing that is checked.

    ``at_pypi`` is its severity at PyPI and TestPyPI, ``elsewhere`` at every other server; ``source`` names the
    specification, ``summary`` says what is valid. ``is_predicted``: the index's page says what it will reject.
    """

    name: str
    at_pypi: Severity
    elsewhere: Severity
    source: str
    summary: str
    is_predicted: bool = False


@dataclass(frozen=True)
class Problem:
    """Something that the index would reject (error) or display badly (warning).

    A check yields the rule and the message: what, where, the value and the remedy; a check of one file leaves the file
    to its caller. The severity is that of the table. A problem that files share has the same rule and message in each.
    """

    rule: str
    message: str
    filename: str = ""
    severity: Severity = "error"


ERROR: Severity = "error"
WARNING: Severity = "warning"

PYPI = "PyPI"
PYPI_ARCHIVES = "PyPI's documentation: Archives"
CORE_METADATA = "Core metadata specifications"
SDISTS = "Source distribution format (PEP 625)"
WHEELS = "Binary distribution format (PEP 427)"
UPLOADS = "Legacy upload API"
TOOL = "travis-pypi-deploy"

# A table: one line for each rule, two for a long one.
# fmt: off
RULES = (
    # file names
    Rule("wheel-filename", ERROR, ERROR, WHEELS, "a wheel's name has five or six parts that are valid"),
    Rule("wheel-name", ERROR, ERROR, WHEELS, "a wheel's name begins with the normalized name of the project"),
    Rule("wheel-version", ERROR, ERROR, WHEELS, "a wheel's name and its metadata have the same version (1.0 is 1.0.0)"),
    Rule("platform-tag", ERROR, WARNING, PYPI,
         "a wheel is for platforms on PyPI's list, so not for plain linux_x86_64"),
    Rule("sdist-filename", ERROR, WARNING, "PEP 625", "an sdist is named exactly {normalized_name}-{version}.tar.gz"),
    Rule("filename-length", ERROR, WARNING, PYPI, "a wheel's name has at most 246 bytes"),
    Rule("file-size", WARNING, WARNING, "PyPI's documentation: Storage limits",
         "a file has at most 100 MiB, unless the project has a higher limit"),
    # wheels
    Rule("dist-info", ERROR, ERROR, WHEELS,
         "a wheel has METADATA and WHEEL in {name}-{version}.dist-info, spelled as in the file name"),
    Rule("record", ERROR, ERROR, WHEELS, "a wheel has a readable RECORD in its .dist-info folder"),
    Rule("record-contents", WARNING, WARNING, WHEELS, "RECORD lists exactly the wheel's files"),
    Rule("record-hash", WARNING, WARNING, WHEELS, "members match their hashes in RECORD"),
    Rule("entry-points", ERROR, WARNING, "Entry points specification",
         "entry_points.txt is UTF-8, INI with \"=\", and has scripts with letters, digits, _ . - only"),
    # zip archives
    Rule("zip-compression", ERROR, WARNING, PYPI_ARCHIVES, "members are stored or deflated"),
    Rule("zip-ratio", ERROR, WARNING, PYPI, "a wheel unpacks to at most 50 times its size (from 64 MiB on)"),
    Rule("zip-surroundings", ERROR, WARNING, PYPI_ARCHIVES, "there is nothing before or after the zip archive"),
    Rule("zip-names", ERROR, WARNING, PYPI_ARCHIVES,
         "members have different, printable names in UTF-8, with the UTF-8 flag"),
    Rule("zip-comments", ERROR, WARNING, PYPI_ARCHIVES, "members have no comments (the archive may have one)"),
    Rule("zip-data-descriptors", ERROR, WARNING, PYPI_ARCHIVES, "members have their sizes in their headers"),
    Rule("zip-records", ERROR, WARNING, PYPI_ARCHIVES, "the central directory, local headers and ZIP64 records agree"),
    Rule("zip-contents", ERROR, ERROR, PYPI_ARCHIVES,
         "members are not encrypted, and match their checksums in the archive"),
    # sdists
    Rule("sdist-folder", ERROR, WARNING, SDISTS, "all members of an sdist are in one top folder"),
    Rule("sdist-metadata", ERROR, ERROR, SDISTS, "PKG-INFO is directly in the top folder"),
    Rule("sdist-members", ERROR, WARNING, PYPI, "no member's name begins with \"./\" or \"/\""),
    Rule("sdist-sparse", ERROR, WARNING, PYPI, "no member is stored sparsely"),
    Rule("sdist-zip", ERROR, WARNING, PYPI, "an sdist is not a zip archive too"),
    # metadata
    Rule("metadata", ERROR, ERROR, CORE_METADATA, "every field is valid for packaging.metadata"),
    Rule("metadata-version", ERROR, WARNING, PYPI, "the metadata version is 1.0 to 1.2 or from 2.1 on"),
    Rule("metadata-newer", WARNING, WARNING, CORE_METADATA,
         "the metadata version is not newer than 2.5, the newest that is known here"),
    Rule("metadata-fields", ERROR, WARNING, CORE_METADATA, "no field is newer than the metadata version"),
    Rule("duplicate-header", ERROR, WARNING, CORE_METADATA, "a header that is allowed once does not occur twice"),
    Rule("metadata-encoding", WARNING, WARNING, CORE_METADATA, "the metadata is UTF-8"),
    Rule("local-version", ERROR, WARNING, "PEP 440", "the version has no local part (+...)"),
    Rule("shallow-clone", WARNING, WARNING, TOOL,
         "a version that a tool takes from git comes from a clone that has a tag"),
    Rule("version-missing", WARNING, WARNING, TOOL, "the version is not 0.0.0"),
    Rule("summary-length", ERROR, WARNING, PYPI, "the summary has at most 512 characters"),
    Rule("classifier", ERROR, WARNING, "PyPI's list of classifiers, trove-classifiers",
         "classifiers are known, not deprecated and not \"Private ::\""),
    Rule("dependency", ERROR, WARNING, "PEP 440", "requirements name versions, not addresses"),
    Rule("license", ERROR, WARNING, "PEP 639", "there is License or License-Expression, not both"),
    Rule("license-files", ERROR, WARNING, "PEP 639", "from Metadata 2.4 on every License-File is in the archive"),
    Rule("dynamic", ERROR, WARNING, "PEP 643", "Dynamic does not contain \"Dynamic\""),
    # addresses
    Rule("url", ERROR, WARNING, PYPI, "Home-Page and Download-URL are http or https"),
    Rule("project-url", ERROR, WARNING, CORE_METADATA,
         "project URLs have different labels of 1 to 32 characters, and are http or https"),
    Rule("email", ERROR, WARNING, CORE_METADATA, "a field with one e-mail address has a valid one"),
    # description
    Rule("description", ERROR, WARNING, "PyPI's help: description content types",
         "a description in reStructuredText, or without a content type, renders"),
    Rule("description-length", WARNING, WARNING, TOOL,
         "a description in reStructuredText has at most 100,000 characters, so that it is rendered here"),
    Rule("description-type", WARNING, WARNING, CORE_METADATA, "the description has a content type"),
    Rule("description-missing", WARNING, WARNING, CORE_METADATA, "there is a description"),
    # the release as a whole
    Rule("one-project", ERROR, ERROR, UPLOADS, "all files are of one project"),
    Rule("one-version", ERROR, ERROR, UPLOADS, "all files are of one version"),
    Rule("one-sdist", ERROR, ERROR, "PEP 527", "there is at most one sdist"),
    Rule("tag", ERROR, ERROR, TOOL, "on a build of a tag, the version at its end, if there is one, is the release's"),
    # what the page of the index predicts (index.py)
    Rule("second-sdist", ERROR, WARNING, PYPI, "the release has no other sdist on the index", is_predicted=True),
    Rule("closed-release", ERROR, WARNING, PYPI,
         "the first file of the release was uploaded in the last 14 days", is_predicted=True),
    Rule("archived-project", ERROR, WARNING, PYPI, "the project is not archived", is_predicted=True),
)
# fmt: on
RULE_OF = {rule.name: rule for rule in RULES}


@dataclass(frozen=True)
class Policy:
    """How serious problems are: at PyPI or elsewhere, with ``--strict``, and of the rules of ``--ignore``."""

    is_pypi: bool
    strict: bool = False
    ignore: Collection[str] = ()

    def applied(self, problem: Problem, *, filename: str) -> Problem:
        """Return the problem of a file with its severity."""
        rule = RULE_OF[problem.rule]
        severity = rule.at_pypi if self.is_pypi else rule.elsewhere
        if problem.rule in self.ignore:
            severity = WARNING
        elif self.strict:
            severity = ERROR
        return replace(problem, filename=filename, severity=severity)


def require_rules(names: Collection[str], *, source: str) -> None:
    """Raise UsageError if one of the names, which came from this option or variable, is not a rule."""
    unknown = sorted(set(names) - set(RULE_OF))
    if unknown:
        close = difflib.get_close_matches(unknown[0], sorted(RULE_OF), n=1)
        hint = f"Did you mean {close[0]}?" if close else f"The rules are: {', '.join(sorted(RULE_OF))}"
        raise UsageError(f'{source}: "{unknown[0]}" is not a rule. {hint}')


def listed(names: Sequence[str], *, limit: int = 3) -> str:
    """Return names for a sentence, of many only the first ones."""
    rest = len(names) - limit
    return ", ".join(names) if rest <= 0 else f"{', '.join(names[:limit])} and {rest} more"
