"""A package index on loopback: answers as PyPI does, records everything, and misbehaves when told to."""

from __future__ import annotations

import threading
from datetime import datetime, timezone
from typing import TYPE_CHECKING, Callable, Literal
from urllib.parse import urlsplit

from tests.support import multipart, pypi_answers
from tests.support.loopback_http import LoopbackServer, handler_for
from tests.support.pypi_answers import Upload
from tests.support.simple_pages import PRELOADED_AT, Stored, Style, normalized, page

if TYPE_CHECKING:
    import ssl
    from collections.abc import Mapping
    from pathlib import Path

    from typing_extensions import Self

    from tests.support.loopback_http import Exchange, Request
    from tests.support.misbehaviours import Misbehaviour, Turn

COMMIT_SECONDS = 0.02
Occasion = Literal["upload", "page"]


class LoopbackIndex:
    """An index at a free port of 127.0.0.1; a context manager.

    ``style`` says how its simple pages look, ``statuses`` the PEP 792 status of projects. ``authorized``
    checks user name and password of an upload. With ``tls`` it speaks https.
    With ``races`` it commits an upload a moment after it has looked for the identical file, as PyPI does.
    ``requests`` holds every request's head, ``uploads`` every upload that arrived whole, both in order.
    """

    def __init__(
        self,
        *,
        style: Style | None = None,
        statuses: Mapping[str, str] | None = None,
        authorized: Callable[[str, str], bool] | None = None,
        tls: ssl.SSLContext | None = None,
        races: bool = False,
    ) -> None:
        self.races = races
        self.requests: list[Request] = []
        self.uploads: list[Upload] = []
        self.style = style or Style()
        self.statuses = dict(statuses or {})
        self.authorized = authorized
        self.lock = threading.RLock()
        self.stored: dict[str, Stored] = {}
        self._script: list[tuple[Occasion, str | None, Misbehaviour]] = []
        self.handler = handler_for(self._serve)
        self._server = LoopbackServer(self.handler, tls)
        self.url = f"{'https' if tls else 'http'}://127.0.0.1:{self._server.port}"

    @property
    def closing(self) -> threading.Event:
        """Return what is set once the index ends."""
        return self._server.closing

    @property
    def upload_url(self) -> str:
        """Return where files are posted."""
        return f"{self.url}/legacy/"

    @property
    def simple_url(self) -> str:
        """Return where the simple pages begin."""
        return f"{self.url}/simple/"

    @property
    def files(self) -> dict[str, bytes]:
        """Return what is published: contents by file name, in the order of their arrival."""
        with self.lock:
            return {stored.filename: stored.content for stored in self.stored.values()}

    def asked(self, method: str, path: str = "/") -> int:
        """Return how many requests of ``method`` there were below ``path``."""
        return sum(each.method == method and each.path.startswith(path) for each in self.requests)

    @property
    def connections(self) -> int:
        """Return how many connections there were."""
        return self._server.accepted

    def preload(self, *paths: Path, uploaded_at: str = PRELOADED_AT) -> None:
        """Publish these files as if they had been uploaded at that time."""
        for path in paths:
            self.stored[path.name] = Stored(path.name, path.read_bytes(), uploaded_at)

    def on_upload(self, *hows: Misbehaviour, filename: str | None = None) -> None:
        """Let the next uploads, of any file or of that one, go like this, each value once."""
        self._script += [("upload", filename, how) for how in hows]

    def on_page(self, *hows: Misbehaviour) -> None:
        """Let the next requests for a simple page go like this, each value once."""
        self._script += [("page", None, how) for how in hows]

    def __enter__(self) -> Self:
        self._server.__enter__()
        return self

    def __exit__(self, *_: object) -> None:
        self._server.__exit__()

    def _serve(self, exchange: Exchange) -> None:
        with self.lock:
            self.requests.append(exchange.request)
        path = urlsplit(exchange.request.path).path
        if exchange.request.method == "POST":
            upload = UploadTurn(self, exchange)
            subject = upload.peek() if self._is_particular("upload") else None
            self._play("upload", subject, upload)
        elif path.startswith("/simple/"):
            self._play("page", None, PageTurn(self, exchange))
        else:
            stored = self.stored.get(path.rpartition("/")[2])
            exchange.answer(200 if stored else 404, body=stored.content if stored else b"")

    def _is_particular(self, occasion: Occasion) -> bool:
        with self.lock:
            return any(when == occasion and which for when, which, _ in self._script)

    def _play(self, occasion: Occasion, subject: str | None, turn: Turn) -> None:
        with self.lock:
            due = [each for each in self._script if each[0] == occasion and each[1] in (None, subject)]
            if due:
                self._script.remove(due[0])
        if due:
            due[0][2].play(turn)
        else:
            turn.go_on()


class UploadTurn:
    """One upload, as the index treats it."""

    def __init__(self, index: LoopbackIndex, exchange: Exchange) -> None:
        self.exchange = exchange
        self._index = index
        self._taken: Upload | None = None

    def peek(self) -> str | None:
        """Read on until the file's name is known, and return it."""
        while True:
            found = multipart.FILENAME.search(self.exchange.received)
            if found or not self.exchange.read_some():
                return found[1].decode() if found else None

    def take(self) -> Upload:
        """Read the request whole and record it."""
        if self._taken is None:
            body = self.exchange.read_body()
            form = multipart.parts(self.exchange.request.headers.get("content-type", ""), body)
            self._taken = Upload(self.exchange.request, body, form)
            with self._index.lock:
                self._index.uploads.append(self._taken)
        return self._taken

    def keep(self) -> None:
        """Take the request and publish its file, answering nothing."""
        file = self.take().file
        self._index.stored[file.filename or ""] = Stored(file.filename or "", file.value, _now())

    def go_on(self) -> None:
        """Take the request and answer as PyPI does."""
        upload = self.take()
        index = self._index
        with index.lock:
            before = dict(index.stored)
        if index.races:
            index.closing.wait(COMMIT_SECONDS)
        with index.lock:
            present = index.stored.get(upload.filename)
            answer = pypi_answers.answer(upload, present=present, authorized=index.authorized, url=index.url)
            if index.races and answer.status == 200:
                answer = pypi_answers.raced(upload, before=before, now=index.stored) or answer
            if answer.status == 200 and present is None:
                self.keep()
        answer.play(self)


class PageTurn:
    """One request for a simple page, as the index treats it."""

    def __init__(self, index: LoopbackIndex, exchange: Exchange) -> None:
        self.exchange = exchange
        self._index = index

    def take(self) -> None:
        """Do nothing: its head is all there is."""

    def keep(self) -> None:
        """Do nothing: there is no file."""

    def go_on(self) -> None:
        """Answer with the project's page, the address of it, or 404."""
        asked = urlsplit(self.exchange.request.path).path
        project = normalized(asked.split("/")[2])
        if asked != f"/simple/{project}/":
            self.exchange.answer(301, headers={"Location": f"/simple/{project}/"})
            return
        with self._index.lock:
            files = [stored for stored in self._index.stored.values() if stored.project == project]
        if not files and project not in self._index.statuses:
            self.exchange.answer(404, headers={"Content-Type": "text/plain"}, body=b"404 Not Found")
            return
        content_type, body = page(
            project,
            files,
            style=self._index.style,
            accept=self.exchange.request.headers.get("accept", ""),
            status=self._index.statuses.get(project, "active"),
        )
        self.exchange.answer(200, headers={"Content-Type": content_type}, body=body)


def _now() -> str:
    return datetime.now(timezone.utc).strftime("%Y-%m-%dT%H:%M:%S.%fZ")
