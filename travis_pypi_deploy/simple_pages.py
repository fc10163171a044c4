"""A project's page of the simple index becomes a Listing. Pure: the page's bytes in.

Source: PEP 503 (HTML), PEP 592 (yanked files), PEP 691 (JSON), PEP 700 (upload times), PEP 792 (a project's status).
"""

from __future__ import annotations

import html
import json
import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from urllib.parse import unquote

COMMENT_OR_LINK = re.compile(rb"<!--.*?(?:-->|\Z)|<a\s([^<>]{1,8192})>", re.IGNORECASE | re.DOTALL)
ATTRIBUTE = re.compile(r"""(?<![\w:-])([\w:-]+)\s*(?:=\s*("[^"]*"|'[^']*'|[^\s"'>]+))?""")


@dataclass(frozen=True)
class ListedFile:
    """A published file: its hashes in hexadecimal by algorithm, and when it was uploaded, None if not known."""

    hashes: Mapping[str, str]
    uploaded: datetime | None = None
    is_yanked: bool = False


@dataclass(frozen=True)
class Listing:
    """The files that an index lists for a project, by name; none if it does not know the project.

    ``status`` is the project's status marker, such as ``active`` or ``archived``.
    """

    files: Mapping[str, ListedFile] = field(default_factory=dict)
    status: str = "active"


def parse(page: bytes, *, content_type: str) -> Listing:
    """Return what a page lists; raises ValueError if it is not a page of a simple index."""
    if "json" in content_type:
        return _parse_json(page)
    if "html" in content_type:
        return _parse_html(page)
    raise ValueError(f'its Content-Type is "{content_type[:100]}"')


def _parse_json(page: bytes) -> Listing:
    try:
        answer = json.loads(page)
        files = dict(_listed(each) for each in answer["files"])
        return Listing(files, str((answer.get("project-status") or {}).get("status", "active")))
    except (KeyError, TypeError, AttributeError, RecursionError) as error:
        raise ValueError(f"a part of PEP 691 is missing ({error})") from error


def _listed(entry: Mapping[str, object]) -> tuple[str, ListedFile]:
    filename, hashes = entry["filename"], entry["hashes"]
    if not isinstance(filename, str) or not isinstance(hashes, dict):
        raise TypeError("a file has no name or no hashes")
    hexadecimal = {str(algorithm): digest for algorithm, digest in hashes.items() if _is_hexadecimal(digest)}
    try:  # the time ends in Z (PEP 700), which Python 3.9 cannot read
        uploaded = datetime.fromisoformat(f"{str(entry.get('upload-time'))[:19]}+00:00")
    except ValueError:
        uploaded = None
    return filename, ListedFile(hexadecimal, uploaded, bool(entry.get("yanked")))


def _parse_html(page: bytes) -> Listing:
    """Return what a page links to.

    A parser of all of HTML takes minutes on malicious pages. An index has to escape < and > in attributes (PEP 503),
    so its tags can be found in linear time.
    """
    files = {}
    for match in COMMENT_OR_LINK.finditer(page):
        text = (match[1] or b"").decode("utf-8", "replace")
        attributes = {name.lower(): html.unescape(value.strip("\"'")) for name, value in ATTRIBUTE.findall(text)}
        link, _, fragment = attributes.get("href", "").strip().partition("#")
        if link:
            algorithm, _, digest = fragment.partition("=")
            filename = unquote(link.partition("?")[0].rpartition("/")[2])
            hashes = {algorithm: digest} if _is_hexadecimal(digest) else {}
            files[filename] = ListedFile(hashes, is_yanked="data-yanked" in attributes)
    has_form = re.search(rb"<form\b", page, re.IGNORECASE) is not None  # devpi's pages have one, too
    if has_form and not any(each.endswith((".whl", ".tar.gz")) for each in files):
        raise ValueError("it has a form and no files, as pages to sign in have")
    return Listing(files)


def _is_hexadecimal(digest: object) -> bool:
    return isinstance(digest, str) and re.fullmatch("[0-9A-Fa-f]{1,128}", digest) is not None
