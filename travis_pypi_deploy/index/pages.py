"""A project's page of the simple index becomes a Listing. Pure: the page's bytes in.

Source: PEP 503 (HTML), PEP 691 (JSON), PEP 700 (upload times), PEP 792 (a project's status).
"""

from __future__ import annotations

import json
from dataclasses import dataclass, field
from datetime import datetime
from html.parser import HTMLParser
from typing import TYPE_CHECKING
from urllib.parse import unquote, urlsplit

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence


@dataclass(frozen=True)
class ListedFile:
    """A published file: its hashes in hexadecimal by algorithm, and when it was uploaded, None if nobody says."""

    hashes: Mapping[str, str]
    uploaded: datetime | None = None


@dataclass(frozen=True)
class Listing:
    """What an index lists for a project, by file name; ``exists`` is False where it does not know the project.

    ``status`` is the project's status marker, such as ``active`` or ``archived``.
    """

    exists: bool
    files: Mapping[str, ListedFile] = field(default_factory=dict)
    status: str = "active"


def parse(page: bytes, *, content_type: str) -> Listing:
    """Return what a page lists; raises ValueError if it is no page of a simple index."""
    if "json" in content_type:
        return _parse_json(page)
    if "html" in content_type:
        return _parse_html(page)
    raise ValueError(f'its Content-Type is "{content_type}"')


def _parse_json(page: bytes) -> Listing:
    try:
        answer = json.loads(page)
        files = {each["filename"]: _listed_file(each) for each in answer["files"]}
        return Listing(True, files, (answer.get("project-status") or {}).get("status", "active"))
    except (KeyError, TypeError, AttributeError, RecursionError) as error:
        raise ValueError(f"a part of PEP 691 is missing ({error})") from error


def _parse_html(page: bytes) -> Listing:
    links = _Links()
    links.feed(page.decode("utf-8", "replace"))
    links.close()
    return Listing(True, {name: ListedFile(hashes) for name, hashes in links.files.items()}, links.status)


class _Links(HTMLParser):
    def __init__(self) -> None:
        super().__init__()
        self.files: dict[str, dict[str, str]] = {}
        self.status = "active"

    def handle_starttag(self, tag: str, attrs: Sequence[tuple[str, str | None]]) -> None:
        attributes = {name: value or "" for name, value in attrs}
        if tag == "a" and attributes.get("href"):
            url = urlsplit(attributes["href"])
            algorithm, equals, digest = url.fragment.partition("=")
            filename = unquote(url.path.rpartition("/")[2])
            self.files[filename] = {algorithm: digest.lower()} if equals else {}
        elif tag == "meta" and attributes.get("name") == "pypi:project-status":
            self.status = attributes.get("content", "active")


def _listed_file(entry: Mapping[str, Mapping[str, str]]) -> ListedFile:
    hashes = {algorithm: digest.lower() for algorithm, digest in entry["hashes"].items()}
    return ListedFile(hashes, _moment(entry.get("upload-time")))


def _moment(text: object) -> datetime | None:
    """Return a PEP 700 upload time; it ends in Z, which Python 3.9 cannot read."""
    try:
        return datetime.fromisoformat(f"{str(text)[:19]}+00:00")
    except ValueError:
        return None
