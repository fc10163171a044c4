"""What is wrong with a file already, whoever runs its deployments; nothing of this is changed."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from .conditions import PLAIN_BRANCH, Conditions, conditions
from .matrix import more_than_one_job
from .notes import Note
from .places import deployments, is_pypi, jobs, mappings
from .translate import CONDITIONS, TRANSLATED
from .tree import Mapping, Scalar, entries, members, resolved, word

if TYPE_CHECKING:
    from collections.abc import Iterator
    from collections.abc import Mapping as ByName

    from .tree import Node, Pair

OPTIONS = TRANSLATED | {"provider", "cleanup", "skip_cleanup", "allow_failure"}
LOST_ZERO = re.compile(r"\d+\.\d+0")
IF_GRAMMAR = re.compile(r"\b(?:AND|OR|NOT|IS|IN)\b|^\s*(?:branch|tag|type|repo|sender|fork)\s*(?:=|!=)")
ASKS_FOR_A_TAG = re.compile(r"""-n\s*"?\$\{?TRAVIS_TAG|\$\{?TRAVIS_TAG\b\}?"?\s*(?:=~|!=|==?(?!\s*(?:""|'')))""")
BRANCH_IS = re.compile(r"""\$\{?TRAVIS_BRANCH\}?"?\s*==?\s*["']?([\w./-]+)""")
IF_BRANCH_IS = re.compile(r"""^(?!.*\bOR\b).*?\bbranch\s*=\s*["']?([\w./-]+)""", re.DOTALL)
NEVER_ON_TAGS = "can never hold on a tag build, where Travis puts the tag's name in the branch's place"


def lints(root: Mapping) -> tuple[Note, ...]:
    """Return what will surprise the maintainer: in the whole file, and about deployments to PyPI or by us."""
    ours = [(job, node) for job in jobs(root) for node in deployments(root, job) if _is_ours(node)]
    return (
        *_lost_zeros(root),
        *_repeated(root),
        *(note for job in jobs(root) for note in _beside_deploy(job)),
        *(note for _, node in ours for note in _misplaced(entries(node), conditions(entries(node)))),
        *(note for job, node in ours for note in _tags(root, job, conditions(entries(node)))),
        *(note for _, node in ours for note in _if_grammar(conditions(entries(node)))),
        *(note for job, node in ours if job is root for note in _every_job(root, conditions(entries(node)))),
    )


def _is_ours(node: Node) -> bool:
    pairs = entries(node)
    script = word(pairs["script"].value) if "script" in pairs else None
    provider = pairs["provider"].value if "provider" in pairs else node
    return is_pypi(provider) or "travis_pypi_deploy" in (script or "")


def _lost_zeros(root: Mapping) -> Iterator[Note]:
    pairs = (pair for mapping in mappings(root) for pair in mapping.pairs if pair.name == "python")
    for node in (resolved(member) for pair in pairs for member in members(pair.value)):
        if isinstance(node, Scalar) and node.style is None and LOST_ZERO.fullmatch(node.value):
            number = node.value.rstrip("0")
            yield Note(node.line, f'{node.value} without quotes is the number {number}: write "{node.value}".')


def _repeated(root: Mapping) -> Iterator[Note]:
    for mapping in mappings(root):
        last = {pair.name: pair for pair in mapping.pairs if pair.name not in {"", "<<"}}
        for pair in mapping.pairs:
            if last.get(pair.name, pair) is not pair:
                line = last[pair.name].key.line
                yield Note(pair.key.line, f"{pair.name} stands here and in line {line}: Travis takes the last.")


def _beside_deploy(job: Mapping) -> Iterator[Note]:
    pairs = entries(job)
    for name in sorted({"on", "true", "provider", "distributions"} & pairs.keys()):
        yield Note(
            pairs[name].key.line,
            f"{name} stands beside `deploy:`, where it does nothing: indent it under it.",
        )


def _misplaced(block: ByName[str, Pair], on: Conditions) -> Iterator[Note]:
    for name in sorted(CONDITIONS & block.keys()):
        yield Note(block[name].key.line, f"{name} stands beside `on:`, where it does nothing: indent it under `on:`.")
    for name in sorted(OPTIONS & on.pairs.keys()):
        yield Note(on.pairs[name].key.line, f"{name} stands under `on:`, where it does nothing: move it out.")
    if on.branches == ("tags",):
        yield Note(on.line, "this means a branch named tags; for tag builds write `tags: true` under `on:`.")


def _tags(root: Mapping, job: Mapping, on: Conditions) -> Iterator[Note]:
    """Yield what keeps tag builds from deploying, where they are meant to."""
    if on.only_tags:
        if "branch" in on.pairs:
            yield Note(on.pairs["branch"].key.line, "branch is ignored beside `tags: true`: every tag deploys.")
        for line, expression in on.expressions:
            if any(not _may_be_tag(name) for name in BRANCH_IS.findall(expression)):
                yield Note(line, f"this condition {NEVER_ON_TAGS}.")
        yield from _never_built(root, job)
    elif on.asks_for_branch and not any(map(_may_be_tag, on.branches)):
        for line, expression in on.expressions:
            if ASKS_FOR_A_TAG.search(expression):
                yield Note(line, f"the branch condition {NEVER_ON_TAGS}: write `tags: true` (without, it is master).")


def _never_built(root: Mapping, job: Mapping) -> Iterator[Note]:
    """Yield why the job, or the whole build, never runs for a tag."""
    job_if = entries(job).get("if")
    found = IF_BRANCH_IS.search(word(job_if.value) or "") if job_if else None
    if job_if and found and not _may_be_tag(found.group(1)):
        yield Note(job_if.key.line, f"this branch condition {NEVER_ON_TAGS}.")
    branches = entries(root).get("branches")
    only = entries(resolved(branches.value)).get("only") if branches else None
    names = [word(member) or "" for member in members(only.value)] if only else []
    if only and names and not any(map(_may_be_tag, names)):
        said = "only these branches are built, no tag ever is: add a pattern for your tags, such as /^v?[0-9]/."
        yield Note(only.key.line, said)


def _may_be_tag(name: str) -> bool:
    """Tell whether a branch's name or pattern could be a tag's: it has a digit or a pattern in it."""
    return not PLAIN_BRANCH.fullmatch(name) or bool(re.search(r"\d", name))


def _if_grammar(on: Conditions) -> Iterator[Note]:
    for line, expression in on.expressions:
        if IF_GRAMMAR.search(expression):
            yield Note(line, "`condition:` is bash; this is the language of `if:`, and bash does not know it.")


def _every_job(root: Mapping, on: Conditions) -> Iterator[Note]:
    if more_than_one_job(root) and not on.single_out_a_job:
        line = entries(root)["deploy"].key.line
        said = "more than one job of this build deploys: single one out (`on: python:`), or use a deploy stage."
        yield Note(line, said)
