"""Which files are published: the given ones as they are, or those of a fresh build."""

from __future__ import annotations

import glob
from pathlib import Path
from typing import TYPE_CHECKING

from ..errors import BuildError, InvalidReleaseError, UsageError

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from .world import World

SIGNATURES = (".asc", ".attestation")


def gather(world: World) -> tuple[Path, ...]:
    """Return the files to publish; raises InvalidReleaseError where there are none."""
    if not world.settings.dist:
        return _build(world)
    paths = tuple(_given(world.settings.dist))
    for path in paths:
        if path.name.endswith(SIGNATURES):
            world.console.warn(f"{path.name} is left out: indexes take no signatures with the legacy upload")
    paths = tuple(path for path in paths if not path.name.endswith(SIGNATURES))
    if not paths:
        raise InvalidReleaseError(f"no distributions in {', '.join(world.settings.dist)}: nothing to publish")
    return paths


def _given(patterns: Sequence[str]) -> Iterator[Path]:
    """Yield each file that was named, once."""
    seen: dict[str, Path] = {}
    for pattern in patterns:
        for path in _matches(pattern):
            other = seen.setdefault(path.name, path)
            if other is path:
                yield path
            elif other.resolve() != path.resolve():
                raise InvalidReleaseError(f"two files called {path.name}: {other} and {path}. Name one of them")


def _matches(pattern: str) -> list[Path]:
    if Path(pattern).is_dir():
        raise InvalidReleaseError(f"{pattern} is a directory: name files, such as {Path(pattern) / '*'}")
    if Path(pattern).exists():
        return [Path(pattern)]
    matches = sorted(Path(each) for each in glob.glob(pattern, recursive=True))
    if not matches:
        raise InvalidReleaseError(f"no file matches {pattern} in {Path.cwd()}: was it built, or cleaned away?")
    return [path for path in matches if not path.is_dir()]


def _build(world: World) -> tuple[Path, ...]:
    from .. import builder

    settings, console = world.settings, world.console
    project = Path(settings.project_dir)
    if not project.is_dir():
        raise UsageError(f"{settings.sources['project_dir']}: there is no folder {project}")
    environ = builder.child_environment(world.environ, password_env=settings.password_env)
    date = environ.get("SOURCE_DATE_EPOCH") or builder.commit_time(project, environ)
    if date:
        environ["SOURCE_DATE_EPOCH"] = date
    try:
        with console.fold("pypi.build", f"Building {' and '.join(settings.distributions)} of {project.resolve().name}"):
            built = builder.build(
                project,
                formats=settings.distributions,
                dist_dir=project / settings.dist_dir,
                environ=environ,
                tell=console.say,
                verbose=settings.verbose,
            )
            for path in built:
                console.say(f"Built {path}")
            return built
    except BuildError as error:
        for line in error.output:
            console.say(line)
        raise
