"""How many jobs a build has that would deploy the same files."""

from __future__ import annotations

from typing import TYPE_CHECKING

from .places import jobs
from .tree import MappingNode, entries, members, resolved

if TYPE_CHECKING:
    from .tree import Node


def more_than_one_job(root: MappingNode) -> bool:
    """Tell whether several jobs run the file's own ``deploy``: those of `python` and `env`, and the included.

    Operating systems and architectures are not counted: each may have wheels of its own to publish.
    """
    top = entries(root)
    axes = [len(members(top["python"].value))] if "python" in top else []
    if "env" in top:
        axes.append(_environments(top["env"].value))
    expanded = 1 if axes else 0
    for length in axes:
        expanded *= max(length, 1)
    return expanded + sum("deploy" not in entries(job) for job in jobs(root)[1:]) > 1


def _environments(env: Node) -> int:
    target = resolved(env)
    if not isinstance(target, MappingNode):
        return len(members(target))
    pairs = entries(target)
    return max((len(members(pairs[name].value)) for name in ("jobs", "matrix") if name in pairs), default=1)
