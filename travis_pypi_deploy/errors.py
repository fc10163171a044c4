"""The errors of this package, and the exit code of each."""

from __future__ import annotations


class DeployError(Exception):
    """The root of every error that this package raises on purpose; its text is written for the job's log."""

    exit_code = 1


class RejectedError(DeployError):
    """The index rejected something, or could not be reached."""


class UsageError(DeployError):
    """An option, a variable or a credential is missing or wrong."""

    exit_code = 2


class MissingCredentialsError(UsageError):
    """There are no credentials; a dry run continues without them."""


class InvalidReleaseError(DeployError):
    """The build failed, or a distribution or the release as a whole is invalid; nothing was uploaded."""

    exit_code = 3


class BuildError(InvalidReleaseError):
    """The build failed; ``output`` is what it printed; ``cause`` names the row of the table of causes, if one fits."""

    def __init__(self, message: str, output: tuple[str, ...] = (), *, cause: str = "") -> None:
        super().__init__(message)
        self.output = output
        self.cause = cause


class SignalledError(BaseException):
    """The process was asked to end by SIGINT, SIGTERM or SIGHUP."""

    def __init__(self, name: str, exit_code: int) -> None:
        what = "interrupted" if name == "SIGINT" else "terminated"
        super().__init__(f"{what} ({name})")
        self.exit_code = exit_code
