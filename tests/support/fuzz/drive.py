"""Feeds mutated files to the reader and the checks, until something other than a sentence is the answer.

    python -m tests.support.fuzz.drive {wheel,sdist,tar,metadata} CORPUS [-max_total_time=600 ...]

Needs atheris, on a Python that has it. CORPUS is a folder; valid files are put there to begin with. What is found
becomes a test.
"""

from __future__ import annotations

import gzip
import sys
import tempfile
import zipfile
from pathlib import Path

import atheris  # type: ignore[import-untyped,import-not-found,unused-ignore]  # in the fuzzer's environment only

from tests.support import factories

with atheris.instrument_imports(include=["travis_pypi_deploy", "pkginfo", "packaging"]):
    from travis_pypi_deploy import distributions
    from travis_pypi_deploy.checks.rules import Policy
    from travis_pypi_deploy.checks.validation import validate
    from travis_pypi_deploy.errors import InvalidReleaseError

WHEEL, SDIST = "demo-1.0-py3-none-any.whl", "demo-1.0.tar.gz"
TARGETS = ("wheel", "sdist", "tar", "metadata")


def main() -> None:
    """Fuzz the target that the command line names."""
    target = sys.argv.pop(1)
    if target not in TARGETS:
        sys.exit(f"a target is one of {', '.join(TARGETS)}, not {target!r}")
    corpus = Path(sys.argv[1])
    corpus.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory() as folder:
        for name, seed in seeds(target, Path(folder)).items():
            (corpus / name).write_bytes(seed)
        atheris.Setup(sys.argv, lambda data: check(made(target, data, Path(folder))))
        atheris.Fuzz()


def seeds(target: str, folder: Path) -> dict[str, bytes]:
    """Return valid inputs to begin with."""
    metadata = factories.metadata(
        metadata_version="2.4",
        license_file="LICENSE",
        requires_dist=["a[b]>=1; python_version < '3'", "c @ https://x.org"],
        project_url="Home, https://x.org/a?b#c",
        author_email="A B <a@x.org>",
        classifier="Framework :: Pytest",
        dynamic="License",
    )
    if target == "metadata":
        return {"metadata": metadata}
    scripts = {"entry_points.txt": b"[console_scripts]\na = b:c\n"}
    wheel = factories.wheel(folder, metadata=metadata, dist_info=scripts, compression=zipfile.ZIP_STORED).read_bytes()
    sdist = factories.sdist(folder, metadata=metadata, files={"a" * 120: b"x" * 600}).read_bytes()
    return {"wheel": wheel} if target == "wheel" else {"sdist": sdist if target == "sdist" else gzip.decompress(sdist)}


def made(target: str, data: bytes, folder: Path) -> Path:
    """Write the fuzzer's bytes where the target has them, and return the file."""
    if target == "metadata":
        return factories.sdist(folder, metadata=data)
    path = folder / (WHEEL if target == "wheel" else SDIST)
    path.write_bytes(gzip.compress(data, 1) if target == "tar" else data)
    return path


def check(path: Path) -> None:
    """Read and validate the file; a sentence that rejects it is a valid answer."""
    try:
        read = [distributions.read(path)]
    except InvalidReleaseError as error:
        if not str(error).startswith(f"{path.name}: "):
            raise
        return
    validate(read, Policy(is_pypi=True), tag="v1.0")


if __name__ == "__main__":
    main()
