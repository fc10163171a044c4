"""Why a tag that was pushed is never released: the most frequent complaint of all."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from .conditions import PLAIN_BRANCH
from .notes import Note
from .tree import entries, members, resolved, word, words

if TYPE_CHECKING:
    from collections.abc import Iterator

    from .conditions import Conditions
    from .tree import MappingNode, Node, Pair

ASKS_FOR_A_TAG = re.compile(r"""-n\s*"?\$\{?TRAVIS_TAG|\$\{?TRAVIS_TAG\b\}?"?\s*(?:=~|!=|==?(?!\s*(?:""|'')))""")
BRANCH_IS = re.compile(r"""\$\{?TRAVIS_BRANCH\}?"?\s*==?\s*["']?([\w./-]+)""")
IF_BRANCH_IS = re.compile(r"""^(?!.*\bOR\b).*?\bbranch\s*=\s*["']?([\w./-]+)""", re.DOTALL)
IF_TAG = re.compile(r"^(?!.*\bOR\b).*?\btag\s+(?:IS\s+present|=~)", re.DOTALL)
NEVER = "can never hold on a tag build, where Travis puts the tag's name in the branch's place"


def missed_tags(root: MappingNode, job: MappingNode, on: Conditions) -> Iterator[Note]:
    """Yield what keeps tag builds from deploying, where they are meant to."""
    if on.only_tags:
        yield from _contradictions(on)
        yield from _never_built(root, job)
    elif on.asks_for_branch and not any(map(_may_be_tag, on.branches)):
        ifs = [pair.key.line for pair in _ifs(root, job) if IF_TAG.search(word(pair.value) or "")]
        conditions = [line for line, expression in on.expressions if ASKS_FOR_A_TAG.search(expression)]
        for line in (*ifs, *conditions):
            said = f"a tag is asked for, but the branch condition (without one it is master) {NEVER}: add `tags: true`."
            yield Note(line, said)


def _contradictions(on: Conditions) -> Iterator[Note]:
    if not {*on.branches} <= {"master", "main"}:  # beside tags these are a habit
        yield Note(on.pairs["branch"].key.line, "branch is ignored beside `tags: true`: every tag deploys.")
    for line, expression in on.expressions:
        if not all(map(_may_be_tag, BRANCH_IS.findall(expression))):
            yield Note(line, f"this branch condition {NEVER}.")


def _never_built(root: MappingNode, job: MappingNode) -> Iterator[Note]:
    """Yield why the job, or the whole build, never runs for a tag."""
    for pair in _ifs(root, job):
        found = IF_BRANCH_IS.search(word(pair.value) or "")
        if found and not _may_be_tag(found.group(1)):
            yield Note(pair.key.line, f"this branch condition {NEVER}.")
    branches = entries(root).get("branches")
    only = entries(resolved(branches.value)).get("only") if branches else None
    names = [word(member) or "" for member in members(only.value)] if only else []
    if only and names and not any(map(_may_be_tag, names)):
        said = "only these branches are built, no tag ever is: add a pattern for your tags, such as /^v?[0-9]/."
        yield Note(only.key.line, said)


def _ifs(root: MappingNode, job: MappingNode) -> tuple[Pair, ...]:
    """Return the `if:` of a job and of its stage."""
    return tuple(entries(each)["if"] for each in (job, *_stages(root, job)) if "if" in entries(each))


def _stages(root: MappingNode, job: MappingNode) -> tuple[Node, ...]:
    """Return what the file says about the stage of a job."""
    name, stages = words(entries(job), "stage"), entries(root).get("stages")
    listed = map(resolved, members(stages.value)) if stages and name else ()
    return tuple(each for each in listed if words(entries(each), "name") == name)


def _may_be_tag(name: str) -> bool:
    """Return whether a branch's name or pattern could be a tag's: it has a digit or a pattern in it."""
    return not PLAIN_BRANCH.fullmatch(name) or bool(re.search(r"\d", name))
