"""Runs the cases and writes what came out: ``python -m benchmarks.bench [CASE ...]``.

All cases, without arguments: the table goes into README.md beside this file and the chart to chart.svg.
Some cases, by their names: the table is printed and nothing is written.
"""

from __future__ import annotations

import contextlib
import json
import ssl
import subprocess
import sys
import tempfile
import urllib.request
from pathlib import Path
from typing import TYPE_CHECKING

import trustme

from . import material, table
from .cases import CASES, Place
from .measure import compare

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from .cases import Case, Sink
    from .measure import Figures

HERE = Path(__file__).parent


def main(names: list[str]) -> None:
    """Measure the cases of these names, or all of them."""
    chosen = [case for case in CASES if not names or case.name in names]
    with tempfile.TemporaryDirectory() as scratch:
        folder = Path(scratch)
        prepare(folder)
        results = [(case, measured(case, folder)) for case in chosen]
    text = table.markdown(results)
    if names:
        sys.stdout.write(text)
        return
    readme = HERE / "README.md"
    readme.write_text(table.inserted(readme.read_text("utf-8"), f"{table.machine()}\n{text}"), "utf-8")
    draw(results)


def prepare(folder: Path) -> None:
    """Lay out the files and the certificates."""
    material.make(folder)
    authority = trustme.CA()
    authority.cert_pem.write_to_path(str(folder / "ca.pem"))
    authority.issue_cert("127.0.0.1").private_key_and_cert_chain_pem.write_to_path(str(folder / "server.pem"))


def measured(case: Case, folder: Path) -> list[Figures]:
    """Run one case against a sink of its own."""
    sys.stderr.write(f"{case.title} ...\n")
    with running(case.sink, folder) as url:
        return compare(
            case.commands(Place(folder, url)),
            rounds=case.rounds,
            warm_up=case.warm_up,
            counts=lambda: counted(url, folder),
            folder=folder,
        )


@contextlib.contextmanager
def running(sink: Sink, folder: Path) -> Iterator[str]:
    """Run a sink, a process of its own, and yield its address."""
    command = [sys.executable, "-m", "benchmarks.sink", "--pause", str(sink.pause)]
    command += ["--certificate", str(folder / "server.pem")] if sink.tls else []
    command += ["--publish", str(folder / sink.publish)] if sink.publish else []
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout is not None
        yield f"{'https' if sink.tls else 'http'}://127.0.0.1:{int(process.stdout.readline())}"
        process.communicate()


def counted(url: str, folder: Path) -> Mapping[str, int]:
    """Return how many requests of each method the sink had since this was last called."""
    context = ssl.create_default_context(cafile=folder / "ca.pem") if url.startswith("https") else None
    opener = urllib.request.build_opener(urllib.request.ProxyHandler({}), urllib.request.HTTPSHandler(context=context))
    with opener.open(f"{url}/counts") as answer:
        counts: Mapping[str, int] = json.load(answer)
        return counts


def draw(results: list[tuple[Case, list[Figures]]]) -> None:
    """Write the chart; matplotlib is imported only where it is drawn."""
    from . import chart

    chart.write(HERE / "chart.svg", results)


if __name__ == "__main__":
    main(sys.argv[1:])
