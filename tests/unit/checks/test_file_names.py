"""Rules for file names."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from tests.support import factories
from tests.support.cases import Case, Make, problems, rules
from travis_pypi_deploy import distributions
from travis_pypi_deploy.checks.file_names import platform_remedy

if TYPE_CHECKING:
    from pathlib import Path

MEBIBYTE = 1024 * 1024


def wheel(filename: str = "", *, name: str = "demo", stem: str = "", tag: str = "py3-none-any") -> Make:
    return lambda folder: factories.wheel(folder, name, filename=filename, stem=stem, tag=tag)


def sdist(filename: str) -> Make:
    return lambda folder: factories.sdist(folder, filename=filename)


def wheel_with_name_of(length: int) -> Make:
    return wheel("demo-1.0-py3".ljust(length - len("-none-any.whl"), "x") + "-none-any.whl")


def wheel_of(mebibytes: int) -> Make:
    return lambda folder: factories.wheel(folder, files={"ballast": bytes(mebibytes * MEBIBYTE)}, compression=0)


CASES = (
    Case("wheel-filename", wheel("demo-1.0-none-any.whl"), wheel("demo-1.0-py3-none-any.whl"), says="do not rename it"),
    Case("wheel-name", wheel(name="a.b", stem="a.b-1.0"), wheel(name="a.b", stem="a_b-1.0"), says='"a_b"'),
    Case("wheel-version", wheel(stem="demo-1.1"), wheel(stem="demo-1.0.0"), says='"1.1"'),
    Case(
        "platform-tag",
        broken=wheel(tag="cp311-cp311-linux_x86_64"),
        neighbour=wheel(tag="cp311-cp311-manylinux_2_28_x86_64"),
        says='PyPI does not accept "linux_x86_64" wheels: repair it with auditwheel to manylinux or musllinux.',
    ),
    Case("sdist-filename", sdist("demo-1.0.0.tar.gz"), sdist("demo-1.0.tar.gz"), says='"demo-1.0.tar.gz"'),
    Case("filename-length", wheel_with_name_of(247), wheel_with_name_of(246), says="PyPI accepts 246"),
    Case("file-size", wheel_of(100), wheel_of(99), says="it has 100.0 MiB, but PyPI accepts 100 MiB"),
)


TAGS = [
    ("py2.py3-none-any", ""),
    ("py3-none-any", "2abc"),
    ("cp38-abi3-win_amd64", ""),
    ("cp314-cp314t-macosx_11_0_arm64", ""),
    ("pp311-pypy311_pp73-musllinux_1_2_aarch64", "1"),
    ("cp39-cp39-manylinux_2_17_x86_64.manylinux2014_x86_64", ""),
]


@pytest.mark.parametrize(("tag", "build"), TAGS)
def test_tags_of_all_kinds_pass(tag: str, build: str, tmp_path: Path) -> None:
    assert rules(factories.wheel(tmp_path, tag=tag, build=build)) == []


@pytest.mark.parametrize("version", ["1!2.0", "1.0.post1", "1.0a1", "1.0rc1.dev3", "0", "2024.1.1"])
def test_versions_of_all_kinds_pass(version: str, tmp_path: Path) -> None:
    files = [factories.wheel(tmp_path, version=version), factories.sdist(tmp_path, version=version)]
    assert rules(*files) == []


def test_an_sdist_is_named_after_the_normal_form_of_its_version(tmp_path: Path) -> None:
    as_written = factories.sdist(tmp_path, version="1.0.0-rc.1")
    assert [problem.message for problem in problems(as_written)] == [
        'its name must be "demo-1.0.0rc1.tar.gz": build it with a newer version of its build backend.'
    ]
    normal = factories.sdist(tmp_path, version="1.0.0-rc.1", filename="demo-1.0.0rc1.tar.gz")
    assert rules(normal) == []


def test_a_wheel_with_a_name_of_three_parts_is_found_by_its_name_alone(tmp_path: Path) -> None:
    path = factories.wheel(tmp_path, filename="demo-1.0.whl")
    assert (distributions.read(path).pyversion, rules(path)) == ("", ["wheel-filename"])


ACCEPTED = """
any win_arm64 linux_armv7l manylinux1_i686 manylinux2010_x86_64 manylinux2014_s390x manylinux_2_39_riscv64
manylinux_2_17_ppc64 musllinux_1_2_riscv64 macosx_10_9_universal2 macosx_11_0_arm64 macosx_27_0_arm64
ios_13_0_x86_64_iphonesimulator android_21_arm64_v8a pyemscripten_2025_0_wasm32 ios_13_0_arm64_iphoneos_extra
""".split()
REJECTED = {
    "auditwheel": "linux_x86_64 linux_aarch64",
    "second number is 0": "macosx_11_1_arm64 macosx_9_0_x86_64",
    "sdist only": "manylinux_2_36_loongarch64 manylinux2014_riscv64 musllinux_1_2_ppc64 manylinux_2_28 win_arm32 "
    "macosx_10_9_riscv64 macosx_11_1_riscv64 ios_13_0_armv7_iphoneos emscripten_3_1_58_wasm32",
}


@pytest.mark.parametrize("platform", ACCEPTED)
def test_platforms_on_the_list_are_accepted(platform: str) -> None:
    assert platform_remedy(platform) == ""


@pytest.mark.parametrize(
    ("platform", "remedy"), [(platform, remedy) for remedy, names in REJECTED.items() for platform in names.split()]
)
def test_platforms_that_are_not_on_the_list_are_rejected_with_a_remedy(platform: str, remedy: str) -> None:
    assert remedy in platform_remedy(platform)
