"""The child process that builds: it drives PyPA's build, and never sees a secret.

The builder starts it with a project, a folder and formats. Its standard input is a pipe to which nothing is written.
When that closes, the tool has ended, and this process ends with everything that it has started.
"""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import tarfile
import tempfile
import threading
import traceback
from pathlib import Path

from build import BuildBackendException, BuildException, ProjectBuilder
from build.env import DefaultIsolatedEnv


def main(argv: list[str]) -> int:
    """Build the formats (sdist, bdist_wheel) of a project into a folder, and return the exit status."""
    _end_with_parent()
    project, outdir, *formats = argv
    try:
        _build(project, outdir, formats)
    except subprocess.CalledProcessError as error:  # pip, or the creation of the environment
        _say(_output(error))
        return 1
    except BuildBackendException as error:
        # If the backend ended by itself, it has printed why.
        if not isinstance(error.exception, subprocess.CalledProcessError):
            traceback.print_exception(None, error.exception, None)
        return 1
    except BuildException as error:
        _say(f"ERROR: {error}")
        return 1
    return 0


def _build(project: str, outdir: str, formats: list[str]) -> None:
    """Build the sdist, and the wheel from it, in one isolated environment if it has what both need.

    Of an sdist alone the metadata is prepared, as pip does first to install it.
    """
    finish = _build_wheel if "bdist_wheel" in formats else _prepare_metadata
    with tempfile.TemporaryDirectory() as unpacked:
        source = project
        if "sdist" in formats:
            with DefaultIsolatedEnv() as environment:
                builder = ProjectBuilder.from_isolated_env(environment, project)
                installed = _install(environment, builder.build_system_requires)
                installed |= _install(environment, builder.get_requires_for_build("sdist") - installed)
                _say("Building the sdist")
                sdist = builder.build("sdist", outdir)
                source = _unpack(sdist, unpacked)
                builder = ProjectBuilder.from_isolated_env(environment, source)
                if builder.build_system_requires <= installed and builder.get_requires_for_build("wheel") <= installed:
                    finish(builder, outdir)
                    return
        # A new environment: more in the same one could mix pins that contradict each other.
        with DefaultIsolatedEnv() as environment:
            builder = ProjectBuilder.from_isolated_env(environment, source)
            installed = _install(environment, builder.build_system_requires)
            _install(environment, builder.get_requires_for_build("wheel") - installed)
            finish(builder, outdir)


def _build_wheel(builder: ProjectBuilder, outdir: str) -> None:
    _say("Building the wheel")
    builder.build("wheel", outdir)


def _prepare_metadata(builder: ProjectBuilder, _: str) -> None:
    """Prepare the metadata of the unpacked sdist, unless its backend could do that only by building the whole wheel."""
    _say("Preparing the metadata of the sdist")
    with tempfile.TemporaryDirectory() as folder:
        if builder.prepare("wheel", folder) is None:
            _say("The build backend cannot prepare metadata, so the sdist is not checked further")


def _install(environment: DefaultIsolatedEnv, requirements: set[str]) -> set[str]:
    """Install the requirements, if there are any, and return them.

    pip says only to those who ask for details why it cannot read an index. It is asked once more then.
    """
    if requirements:
        _say(f"Installing {', '.join(sorted(requirements))}")
        try:
            environment.install(requirements)
        except subprocess.CalledProcessError as error:
            if "from versions: none" not in _output(error):
                raise
            os.environ["PIP_VERBOSE"] = "2"
            try:
                environment.install(requirements)
            except subprocess.CalledProcessError as detailed:
                lines = (line.strip() for line in _output(detailed).splitlines())
                _say("\n".join(line for line in lines if line.startswith("Could not fetch URL")))
                raise error from None
    return requirements


def _unpack(sdist: str, folder: str) -> str:
    """Unpack an sdist, and return its top folder, whatever its name; raises TarError for members outside of it."""
    with tarfile.open(sdist) as archive:
        if hasattr(tarfile, "data_filter"):
            archive.extractall(folder, filter="data")
        else:
            for name in archive.getnames():
                if Path(name).is_absolute() or ".." in Path(name).parts:
                    raise tarfile.TarError(f"the sdist has a member outside its folder: {name}")
            archive.extractall(folder)  # noqa: S202 - the members were checked
    return str(min(Path(folder).iterdir(), key=lambda top: f"{top.name}.tar.gz" != Path(sdist).name))


def _output(error: subprocess.CalledProcessError) -> str:
    """Return what a program that failed has printed."""
    texts = (error.stdout or b"", error.stderr or b"")
    return "\n".join(text if isinstance(text, str) else text.decode(errors="replace") for text in texts)


def _say(text: str) -> None:
    sys.stdout.write(f"{text}\n")
    sys.stdout.flush()


def _end_with_parent() -> None:
    """End this process and all its children as soon as the standard input is closed; give children an empty one."""
    watched = os.dup(0)
    os.dup2(os.open(os.devnull, os.O_RDONLY), 0)

    def watch() -> None:
        os.read(watched, 1)
        if hasattr(os, "killpg"):
            os.killpg(0, signal.SIGKILL)
        os._exit(1)

    threading.Thread(target=watch, daemon=True).start()
