"""The order of things: conditions, credentials, build, read, check, look, upload, wait."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING

from ..errors import MissingCredentialsError, UsageError
from ..job import reasons_to_skip, unknown_conditions
from .world import World

if TYPE_CHECKING:
    from collections.abc import Sequence

    from ..distributions import Distribution
    from ..settings.credentials import Credentials
    from ..upload import FileResult

__all__ = ["World", "run"]


def run(world: World) -> None:
    """Deploy what the job has built, if it may; how it ended stands in the world's record.

    Raises a DeployError, whose text is the last sentence of the log, for everything that fails.
    """
    if not world.settings.check_only and not _may_deploy(world):
        return
    world.console.hide_encoded()
    if world.settings.check_only:
        _gather_and_check(world)
        _tell_checked(world)
        return
    credentials = _credentials(world)
    distributions = _gather_and_check(world)
    _judge_for_project(world, credentials, distributions)
    _publish(world, distributions, credentials)


def _gather_and_check(world: World) -> tuple[Distribution, ...]:
    from . import files
    from .checking import read_and_check

    return read_and_check(world, files.gather(world))


def _tell_checked(world: World) -> None:
    from ..report import summary

    record = world.record
    warned = ", with the warnings above" if record.problems else ""
    count = summary.files(len(record.distributions))
    world.console.success(f"Checked {count}: nothing that would be refused{warned}")
    record.result = "checked"


def _may_deploy(world: World) -> bool:
    """Return whether all conditions hold; tell each that does not."""
    settings, job, console = world.settings, world.job, world.console
    if not job.on_travis:
        if not settings.dry_run:
            raise UsageError(
                "this is not a Travis job (TRAVIS is not true), so nothing is deployed: rehearse with --dry-run"
            )
        for sentence in unknown_conditions(settings.conditions):
            console.say(sentence)
        return True
    if missing := job.missing():
        raise UsageError(missing)
    reasons = reasons_to_skip(job, settings.conditions, world.bash)
    for reason in reasons:
        console.say(reason)
    if reasons:
        world.record.result = "skipped"
        world.record.reasons = reasons
    return not reasons


def _credentials(world: World) -> Credentials | None:
    from ..settings import secret_sources

    settings, console = world.settings, world.console
    try:
        found = secret_sources.find(settings, world.environ, world.job)
    except MissingCredentialsError as error:
        if not settings.dry_run:
            raise
        console.warn(str(error))
        return None
    if found is None:
        console.say(f"No credentials are sent: {secret_sources.ANY_SERVER_VARIABLE} is not set")
        return None
    from ..settings import credentials

    secret, source = found
    return credentials.for_server(settings, secret, source=source, now=time.time())


def _judge_for_project(world: World, credentials: Credentials | None, distributions: Sequence[Distribution]) -> None:
    """Raise UsageError for a token that is for other projects only, now that this one's name is known."""
    if credentials is None or credentials.token is None:
        return
    from ..settings.credentials import judge_token

    judge_token(
        credentials.token,
        world.settings.server,
        source=credentials.source,
        project=distributions[0].name,
        now=time.time(),
    )


def _publish(world: World, distributions: Sequence[Distribution], credentials: Credentials | None) -> None:
    from .checking import check_new_project
    from .publish import Publication

    publication = Publication(world, distributions, credentials)
    listing = publication.look()
    if listing and not listing.exists:
        check_new_project(world)
    done = publication.compare(listing) if listing else ()
    if world.settings.dry_run:
        _rehearse(world, distributions, done)
        return
    publication.upload(done)
    publication.wait(world.record.results)
    world.record.result = "deployed"
    _tell_success(world, distributions[0])


def _rehearse(world: World, distributions: Sequence[Distribution], done: Sequence[FileResult]) -> None:
    settled = {each.filename: each for each in done}
    for each in distributions:
        if each.filename in settled:
            result = settled[each.filename]
            reason = f", {result.detail}" if result.detail else ""
            world.console.say(f"Would not upload {each.filename}: {result.outcome.value}{reason}")
        else:
            world.console.say(f"Would upload {each.filename} to {world.settings.server.name}")
    world.record.result = "rehearsed"


def _tell_success(world: World, first: Distribution) -> None:
    from ..report import summary

    settings, console = world.settings, world.console
    console.success(f"Deployed {first.name} {first.version} to {settings.server.name}")
    if url := world.record.release_url:
        console.say(f"See it at {url}")
    index_url = settings.index_url or settings.server.index_url
    if command := summary.install_command(settings.server, index_url, name=first.name, version=first.version):
        console.say(f"Install it with: {command}")
