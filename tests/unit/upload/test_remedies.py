"""What is advised after an answer that is not a success."""

from __future__ import annotations

import pytest

from travis_pypi_deploy.servers import SERVERS, STATUS_URL, Server
from travis_pypi_deploy.upload.remedies import remedy
from travis_pypi_deploy.upload.response import Response

PRIVATE = Server("private", "https://index.example/legacy/")


@pytest.mark.parametrize(
    ("server", "is_sent", "advice"),
    [
        pytest.param(PRIVATE, False, "Check the URL in --server, or run this job again later", id="not reached"),
        pytest.param(PRIVATE, True, "Run this job again later", id="no answer"),
        pytest.param(SERVERS[0], False, f"See {STATUS_URL}, and run this job again later", id="pypi"),
    ],
)
def test_without_an_answer_the_url_is_doubted_only_where_it_was_written_by_hand(
    server: Server, is_sent: bool, advice: str
) -> None:
    assert remedy(Response(0, "no answer", is_sent=is_sent), server, None, "demo") == advice
