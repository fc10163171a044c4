"""Any file, however it is damaged, is validated or rejected with a sentence, never with a traceback."""

from __future__ import annotations

import gzip
from contextlib import suppress
from typing import TYPE_CHECKING

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tests.support import factories
from travis_pypi_deploy import distributions
from travis_pypi_deploy.checks.rules import Policy
from travis_pypi_deploy.checks.validation import validate
from travis_pypi_deploy.errors import InvalidReleaseError

if TYPE_CHECKING:
    from pathlib import Path

anything = settings(max_examples=250, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])


def check_answer(path: Path) -> None:
    """Assert that the file is rejected with a sentence, or that every problem is one of this file."""
    with suppress(InvalidReleaseError):
        problems = validate([distributions.read(path)], Policy(is_pypi=True), tag="v1.0")
        assert {each.filename for each in problems} <= {path.name}


@pytest.fixture(scope="module")
def wheel(tmp_path_factory: pytest.TempPathFactory) -> bytes:
    metadata = factories.metadata(metadata_version="2.4", license_file="L", requires_dist="a", project_url="b, c")
    folder = tmp_path_factory.mktemp("wheel")
    path = factories.wheel(folder, metadata=metadata, dist_info={"entry_points.txt": b"[console_scripts]\na=b\n"})
    return path.read_bytes()


@pytest.fixture(scope="module")
def sdist(tmp_path_factory: pytest.TempPathFactory) -> bytes:
    return factories.sdist(tmp_path_factory.mktemp("sdist"), files={"é" * 120: b"x" * 700}).read_bytes()


@st.composite
def damaged(draw: st.DrawFn, whole: bytes) -> bytes:
    """Return the bytes cut, spliced and with some of them changed."""
    broken = bytearray(whole)
    for _ in range(draw(st.integers(0, 4))):
        start = draw(st.integers(0, len(broken)))
        end = draw(st.integers(start, min(start + 50, len(broken))))
        broken[start:end] = draw(
            st.binary(max_size=8) | st.sampled_from([b"\xff" * 4, b"\0" * 8, b"PK\5\6", b"PK\1\2"])
        )
    return bytes(broken[: draw(st.integers(0, len(broken)))] if draw(st.booleans()) else broken)


@given(data=st.data())
@anything
def test_a_damaged_file_is_validated_or_rejected(
    data: st.DataObject, wheel: bytes, sdist: bytes, tmp_path: Path
) -> None:
    files = {
        "demo-1.0-py3-none-any.whl": data.draw(damaged(wheel)),
        "demo-1.0.tar.gz": data.draw(damaged(sdist)),
        "inside-1.0.tar.gz": gzip.compress(data.draw(damaged(gzip.decompress(sdist))), 1),
    }
    for name, content in files.items():
        path = tmp_path / name
        path.write_bytes(content)
        check_answer(path)


# fmt: off
FIELDS = (
    "Metadata-Version", "Name", "Version", "Platform", "Supported-Platform", "Summary", "Description", "Keywords",
    "Home-page", "Download-URL", "Author", "Author-email", "Maintainer", "Maintainer-email", "License",
    "License-Expression", "License-File", "Classifier", "Requires-Dist", "Requires-Python", "Requires-External",
    "Project-URL", "Provides-Extra", "Provides-Dist", "Obsoletes-Dist", "Requires", "Provides", "Obsoletes",
    "Dynamic", "Import-Name", "Import-Namespace", "Description-Content-Type", "Content-Type", "MIME-Version",
    "Content-Transfer-Encoding", "X",
)
values = st.text(max_size=40) | st.sampled_from(
    [
        "1.0", "2.1", "2.4", "UNKNOWN", "text/x-rst", "text/markdown; a=b", "multipart/mixed; boundary=a",
        "two\n  lines", "a\r\n\tb", "\n \n x", "2.6", "10.0", "a@b.-c", "x@1.2.3.4", "Home, https://[x]:99999",
        "a @ http://x", "a; (((", "MIT OR", "a, http://[", "(((", '"', "<@>", "9" * 5000, "../L", "=?utf-8?q?=ff?=",
    ]
)
# fmt: on
encodings = st.sampled_from(["utf-8", "utf-16", "latin-1"])
headers = st.lists(st.tuples(st.sampled_from(FIELDS), values), max_size=12)


@given(given_headers=headers, description=st.text(max_size=200) | st.just("--a\n\n--a--"), encoding=encodings)
@anything
def test_any_metadata_is_validated_or_rejected(
    given_headers: list[tuple[str, str]], description: str, encoding: str, tmp_path: Path
) -> None:
    lines = [
        "Metadata-Version: 2.4",
        "Name: demo",
        "Version: 1.0",
        *(f"{name}: {value}" for name, value in given_headers),
    ]
    metadata = "\n".join([*lines, "", description]).encode(encoding, "replace")
    check_answer(factories.sdist(tmp_path, metadata=metadata))


@given(entry_points=st.text(max_size=300), name=st.text(max_size=100))
@anything
def test_any_entry_points_and_record_are_validated(entry_points: str, name: str, tmp_path: Path) -> None:
    dist_info = {"entry_points.txt": b"[console_scripts]\n" + entry_points.encode("utf-8", "replace")}
    check_answer(factories.wheel(tmp_path, files={f"demo/{name}".replace("\0", ""): b""}, dist_info=dist_info))
