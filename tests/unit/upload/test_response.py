"""What an answer of an index means: its own words, what became of the file, and what is to be done."""

from __future__ import annotations

import gc
import json
from pathlib import Path

import pytest

from tests.support import invented_tokens
from travis_pypi_deploy import credentials
from travis_pypi_deploy.credentials import Credentials
from travis_pypi_deploy.distributions import Distribution, Sdist
from travis_pypi_deploy.servers import SERVERS, Server
from travis_pypi_deploy.upload import Outcome, UploadContext
from travis_pypi_deploy.upload.outcome import outcome_of
from travis_pypi_deploy.upload.response import WORDS_LIMIT_CHARACTERS, Response, already_exists, is_race, words_of

PRIVATE = Server(name="https://private.example/", upload_url="https://private.example/")
PYPI = next(server for server in SERVERS if server.name == "pypi")
SETTINGS_URL = (PYPI.settings_url or "").format(name="demo")
DEMO = Distribution(
    path=Path("demo-1.0-py3-none-any.whl"),
    filetype="bdist_wheel",
    pyversion="py3",
    name="demo",
    version="1.0",
    fields={},
    metadata=b"",
    archive=Sdist(frozenset(), "", (), is_zip=False),
    size=0,
    sha256="",
    stamp=(0, 0, 0, 0),
)
LOST = Response(0, "no answer")
BROKEN = Response(0, "the connection was lost", is_sent=False)
EXPIRED = "Invalid API Token: token is expired"
USED_BEFORE = "This filename was previously used by a file that has since been deleted"
SECOND_SDIST = "Only one sdist may be uploaded per release"


def context(
    server: Server = PRIVATE,
    *,
    skip_existing: bool = False,
    secret_source: str = "PYPI_TOKEN",
    is_narrowed: bool = False,
    is_expired: bool = False,
    same: bool | None = None,
) -> UploadContext:
    text = invented_tokens.token("pypi", expired=is_expired)
    token = credentials.read(text, source=secret_source) if is_narrowed else None
    return UploadContext(
        server=server,
        credentials=Credentials("__token__", text, secret_source, token) if secret_source else None,
        skip_existing=skip_existing,
        retries=0,
        is_published=lambda distribution: same,
        warn=lambda sentence: None,
    )


def json_of(**fields: object) -> bytes:
    return json.dumps(fields).encode()


@pytest.mark.parametrize(
    ("status", "reason", "content_type", "body", "words"),
    [
        (400, "No.", "application/json", json_of(message="\n\n\n\n", code="400 No.", title="Bad Request"), "No"),
        (
            403,
            "Forbidden",
            "application/json",
            json_of(code="403 Not yours", message="Denied.\n\n\nNot yours\n"),
            "Not yours",
        ),
        (400, "Bad Request", "application/json; charset=UTF-8", json_of(code=400, message="A\n  b"), "A b"),
        (400, "Bad Request", "application/json", json_of(code="invalid", detail="Too big"), "Too big"),
        (403, "Forbidden", "application/json", json_of(errors=[{"status": 403, "message": "Not here"}]), "Not here"),
        (400, "Bad Request", "application/json", json_of(message={"file": ["taken"]}), "Bad Request"),
        (400, "Bad Request", "application/json", b'["one", "two"]', "one"),
        (400, "Bad Request", "application/json", b'{"code": "400 cut', "Bad Request"),
        (400, "Bad Request", "application/json", b"[" * 100_000, "Bad Request"),
        (400, "Bad Request", "application/json", b"null", "Bad Request"),
        (
            400,
            "Bad Request",
            "text/html",
            (
                b"<html><head><title>400</title><style>p {}</style></head><body><!-- no --><h1>Sorry</h1>\n"
                b"<p>too &lt;big&gt;</p><script>x()</script></body></html>"
            ),
            "Sorry too <big>",
        ),
        (409, "NAME already exists", "text/html", b"<h1>409 Conflict</h1>", "NAME already exists: 409 Conflict"),
        (403, "Forbidden", "", b"<h1>403 Forbidden</h1>", "403 Forbidden"),
        (403, "Not yours, at all", "text/html", b"<p>Not yours</p>", "Not yours, at all"),
        (503, "Service Unavailable", "text/plain", b"first byte\ttimeout\n", "first byte timeout"),
        (503, "Service Unavailable", "", b"", "Service Unavailable"),
        (404, "Forbidden", "text/plain", b"Not here", "Forbidden: Not here"),
        (400, "", "text/plain", b"Use <demo>, please", "Use <demo>, please"),
        (400, "", "", b" <p>Use demo</p>", "Use demo"),
        (400, "", "text/html", b"Use <b>demo</b>", "Use demo"),
        (503, "", "text/html", b"", ""),
        (520, "Strange", "text/plain", b"\xff\xfe", "Strange: \ufffd\ufffd"),
        (400, "", "text/plain", b"x" * 600, "x" * WORDS_LIMIT_CHARACTERS + " [...]"),
        (403, f"{EXPIRED}, token is expired", "", b"", EXPIRED),
    ],
    ids=[
        "PyPI's JSON",
        "the code before the message",
        "the message",
        "a code without a number",
        "Artifactory's errors",
        "an unknown shape",
        "a list",
        "cut JSON",
        "bottomless JSON",
        "null",
        "a page",
        "a reason that says more than the page",
        "a page that says what the reason says",
        "a reason that says all of the page",
        "plain text",
        "the reason alone",
        "the phrase of another status",
        "plain text with angle brackets",
        "a page without a type",
        "a page that begins with text",
        "nothing",
        "no text at all",
        "too long",
        "a clause that PyPI repeats",
    ],
)
def test_an_answer_s_own_words_are_found(status: int, reason: str, content_type: str, body: bytes, words: str) -> None:
    gc.collect()  # finalizers of earlier tests would fail if they ran in the depths of the JSON
    assert words_of(status, reason, content_type, body) == words


@pytest.mark.parametrize(
    ("server", "status", "words", "expected"),
    [
        (PYPI, 400, "File already exists ('demo-1.0.tar.gz', with blake2_256 hash 'ab').", True),
        (PYPI, 409, "The name 'demo' conflicts with an existing project", False),
        (PRIVATE, 400, "The file already exist", True),
        (PRIVATE, 409, "Conflict", True),
        (PRIVATE, 409, "", True),
        (PRIVATE, 400, "Repository does not allow updating assets: pypi", True),
        (PRIVATE, 400, "Validation failed: File name has already been taken", True),
        (PRIVATE, 403, "Not enough permissions to overwrite artifact", True),
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


@pytest.mark.parametrize(
    ("server", "skip_existing", "lost_answer", "same", "outcome"),
    [
        (PYPI, False, False, None, Outcome.REJECTED),
        (PYPI, False, True, None, Outcome.REJECTED),
        (PYPI, True, False, None, Outcome.KEPT),
        (PYPI, True, True, True, Outcome.KEPT),
        (PRIVATE, False, False, True, Outcome.IDENTICAL),
        (PRIVATE, False, True, True, Outcome.IDENTICAL),
        (PRIVATE, True, False, True, Outcome.IDENTICAL),
        (PRIVATE, False, False, False, Outcome.REJECTED),
        (PRIVATE, False, True, False, Outcome.REJECTED),
        (PRIVATE, True, False, False, Outcome.KEPT),
        (PRIVATE, True, True, False, Outcome.KEPT),
        (PRIVATE, False, False, None, Outcome.REJECTED),
        (PRIVATE, False, True, None, Outcome.UPLOADED),
        (PRIVATE, True, False, None, Outcome.KEPT),
        (PRIVATE, True, True, None, Outcome.KEPT),
    ],
)
def test_a_file_that_exists_is_compared_by_its_hash_where_there_is_one(
    server: Server, skip_existing: bool, lost_answer: bool, same: bool | None, outcome: Outcome
) -> None:
    where = context(server, skip_existing=skip_existing, same=same)

    found, _ = outcome_of(Response(400, "already exists"), where, DEMO, lost_answer=lost_answer)

    assert found is outcome


@pytest.mark.parametrize(
    ("response", "outcome", "is_sent"),
    [
        (Response(200, "OK"), Outcome.UPLOADED, False),
        (Response(201, ""), Outcome.UPLOADED, False),
        (Response(299, ""), Outcome.UPLOADED, False),
        (Response(300, ""), Outcome.REJECTED, False),
        (Response(400, "No"), Outcome.REJECTED, False),
        (Response(413, ""), Outcome.REJECTED, False),
        (Response(428, ""), Outcome.REJECTED, False),
        (Response(429, "Later"), Outcome.FAILED, False),
        (Response(430, ""), Outcome.REJECTED, False),
        (Response(499, ""), Outcome.REJECTED, False),
        (Response(500, "Oops"), Outcome.UNKNOWN, True),
        (Response(503, "Later"), Outcome.UNKNOWN, True),
        (Response(507, "Full"), Outcome.UNKNOWN, True),
        (Response(503, "Later", is_sent=False), Outcome.FAILED, False),
        (BROKEN, Outcome.FAILED, False),
        (LOST, Outcome.UNKNOWN, True),
        (Response(0, "a request that cannot be sent", is_sent=False, is_final=True), Outcome.FAILED, False),
    ],
)
def test_an_answer_means_this_outcome_and_may_leave_open_whether_the_file_arrived(
    response: Response, outcome: Outcome, is_sent: bool
) -> None:
    found, reason = outcome_of(response, context(), DEMO)

    assert (found, response.may_have_arrived) == (outcome, is_sent)
    assert bool(reason) is outcome.is_failure


@pytest.mark.parametrize(
    ("same", "outcome"), [(True, Outcome.UPLOADED), (False, Outcome.REJECTED), (None, Outcome.UNKNOWN)]
)
def test_the_index_page_settles_what_an_answer_leaves_open(same: bool | None, outcome: Outcome) -> None:
    found, reason = outcome_of(LOST, context(same=same), DEMO)

    assert found is outcome
    assert "no answer" in reason


NEW_TOKEN = f"create a new one ({PYPI.token_url})"
REMEDIES: dict[str, tuple[UploadContext, Response, str]] = {
    "no credentials": (context(secret_source=""), Response(401, ""), "--password-env"),
    "elsewhere": (context(), Response(403, ""), "Check --username and the value of PYPI_TOKEN"),
    "PyPI": (
        context(PYPI),
        Response(403, "Invalid authentication"),
        "Check that PYPI_TOKEN holds a valid token of pypi",
    ),
    "not a maintainer": (
        context(PYPI),
        Response(403, "The user 'ann' isn't allowed to upload to project 'demo'"),
        "is not a maintainer of demo: ask a maintainer to add it, or choose another name",
    ),
    "not a maintainer, elsewhere": (
        context(),
        Response(403, "The user 'ann' isn't allowed to upload to project 'demo'"),
        "is not a maintainer of demo: ask a maintainer to add it, or choose another name",
    ),
    "a token of another project": (
        context(),
        Response(403, "Invalid API Token: project-scoped token is not valid for project: 'demo'"),
        "The token in PYPI_TOKEN is for another project: use one for demo",
    ),
    "our hour has passed": (context(PYPI, is_narrowed=True), Response(403, EXPIRED), "--no-narrow-token"),
    "the user's own expiry": (context(PYPI, is_narrowed=True, is_expired=True), Response(403, EXPIRED), NEW_TOKEN),
    "the user's own expiry, not narrowed": (context(PYPI), Response(403, EXPIRED), NEW_TOKEN),
    "archived": (context(PYPI), Response(403, "Project is archived"), SETTINGS_URL),
    "gone": (context(), Response(410, ""), "unarchive it in its settings"),
    "too large": (context(PYPI), Response(413, ""), f"request a higher limit ({PYPI.limits_url})"),
    "file too large": (context(PYPI), Response(400, "File too large. Limit is 100 MB"), "request a higher limit"),
    "project too large": (context(), Response(400, "Project size too large"), "request a higher limit"),
    "busy": (context(PYPI), Response(429, ""), f"See {PYPI.status_url}, and run this job again later"),
    "an internal error elsewhere": (context(), Response(500, ""), "Run this job again later"),
    "too similar": (
        context(PYPI),
        Response(400, "The name 'demo' is too similar to an existing project"),
        "Choose another project name",
    ),
    "a name that is taken": (context(PYPI), Response(409, "conflicts"), "The project name is taken"),
    "used before": (context(PYPI), Response(400, USED_BEFORE), "raise the version"),
    "a second sdist": (context(PYPI), Response(400, SECOND_SDIST), "raise the version"),
    **{
        f"not the upload URL, {status}": (context(), Response(status, ""), "Check that the URL in --server")
        for status in (300, 399, 404, 405)
    },
}


@pytest.mark.parametrize(("where", "response", "remedy"), REMEDIES.values(), ids=REMEDIES)
def test_a_rejection_comes_with_its_remedy(where: UploadContext, response: Response, remedy: str) -> None:
    _, reason = outcome_of(response, where, DEMO)

    assert remedy in reason
    assert ".." not in reason


@pytest.mark.parametrize("status", [400, 402, 406, 408, 411, 412, 414, 422, 428, 430, 499])
def test_a_rejection_that_explains_itself_has_no_remedy(status: int) -> None:
    _, reason = outcome_of(Response(status, "Invalid version"), context(), DEMO)

    assert reason == f"rejected with status {status}: Invalid version"


@pytest.mark.parametrize("status", [400, 408, 411])
def test_only_a_conflict_means_at_pypi_that_the_name_is_taken(status: int) -> None:
    _, reason = outcome_of(Response(status, "Invalid version"), context(PYPI), DEMO)

    assert reason == f"rejected with status {status}: Invalid version"
