"""What can go wrong, and the exit code that each means."""

from __future__ import annotations


class DeployError(Exception):
    """The root of every error that this package raises on purpose; its text is meant for the job's log."""

    exit_code = 1


class RejectedError(DeployError):
    """The index refused something, or could not be reached."""


class UsageError(DeployError):
    """An option, a variable or a credential is missing or wrong."""

    exit_code = 2


class MissingCredentialsError(UsageError):
    """There are no credentials at all; a rehearsal can do without."""


class InvalidReleaseError(DeployError):
    """The build failed, or a distribution or the release as a whole is invalid; nothing was sent."""

    exit_code = 3


class BuildError(InvalidReleaseError):
    """The build failed; ``output`` is what the build backend itself said."""

    def __init__(self, message: str, output: tuple[str, ...] = ()) -> None:
        super().__init__(message)
        self.output = output


class TerminatedError(BaseException):
    """The process was asked to end (SIGTERM), as KeyboardInterrupt says of SIGINT."""
