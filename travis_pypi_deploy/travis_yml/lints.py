"""Problems of a .travis.yml itself: misplaced keys, lost zeros, conditions that never hold, tags never built."""

from __future__ import annotations

import difflib
import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass

from .conditions import CONDITIONS as CONDITION_KEYS
from .conditions import ON, PLAIN_BRANCH, PYTHON_VERSION, Conditions, conditions
from .jobs import CONDITIONS, DEPLOYMENT_KEYS, PYPI_OPTIONS, Build, deployments_of_packages, jobs, mappings
from .keys import corrected
from .tree import MappingNode, Node, Pair, ScalarNode, entries, is_true, members, option_text, text_of

KEPT = {"provider", "cleanup", "skip_cleanup", "allow_failure"}
FACTS = {PYTHON_VERSION: "Python", "TRAVIS_OS_NAME": "the system"}
LOST_ZERO = re.compile(r"\d+\.\d+0")
IF_GRAMMAR = re.compile(r"\b(?:AND|OR|NOT|IS|IN)\b|^\s*(?:branch|tag|type|repo|sender|fork)\s*(?:=|!=)")
ASKS_FOR_A_TAG = re.compile(r"""-n\s*"?\$\{?TRAVIS_TAG|\$\{?TRAVIS_TAG\b\}?"?\s*(?:=~|!=|==?(?!\s*(?:""|'')))""")
BRANCH_IS = re.compile(r"""\$\{?TRAVIS_BRANCH\}?"?\s*==?\s*["']?([\w./-]+)""")
IF_BRANCH_IS = re.compile(r"""^(?!.*\bOR\b).*?\bbranch\s*=\s*["']?([\w./-]+)""", re.DOTALL)
IF_TAG = re.compile(r"^(?!.*\bOR\b).*?\btag\s+(?:IS\s+present|=~)", re.DOTALL)
NEVER = "can never hold on a tag build, where Travis puts the tag's name in the branch's place"


@dataclass(frozen=True, order=True)
class Note:
    """A sentence about a line of the file as it was; lines count from 1."""

    line: int
    text: str


def arranged(notes: Iterable[Note]) -> tuple[Note, ...]:
    """Return notes in the order of lines; each setting to make on Travis is named once."""
    found: dict[object, Note] = {}
    for note in sorted(set(notes)):
        found.setdefault(note.text if "repository's settings" in note.text else note, note)
    return tuple(found.values())


def lints(build: Build) -> tuple[Note, ...]:
    """Return what will surprise the maintainer: in the whole file, and about deployments to PyPI or by this tool."""
    nodes = dict.fromkeys(node for _, node in deployments_of_packages(build.root))
    return (*file_lints(build.root), *(note for node in nodes for note in _chooses_no_job(build, conditions(node))))


def file_lints(root: MappingNode) -> tuple[Note, ...]:
    """Return the notes that also hold if a stage of its own deploys."""
    notes = [*_lost_zeros(root), *_repeated(root), *(note for job in jobs(root) for note in _beside_deploy(root, job))]
    for job, node in deployments_of_packages(root):
        on = conditions(node)
        notes += (*missed_tags(root, job, on), *_misspelled(node), *_misplaced(entries(node), on))
        notes += (*_misread(on), *_unbuilt(root, on))
    return tuple(notes)


def _lost_zeros(root: MappingNode) -> Iterator[Note]:
    pairs = (pair for mapping in mappings(root) for pair in mapping.pairs if pair.name == "python")
    for node in (member for pair in pairs for member in members(pair)):
        if isinstance(node, ScalarNode) and node.style is None and LOST_ZERO.fullmatch(node.value):
            number = node.value.rstrip("0")
            yield Note(node.line, f'{node.value} without quotes is the number {number}: write "{node.value}".')


def _repeated(root: MappingNode) -> Iterator[Note]:
    for mapping in mappings(root):
        last = {pair.name: pair for pair in mapping.pairs if pair.name not in {"", "<<"}}
        for pair in mapping.pairs:
            if last.get(pair.name, pair) is not pair and not last[pair.name].is_misspelled_deploy:
                line = last[pair.name].key.line
                yield Note(pair.key.line, f"{pair.name} stands here and in line {line}: Travis takes the last.")
    if {"matrix", "jobs"} <= entries(root).keys():
        line = entries(root)["matrix"].key.line
        yield Note(line, "matrix is ignored, because jobs is there, too: merge the two.")


def _beside_deploy(root: MappingNode, job: MappingNode) -> Iterator[Note]:
    """Yield the keys of a job that belong below its `deploy`, and the one that Travis takes for it."""
    pairs = entries(job)
    for name in sorted({"on", "true", "provider", "distributions"} & pairs.keys()):
        sentence = f"{name} stands beside `deploy:`, where it does nothing: indent it below `deploy:`."
        yield Note(pairs[name].key.line, sentence)
    pair = pairs.get("deploy")
    if pair is None or not pair.is_misspelled_deploy:
        return
    effect = "every job without a `deploy:` of its own deploys with it" if job is root else "this job deploys with it"
    exact = next((each.key.line for each in job.pairs if each.written_name == "deploy"), None)
    instead = f", and the `deploy:` in line {exact} is ignored" if exact else ""
    written = text_of(pair.key)
    remedy = f"A template's name begins with a dot: .{written}" if written.startswith("x") else "Write deploy"
    yield Note(pair.key.line, f"Travis reads {written} as deploy: {effect}{instead}. {remedy}.")


def _misspelled(deployment: Node) -> Iterator[Note]:
    """Yield the options and conditions of a deployment that Travis reads under another name, or not at all."""
    pairs = entries(deployment)
    on = entries(next((pairs[name] for name in ON if name in pairs), None))
    for name, pair in pairs.items():
        if corrected(name, DEPLOYMENT_KEYS) != name:
            yield Note(pair.key.line, f"Travis reads {name} as {corrected(name, DEPLOYMENT_KEYS)}.")
    for name, pair in on.items():
        read_as = corrected(name, CONDITION_KEYS)
        if read_as != name:
            yield Note(pair.key.line, f"Travis reads {name} as {read_as}: write {read_as}.")
        elif name not in CONDITION_KEYS | PYPI_OPTIONS | KEPT:
            nearest = difflib.get_close_matches(name, CONDITION_KEYS, n=1)
            remedy = f": write {nearest[0]}" if nearest else ""
            yield Note(pair.key.line, f"{name} is not a condition, so Travis ignores it{remedy}.")


def _misplaced(block: Mapping[str, Pair], on: Conditions) -> Iterator[Note]:
    """Yield the options and conditions that do not count where they stand, or beside others."""
    counting, *ignored = [name for name in ON if name in block] or [""]
    for name in ignored:
        sentence = f"{name} is ignored, because {counting} is there, too: write all conditions under on."
        yield Note(block[name].key.line, sentence)
    if is_true(on.pairs.get("all_branches")) and "branch" in on.pairs and not on.only_tags:
        yield Note(on.pairs["branch"].key.line, "branch is ignored beside `all_branches: true`: every branch deploys.")

    for name in sorted(CONDITIONS & block.keys() if "script" in block else ()):
        yield Note(block[name].key.line, f"{name} stands beside `on:`, where dpl stops at it: indent it under `on:`.")
    is_default = option_text(on.pairs, "distributions") == "sdist" and "distributions" not in block
    for name in sorted((PYPI_OPTIONS - {"distributions" if is_default else ""}) & on.pairs.keys()):
        sentence = f"{name} stands under `on:`, where it never did anything: if you want it, add it to the command."
        yield Note(on.pairs[name].key.line, sentence)
    for name in sorted(KEPT & on.pairs.keys()):
        yield Note(on.pairs[name].key.line, f"{name} stands under `on:`, where it does nothing: move it beside `on:`.")


def _misread(on: Conditions) -> Iterator[Note]:
    """Yield the conditions that mean something else to Travis than they seem to."""
    for line, expression in on.expressions:
        if IF_GRAMMAR.search(expression):
            yield Note(line, "`condition:` is bash, but this is the language of `if:`: move it to an `if:` of the job.")
    if on.any_tags:
        any_tags = f"`tags: {text_of(on.pairs['tags'])}`"
        sentence = f"{any_tags} is dropped by Travis: every branch deploys. Write `tags: true` for tags only."
        yield Note(on.pairs["tags"].key.line, sentence)
    if on.branches == ("tags",):
        yield Note(on.line, "this means a branch named tags; for tag builds write `tags: true` under `on:`.")
    if any(IF_GRAMMAR.search(branch) for branch in on.branches):
        sentence = "this is the language of `if:` of a job; here it is the name of a branch: write `on:` conditions."
        yield Note(on.line, sentence)
    for branch in on.branches:
        if len(branch) > 1 and branch.startswith("/") and branch.endswith("/"):
            remedy = "write `all_branches: true` and `condition: $TRAVIS_BRANCH =~ ...`"
            yield Note(on.line, f"{branch} is a name here, not a regular expression: {remedy}.")


def _unbuilt(root: MappingNode, on: Conditions) -> Iterator[Note]:
    """Yield that none of the branches is built from which to deploy, where all of them are plain names."""
    if not on.branches or on.only_tags or not on.asks_for_branch:
        return
    listed = {name: _names(root, name) for name in ("only", "except")}
    excluded = set(on.branches) <= listed["except"] or (listed["only"] and not listed["only"] & set(on.branches))
    if excluded and all(map(PLAIN_BRANCH.fullmatch, (*on.branches, *listed["only"]))):
        yield Note(on.line, f"`branches:` keeps {' and '.join(on.branches)} from being built: this never deploys.")


def _chooses_no_job(build: Build, on: Conditions) -> Iterator[Note]:
    """Yield the conditions on the job that Travis ignores in part, or that no job meets."""
    if "os" in on.pairs:
        pair = on.pairs["os"]
        sentence = f"Travis ignores `on: os`: write `condition: $TRAVIS_OS_NAME = {text_of(pair) or 'linux'}`."
        yield Note(pair.key.line, sentence)
    if "python" in on.pairs and len(members(on.pairs["python"])) > 1:
        yield Note(on.pairs["python"].key.line, "Travis checks only the first of these versions.")
    for line, name, wanted in on.equalities:
        if name in FACTS and build.lacks(name, wanted):
            yield Note(line, f"no job of this build has {FACTS[name]} {wanted}: this never deploys.")


def _names(root: MappingNode, name: str) -> set[str]:
    """Return the branches that `branches:` lists under a name."""
    return set(map(text_of, members(entries(entries(root).get("branches")).get(name))))


def missed_tags(root: MappingNode, job: MappingNode, on: Conditions) -> Iterator[Note]:
    """Yield what keeps tag builds from deploying, where they are meant to."""
    if on.only_tags:
        if not {*on.branches} <= {"master", "main"}:  # beside tags these are a habit
            yield Note(on.pairs["branch"].key.line, "branch is ignored beside `tags: true`: every tag deploys.")
        for line, expression in on.expressions:
            if not all(map(_may_be_tag, BRANCH_IS.findall(expression))):
                yield Note(line, f"this branch condition {NEVER}: remove it.")
        yield from _never_built(root, job)
    elif on.asks_for_branch and not any(map(_may_be_tag, on.branches)):
        ifs = [pair.key.line for pair in _ifs(root, job) if IF_TAG.search(text_of(pair))]
        expressions = [line for line, expression in on.expressions if ASKS_FOR_A_TAG.search(expression)]
        for line in (*ifs, *expressions):
            sentence = (
                f"a tag is asked for, but the branch condition (without one it is master) {NEVER}: add `tags: true`."
            )
            yield Note(line, sentence)


def _never_built(root: MappingNode, job: MappingNode) -> Iterator[Note]:
    """Yield why the job, or the whole build, never runs for a tag."""
    for pair in _ifs(root, job):
        found = IF_BRANCH_IS.search(text_of(pair))
        if found and not _may_be_tag(found.group(1)):
            yield Note(pair.key.line, f"this branch condition {NEVER}: ask for `tag IS present` instead.")
    names = _names(root, "only")
    if names and not any(map(_may_be_tag, names)):
        sentence = r"only these branches are built, no tag ever is: add a pattern for your tags, such as /^v?\d/."
        yield Note(entries(entries(root)["branches"])["only"].key.line, sentence)


def _ifs(root: MappingNode, job: MappingNode) -> tuple[Pair, ...]:
    """Return the `if:` of a job and of its stage."""
    name = option_text(entries(job), "stage")
    stages = [each for each in members(entries(root).get("stages")) if option_text(entries(each), "name") == name]
    return tuple(entries(each)["if"] for each in (job, *(stages if name else ())) if "if" in entries(each))


def _may_be_tag(name: str) -> bool:
    """Return whether a branch's name or pattern could be a tag's: it has a digit or a pattern in it."""
    return not PLAIN_BRANCH.fullmatch(name) or bool(re.search(r"\d", name))
