"""The form of the legacy upload: every field under the name that PyPI's own form has, and every byte of the body."""

from __future__ import annotations

import hashlib
from operator import itemgetter
from typing import TYPE_CHECKING

import pytest

from tests.support import factories
from tests.support.publishing import publish
from travis_pypi_deploy import distributions
from travis_pypi_deploy.upload.client import form_fields

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

    from tests.support.loopback_index import LoopbackIndex

# Metadata version that brought the field, its header as the factory takes it, its values, its name in the form.
FIELDS: tuple[tuple[str, str, tuple[str, ...], str], ...] = (
    ("1.0", "platform", ("linux", "darwin"), "platform"),
    ("1.0", "supported_platform", ("win32", "any"), "supported_platform"),
    ("1.0", "summary", ("One line, with UNKNOWN in it",), "summary"),
    ("1.0", "keywords", ("travis,pypi,ci deploy",), "keywords"),
    ("1.0", "home_page", ("https://example.org/",), "home_page"),
    ("1.0", "author", ("Zoë Müller",), "author"),
    ("1.0", "author_email", ("zoe@example.org",), "author_email"),
    ("1.0", "license", ("MIT",), "license"),
    ("1.1", "classifier", ("Framework :: Pytest", "Typing :: Typed"), "classifiers"),
    ("1.1", "download_url", ("https://example.org/dist/",), "download_url"),
    ("1.1", "requires", ("xml", "zlib"), "requires"),
    ("1.1", "provides", ("demo", "demo.sub"), "provides"),
    ("1.1", "obsoletes", ("gone", "older"), "obsoletes"),
    ("1.2", "maintainer", ("Ann",), "maintainer"),
    ("1.2", "maintainer_email", ("ann@example.org",), "maintainer_email"),
    ("1.2", "requires_python", (">=3.9",), "requires_python"),
    ("1.2", "requires_external", ("C", "libpng (>=1.5)"), "requires_external"),
    ("1.2", "requires_dist", ("requests>=2", 'tqdm; extra == "bar"'), "requires_dist"),
    ("1.2", "provides_dist", ("demo-core", "demo-extra"), "provides_dist"),
    ("1.2", "obsoletes_dist", ("gone", "older"), "obsoletes_dist"),
    ("1.2", "project_url", ("Source, https://example.org/src", "Docs, https://example.org/doc"), "project_urls"),
    ("2.1", "provides_extra", ("bar", "all"), "provides_extra"),
    ("2.1", "description_content_type", ("text/markdown",), "description_content_type"),
    ("2.2", "dynamic", ("version", "classifiers"), "dynamic"),
    ("2.4", "license_expression", ("MIT OR Apache-2.0",), "license_expression"),
    ("2.4", "license_file", ("LICENSE", "AUTHORS"), "license_file"),
    ("2.5", "import_name", ("demo", "demo.sub"), "import_name"),
    ("2.5", "import_namespace", ("spaces", "other"), "import_namespace"),
)
VERSIONS = ("1.0", "1.2", "2.1", "2.5")


def fields_of(path: Path) -> list[tuple[str, str]]:
    return list(form_fields(distributions.read(path)))


def wheel_with(folder: Path, headers: Mapping[str, factories.Header], *, version: str = "2.4") -> Path:
    merged: dict[str, factories.Header] = dict.fromkeys(factories.PLAIN_HEADERS, ())
    merged.update(headers, metadata_version=version)
    text = factories.metadata("demo", "1.0", description="# A demonstration\n", **merged)
    return factories.wheel(folder, metadata=text)


@pytest.mark.parametrize("version", VERSIONS)
def test_every_field_of_a_metadata_version_has_its_name_in_the_form_and_no_other_is_sent(
    tmp_path: Path, version: str
) -> None:
    path = wheel_with(tmp_path, {header: values for _, header, values, _ in FIELDS}, version=version)
    known = [(name, value) for since, _, values, name in FIELDS if since <= version for value in values]

    # The values of a field keep their order.
    assert sorted(fields_of(path), key=itemgetter(0)) == sorted(
        [
            (":action", "file_upload"),
            ("protocol_version", "1"),
            ("filetype", "bdist_wheel"),
            ("pyversion", "py3"),
            ("sha256_digest", hashlib.sha256(path.read_bytes()).hexdigest()),
            ("metadata_version", version),
            ("name", "demo"),
            ("version", "1.0"),
            ("description", "# A demonstration\n"),
            *known,
        ],
        key=itemgetter(0),
    )


@pytest.mark.parametrize(
    ("headers", "sent"),
    [
        ({"author": "", "license": "  ", "home_page": "UNKNOWN"}, []),
        ({"platform": ["UNKNOWN"], "classifier": ["", "Typing :: Typed"]}, [("classifiers", "Typing :: Typed")]),
        ({"summary": "UNKNOWN", "keywords": ""}, []),
    ],
    ids=["single", "several", "summary"],
)
def test_values_that_say_nothing_are_not_sent(
    tmp_path: Path, headers: dict[str, factories.Header], sent: list[tuple[str, str]]
) -> None:
    plain = fields_of(wheel_with(tmp_path, {}))[5:]

    assert [each for each in fields_of(wheel_with(tmp_path, headers))[5:] if each not in plain] == sent


@pytest.mark.parametrize(
    ("tag", "pyversion"),
    [("py3-none-any", "py3"), ("py2.py3-none-any", "py2.py3"), ("cp39-abi3-win_amd64", "cp39")],
)
def test_a_wheel_names_its_python_tag(tmp_path: Path, tag: str, pyversion: str) -> None:
    fields = dict(fields_of(factories.wheel(tmp_path, tag=tag)))

    assert (fields["filetype"], fields["pyversion"]) == ("bdist_wheel", pyversion)


def test_an_sdist_calls_its_python_source(tmp_path: Path) -> None:
    fields = dict(fields_of(factories.sdist(tmp_path)))

    assert (fields["filetype"], fields["pyversion"]) == ("sdist", "source")


def test_the_body_is_this_to_the_last_byte(tmp_path: Path, index: LoopbackIndex) -> None:
    metadata = factories.metadata(
        "My.Demo", "1.0", description="Grüße\r\n--end--\n", classifier=["Typing :: Typed", "Framework :: Pytest"]
    )
    wheel = factories.wheel(tmp_path, "My.Demo", metadata=metadata, files={"my_demo.py": bytes(range(256)) * 5000})

    published = publish(index, [wheel])

    assert (published.code, published.err) == (0, "")
    (upload,) = index.uploads
    boundary = upload.request.headers["content-type"].partition("multipart/form-data; boundary=")[2]
    parts = [
        (":action", "file_upload"),
        ("protocol_version", "1"),
        ("filetype", "bdist_wheel"),
        ("pyversion", "py3"),
        ("sha256_digest", hashlib.sha256(wheel.read_bytes()).hexdigest()),
        ("metadata_version", "2.1"),
        ("name", "My.Demo"),
        ("version", "1.0"),
        ("summary", "A demonstration"),
        ("description", "Grüße\r\n--end--\n"),
        ("classifiers", "Typing :: Typed"),
        ("classifiers", "Framework :: Pytest"),
        ("description_content_type", "text/markdown"),
    ]
    form = "".join(
        f'--{boundary}\r\nContent-Disposition: form-data; name="{name}"\r\n\r\n{value}\r\n' for name, value in parts
    )
    content = (
        f'--{boundary}\r\nContent-Disposition: form-data; name="content"; filename="{wheel.name}"\r\n'
        "Content-Type: application/octet-stream\r\n\r\n"
    )
    assert upload.body == (form + content).encode() + wheel.read_bytes() + f"\r\n--{boundary}--\r\n".encode()
    assert upload.request.headers["content-length"] == str(len(upload.body))


def test_a_request_says_who_sends_it_and_what_answers_it_reads(tmp_path: Path, index: LoopbackIndex) -> None:
    publish(index, [factories.wheel(tmp_path)])

    headers = index.uploads[0].request.headers
    assert headers["accept"].startswith("application/json")
    assert headers["user-agent"].startswith("travis-pypi-deploy/")
    assert not {"authorization", "expect", "transfer-encoding"} & set(headers)
