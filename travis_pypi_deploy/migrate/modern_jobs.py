"""`--stage` for a job that is a deploy stage already: it gets an image and a Python that can run the tool."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator

from ..travis_yml.conditions import conditions
from ..travis_yml.jobs import Build, Job, deployments, deploys_to_pypi, effective, read_build
from ..travis_yml.lints import Note
from ..travis_yml.tree import Alias, MappingNode, Pair, entries, members, option_text, text_of, variables_in, walk
from .edits import Edit, put_behind
from .ready_made import ready_made

RUNS_NOTHING = re.compile(r"skip|ignore|true|:|echo\b[^|;&>]*")
SKIPPED = {"skip", "ignore", "true"}
OF_THE_IMAGE = {"TRAVIS_PYTHON_VERSION", "TRAVIS_DIST"}


def modern_jobs(text: str, root: MappingNode) -> tuple[list[Edit], tuple[Note, ...]]:
    """Return the edits that give each deploy stage without a Python for the tool jammy and Python 3.12, with notes."""
    build = read_build(root)
    chosen = [job for job in build.jobs if can_be_modern(build, job)]
    return [edit for job in chosen for edit in _edits(text, root, job)], tuple(_note(root, job) for job in chosen)


def can_be_modern(build: Build, job: Job) -> bool:
    """Return whether a job only deploys to PyPI, has no Python for the tool, and nothing else depends on its Python."""
    root, node, found = build.root, job.node, deployments(build.root, job.node)
    return (
        node is not root
        and _runs_nothing(root, node)
        and "deploy" in entries(node)
        and all(map(deploys_to_pypi, found))
        and job.lacks_python
        and job.made.system == "linux"
        and ready_made(root).keys().isdisjoint(found)
        and all(job in build.deploying(each) for each in found)
        and not _is_shared(root, node)
        and not _has_conditions_on_python(root, node)
    )


def _runs_nothing(root: MappingNode, job: MappingNode) -> bool:
    script = effective(root, job, "script")
    return script is not None and all(RUNS_NOTHING.fullmatch(text_of(each)) for each in members(script))


def _is_shared(root: MappingNode, job: MappingNode) -> bool:
    """Return whether another place of the file has the job, too, or the conditions on its Python."""
    shared = {node.target for node in walk(root) if isinstance(node, Alias)}
    asking = [node for node in deployments(root, job) if "python" in conditions(node).pairs]
    return job in shared or any(node not in {*walk(job)} or not shared.isdisjoint(walk(node)) for node in asking)


def _has_conditions_on_python(root: MappingNode, job: MappingNode) -> bool:
    found = [each for node in deployments(root, job) for _, each in conditions(node).expressions]
    is_asked = any(OF_THE_IMAGE.intersection(variables_in(each)) for each in found)
    return is_asked or bool(re.search(r"\b(?:python|dist)\b", option_text(entries(job), "if")))


def _replaced(root: MappingNode, job: MappingNode) -> Iterator[Pair]:
    """Yield the pairs of a job that name its image and its Python."""
    yield from (pair for pair in job.pairs if pair.name in {"dist", "python"})
    for node in deployments(root, job):
        if "python" in (pairs := conditions(node).pairs):
            yield pairs["python"]


def _edits(text: str, root: MappingNode, job: Job) -> Iterator[Edit]:
    missing = {"dist": "jammy", **({"python": "3.12"} if job.made.language == "python" else {})}
    for pair in _replaced(root, job.node):
        yield Edit(pair.value.start, pair.value.end, "jammy" if pair.name == "dist" else '"3.12"')
        if pair in job.node.pairs:
            missing.pop(pair.name, None)
    yield put_behind(text, job.node, job.node.pairs[0], missing)


def _note(root: MappingNode, job: Job) -> Note:
    sentence = f"this job now runs {'Python 3.12 on jammy' if job.made.language == 'python' else 'on jammy'}"
    install = effective(root, job.node, "install")
    has_install = text_of(install) not in SKIPPED if install else job.made.language == "python"
    if not has_install:
        return Note(job.node.line, f"{sentence}.")
    advice = "skip that if the deployment does not need it"
    return Note(job.node.line, f"{sentence}, and so does its `install`: {advice}.")


def lines_as_before(notes: Iterable[Note], text: str, edits: Iterable[Edit]) -> Iterator[Note]:
    """Yield notes about the changed text with the lines that they had before."""
    for note in notes:
        line = note.line
        for edit in sorted(edits, key=lambda edit: edit.start):
            added = edit.new.count("\n") - text.count("\n", edit.start, edit.end)
            line -= added if line > text.count("\n", 0, edit.start) + 1 else 0
        yield Note(line, note.text)
