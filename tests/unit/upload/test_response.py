"""What an answer of an index means: its own words, what became of the file, and what is to be done."""

from __future__ import annotations

import json

import pytest

from travis_pypi_deploy.servers import SERVERS, Server
from travis_pypi_deploy.upload.outcomes import Outcome
from travis_pypi_deploy.upload.replies import WORDS_LIMIT, NoAnswer, Reply, words_of
from travis_pypi_deploy.upload.retries import (
    clock_time,
    is_transient,
    pause_before,
    retry_after_seconds,
)
from travis_pypi_deploy.upload.verdicts import (
    Circumstances,
    already_exists,
    judge,
    judge_existing,
    judge_listed,
    may_have_arrived,
)

PRIVATE = Server(name="https://private.example/", upload_url="https://private.example/")
PYPI = next(server for server in SERVERS if server.name == "pypi")
LOST = NoAnswer("no answer", sent=True)
BROKEN = NoAnswer("the connection broke", sent=False)
NOW = 1_700_000_000.0  # 2023-11-14 22:13:20 UTC


def circumstances(
    server: Server = PRIVATE,
    *,
    skip_existing: bool = False,
    secret_source: str = "PYPI_TOKEN",
    is_narrowed: bool = False,
    lost_answer: bool = False,
) -> Circumstances:
    return Circumstances(
        server=server,
        skip_existing=skip_existing,
        secret_source=secret_source,
        is_narrowed=is_narrowed,
        lost_answer=lost_answer,
    )


def json_of(**fields: object) -> bytes:
    return json.dumps(fields).encode()


@pytest.mark.parametrize(
    ("status", "reason", "content_type", "body", "words"),
    [
        (400, "No.", "application/json", json_of(message="\n\n\n\n", code="400 No.", title="Bad Request"), "No."),
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
        (503, "", "text/html", b"", ""),
        (520, "Strange", "text/plain", b"\xff\xfe", "Strange: \ufffd\ufffd"),
        (400, "", "text/plain", b"x" * 600, "x" * WORDS_LIMIT + " ..."),
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
        "nothing",
        "no text at all",
        "too long",
    ],
)
def test_an_answer_s_own_words_are_found(status: int, reason: str, content_type: str, body: bytes, words: str) -> None:
    assert words_of(status, reason, content_type, body) == words


@pytest.mark.parametrize(
    ("status", "words", "expected"),
    [
        (400, "File already exists ('demo-1.0.tar.gz', with blake2_256 hash 'ab').", True),
        (400, "The file already exist", True),
        (409, "Conflict", True),
        (409, "", True),
        (400, "Repository does not allow updating assets: pypi", True),
        (400, "Validation failed: File name has already been taken", True),
        (403, "Not enough permissions to overwrite artifact", True),
        (400, "Invalid version", False),
        (403, "Forbidden", False),
        (403, "already exists", False),
        (400, "This filename has already been used, use a different version.", False),
        (400, "File already exists: previously used by a file that has since been deleted.", False),
        (409, "This filename was previously used by a file that has since been deleted.", False),
        (200, "already exists", False),
    ],
)
def test_servers_say_in_many_ways_that_they_have_the_file(status: int, words: str, expected: bool) -> None:
    assert already_exists(Reply(status, words)) is expected


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
def test_a_file_that_exists_is_judged_by_its_hash_where_there_is_one(
    server: Server, skip_existing: bool, lost_answer: bool, same: bool | None, outcome: Outcome
) -> None:
    where = circumstances(server, skip_existing=skip_existing, lost_answer=lost_answer)

    assert judge_existing(Reply(400, "already exists"), where, same=same)[0] is outcome


@pytest.mark.parametrize(
    ("same", "lost_answer", "skip_existing", "sentence"),
    [
        (True, False, False, "the index has this very file"),
        (True, True, False, "the index has this very file, perhaps from an earlier attempt whose answer was lost"),
        (
            None,
            True,
            False,
            (
                "the index has a file of this name (Conflict), most likely from the earlier attempt whose answer was "
                "lost; its hash could not be compared"
            ),
        ),
        (None, False, True, "the index has a file of this name: Conflict"),
        (False, False, True, "the index has other content under this name: Conflict"),
        (
            False,
            False,
            False,
            (
                "the index has other content under this name (409: Conflict). A published file can never be replaced: "
                "raise the version, or keep what is there with --skip-existing"
            ),
        ),
    ],
)
def test_it_is_said_what_an_existing_file_means(
    same: bool | None, lost_answer: bool, skip_existing: bool, sentence: str
) -> None:
    where = circumstances(skip_existing=skip_existing, lost_answer=lost_answer)

    assert judge_existing(Reply(409, "Conflict"), where, same=same)[1] == sentence


MAY_HAVE = "the index may have the file"
FROM_EARLIER = "the index may have the file from an earlier attempt, whose answer was lost"


@pytest.mark.parametrize(
    ("answer", "lost_answer", "outcome", "sentence"),
    [
        (Reply(200, "OK"), False, Outcome.UPLOADED, ""),
        (Reply(201, ""), True, Outcome.UPLOADED, ""),
        (Reply(400, "No"), False, Outcome.REJECTED, "refused with status 400: No"),
        (Reply(413, ""), False, Outcome.REJECTED, "refused with status 413"),
        (Reply(503, "Later"), False, Outcome.REJECTED, "refused with status 503: Later"),
        (Reply(400, "No"), True, Outcome.UNKNOWN, f"refused with status 400: No; {FROM_EARLIER}"),
        (Reply(504, "Gateway"), False, Outcome.UNKNOWN, f"refused with status 504: Gateway; {MAY_HAVE}"),
        (BROKEN, False, Outcome.REJECTED, "the connection broke"),
        (BROKEN, True, Outcome.UNKNOWN, f"the connection broke; {FROM_EARLIER}"),
        (LOST, False, Outcome.UNKNOWN, f"no answer; {MAY_HAVE}"),
        (LOST, True, Outcome.UNKNOWN, f"no answer; {MAY_HAVE}"),
    ],
)
def test_the_last_answer_decides_unless_one_was_lost(
    answer: Reply | NoAnswer, lost_answer: bool, outcome: Outcome, sentence: str
) -> None:
    assert judge(answer, circumstances(lost_answer=lost_answer)) == (outcome, sentence)


@pytest.mark.parametrize(
    ("same", "expected"),
    [
        (True, (Outcome.UPLOADED, "no answer; the index may have it, and it does: it lists this very file")),
        (False, (Outcome.REJECTED, "no answer; the index may have it, but it lists other content under this name")),
        (None, (Outcome.UNKNOWN, "no answer; the index may have it")),
    ],
)
def test_what_nobody_can_tell_the_index_s_page_may_tell(same: bool | None, expected: tuple[Outcome, str]) -> None:
    assert judge_listed("no answer; the index may have it", same=same) == expected


@pytest.mark.parametrize(
    ("where", "answer", "cause"),
    [
        (
            circumstances(secret_source=""),
            Reply(401, ""),
            "No credentials were sent: name the variable that holds them with --password-env",
        ),
        (circumstances(), Reply(403, ""), "Check --username and what PYPI_TOKEN holds"),
        (
            circumstances(PYPI),
            Reply(403, "Invalid or non-existent authentication information."),
            "Check that PYPI_TOKEN holds a living token of pypi whose scope covers this project",
        ),
        (
            circumstances(PYPI),
            Reply(403, "The user 'ann' isn't allowed to upload to project 'demo'."),
            "The owner of the token in PYPI_TOKEN is no maintainer of this project there; the name may be taken",
        ),
        (
            circumstances(PYPI, is_narrowed=True),
            Reply(403, "Invalid API Token: token is expired, token is expired"),
            (
                "The token that is sent is good for one hour only: if the upload took longer, or this machine's clock "
                "is wrong, use --no-narrow-token"
            ),
        ),
        (
            circumstances(PYPI),
            Reply(403, "Invalid API Token: token is expired"),
            "Check that PYPI_TOKEN holds a living token of pypi whose scope covers this project",
        ),
    ],
    ids=["none sent", "elsewhere", "PyPI", "somebody else's", "narrowed and expired", "expired"],
)
def test_a_refused_credential_comes_with_its_usual_cause(where: Circumstances, answer: Reply, cause: str) -> None:
    assert judge(answer, where) == (Outcome.REJECTED, f"refused with {answer.why}. {cause}")


@pytest.mark.parametrize(
    ("answer", "expected"),
    [
        (LOST, True),
        (BROKEN, False),
        (Reply(502, ""), True),
        (Reply(504, ""), True),
        (Reply(500, ""), False),
        (Reply(503, ""), False),
        (Reply(429, ""), False),
    ],
)
def test_what_was_sent_whole_may_have_arrived_unless_the_index_itself_says_no(
    answer: Reply | NoAnswer, expected: bool
) -> None:
    assert may_have_arrived(answer) is expected


@pytest.mark.parametrize(
    ("answer", "expected"),
    [
        *[(Reply(status, ""), True) for status in (429, 500, 502, 503, 504)],
        *[(Reply(status, ""), False) for status in (200, 400, 401, 403, 404, 405, 408, 409, 410, 413, 501, 507)],
        (LOST, True),
        (BROKEN, True),
        (NoAnswer("a redirect to elsewhere", sent=False, is_final=True), False),
    ],
)
def test_only_what_may_pass_is_tried_again(answer: Reply | NoAnswer, expected: bool) -> None:
    assert is_transient(answer) is expected


@pytest.mark.parametrize(
    ("value", "seconds"),
    [
        (None, None),
        ("0", 0.0),
        (" 7 ", 7.0),
        ("120", 120.0),
        ("Tue, 14 Nov 2023 22:13:50 GMT", 30.0),
        ("Tue, 14 Nov 2023 22:13:50 -0000", 30.0),
        ("Tue, 14 Nov 2023 23:13:50 +0100", 30.0),
        ("Tue, 14 Nov 2023 20:00:00 GMT", 0.0),
        ("", None),
        ("-1", None),
        ("soon", None),
        ("1.5", None),
        ("\u00b2", None),
        ("Tue, 99 Nov 2023 22:13:50 GMT", None),
        ("Tue, 14 Nov 2023 22:13:50 +999999999999", None),
    ],
)
def test_retry_after_is_read_as_seconds_or_as_a_date(value: str | None, seconds: float | None) -> None:
    assert retry_after_seconds(value, now=NOW) == seconds


@pytest.mark.parametrize(
    ("retry", "jitter", "seconds"),
    [(1, 0.0, 0.5), (1, 1.0, 1.0), (2, 1.0, 2.0), (3, 0.5, 3.0), (7, 1.0, 60.0), (10_000, 0.0, 30.0)],
)
def test_pauses_double_up_to_a_minute_with_jitter(retry: int, jitter: float, seconds: float) -> None:
    assert pause_before(retry, jitter=lambda: jitter) == seconds


@pytest.mark.parametrize(
    ("seconds", "text"),
    [(NOW, "2023-11-14 22:13:20 UTC"), (1e300, "a year after 9999"), (float("inf"), "a year after 9999")],
)
def test_a_moment_is_told_in_utc(seconds: float, text: str) -> None:
    assert clock_time(seconds) == text
