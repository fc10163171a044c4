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


def licensed_wheel(licenses: list[str], *, version: str = "2.4", there: str = "licenses/LICENSE") -> Make:
    metadata = factories.metadata(metadata_version=version, license_file=licenses)
    return lambda folder: factories.wheel(folder, metadata=metadata, dist_info={there: b"MIT"})


def licensed_sdist(license_file: str, *, version: str = "2.4") -> Make:
    metadata = factories.metadata(metadata_version=version, license_file=license_file)
    return lambda folder: factories.sdist(folder, metadata=metadata, files={"LICENSE": b"MIT"})


DEPRECATED = "Natural Language :: Ukranian"
INSTEAD = "Natural Language :: Ukrainian"
LATIN_1 = factories.metadata(summary="Résumé").decode().encode("latin-1")

CASES = (
    Case(
        "metadata",
        wheel(requires_python="3.9 and newer"),
        wheel(requires_python=">=3.9"),
        says="'3.9 and newer'",
    ),
    Case("metadata-version", wheel(metadata_version="1.3"), wheel(metadata_version="2.1"), says='"1.3"'),
    Case("metadata-newer", wheel(metadata_version="2.6"), wheel(metadata_version="2.5"), says="known here is 2.5"),
    Case(
        "metadata-fields",
        broken=wheel(metadata_version="2.1", dynamic="Requires-Dist"),
        neighbour=wheel(metadata_version="2.2", dynamic="Requires-Dist"),
        says="field Dynamic",
    ),
    Case(
        "duplicate-header",
        broken=wheel(license=["MIT", "BSD"]),
        neighbour=wheel(license="MIT", classifier=["Topic :: Internet", "Topic :: Utilities"]),
        says="2 License headers",
    ),
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
        broken=licensed_wheel(["LICENSE"], there="LICENSE"),
        neighbour=licensed_wheel(["LICENSE"]),
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
Metadata-Version: %s
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
    old = sdist(metadata_version=version, description_content_type=())
    assert rules(old(tmp_path)) == ["description-type"]


@pytest.mark.parametrize("version", ["0.9", "1.3", "2.0", "newest", "2", ""])
def test_other_metadata_versions_are_rejected_with_the_value(version: str, tmp_path: Path) -> None:
    found = {problem.rule: problem.message for problem in problems(sdist(metadata_version=version)(tmp_path))}
    assert found["metadata-version"] == (
        f'its Metadata-Version is "{version}", but PyPI accepts 1.0, 1.1, 1.2, 2.1, 2.2, 2.3, 2.4, 2.5: '
        "build it with a current version of its build backend."
    )


@pytest.mark.parametrize("version", ["2.6", "3.0", "10.0"])
def test_a_metadata_version_that_is_newer_than_the_newest_known_one_is_a_warning(version: str, tmp_path: Path) -> None:
    (problem,) = problems(sdist(metadata_version=version, new_field="x", import_name="demo")(tmp_path))
    assert (problem.rule, problem.severity) == ("metadata-newer", "warning")
    assert "the newest one that is known here is 2.5" in problem.message
    assert "not uploaded: New-Field." in problem.message
    assert "Update travis-pypi-deploy" in problem.message


@pytest.mark.parametrize("version", [b"1.0", b"1.1", b"2.1"])
def test_unknown_values_of_old_setuptools_count_as_missing(version: bytes, tmp_path: Path) -> None:
    path = factories.sdist(tmp_path, metadata=OLD_METADATA % version)
    assert rules(path) == ["description-missing"]
    assert distributions.read(path).fields == {
        "metadata_version": (version.decode(),),
        "name": ("demo",),
        "version": ("1.0",),
    }


def test_unknown_headers_pass(tmp_path: Path) -> None:
    assert rules(wheel(x_built_by=["me", "you"], generator="x", content_type="text/plain")(tmp_path)) == []


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
    ("name", "version", "rule_of"),
    [("-demo", "1.0", "name"), ("demo", "one", "version"), ("demo", "1.0-fine-but-no", "version")],
)
def test_names_and_versions_that_are_invalid_are_rejected(
    name: str, version: str, rule_of: str, tmp_path: Path
) -> None:
    metadata = factories.metadata(name, version)
    found = problems(factories.wheel(tmp_path, metadata=metadata))
    assert any(p.rule == "metadata" and p.message.startswith(f"{rule_of}:") for p in found)


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


@pytest.mark.parametrize("field", ["requires_dist", "provides_dist", "obsoletes_dist"])
def test_addresses_in_requirements_are_found_in_every_field(field: str, tmp_path: Path) -> None:
    metadata = metadata_of("1.0", **{field: "other @ git+https://x.org/other"})
    assert rules(wheel_of(metadata)(tmp_path)) == ["dependency"]


@pytest.mark.parametrize("field", ["provides_dist", "obsoletes_dist"])
def test_requirements_that_packaging_leaves_unread_are_read(field: str, tmp_path: Path) -> None:
    metadata = metadata_of("1.0", **{field: "not a requirement"})
    assert rules(wheel_of(metadata)(tmp_path)) == ["dependency"]


def test_utf_8_passes_everywhere(tmp_path: Path) -> None:
    headers = wheel(
        summary="数据",
        author="Žofie",
        keywords="é,ü",
        project_url="主页, https://x.org",
        license="Å",
        platform="∀",
    )
    assert rules(headers(tmp_path)) == []


@pytest.mark.parametrize("version", ["2.1", "2.2", "2.3"])
@pytest.mark.parametrize(
    "make",
    [pytest.param(licensed_wheel, id="wheel"), pytest.param(licensed_sdist, id="sdist")],
)
def test_before_metadata_2_4_license_files_may_be_anywhere_or_nowhere(
    make: Callable[..., Make], version: str, tmp_path: Path
) -> None:
    path = make("LOST", version=version)(tmp_path)
    assert rules(path) == []
    assert "license_file" not in distributions.read(path).fields


def test_from_metadata_2_4_on_license_files_are_in_an_sdist_s_top_folder(tmp_path: Path) -> None:
    assert rules(licensed_sdist("LICENSE")(tmp_path)) == []
    (problem,) = problems(licensed_sdist("LOST")(tmp_path))
    assert (problem.rule, '"demo-1.0/LOST"' in problem.message) == ("license-files", True)
