"""The progress of the uploads, for the log."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

import pytest

from tests.support import factories
from tests.unit.upload.test_response import context
from travis_pypi_deploy import distributions, http
from travis_pypi_deploy.upload import UploadClient, Uploader

if TYPE_CHECKING:
    from pathlib import Path

URL = "http://127.0.0.1:9/"


@pytest.mark.parametrize(
    ("size", "status"),
    [
        (0, "Sent 0 of 0 bytes"),
        (999, "Sent 0 of 999 bytes"),
        (1000, "Sent 0 of 1 kB"),
        (999_999, "Sent 0 of 999 kB"),
        (1_000_000, "Sent 0 of 1 MB"),
        (25_500_000, "Sent 0 of 25 MB"),
    ],
)
def test_the_progress_has_the_unit_that_fits(tmp_path: Path, size: int, status: str) -> None:
    distribution = replace(distributions.read(factories.wheel(tmp_path)), size=size)
    client = UploadClient(URL, http.Client(URL), timeout=1)

    assert Uploader([distribution], context(), client, jobs=1).status() == status
