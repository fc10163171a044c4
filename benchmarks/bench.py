"""Runs the cases: ``python -m benchmarks.bench [--quick] [CASE ...]``.

Without arguments, all cases run; the table goes into README.md beside this file and the chart to chart.svg.
With names of cases or --quick, the table is printed and nothing is written.
"""

from __future__ import annotations

import argparse
import contextlib
import json
import ssl
import subprocess
import sys
import tempfile
import urllib.request
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

import trustme

from . import material, table
from .cases import CASES, Place
from .measure import compare

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from .cases import Case, Sink
    from .measure import Figures

HERE = Path(__file__).parent


def main(arguments: Sequence[str]) -> None:
    """Measure the named cases, or all of them."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("names", metavar="CASE", nargs="*", help="name of a case")
    parser.add_argument("--quick", action="store_true", help="one run of each, only to see that the cases work")
    options = parser.parse_args(arguments)
    if unknown := sorted(set(options.names) - {case.name for case in CASES}):
        parser.error(f"unknown: {', '.join(unknown)}; cases are {', '.join(case.name for case in CASES)}")
    chosen = [case for case in CASES if not options.names or case.name in options.names]
    if options.quick:
        chosen = [replace(case, rounds=1, warm_up=0) for case in chosen]
    with tempfile.TemporaryDirectory() as scratch:
        make_certificates(Path(scratch))
        results = [(case, measured(case, Path(scratch))) for case in chosen]
    text = table.markdown(results)
    if options.names or options.quick:
        sys.stdout.write(text)
        return
    readme = HERE / "README.md"
    readme.write_text(table.inserted(readme.read_text("utf-8"), f"{table.machine()}\n{text}"), "utf-8")
    draw(results)


def make_certificates(folder: Path) -> None:
    """Write the certificate authority and the sink's certificate."""
    authority = trustme.CA()
    authority.cert_pem.write_to_path(str(folder / "ca.pem"))
    authority.issue_cert("127.0.0.1").private_key_and_cert_chain_pem.write_to_path(str(folder / "server.pem"))


def measured(case: Case, folder: Path) -> list[Figures]:
    """Run one case against a sink of its own, behind the slow link if the case asks for it."""
    sys.stderr.write(f"{case.title} ...\n")
    scheme = "https" if case.sink.tls else "http"
    with contextlib.ExitStack() as stack:
        port = stack.enter_context(serving("sink", *sink_options(case.sink, folder)))
        entrance = stack.enter_context(serving("relay", str(port))) if case.sink.link else port
        return compare(
            case.commands(Place(folder, f"{scheme}://127.0.0.1:{entrance}")),
            rounds=case.rounds,
            warm_up=case.warm_up,
            counts=lambda: counted(f"{scheme}://127.0.0.1:{port}", folder),
            folder=folder,
        )


def sink_options(sink: Sink, folder: Path) -> list[str]:
    """Return the command line of a sink."""
    options = ["--pause", str(sink.pause)]
    options += ["--certificate", str(folder / "server.pem")] if sink.tls else []
    return options + (["--publish", str(material.folder(folder, sink.publish))] if sink.publish else [])


@contextlib.contextmanager
def serving(module: str, *options: str) -> Iterator[int]:
    """Run a server, a process of its own, and yield its port."""
    command = [sys.executable, "-m", f"benchmarks.{module}", *options]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout is not None
        try:
            yield int(process.stdout.readline())
        finally:
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
