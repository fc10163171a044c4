"""The simple pages of an index: JSON (PEP 691, 700, 792) and HTML (PEP 503)."""

from __future__ import annotations

import hashlib
import json
import re
from dataclasses import dataclass
from html import escape
from typing import TYPE_CHECKING, Literal

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

JSON_PAGE = "application/vnd.pypi.simple.v1+json"
HTML_PAGE = "text/html; charset=UTF-8"
PRELOADED_AT = "2026-08-01T12:00:00.000000Z"


@dataclass(frozen=True)
class Stored:
    """A file that an index publishes."""

    filename: str
    content: bytes
    uploaded_at: str = PRELOADED_AT

    @property
    def project(self) -> str:
        """Return the normalized name of the project that the file's name tells."""
        stem = self.filename.split("-")[0] if self.filename.endswith(".whl") else self.filename.rpartition("-")[0]
        return normalized(stem)


@dataclass(frozen=True)
class Style:
    """How an index writes its pages: its best form, and the hashes it names."""

    form: Literal["json", "html"] = "json"
    hash_names: tuple[str, ...] = ("sha256",)


def normalized(name: str) -> str:
    """Return the name as PEP 503 normalizes it."""
    return re.sub(r"[-_.]+", "-", name).lower()


def page(
    project: str, files: Iterable[Stored], *, style: Style, accept: str, status: str = "active"
) -> tuple[str, bytes]:
    """Return content type and body of a project's page; ``status`` is PEP 792's."""
    if style.form == "json" and JSON_PAGE in accept:
        content = {
            "meta": {"api-version": "1.4"},
            "name": project,
            "project-status": {"status": status},
            "files": [_file(stored, style) for stored in files],
        }
        return JSON_PAGE, json.dumps(content).encode()
    links = "".join(_link(stored, style) for stored in files)
    meta = f'<meta name="pypi:project-status" content="{escape(status)}">'
    return HTML_PAGE, f"<!DOCTYPE html>\n<html><head>{meta}</head><body>\n{links}</body></html>\n".encode()


def _file(stored: Stored, style: Style) -> Mapping[str, object]:
    return {
        "filename": stored.filename,
        "url": f"/files/{stored.filename}",
        "hashes": _hashes(stored, style),
        "size": len(stored.content),
        "upload-time": stored.uploaded_at,
    }


def _link(stored: Stored, style: Style) -> str:
    fragment = "".join(f"#{name}={digest}" for name, digest in list(_hashes(stored, style).items())[:1])
    url = f"/files/{stored.filename}{fragment}"
    return f'<a href="{escape(url)}">{escape(stored.filename)}</a><br/>\n'


def _hashes(stored: Stored, style: Style) -> Mapping[str, str]:
    return {name: hashlib.new(name, stored.content).hexdigest() for name in style.hash_names}
