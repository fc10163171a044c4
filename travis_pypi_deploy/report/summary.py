"""The end of the log: a table of the files and their outcomes, the release's page, and how to install it."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from ..distributions import Distribution
    from ..servers import Server
    from ..upload import FileResult


def table(distributions: Sequence[Distribution], results: Sequence[FileResult]) -> Iterator[str]:
    """Yield a line for each file: its name, size, outcome, time and attempts."""
    outcomes = {each.filename: each for each in results}
    width = max(len(each.filename) for each in distributions)
    for distribution in distributions:
        result = outcomes.get(distribution.filename)
        line = f"  {distribution.filename:{width}}  {size(distribution.size):>9}"
        if result is None:
            yield f"{line}  not attempted"
            continue
        yield f"{line}  {result.outcome.value}{_effort(result)}"


def files(count: int) -> str:
    """Return a number of files as a person says it."""
    return f"{count} file{'' if count == 1 else 's'}"


def size(count: int) -> str:
    """Return a number of bytes as a person reads it: decimal units, as indexes show them."""
    if count < 1000:
        return f"{count} B"
    for unit, divisor in (("kB", 1e3), ("MB", 1e6)):
        if count < divisor * 999.95:  # what is more is written as 1000.0
            return f"{count / divisor:.1f} {unit}"
    return f"{count / 1e9:.1f} GB"


def install_command(server: Server, index_url: str | None, *, name: str, version: str) -> str | None:
    """Return the pip command that installs the release; None where nobody knows the index."""
    if server.name == "pypi":
        return f"pip install {name}=={version}"
    return f"pip install --index-url {index_url} {name}=={version}" if index_url else None


def _effort(result: FileResult) -> str:
    if not result.attempts:
        return ""
    attempts = f", {result.attempts} attempts" if result.attempts > 1 else ""
    return f" ({result.seconds:.1f} s{attempts})"
