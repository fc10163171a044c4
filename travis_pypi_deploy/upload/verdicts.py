"""What an answer of the index means for one distribution. Pure: the answer in, outcome and sentence out."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from .outcomes import Outcome
from .replies import NoAnswer, Reply

if TYPE_CHECKING:
    from ..servers import Server

# How index servers other than PyPI say that they have a file of this name: (status, words).
ALREADY_EXISTS = (
    (400, "already exist"),  # PyPI, Google's Artifact Registry
    (409, ""),  # pypiserver, devpi
    (400, "updating asset"),  # Nexus
    (400, "already been taken"),  # GitLab
    (403, "overwrite artifact"),  # Artifactory
)
GONE_FOR_EVER = ("previously used", "since been deleted")
GATEWAY_STATUSES = frozenset({502, 504})


@dataclass(frozen=True)
class Circumstances:
    """What the meaning of an answer depends on.

    ``secret_source`` names the variable that the credentials came from, empty without any; ``lost_answer`` tells
    that an earlier attempt was sent whole and never answered.
    """

    server: Server
    skip_existing: bool
    secret_source: str
    is_narrowed: bool
    lost_answer: bool = False


def already_exists(answer: Reply) -> bool:
    """Return whether the index says that it has a file of this name now."""
    said = answer.words.lower()
    return not any(words in said for words in GONE_FOR_EVER) and any(
        answer.status == status and words in said for status, words in ALREADY_EXISTS
    )


def may_have_arrived(answer: Reply | NoAnswer) -> bool:
    """Return whether the index may have the file although it did not say so.

    A gateway (502, 504) says that it got no answer from the index, as a broken connection does.
    """
    return answer.sent if isinstance(answer, NoAnswer) else answer.status in GATEWAY_STATUSES


def judge(answer: Reply | NoAnswer, circumstances: Circumstances) -> tuple[Outcome, str]:
    """Return what became of the file, and the sentence that says why; not for ``already_exists``."""
    if answer.is_success:
        return Outcome.UPLOADED, ""
    reason = answer.why if isinstance(answer, NoAnswer) else f"refused with {answer.why}"
    if isinstance(answer, Reply) and answer.status in (401, 403):
        reason += f". {_usual_cause(answer, circumstances)}"
    if may_have_arrived(answer):
        return Outcome.UNKNOWN, f"{reason}; the index may have the file"
    if circumstances.lost_answer:
        return Outcome.UNKNOWN, f"{reason}; the index may have the file from an earlier attempt, whose answer was lost"
    return Outcome.REJECTED, reason


def judge_listed(reason: str, *, same: bool | None) -> tuple[Outcome, str]:
    """Return what became of a file that the index may have for a ``reason``, now that its page was looked at.

    ``same``: as in ``judge_existing``.
    """
    if same:
        return Outcome.UPLOADED, f"{reason}, and it does: it lists this very file"
    if same is False:
        return Outcome.REJECTED, f"{reason}, but it lists other content under this name"
    return Outcome.UNKNOWN, reason


def judge_existing(answer: Reply, circumstances: Circumstances, *, same: bool | None) -> tuple[Outcome, str]:
    """Return what it means that the index has a file of this name.

    ``same``: whether its hash is ours, None where nobody could compare. PyPI answers 200 to identical bytes, so there
    an existing file has other content, always.
    """
    if circumstances.server.is_pypi:
        same = False
    if same:
        lost = ", perhaps from an earlier attempt whose answer was lost" if circumstances.lost_answer else ""
        return Outcome.IDENTICAL, f"the index has this very file{lost}"
    if same is None and circumstances.lost_answer and not circumstances.skip_existing:
        return Outcome.UPLOADED, (
            f"the index has a file of this name ({answer.words}), most likely from the earlier attempt whose answer "
            "was lost; its hash could not be compared"
        )
    what = "a file of this name" if same is None else "other content under this name"
    if circumstances.skip_existing:
        return Outcome.KEPT, f"the index has {what}: {answer.words}"
    return Outcome.REJECTED, (
        f"the index has {what} ({answer.status}: {answer.words}). A published file can never be replaced: raise the "
        "version, or keep what is there with --skip-existing"
    )


def _usual_cause(answer: Reply, circumstances: Circumstances) -> str:
    server, source = circumstances.server, circumstances.secret_source
    if not source:
        return "No credentials were sent: name the variable that holds them with --password-env"
    if "expired" in answer.words and circumstances.is_narrowed:
        return (
            "The token that is sent is good for one hour only: if the upload took longer, or this machine's clock is "
            "wrong, use --no-narrow-token"
        )
    if not server.is_pypi:
        return f"Check --username and what {source} holds"
    if "isn't allowed" in answer.words:
        return f"The owner of the token in {source} is no maintainer of this project there; the name may be taken"
    return f"Check that {source} holds a living token of {server.name} whose scope covers this project"
