"""Deployments of files that the job itself has put into dist/."""

from __future__ import annotations

import re
from collections.abc import Iterator

from ..travis_yml.jobs import commands, deployment_options, deployments, jobs
from ..travis_yml.lints import Note
from ..travis_yml.tree import MappingNode, Node, ScalarNode, entries, is_false, is_true, option_text

PHASES = ("before_install", "install", "before_script", "script", "after_success", "before_deploy")
# dpl then builds nothing and uploads what lies in dist/.
EMPTIES_SETUP_PY = re.compile(r"""\s*(?:(?:echo(?:\s+(?:-n|''|""))*|:|true)\s*)?>\s*(?:\./)?setup\.py\s*""")
FILLS_DIST = re.compile(
    r"""\b(?:cibuildwheel|auditwheel)\b | \bls\b[^|;&]*\bdist\b | \bsetup\.py\b.*\bbdist_wheel\b
    | -m\ build\b | \bpyproject-build\b | \b(?:poetry|flit|hatch|pdm)\ build\b
    | (?:^|[;&|]|-m)\s*pip\d?\ wheel\b | docker[\w-]*\.sh\b
    | \bdocker\ run\b(?:.*\s(?:-v|--volume|--mount)\b | (?!.*\s(?:-d|--detach|-p|--publish)\b))  # not a service
    """,
    re.VERBOSE | re.DOTALL,
)
WRITES_NOTHING = re.compile(
    r"""(?:(?:sudo|travis_retry|xvfb-run|[A-Z_]+=\S*|python[\d.]*\ -m)\ )*
    (?:(?:apt-get|bandit|black|cat|cd|codecov|conda|coverage|coveralls|echo|env|export|flake8|ignore|isort|ls|mypy
    |nosetests|nose2|nox|pip[\d.]*|pipenv|poetry\ (?:install|run)|pre-commit|py\.?test|pylint|ruff|set|skip|source|test
    |tox|true|twine|unittest|virtualenv|which)\b
    | python[\d.]*\ (?:-V|--version|setup\.py\ (?:check|develop|install|sdist|test))\b | $)
    (?:[^>] | >&\d | >\s*/dev/null)*""",
    re.VERBOSE,
)
BUILDS_AN_SDIST = re.compile(r"\bsdist\b|-m build\b|\bpyproject-build\b|\b(?:poetry|flit|hatch|pdm) build\b")
NO_SDIST = (
    "the job fills dist/: the script uploads dist/* and builds nothing; "
    "if you publish an sdist, build it in the job, too."
)


def ready_made(root: MappingNode) -> dict[Node, tuple[Note, ...]]:
    """Return the deployments whose files lie in dist/ already, each with what the maintainer has to know about it."""
    found: dict[Node, tuple[Note, ...]] = {}
    for job in jobs(root):
        preparing = commands(root, job, "before_deploy")
        emptied = next((each for each in preparing if EMPTIES_SETUP_PY.fullmatch(each.value)), None)
        evidence = next((each for each in commands(root, job, *PHASES) if FILLS_DIST.search(each.value)), None)
        for node in deployments(root, job):
            if emptied:
                found[node] = _about_emptying(node, emptied)
            elif evidence and _keeps_files(node):
                found[node] = () if _builds_an_sdist(root, job) else (Note(evidence.line, NO_SDIST),)
    return found


def files_of_the_job(root: MappingNode) -> Iterator[Note]:
    """Yield a note for each command that may write a file of the package, which a stage of its own does not have."""
    if not any(map(_keeps_files, deployments(root, root))):
        return
    loss = "so far, the package contained the files that the job made; the stage does not have them"
    for command in dict.fromkeys(command for job in jobs(root) for command in commands(root, job, *PHASES)):
        for line in command.value.splitlines():
            if not all(WRITES_NOTHING.fullmatch(part.strip()) for part in re.split(r"&&|\|\|?|;", line)):
                sentence = f"{loss}: if `{line.strip()}` writes one, add that command to the stage's before_deploy."
                yield Note(command.line, sentence)


def _about_emptying(node: Node, command: ScalarNode) -> tuple[Note, ...]:
    sentence = Note(command.line, "this is no longer needed: the script uploads dist/* as it is.")
    pairs = entries(node)
    if not is_true(pairs.get("cleanup")):
        return (sentence,)
    return (sentence, Note(pairs["cleanup"].key.line, "cleanup: true removes dist/ before the deployment: remove it."))


def _builds_an_sdist(root: MappingNode, job: MappingNode) -> bool:
    return any(BUILDS_AN_SDIST.search(command.value) for command in commands(root, job, *PHASES))


def publishes_only_wheels(root: MappingNode, job: MappingNode, node: Node, *, is_ready_made: bool) -> bool:
    """Return whether a job publishes wheels and no sdist: other jobs may publish other wheels."""
    script = option_text(entries(node), "script")
    if is_ready_made or "dist/*" in script:
        return not _builds_an_sdist(root, job)
    is_wheel = option_text(deployment_options(node), "distributions").split() == ["bdist_wheel"]
    return is_wheel or "--distributions bdist_wheel" in script


def _keeps_files(node: Node) -> bool:
    pairs = entries(node)
    return is_true(pairs.get("skip_cleanup")) or is_false(pairs.get("cleanup"))
