"""Rules for METADATA and PKG-INFO.

The index judges the fields as they are sent, so these rules judge what pkginfo found, not the text. packaging
is the authority on every field; what PyPI asks for on top of it follows here, one rule a demand.
"""

from __future__ import annotations

import email.parser
import email.utils
import re
from typing import TYPE_CHECKING

from packaging.metadata import Metadata, parse_email
from packaging.requirements import InvalidRequirement, Requirement
from pkginfo.distribution import HEADER_ATTRS
from trove_classifiers import all_classifiers, deprecated_classifiers

if TYPE_CHECKING:
    from collections.abc import Iterator

    from packaging.metadata import RawMetadata

    from ..distributions import Distribution

# No mail goes to these (RFC 2606, 6761, 6762, 7686).
RESERVED_DOMAINS = ("invalid", "local", "localhost", "onion", "test")

METADATA_VERSIONS = ("1.0", "1.1", "1.2", "2.1", "2.2", "2.3", "2.4", "2.5")
DEPENDENCY_FIELDS = {
    "requires_dist": "Requires-Dist",
    "provides_dist": "Provides-Dist",
    "obsoletes_dist": "Obsoletes-Dist",
}
SUMMARY_LIMIT = 512
LABEL_LIMIT = 32
PORT_LIMIT = 65535

URL = re.compile(r"https?:(?://(?P<authority>[^/?#]*))?(?P<path>[^?#]*)(?P<query>\?[^#]*)?", re.IGNORECASE)


def valid_fields(distribution: Distribution) -> Iterator[str]:
    """Find fields that are not what the core metadata specification says they are."""
    raw, unparsed = _sent(distribution)
    for field in unparsed:
        yield f"{field}: it cannot be read, or has one key twice."
    metadata = Metadata.from_raw(raw, validate=False)
    for field in sorted({"name", "version", *raw} - {"metadata_version"}):
        yield from _complaint(metadata, field)


def metadata_version(distribution: Distribution) -> Iterator[str]:
    """Find metadata of a version that PyPI does not take."""
    declared = _metadata_version(distribution)
    if declared not in METADATA_VERSIONS:
        yield (
            f'its Metadata-Version is "{declared}", PyPI takes {", ".join(METADATA_VERSIONS)}: '
            "build it with a current version of its build backend."
        )


def newer_fields(distribution: Distribution) -> Iterator[str]:
    """Find fields that the declared metadata version does not have: they would be lost."""
    declared = _metadata_version(distribution)
    if declared not in METADATA_VERSIONS:
        return
    *_, newest = HEADER_ATTRS.values()
    known = HEADER_ATTRS.get(declared, newest)
    newer = {header.lower() for header, _, _ in newest} - {header.lower() for header, _, _ in known}
    # setuptools wrote License-File long before there was such a field, and it does no harm.
    for header in sorted(newer & _headers(distribution.metadata) - {"license-file"}):
        yield (
            f"its metadata version is too old for the field {header.title()}, which would be lost: "
            "build it with a current version of its build backend."
        )


def duplicate_headers(distribution: Distribution) -> Iterator[str]:
    """Yield a message for each header that stands twice and may stand once."""
    headers = email.parser.HeaderParser().parsestr(distribution.metadata.decode(errors="replace"))
    *_, newest = HEADER_ATTRS.values()
    for header, _, several in newest:
        values = headers.get_all(header, [])
        if len(values) > 1 and not several:
            yield f"its metadata has {len(values)} {header} headers, and the index accepts one: remove the others."


def encoding(distribution: Distribution) -> Iterator[str]:
    """Find metadata that is not UTF-8."""
    try:
        distribution.metadata.decode()
    except UnicodeDecodeError as error:
        yield f"its metadata is not UTF-8 (byte {error.start}): save the files that it is made of as UTF-8."


def local_version(distribution: Distribution) -> Iterator[str]:
    """Find versions with a "+" part, which are for private indexes."""
    if "+" in distribution.version:
        yield (
            f'PyPI takes no local version like "{distribution.version}". With setuptools_scm: set '
            'local_scheme = "no-local-version", and "git: depth: false" in .travis.yml, as Travis clones too '
            "little for it to see the tag."
        )


def summary_length(distribution: Distribution) -> Iterator[str]:
    """Find summaries that are too long."""
    for summary in distribution.fields.get("summary", ()):
        if len(summary) > SUMMARY_LIMIT:
            yield f"its Summary has {len(summary)} characters, PyPI takes {SUMMARY_LIMIT}: shorten it."


def urls(distribution: Distribution) -> Iterator[str]:
    """Find addresses that are not http or https."""
    for field, name in (("home_page", "Home-Page"), ("download_url", "Download-URL")):
        for url in distribution.fields.get(field, ()):
            if not _is_web_address(url):
                yield f'{name} "{url}" is no valid address: it has to begin with https:// or http://.'


def project_urls(distribution: Distribution) -> Iterator[str]:
    """Find project URLs without a label or address, with too long a label, or that are not http or https."""
    for value in distribution.fields.get("project_urls", ()):
        label, _, url = (part.strip() for part in value.partition(","))
        if not 1 <= len(label) <= LABEL_LIMIT:
            yield f'Project-URL "{value}" has a label of {len(label)} characters, 1 to {LABEL_LIMIT} can be.'
        elif not _is_web_address(url):
            yield f'Project-URL "{value}" is no valid address: "LABEL, https://..." is expected.'


def classifiers(distribution: Distribution) -> Iterator[str]:
    """Find classifiers that PyPI does not know, or does not take any more."""
    for classifier in dict.fromkeys(distribution.fields.get("classifiers", ())):
        complaint = _classifier_complaint(classifier)
        if complaint:
            yield complaint


def dependencies(distribution: Distribution) -> Iterator[str]:
    """Find requirements that name an address instead of a version, and others that are none."""
    for field, header in DEPENDENCY_FIELDS.items():
        for value in distribution.fields.get(field, ()):
            try:
                requirement = Requirement(value)
            except (InvalidRequirement, RecursionError) as error:
                # Of Requires-Dist packaging.metadata says it already.
                if field != "requires_dist":
                    yield f'{header} "{value}" is no requirement: {str(error).splitlines()[0]}.'
                continue
            if requirement.url is not None:
                yield (
                    f'{header} "{value}" names an address, and PyPI takes names and versions only: '
                    "depend on a published release, or move it to a requirements file."
                )


def licenses(distribution: Distribution) -> Iterator[str]:
    """Find metadata that has a license in two ways."""
    if "license" in distribution.fields and "license_expression" in distribution.fields:
        yield "it has both License and License-Expression: remove the old one, License (PEP 639)."


def dynamic(distribution: Distribution) -> Iterator[str]:
    """Find the one field that packaging lets be dynamic and PyPI does not."""
    if any(value.lower() == "dynamic" for value in distribution.fields.get("dynamic", ())):
        yield '"Dynamic: Dynamic" says nothing: remove it.'


def emails(distribution: Distribution) -> Iterator[str]:
    """Find e-mail fields with one address that certainly is none; PyPI lets several pass."""
    for field, name in (("author_email", "Author-Email"), ("maintainer_email", "Maintainer-Email")):
        for value in distribution.fields.get(field, ()):
            addresses = _addresses(value)
            if len(addresses) == 1 and _is_no_email(addresses[0]):
                yield f'{name} "{value}" is no e-mail address: NAME <USER@DOMAIN> is expected.'


def _metadata_version(distribution: Distribution) -> str:
    return "".join(distribution.fields.get("metadata_version", ()))


def _complaint(metadata: Metadata, field: str) -> Iterator[str]:
    try:
        getattr(metadata, field)
    except ValueError as error:  # InvalidMetadata is one, and so are numbers of thousands of digits
        yield f"{field.replace('_', '-')}: {error}."
    except RecursionError:
        yield f"{field.replace('_', '-')}: it is nested too deeply."


def _classifier_complaint(classifier: str) -> str:
    if classifier.startswith("Private ::"):
        return f'"{classifier}" is there to keep a project off PyPI: remove it to publish.'
    if classifier in deprecated_classifiers:
        others = " or ".join(f'"{each}"' for each in deprecated_classifiers[classifier])
        remedy = f"use {others}" if others else "remove it"
        return f'the classifier "{classifier}" is deprecated: {remedy}.'
    if classifier not in all_classifiers:
        return f'PyPI has no classifier "{classifier}": correct it, or update trove-classifiers.'
    return ""


def _sent(distribution: Distribution) -> tuple[RawMetadata, list[str]]:
    """Return the fields that are sent, as packaging has them, and the names of those that it cannot read."""
    *_, newest = HEADER_ATTRS.values()
    header_of = {attribute: header for header, attribute, _ in newest}
    text = "".join(
        f"{header_of[attribute]}: {value}\n"
        for attribute, values in distribution.fields.items()
        for value in (values if attribute != "description" else ())
    )
    raw, unparsed = parse_email(text)
    return raw, sorted(unparsed)


def _headers(metadata: bytes) -> set[str]:
    """Return the names of the headers that say something, in lower case."""
    headers = email.parser.HeaderParser().parsestr(metadata.decode(errors="replace"))
    return {name.lower() for name, value in headers.items() if str(value).strip() not in ("", "UNKNOWN")}


def _is_web_address(url: str) -> bool:
    """Return whether PyPI takes the address, which has its own idea of RFC 3986: it mends all but these."""
    match = URL.match(url)
    if match is None or re.search(r"[][]", match["path"] + (match["query"] or "")):
        return False
    port = re.search(r":([0-9]+)$", match["authority"] or "")
    return port is None or (len(port[1]) < 10 and int(port[1]) <= PORT_LIMIT)


def _addresses(value: str) -> list[str]:
    try:
        return [address for _, address in email.utils.getaddresses([value])]
    except RecursionError:  # comments in comments in comments
        return []


def _is_no_email(address: str) -> bool:
    if not address:
        return False  # nothing was found, so PyPI finds nothing either
    local, _, domain = address.rpartition("@")
    labels = domain.split(".")
    is_whole = all(local.split(".")) and all(labels) and len(labels) > 1
    return not is_whole or labels[-1] in RESERVED_DOMAINS or any(map(str.isspace, address))
