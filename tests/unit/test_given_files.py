"""The files that DIST names."""

from __future__ import annotations

from pathlib import Path

import pytest

from travis_pypi_deploy.errors import InvalidReleaseError
from travis_pypi_deploy.given_files import GivenFiles, given_files

WHEEL, SDIST = "demo-1.0-py3-none-any.whl", "demo-1.0.tar.gz"
BOTH = (Path("dist", WHEEL), Path("dist", SDIST))
COMPANIONS = (".asc", ".sig", ".pem", ".sha256", ".sigstore.json", ".publish.attestation", ".asc.sha512", "-sig")


@pytest.fixture(autouse=True)
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    return tmp_path


def given(*names: str) -> GivenFiles:
    """Return what the files in a folder are."""
    for name in names:
        path = Path("dist", name)
        path.parent.mkdir(exist_ok=True)
        path.touch()
    return given_files(["dist/*"])


def test_folders_are_not_files_and_each_file_counts_once() -> None:
    Path("dist/build").mkdir(parents=True)
    given(WHEEL, SDIST)
    found = given_files(["dist/*", f"dist/{WHEEL}", "dist/*.gz"])
    assert found == GivenFiles(BOTH, patterns=("dist/*.whl", "dist/*.tar.gz"))


@pytest.mark.parametrize("suffix", COMPANIONS)
def test_a_file_named_like_a_distribution_with_a_suffix_is_a_companion(suffix: str) -> None:
    found = given(WHEEL, f"{WHEEL}{suffix}", SDIST, f"{SDIST}{suffix}")
    assert (found.paths, found.companions, found.others) == (BOTH, (f"{WHEEL}{suffix}", f"{SDIST}{suffix}"), ())


def test_a_companion_may_lie_in_another_folder() -> None:
    Path("signatures").mkdir()
    Path("signatures", f"{WHEEL}.sig").touch()
    given(WHEEL)
    found = given_files(["signatures/*", "dist/*"])
    assert (found.paths, found.companions, found.others) == (BOTH[:1], (f"{WHEEL}.sig",), ())


OTHERS = {
    "checksums of all": ([WHEEL, SDIST], "SHA256SUMS", ("dist/*.whl", "dist/*.tar.gz")),
    "a kind that PyPI dropped": ([WHEEL], "demo-1.0-py3.9.egg", ("dist/*.whl",)),
    "a signature of another version": ([SDIST], "demo-0.9.tar.gz.asc", ("dist/*.tar.gz",)),
}


@pytest.mark.parametrize(("names", "other", "patterns"), OTHERS.values(), ids=OTHERS)
def test_patterns_leave_out_what_is_no_distribution(names: list[str], other: str, patterns: tuple[str, ...]) -> None:
    found = given(*names, other)
    assert (found.companions, found.others, found.patterns) == ((), (other,), patterns)
    assert given_files(patterns) == GivenFiles(found.paths, patterns=patterns)


NOTHING = {
    "dist/*": "no file matches dist/* in {folder}. Check that it was built and not removed",
    WHEEL: f"no file matches {WHEEL} in {{folder}}. Check that it was built and not removed",
    f"file/{WHEEL}": f"no file matches file/{WHEEL} in {{folder}}. Check that it was built and not removed",
    "sub": "sub is a folder. Name files, such as sub/*",
    "sub/*": f"no distributions in sub/*, only {WHEEL}.asc; nothing was uploaded. Name wheels (.whl) or sdists "
    "(.tar.gz)",
}


@pytest.mark.parametrize(("pattern", "sentence"), NOTHING.items(), ids=NOTHING)
def test_no_distribution_at_all_is_an_error(folder: Path, pattern: str, sentence: str) -> None:
    Path("sub").mkdir()
    Path("sub", f"{WHEEL}.asc").touch()
    Path("file").touch()
    with pytest.raises(InvalidReleaseError) as raised:
        given_files([pattern])
    assert str(raised.value) == sentence.format(folder=folder)


def test_two_files_of_one_name_are_an_error_and_two_names_of_one_file_are_not() -> None:
    for name in ("a", "b"):
        Path(name).mkdir()
        Path(name, WHEEL).touch()
    Path("linked").symlink_to("a")
    assert given_files(["a/*", "linked/*"]).paths == (Path("a", WHEEL),)
    with pytest.raises(InvalidReleaseError, match=rf"two files are named {WHEEL}: a/{WHEEL} and b/{WHEEL}\. Name only"):
        given_files(["?/*"])
