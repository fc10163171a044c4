"""The last line of a failed run: the cause, and what to do about it."""

from __future__ import annotations

import json
import subprocess
from dataclasses import dataclass
from typing import TYPE_CHECKING

import pytest

from tests.support import command, factories, invented_tokens, misbehaviours
from tests.support.interception import Interception
from tests.support.misbehaviours import Answer, Meanwhile, Raw, busy, rejected, rejected_by_a_page
from tests.support.publishing import WHEEL, environment, outcomes, publish, wait_for_posts
from travis_pypi_deploy.servers import SERVERS

if TYPE_CHECKING:
    from pathlib import Path

    from tests.support.loopback_index import LoopbackIndex
    from tests.support.misbehaviours import Misbehaviour

PYPI = next(server for server in SERVERS if server.name == "pypi")
SETTINGS = (PYPI.settings_url or "").format(name="demo")
HELP = "See the help for more information."
LIMIT = "The server, or a proxy in front of it, limits the size of an upload: ask its administrator to raise it"


@dataclass(frozen=True)
class Case:
    """What the index answers, and what the last line has to say: at PyPI, and at another server."""

    hows: tuple[Misbehaviour, ...]
    pypi: str
    private: str


CASES = {
    "archived": Case(
        (rejected(400, "Project demo is archived, and new releases cannot be added."),),
        f"cannot be added. An archived project accepts no files: unarchive it in its settings ({SETTINGS})",
        "cannot be added. An archived project accepts no files: unarchive it in its settings",
    ),
    "a proxy that asks for a password": Case(
        (rejected_by_a_page(401, "401 Authorization Required"),),
        f"Check that PYPI_TOKEN holds a valid token of pypi whose scope includes demo ({PYPI.token_url})",
        "rejected with status 401: Authorization Required. Check --username and the value of PYPI_PASSWORD",
    ),
    "a request that is too large": Case(
        (Answer(413, "Too Large"),),
        f"rejected with status 413: Too Large. Delete old releases, or request a higher limit ({PYPI.limits_url})",
        f"rejected with status 413: Too Large. {LIMIT}",
    ),
    "a file that is too large": Case(
        (rejected(400, f"File too large. Limit for project 'demo' is 100 MB. {HELP}"),),
        f"for more information. Delete old releases, or request a higher limit ({PYPI.limits_url})",
        f"for more information. {LIMIT}",
    ),
    "a project that is too large": Case(
        (rejected(400, f"Project size too large. Limit for project 'demo' total size is 10 GB. {HELP}"),),
        f"for more information. Delete old releases, or request a higher limit ({PYPI.limits_url})",
        f"for more information. {LIMIT}",
    ),
    "busy": Case(
        (busy("0"), busy("0")),
        f"status 429: Too Many Requests. See {PYPI.status_url}, and run this job again later",
        "status 429: Too Many Requests. Run this job again later",
    ),
    "unavailable": Case(
        (Answer(503, "Service Unavailable.", {"Retry-After": "0"}),) * 2,
        f"status 503: Service Unavailable. See {PYPI.status_url}, and run this job again later",
        "status 503: Service Unavailable. Run this job again later",
    ),
    "a connection that is lost": Case(
        (misbehaviours.CLOSED,) * 2,
        f"the index may have the file. See {PYPI.status_url}, and run this job again later",
        "the index may have the file. Run this job again later",
    ),
    "a name that is too similar": Case(
        (rejected(400, f"The name 'demo' is too similar to an existing project. {HELP}"),),
        "for more information. Choose another project name",
        "for more information. Choose another project name",
    ),
    "a token that has expired": Case(
        (rejected(403, "Invalid API Token: token is expired, token is expired"),),
        "status 403: Invalid API Token: token is expired. The copy of the token is valid for one hour: if the upload "
        "took longer, or this machine's clock is wrong, use --no-narrow-token",
        "status 403: Invalid API Token: token is expired. The token in PYPI_PASSWORD has expired: create a new one",
    ),
    "a token of another project": Case(
        (rejected(403, "Invalid API Token: project-scoped token is not valid for project: 'demo'"),),
        "not valid for project: 'demo'. The token in PYPI_TOKEN is for another project: use one for demo",
        "not valid for project: 'demo'. The token in PYPI_PASSWORD is for another project: use one for demo",
    ),
    "a project of somebody else": Case(
        (rejected(403, f"The user 'ann' isn't allowed to upload to project 'demo'. {HELP}"),),
        "for more information. The account of PYPI_TOKEN is not a maintainer of demo: ask a maintainer to add it, or "
        "choose another name",
        "for more information. The account of PYPI_PASSWORD is not a maintainer of demo: ask a maintainer to add it, "
        "or choose another name",
    ),
    "wrong credentials": Case(
        (rejected(403, f"Invalid or non-existent authentication information. {HELP}"),),
        f"Check that PYPI_TOKEN holds a valid token of pypi whose scope includes demo ({PYPI.token_url})",
        "for more information. Check --username and the value of PYPI_PASSWORD",
    ),
    "the name of a deleted file": Case(
        (rejected(400, "This filename was previously used by a file that has since been deleted."),) * 2,
        "has since been deleted. The name of a deleted file can never be used again: raise the version",
        "has since been deleted. The name of a deleted file can never be used again: raise the version",
    ),
    "a second sdist": Case(
        (rejected(400, "Only one sdist may be uploaded per release."),) * 2,
        "uploaded per release. The release has an sdist of another name: raise the version",
        "uploaded per release. The release has an sdist of another name: raise the version",
    ),
    "a name or a file that is taken": Case(
        (rejected(409, "The name 'demo' conflicts with an existing project."),) * 2,
        "with an existing project. The project name is taken: choose another one",
        "rejected with status 409: The name 'demo' conflicts with an existing project",
    ),
    "a page for people": Case(
        (Answer(404, "Not Found"),),
        "status 404: Not Found. Check that the URL in --server is the one that accepts uploads",
        "status 404: Not Found. Check that the URL in --server is the one that accepts uploads",
    ),
}


@pytest.mark.parametrize("case", CASES.values(), ids=CASES)
def test_pypi_s_rejection_ends_with_its_remedy(
    tmp_path: Path, index: LoopbackIndex, monkeypatch: pytest.MonkeyPatch, case: Case
) -> None:
    wheel = factories.wheel(tmp_path)
    index.on_upload(*case.hows)
    with Interception(dict.fromkeys(PYPI.hosts, index), tmp_path) as proxy:
        for variable, value in proxy.variables.items():
            monkeypatch.setenv(variable, value)
        environ = environment(PYPI_TOKEN=invented_tokens.token("pypi"))
        ended = command.deploy("--server", "pypi", "--retries", "1", str(wheel), environ=environ)

    check_last_line(ended.code, ended.err, case.pypi)


@pytest.mark.parametrize("case", CASES.values(), ids=CASES)
def test_a_rejection_of_another_server_ends_with_its_remedy(tmp_path: Path, index: LoopbackIndex, case: Case) -> None:
    index.on_upload(*case.hows)

    published = publish(index, [factories.wheel(tmp_path)], "--retries", "1", PYPI_PASSWORD="a password")

    check_last_line(published.code, published.err, case.private)


def check_last_line(code: int, err: str, end: str) -> None:
    """Assert that the run failed with a last line that ends so, and that no line has a double full stop."""
    last = err.splitlines()[-1]
    assert code == 1
    assert last.startswith(f"Error: {WHEEL}: ")
    assert last.endswith(end), last
    assert ".." not in err
    assert ".;" not in err


def test_a_plain_port_is_not_spoken_to_with_tls_again(tmp_path: Path, index: LoopbackIndex) -> None:
    url, report = index.upload_url.replace("http:", "https:"), tmp_path / "report.json"
    wheel = factories.wheel(tmp_path)

    ended = command.deploy("--server", url, "--report", str(report), str(wheel), environ=environment())

    assert (ended.code, outcomes(tmp_path)) == (1, {WHEEL: ("failed", 1)})
    assert ended.err == f"Error: {WHEEL}: {url} does not answer with TLS: use http:// or another port\n"


def test_an_unreadable_page_is_a_warning_without_a_double_full_stop(tmp_path: Path, index: LoopbackIndex) -> None:
    index.on_page(Answer(403, "Not for you."))

    published = publish(index, [factories.wheel(tmp_path)])

    assert published.code == 0
    assert published.err.endswith("status 403 Not for you. Continuing; the upload itself will show it\n")


@pytest.mark.parametrize(
    ("words", "lines"),
    [
        (("No.", "No."), ["Error: {0}, {1}: rejected with status 400: No"]),
        (
            ("No.", "Never."),
            ["Error: {0}: rejected with status 400: No", "Error: {1}: rejected with status 400: Never"],
        ),
    ],
    ids=["one cause", "two causes"],
)
def test_failed_files_have_a_line_for_each_cause_and_the_last_one_ends_the_log(
    tmp_path: Path, index: LoopbackIndex, words: tuple[str, ...], lines: list[str]
) -> None:
    wheels = [factories.wheel(tmp_path, tag=f"cp3{minor}-none-any") for minor in range(10, 13)]
    for wheel, text in zip(wheels[1:], words):
        how = Meanwhile(lambda: wait_for_posts(index, 3), then=rejected(400, text))
        index.on_upload(how, filename=wheel.name)

    ended = subprocess.run(
        command.module("--server", index.upload_url, *map(str, wheels)),
        env=environment(),
        check=False,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        timeout=command.RUN_SECONDS,
    )

    names = [wheel.name for wheel in wheels[1:]]
    log = command.FOLD_MARK.sub("", ended.stdout.decode()).splitlines()
    assert ended.returncode == 1
    assert log[-len(lines) :] == [line.format(*names) for line in lines]
    assert sum("Error" in line for line in log) == len(lines)
    assert [line.split()[:4:3] for line in log if line.startswith("  demo")] == [
        [wheels[0].name, "uploaded"],
        [wheels[1].name, "rejected"],
        [wheels[2].name, "rejected"],
    ]


FORGED = "No\r\nError: all is lost\u2028\x85Deployed\x1b[32m travis_fold:start:x\r\x1b[0K"


@pytest.mark.parametrize(
    "how",
    [
        Answer(400, headers={"Content-Type": "text/plain; charset=utf-8"}, body=FORGED.encode()),
        Answer(400, headers={"Content-Type": "application/json"}, body=json.dumps({"message": FORGED}).encode()),
        Answer(400, headers={"Content-Type": "text/html"}, body=f"<p>{FORGED}</p>".encode()),
        Raw(b"HTTP/1.1 400 No\x1b[32m travis_fold:start:x\x85Deployed\r\nContent-Length: 0\r\n\r\n"),
    ],
    ids=["text", "JSON", "HTML", "reason"],
)
def test_the_words_of_an_index_cannot_make_a_line_a_colour_or_a_fold(
    tmp_path: Path, index: LoopbackIndex, how: Misbehaviour
) -> None:
    index.on_upload(how)

    published = publish(index, [factories.wheel(tmp_path)])

    (line,) = published.err.splitlines()
    assert line.startswith(f"Error: {WHEEL}: rejected with status 400: No")
    assert "Deployed" in line
    assert line.isprintable()
    assert "travis_fold:start" not in line
    assert "Deployed" not in published.out
