"""What every step of a deployment is given: the settings, the job, and the hands that touch the world."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

if TYPE_CHECKING:
    from collections.abc import Mapping

    from ..job import Bash, Job
    from ..report.console import Console
    from ..report.record import Record
    from ..settings import Settings


class World(NamedTuple):
    """The settings and the job, the environment, the console, the record of what happens, and bash."""

    settings: Settings
    job: Job
    environ: Mapping[str, str]
    console: Console
    record: Record
    bash: Bash
