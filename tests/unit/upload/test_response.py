"""What an answer of an index means: its own words, what became of the file, and what is to be done."""

from __future__ import annotations

import gc
import json
from pathlib import Path

import pytest

from tests.support import invented_tokens
from travis_pypi_deploy import credentials, http
from travis_pypi_deploy.credentials import Credentials
from travis_pypi_deploy.distributions import Distribution, Sdist
from travis_pypi_deploy.http import HTTPResponse
from travis_pypi_deploy.index import Published
from travis_pypi_deploy.servers import LIMITS_URL, SERVERS, STATUS_URL, Server
from travis_pypi_deploy.upload.outcome import UploadContext, outcome_of, restart_works
from travis_pypi_deploy.upload.response import (
    WORDS_LIMIT_CHARACTERS,
    Kind,
    Response,
    already_exists,
    is_race,
    read_answer,
)
from travis_pypi_deploy.upload.results import FileResult, Outcome

PRIVATE = Server(name="https://private.example/", upload_url="https://private.example/")
PYPI = next(server for server in SERVERS if server.name == "pypi")
SETTINGS_URL = PYPI.settings_url.format(name="demo")
DEMO = Distribution(
    path=Path("demo-1.0-py3-none-any.whl"),
    filetype="bdist_wheel",
    pyversion="py3",
    name="demo",
    version="1.0",
    fields={},
    headers=(),
    metadata=b"",
    archive=Sdist(frozenset(), "", (), "", is_zip=False),
    size=0,
    sha256="",
    stamp=(0, 0, 0, 0),
)
LOST = Response(0, "no answer")
BROKEN = Response(0, "the connection was lost", is_sent=False)
EXPIRED = "Invalid API Token: token is expired"
USED_BEFORE = "This filename was previously used by a file that has since been deleted"
CLOUD_PAGE = b"<html><title>x</title><nav><h1>Acme</h1></nav><h2>Menu</h2><h1>520</h1><h1>No answer</h1></html>"
DEVPI_PAGE = b"<!doctype html><title>devpi - Not Found</title><form>How to search?</form><h1>Not Found</h1><p>Sorry</p>"
PAGE_400 = (
    b"<html><head><title>400</title><style>p {}</style></head><body><!-- no --><h1>Sorry</h1>\n"
    b"<p>too &lt;big&gt;</p><script>x()</script></body></html>"
)
JSON = "application/json"
SECOND_SDIST = "Only one sdist may be uploaded per release"


def context(
    server: Server = PRIVATE,
    *,
    skip_existing: bool = False,
    secret_source: str = "PYPI_TOKEN",
    is_narrowed: bool = False,
    is_expired: bool = False,
    published: Published = Published.UNKNOWN,
    is_certain: bool = False,
) -> UploadContext:
    text = invented_tokens.token("pypi", expired=is_expired)
    token = credentials.read(text, source=secret_source) if is_narrowed else None
    return UploadContext(
        server=server,
        credentials=Credentials("__token__", text, secret_source, token, is_narrowed) if secret_source else None,
        client=http.Client(server.upload_url),
        timeout=5,
        skip_existing=skip_existing,
        retries=0,
        published=lambda distribution: published,
        warn=lambda sentence: None,
        is_certain=is_certain or server.is_pypi,
        look_pauses=(0.0,),
    )


def answered(status: int, reason: str, content_type: str, body: bytes) -> Response:
    """Return what an answer of a server says."""
    return read_answer(HTTPResponse("", status, reason, {"Content-Type": content_type}, body))


def json_of(**fields: object) -> bytes:
    return json.dumps(fields).encode()


ANSWERS = {
    "PyPI": (400, "No.", JSON, json_of(message="\n\n\n\n", code="400 No.", title="Bad Request"), "No"),
    "the code first": (403, "Forbidden", JSON, json_of(code="403 Not yours", message="Denied.\n\nNo\n"), "Not yours"),
    "the message": (400, "Bad Request", f"{JSON}; charset=UTF-8", json_of(code=400, message="A\n  b"), "A b"),
    "a code without a number": (400, "Bad Request", JSON, json_of(code="invalid", detail="Too big"), "Too big"),
    "Artifactory": (403, "Forbidden", JSON, json_of(errors=[{"status": 403, "message": "Not here"}]), "Not here"),
    "an unknown shape": (400, "Bad Request", JSON, json_of(message={"file": ["taken"]}), "taken"),
    "unknown keys": (409, "Conflict", JSON, json_of(Message="It exists", Path=1), "It exists"),
    "a list": (400, "Bad Request", JSON, b'["one", "two"]', "one: two"),
    "cut JSON": (400, "Bad Request", JSON, b'{"code": "400 cut', "Bad Request"),
    "bottomless JSON": (400, "Bad Request", JSON, b"[" * 100_000, "Bad Request"),
    "a sentence twice, with the status": (
        429,
        "Slow down",
        JSON,
        json_of(message="429 Slow down. Slow down"),
        "Slow down",
    ),
    "an error beside the message": (422, "", JSON, json_of(error="Invalid", message="Bad name"), "Bad name: Invalid"),
    "details": (422, "", JSON, json_of(detail=[{"loc": ["name"], "msg": "required"}]), "name: required"),
    "JSON as text": (400, "", "text/plain", json_of(message="Too long"), "Too long"),
    "a page": (400, "Bad Request", "text/html", PAGE_400, "Sorry"),
    "a page with menus": (404, "Not Found", "text/html", DEVPI_PAGE, "Not Found"),
    "other headings": (520, "", "text/html", CLOUD_PAGE, "No answer"),
    "a heading of a number": (404, "", "text/html", b"<title>No page</title><h1>404</h1><h3>Sorry</h3>", "No page"),
    "a page to sign in": (203, "OK", "text/html", b"<title>Sign in</title><form>Name</form>", "OK: Sign in"),
    "a reason that says more": (409, "NAME exists", "text/html", b"<h1>409 Conflict</h1>", "NAME exists: Conflict"),
    "a page that says the reason": (403, "Forbidden", "", b"<h1>403 Forbidden</h1>", "Forbidden"),
    "a reason that says all": (403, "Not yours, at all", "text/html", b"<p>Not yours</p>", "Not yours, at all"),
    "plain text": (503, "Service Unavailable", "text/plain", b"first byte\ttimeout\n", "first byte timeout"),
    "the reason alone": (503, "Service Unavailable", "", b"", "Service Unavailable"),
    "the phrase of another status": (404, "Forbidden", "text/plain", b"Not here", "Forbidden: Not here"),
    "angle brackets": (400, "", "text/plain", b"Use <demo>, please", "Use <demo>, please"),
    "a page without a type": (400, "", "", b" <p>Use demo</p>", "Use demo"),
    "a page that begins with text": (400, "", "text/html", b"Use <b>demo</b>", "Use demo"),
    "nothing": (503, "", "text/html", b"", ""),
    "no text at all": (520, "Strange", "text/plain", b"\xff\xfe", "Strange: \ufffd\ufffd"),
    "too long": (400, "", "text/plain", b"x" * 600, "x" * WORDS_LIMIT_CHARACTERS + " [...]"),
    "a list is no repetition": (400, "Expected one of 2.1, 2, 1.2, 1", "", b"", "Expected one of 2.1, 2, 1.2, 1"),
    "a clause that PyPI repeats": (403, f"{EXPIRED}, token is expired", "", b"", EXPIRED),
}


@pytest.mark.parametrize(("status", "reason", "content_type", "body", "words"), ANSWERS.values(), ids=ANSWERS)
def test_an_answer_s_own_words_are_found(status: int, reason: str, content_type: str, body: bytes, words: str) -> None:
    gc.collect()  # finalizers of earlier tests would fail if they ran in the depths of the JSON
    assert answered(status, reason, content_type, body).words == words


SIGN_IN = "<!DOCTYPE html><html><title>Sign in</title></html>"


@pytest.mark.parametrize(
    ("status", "content_type", "body", "is_page"),
    [
        (200, "text/html", SIGN_IN.encode(), True),
        (203, "TEXT/HTML", SIGN_IN.upper().encode(), True),
        (200, "", SIGN_IN.encode("utf-8-sig"), True),
        (200, "text/html", SIGN_IN.encode("utf-16"), True),
        (200, "application/json", SIGN_IN.encode(), True),
        (200, "text/plain", f"<!-- a comment -->\n{SIGN_IN}".encode(), True),
        (200, "application/xhtml+xml", b"<?xml version='1.0'?><html xmlns='x'/>", True),
        (200, "text/html", b"<!doctype\nhtml><p>Hello", True),
        (200, "text/html", b"Hello<form>", True),
        (200, "text/html", b"<script>location = '/sign-in'</script>", True),
        (200, "text/html", b"", False),
        (200, "text/html", b"<b>Created</b>", False),
        (200, "text/plain", b"stored <title>", False),
        (200, "application/json", json_of(message="<html>"), False),
        (207, "application/xml", b"<?xml version='1.0'?><ok/>", False),
        (502, "text/html", SIGN_IN.encode(), False),
    ],
)
def test_a_success_that_is_a_document_is_a_page(status: int, content_type: str, body: bytes, is_page: bool) -> None:
    assert answered(status, "", content_type, body).is_page is is_page


@pytest.mark.parametrize(
    ("server", "status", "words", "expected"),
    [
        (PYPI, 400, "File already exists ('demo-1.0.tar.gz', with blake2_256 hash 'ab').", True),
        (PYPI, 409, "The name 'demo' conflicts with an existing project", False),
        (PYPI, 403, "overwrite", False),
        (PRIVATE, 400, "The file already exist", True),
        (PRIVATE, 409, "Conflict", True),
        (PRIVATE, 409, "", True),
        (PRIVATE, 400, "Repository does not allow updating assets: pypi", True),
        (PRIVATE, 400, "packages/demo/1.0/demo-1.0.tar.gz cannot be updated", True),
        (PRIVATE, 400, "Validation failed: File name has already been taken", True),
        (PRIVATE, 422, "Validation failed: File name has already been taken", True),
        (PRIVATE, 403, "Not enough permissions to delete/overwrite artifact 'x' (needs DELETE permission)", True),
        (PRIVATE, 409, "A conflict occurred while publishing", True),
        (PRIVATE, 409, "The feed already contains file 'demo' in package 'demo 1.0'", True),
        (PRIVATE, 409, "Error: 409 Conflict", True),
        (PRIVATE, 409, "409 Conflict nginx/1.25", True),
        (PRIVATE, 422, "Validation Failed: Package: already_exists: name", True),
        (PRIVATE, 409, "This package duplicates the attributes of another package", True),
        (PRIVATE, 409, "upstream-1.0.tar.gz already exists in non-volatile index", True),
        (PRIVATE, 409, "Conflict: publishing is not allowed", False),
        (PRIVATE, 409, "cannot be published, because it exists in at least one of its upstream sources", False),
        (PRIVATE, 409, "demo 1.0 was deleted, and its version stays reserved", False),
        (PRIVATE, 422, "demo 1.0 already exists, but was deleted", False),
        (PRIVATE, 400, "Repository does not allow updating assets: pypi. All rights reserved", True),
        (PRIVATE, 409, "Uploads to this repository are not allowed", False),
        (PRIVATE, 400, "Invalid version", False),
        (PRIVATE, 403, "Forbidden", False),
        (PRIVATE, 403, "already exists", False),
        (PRIVATE, 400, "This filename has already been used, use a different version.", False),
        (PRIVATE, 400, f"File already exists: {USED_BEFORE}", False),
        (PRIVATE, 409, USED_BEFORE, False),
        (PRIVATE, 200, "already exists", False),
    ],
)
def test_servers_say_in_many_ways_that_they_have_the_file(
    server: Server, status: int, words: str, expected: bool
) -> None:
    assert already_exists(Response(status, words), server) is expected


def test_a_conflict_on_a_page_is_explained_by_all_of_its_text() -> None:
    response = answered(409, "", "text/html", b"<h1>409 Conflict</h1><p>Uploads are not allowed</p>")

    assert not already_exists(response, PRIVATE)


@pytest.mark.parametrize(
    ("server", "status", "words", "expected"),
    [
        (PYPI, 400, USED_BEFORE, True),
        (PRIVATE, 400, USED_BEFORE, True),
        (PYPI, 400, SECOND_SDIST, True),
        (PRIVATE, 400, SECOND_SDIST.upper(), True),
        (PYPI, 409, "The name 'demo' conflicts with an existing project", True),
        (PRIVATE, 409, "Conflict", False),
        (PYPI, 400, "File already exists", False),
        (PYPI, 503, USED_BEFORE, False),
        (PYPI, 200, "", False),
    ],
)
def test_an_answer_may_come_from_a_race_with_another_job(
    server: Server, status: int, words: str, expected: bool
) -> None:
    assert is_race(Response(status, words), server) is expected


KEPT, REJECTED, UNKNOWN = Outcome.KEPT, Outcome.REJECTED, Outcome.UNKNOWN


@pytest.mark.parametrize(
    ("server", "published", "is_certain", "expected"),
    [
        (PYPI, Published.UNKNOWN, True, (REJECTED, REJECTED, KEPT, KEPT)),
        (PYPI, Published.IDENTICAL, True, (REJECTED, REJECTED, KEPT, KEPT)),
        (PRIVATE, Published.IDENTICAL, False, (Outcome.IDENTICAL,) * 4),
        (PRIVATE, Published.DIFFERENT, False, (REJECTED, REJECTED, KEPT, KEPT)),
        (PRIVATE, Published.ABSENT, False, (REJECTED, UNKNOWN, KEPT, KEPT)),
        (PRIVATE, Published.ABSENT, True, (REJECTED, UNKNOWN, REJECTED, UNKNOWN)),
        (PRIVATE, Published.UNKNOWN, False, (REJECTED, UNKNOWN, KEPT, KEPT)),
        (PRIVATE, Published.UNKNOWN, True, (REJECTED, UNKNOWN, KEPT, KEPT)),
    ],
)
def test_a_file_that_exists_is_compared_by_its_hash_where_there_is_one(
    server: Server, published: Published, is_certain: bool, expected: tuple[Outcome, ...]
) -> None:
    found = tuple(
        outcome_of(
            Response(400, "already exists"),
            context(server, skip_existing=skip_existing, published=published, is_certain=is_certain),
            DEMO,
            lost_answer=lost_answer,
        )
        for skip_existing in (False, True)
        for lost_answer in (False, True)
    )

    assert [each.outcome for each in found] == list(expected)
    compared = server is PYPI or published in (Published.IDENTICAL, Published.DIFFERENT)
    assert all(("nothing was compared" in each.detail) is not compared for each in found)
    assert all(("other content" in each.detail) <= compared for each in found)
    assert all(each.has_taken_name is (compared and each.outcome is REJECTED) for each in found)
    assert is_certain is not any("--index-url" in each.detail for each in found) or compared


PAGE = Response(200, "Sign in", is_page=True)


@pytest.mark.parametrize(
    ("response", "kind", "expected"),
    [
        (Response(200, "OK"), Kind.STORED, Outcome.UPLOADED),
        (Response(299, ""), Kind.STORED, Outcome.UPLOADED),
        (PAGE, Kind.OPEN, UNKNOWN),
        (Response(103, ""), Kind.OPEN, UNKNOWN),
        (Response(303, ""), Kind.OPEN, UNKNOWN),
        (Response(400, "No"), Kind.REJECTED, REJECTED),
        (Response(413, "", is_sent=False), Kind.REJECTED, REJECTED),
        (Response(408, ""), Kind.OPEN, UNKNOWN),
        (Response(425, ""), Kind.OPEN, UNKNOWN),
        (Response(429, "Later"), Kind.NOT_SENT, Outcome.FAILED),
        (Response(499, ""), Kind.REJECTED, REJECTED),
        (Response(500, "Oops"), Kind.OPEN, UNKNOWN),
        (Response(507, "Full"), Kind.OPEN, UNKNOWN),
        (Response(503, "Later", is_sent=False), Kind.NOT_SENT, Outcome.FAILED),
        (BROKEN, Kind.NOT_SENT, Outcome.FAILED),
        (LOST, Kind.OPEN, UNKNOWN),
        (Response(0, "a request that cannot be sent", is_sent=False, is_final=True), Kind.NOT_SENT, Outcome.FAILED),
    ],
)
def test_an_answer_is_stored_rejected_or_open(response: Response, kind: Kind, expected: Outcome) -> None:
    found = outcome_of(response, context(), DEMO)

    assert (response.kind, found.outcome) == (kind, expected)
    assert bool(found.detail) is expected.is_failure


@pytest.mark.parametrize("response", [LOST, PAGE, Response(103, ""), Response(503, "Later")], ids=str)
@pytest.mark.parametrize(
    ("published", "is_certain", "expected"),
    [
        (Published.IDENTICAL, False, Outcome.UPLOADED),
        (Published.DIFFERENT, True, REJECTED),
        (Published.DIFFERENT, False, UNKNOWN),  # it may be that of another repository
        (Published.ABSENT, True, UNKNOWN),
        (Published.ABSENT, False, UNKNOWN),
        (Published.UNKNOWN, True, UNKNOWN),
        (Published.UNKNOWN, False, UNKNOWN),
    ],
)
def test_the_index_page_settles_what_an_answer_leaves_open(
    response: Response, published: Published, is_certain: bool, expected: Outcome
) -> None:
    found = outcome_of(response, context(published=published, is_certain=is_certain), DEMO)

    assert found.outcome is expected
    assert ("--index-url" in found.detail) is (expected is UNKNOWN and not is_certain)


@pytest.mark.parametrize(
    ("listed", "outcome", "is_certain", "expected"),
    [
        (Published.IDENTICAL, Outcome.UPLOADED, False, True),
        (Published.ABSENT, Outcome.UPLOADED, True, True),  # its page may show the file later
        (Published.ABSENT, Outcome.UPLOADED, False, False),
        (Published.ABSENT, REJECTED, False, True),
        (Published.UNKNOWN, Outcome.UPLOADED, True, False),  # a page without hashes
        (Published.UNKNOWN, Outcome.FAILED, True, False),
    ],
)
def test_a_restart_works_if_the_index_shows_that_what_is_there_is_identical(
    listed: Published, outcome: Outcome, is_certain: bool, expected: bool
) -> None:
    results = [FileResult(DEMO.filename, outcome)]

    assert restart_works({DEMO.filename: listed}, results, is_certain=is_certain) is expected


NEW_TOKEN = f"create a new one ({PYPI.token_url})"
NOT_YOURS = Response(403, "The user 'ann' isn't allowed to upload to project 'demo'")
SCOPED = Response(403, "Invalid API Token: project-scoped token is not valid for project: 'demo'")
NO_CERTIFICATE = Response(400, "Bad Request", text="400 bad request no required ssl certificate was sent nginx")
REMEDIES: dict[str, tuple[UploadContext, Response, str]] = {
    "no credentials": (context(secret_source=""), Response(401, ""), "--password-env"),
    "elsewhere": (context(), Response(403, ""), "Check --username and the value of PYPI_TOKEN"),
    "PyPI": (context(PYPI), Response(403, "Wrong"), "Check that PYPI_TOKEN holds a valid token of pypi"),
    "not a maintainer": (
        context(PYPI),
        NOT_YOURS,
        "is not a maintainer of demo: ask a maintainer to add it",
    ),
    "a token of another project": (
        context(),
        SCOPED,
        "The token in PYPI_TOKEN is for another project: use one for demo",
    ),
    "our hour has passed": (context(PYPI, is_narrowed=True), Response(403, EXPIRED), "--no-narrow-token"),
    "the user's own expiry": (context(PYPI, is_narrowed=True, is_expired=True), Response(403, EXPIRED), NEW_TOKEN),
    "the user's own expiry, not narrowed": (context(PYPI), Response(403, EXPIRED), NEW_TOKEN),
    "archived": (context(PYPI), Response(403, "Project is archived"), SETTINGS_URL),
    "too large": (context(PYPI), Response(413, ""), f"request a higher limit ({LIMITS_URL})"),
    "file too large": (context(PYPI), Response(400, "File too large. Limit is 100 MB"), "request a higher limit"),
    "project too large": (context(PYPI), Response(400, "Project size too large"), "request a higher limit"),
    "a proxy's limit": (context(), Response(413, ""), "a proxy in front of it, limits the size of an upload"),
    "new projects": (context(PYPI), Response(429, "Too many new projects created"), "run this job again tomorrow"),
    "a web page": (context(), PAGE, "Check that the URL in --server"),
    "a client certificate": (context(), NO_CERTIFICATE, "The server asks for a client certificate: upload with twine"),
    "busy": (context(PYPI), Response(429, ""), f"See {STATUS_URL}, and run this job again later"),
    "an internal error elsewhere": (context(), Response(500, ""), "Run this job again later"),
    "too similar": (context(PYPI), Response(400, "'demo' is too similar to 'Demo'"), "Choose another project name"),
    "a name that is taken": (context(PYPI), Response(409, "conflicts"), "The project name is taken"),
    "used before": (context(PYPI), Response(400, USED_BEFORE), "raise the version"),
    "a second sdist": (context(PYPI), Response(400, SECOND_SDIST), "raise the version"),
    "not the upload URL": (context(), Response(404, ""), "Check that the URL in --server"),
    "a method that is not allowed": (context(), Response(405, ""), "Check that the URL in --server"),
    "a redirect": (context(), Response(300, ""), "Check that the URL in --server"),
    "gone": (context(), Response(410, ""), "Check that the URL in --server"),
    "never reached": (context(), BROKEN, ". Check the URL in --server, or run this job again later"),
    "no answer": (context(), LOST, "; the index may have the file. Run this job again later"),
    "never reached, PyPI": (context(PYPI), BROKEN, f". See {STATUS_URL}, and run this job again later"),
}


@pytest.mark.parametrize(("where", "response", "remedy"), REMEDIES.values(), ids=REMEDIES)
def test_a_rejection_comes_with_its_remedy(where: UploadContext, response: Response, remedy: str) -> None:
    detail = outcome_of(response, where, DEMO).detail

    assert remedy in detail
    assert ".." not in detail


@pytest.mark.parametrize("status", [400, 406, 409, 411, 414, 422, 499])
def test_a_rejection_that_explains_itself_has_no_remedy(status: int) -> None:
    detail = outcome_of(Response(status, "Invalid version"), context(), DEMO).detail

    assert detail == f"rejected with status {status}: Invalid version"


@pytest.mark.parametrize("status", [400, 411])
def test_only_a_conflict_means_at_pypi_that_the_name_is_taken(status: int) -> None:
    detail = outcome_of(Response(status, "Invalid version"), context(PYPI), DEMO).detail

    assert detail == f"rejected with status {status}: Invalid version"
