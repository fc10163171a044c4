"""Rules for METADATA and PKG-INFO."""

from __future__ import annotations

from typing import TYPE_CHECKING, Callable

import pytest

from tests.support import factories
from tests.support.cases import Case, Make, problems, rules
from travis_pypi_deploy import distributions

if TYPE_CHECKING:
    from pathlib import Path

    from tests.support.factories import Header


def wheel(version: str = "1.0", **headers: Header) -> Make:
    metadata = metadata_of(version, **headers)
    return lambda folder: factories.wheel(folder, version=version, metadata=metadata)


def sdist(**headers: Header) -> Make:
    metadata = metadata_of("1.0", **headers)
    return lambda folder: factories.sdist(folder, metadata=metadata)


def metadata_of(version: str, **headers: Header) -> bytes:
    return factories.metadata("demo", version, description="Words.", **headers)


def wheel_of(metadata: bytes) -> Make:
    return lambda folder: factories.wheel(folder, metadata=metadata)


def licensed_wheel(license_file: str, *, version: str = "2.4", there: str = "licenses/LICENSE") -> Make:
    metadata = factories.metadata(metadata_version=version, license_file=license_file)
    return lambda folder: factories.wheel(folder, metadata=metadata, dist_info={there: b"MIT"})


def licensed_sdist(license_file: str, *, version: str = "2.4") -> Make:
    metadata = factories.metadata(metadata_version=version, license_file=license_file)
    return lambda folder: factories.sdist(folder, metadata=metadata, files={"LICENSE": b"MIT"})


DEPRECATED = "Natural Language :: Ukranian"
INSTEAD = "Natural Language :: Ukrainian"
TOPICS = ["Topic :: Internet", "Topic :: Utilities"]
LATIN_1 = factories.metadata(summary="Résumé").decode().encode("latin-1")

CASES = (
    Case("metadata", wheel(requires_python="3.9 and up"), wheel(requires_python=">=3.9"), says="'3.9 and up'"),
    Case("metadata-version", wheel(metadata_version="1.3"), wheel(metadata_version="2.1"), says='"1.3"'),
    Case("metadata-newer", wheel(metadata_version="2.6"), wheel(metadata_version="2.5"), says="known here is 2.5"),
    Case(
        "metadata-fields",
        broken=wheel(metadata_version="2.1", dynamic="Requires-Dist"),
        neighbour=wheel(metadata_version="2.2", dynamic="Requires-Dist"),
        says="field Dynamic",
    ),
    Case("duplicate-header", wheel(license=["MIT", "BSD"]), wheel(license="MIT", classifier=TOPICS), says="2 License"),
    Case("metadata-encoding", wheel_of(LATIN_1), wheel(summary="Résumé"), says="not UTF-8"),
    Case("local-version", wheel(version="1.0+g12ab"), wheel(version="1.0.dev12"), says="no-local-version"),
    Case("summary-length", wheel(summary="x" * 513), wheel(summary="é" * 512), says="513 characters"),
    Case("classifier", wheel(classifier=DEPRECATED), wheel(classifier=INSTEAD), says=f'use "{INSTEAD}"'),
    Case(
        "dependency",
        broken=wheel(requires_dist="other @ https://x.org/other.whl"),
        neighbour=wheel(requires_dist='other[a,b]>=1; python_version < "3.9"'),
        says='"other @ https://x.org/other.whl"',
    ),
    Case(
        "license",
        broken=wheel(metadata_version="2.4", license="MIT", license_expression="MIT"),
        neighbour=wheel(metadata_version="2.4", license_expression="MIT"),
        says="License-Expression",
    ),
    Case(
        "license-files",
        broken=licensed_wheel("LICENSE", there="LICENSE"),
        neighbour=licensed_wheel("LICENSE"),
        says='"demo-1.0.dist-info/licenses/LICENSE"',
    ),
    Case(
        "dynamic",
        broken=wheel(metadata_version="2.2", dynamic="Dynamic"),
        neighbour=wheel(metadata_version="2.2", dynamic=["Requires-Dist", "License"]),
        says="Dynamic",
    ),
)

OLD_METADATA = b"""\
Metadata-Version: 1.1
Name: demo
Version: 1.0
Summary: UNKNOWN
Home-page: UNKNOWN
Author: UNKNOWN
Author-email: UNKNOWN
License: UNKNOWN
Description: UNKNOWN
Platform: UNKNOWN
"""


@pytest.mark.parametrize("version", ["2.1", "2.2", "2.3", "2.4", "2.5"])
def test_every_metadata_version_that_pypi_accepts_passes(version: str, tmp_path: Path) -> None:
    assert rules(sdist(metadata_version=version)(tmp_path)) == []


@pytest.mark.parametrize("version", ["1.0", "1.1", "1.2"])
def test_metadata_versions_without_a_content_type_pass_with_a_warning(version: str, tmp_path: Path) -> None:
    assert rules(sdist(metadata_version=version, description_content_type=())(tmp_path)) == ["description-type"]


@pytest.mark.parametrize("version", ["0.9", "2.0", "newest", "2", ""])
def test_other_metadata_versions_are_rejected_with_the_value(version: str, tmp_path: Path) -> None:
    found = {problem.rule: problem.message for problem in problems(sdist(metadata_version=version)(tmp_path))}
    assert found["metadata-version"] == (
        f'its Metadata-Version is "{version}", but PyPI accepts 1.0, 1.1, 1.2, 2.1, 2.2, 2.3, 2.4, 2.5: '
        "build it with a current version of its build backend."
    )


@pytest.mark.parametrize("version", ["2.6", "10.0"])
def test_a_metadata_version_that_is_newer_than_the_newest_known_one_is_a_warning(version: str, tmp_path: Path) -> None:
    (problem,) = problems(sdist(metadata_version=version, new_field="x", import_name="demo")(tmp_path))
    assert (problem.rule, problem.severity) == ("metadata-newer", "warning")
    assert "the newest one that is known here is 2.5" in problem.message
    assert "not uploaded: New-Field." in problem.message
    assert "Update travis-pypi-deploy" in problem.message


def test_unknown_values_of_old_setuptools_count_as_missing(tmp_path: Path) -> None:
    path = factories.sdist(tmp_path, metadata=OLD_METADATA)
    assert rules(path) == ["description-missing"]
    assert distributions.read(path).fields == {"metadata_version": ("1.1",), "name": ("demo",), "version": ("1.0",)}


PASSES: dict[str, dict[str, Header]] = {
    "unknown headers": {"x_built_by": ["me", "you"], "generator": "x", "content_type": "text/plain"},
    "UTF-8": {
        "summary": "数据",
        "author": "Žofie",
        "keywords": "é,ü",
        "project_url": "主页, https://x.org",
        "license": "Å",
    },
}


@pytest.mark.parametrize("headers", PASSES.values(), ids=PASSES)
def test_other_headers_pass(headers: dict[str, Header], tmp_path: Path) -> None:
    assert rules(wheel_of(metadata_of("1.0", **headers))(tmp_path)) == []


@pytest.mark.parametrize(
    ("headers", "remedy"),
    [
        ({"description_content_type": "text/html"}, "use text/markdown, text/x-rst or text/plain."),
        ({"dynamic": "Nothing"}, "remove it."),
        ({"provides_extra": "no good"}, "name extras with letters, digits, '.', '_' and '-' only."),
        ({"requires_python": "3.9 and newer"}, "write version specifiers, such as >=3.9."),
        ({"requires_dist": "other =="}, "such as requests>=2.0; python_version<'3.9'."),
        ({"license_expression": "Mine"}, "write an SPDX expression, such as MIT OR Apache-2.0."),
        ({"license_file": "LICEN*"}, "without patterns."),
        ({"license_file": "../LICENSE"}, "without patterns."),
        ({"import_name": "no-name"}, "write a name that can be imported."),
        ({"import_namespace": "no-name"}, "write a name that can be imported."),
    ],
    ids=lambda value: next(iter(value)) if isinstance(value, dict) else "",
)
def test_an_invalid_field_gives_one_problem_with_a_remedy(headers: dict[str, str], remedy: str, tmp_path: Path) -> None:
    (problem,) = problems(wheel(metadata_version="2.5", **headers)(tmp_path))
    assert problem.rule == "metadata"
    assert problem.message.endswith(remedy)


@pytest.mark.parametrize(
    ("name", "version", "field"),
    [("-demo", "1.0", "name"), ("demo", "one", "version"), ("demo", "1.0-fine-but-no", "version")],
)
def test_names_and_versions_that_are_invalid_are_rejected(name: str, version: str, field: str, tmp_path: Path) -> None:
    found = problems(factories.wheel(tmp_path, metadata=factories.metadata(name, version)))
    assert any(each.rule == "metadata" and each.message.startswith(f"{field}:") for each in found)


@pytest.mark.parametrize(
    ("classifier", "says"),
    [
        ("Private :: Do Not Upload", "remove it to upload"),
        ("Programming Language :: Pyton", "--ignore classifier"),
        ("Topic :: Communications :: Chat :: AOL Instant Messenger", "remove it"),
    ],
)
def test_classifiers_that_pypi_does_not_accept_are_found(classifier: str, says: str, tmp_path: Path) -> None:
    (problem,) = problems(wheel(classifier=["Framework :: Pytest", classifier])(tmp_path))
    assert (problem.rule, says in problem.message) == ("classifier", True)


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("requires_dist", "other @ git+https://x.org/other"),
        ("provides_dist", "other @ git+https://x.org/other"),
        ("obsoletes_dist", "other @ git+https://x.org/other"),
        ("provides_dist", "not a requirement"),  # packaging leaves these unread
        ("obsoletes_dist", "not a requirement"),
    ],
)
def test_requirements_are_read_in_every_field(field: str, value: str, tmp_path: Path) -> None:
    assert rules(wheel_of(metadata_of("1.0", **{field: value}))(tmp_path)) == ["dependency"]


@pytest.mark.parametrize("make", [licensed_wheel, licensed_sdist])
def test_before_metadata_2_4_license_files_may_be_anywhere_or_nowhere(
    make: Callable[..., Make], tmp_path: Path
) -> None:
    path = make("LOST", version="2.3")(tmp_path)
    assert rules(path) == []
    assert "license_file" not in distributions.read(path).fields


def test_from_metadata_2_4_on_license_files_are_in_an_sdist_s_top_folder(tmp_path: Path) -> None:
    assert rules(licensed_sdist("LICENSE")(tmp_path)) == []
    (problem,) = problems(licensed_sdist("LOST")(tmp_path))
    assert (problem.rule, '"demo-1.0/LOST"' in problem.message) == ("license-files", True)
