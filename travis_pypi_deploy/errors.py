"""What can go wrong, and the exit code that each means."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator


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


def chain(error: BaseException) -> tuple[BaseException, ...]:
    """Return an error and those that libraries have wrapped it around, the innermost last."""
    links = [error]
    while inner := next((each for each in _wrapped_in(links[-1]) if each not in links), None):
        links.append(inner)
    return tuple(links)


def root_cause(error: BaseException) -> str:
    """Return what is innermost in an error that libraries have wrapped, in its own words on one line."""
    import ssl  # a skipped job does without

    innermost = chain(error)[-1]
    if isinstance(innermost, ssl.SSLCertVerificationError):
        return str(innermost.verify_message)
    strerror = innermost.strerror if isinstance(innermost, OSError) else None
    return " ".join((strerror or str(innermost)).split()) or type(innermost).__name__


def _wrapped_in(error: BaseException) -> Iterator[BaseException]:
    candidates = (getattr(error, "reason", None), *error.args, error.__cause__)
    yield from (each for each in candidates if isinstance(each, BaseException))
    if isinstance(error.__context__, OSError):  # any other is what a library tried first
        yield error.__context__
