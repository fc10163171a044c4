"""Whether a token can be meant for this upload, said in sentences and without a network."""

from __future__ import annotations

import json
from datetime import datetime, timedelta, timezone
from typing import TYPE_CHECKING

from .caveats import ProjectNames, Validity, normalized

if TYPE_CHECKING:
    from collections.abc import Mapping

    from .token import Token


def judge(
    token: Token,
    *,
    location: str | None,
    known: Mapping[str, str],
    project: str | None,
    now: float,
    source: str,
) -> tuple[str, ...]:
    """Return a sentence for each reason why the server cannot take ``token``; none if it may.

    ``known`` maps the location in a server's tokens to the server's name; ``location`` is this server's own,
    None where any index's token will do (a rehearsal on loopback). ``project`` is None until its name is
    known, ``now`` is in seconds of Unix time, and ``source`` names the variables that the token came from.
    """
    if location is not None and token.location != location:
        return (f"The token in {source} {_of_another_index(token, location, known)}",)
    problems = [_expired(token, now), _not_yet_valid(token, now)]
    if project is not None:
        problems.append(_for_other_projects(token, normalized(project)))
    return tuple(f"The token in {source} {problem}" for problem in problems if problem)


def _of_another_index(token: Token, location: str, known: Mapping[str, str]) -> str:
    ours, theirs = known[location], known.get(token.location)
    if theirs is None:
        return f"was not made by {ours} but by an index that is not known here: store one that {ours} made."
    return f"is one of {theirs}, and the server is {ours}: store one of {ours}, or give --server {theirs}."


def _expired(token: Token, now: float) -> str | None:
    end = min((limit.expires_at for limit in token.caveats if isinstance(limit, Validity)), default=None)
    if end is None or now < end:
        return None
    return f"has expired (it was good until {_utc(end)}): make a new one and store it there."


def _not_yet_valid(token: Token, now: float) -> str | None:
    start = max((limit.not_before for limit in token.caveats if isinstance(limit, Validity)), default=None)
    if start is None or now >= start:
        return None
    moments = f"it is good from {_utc(start)} on, and now it is {_utc(int(now))}"
    return f"is not valid yet ({moments}): use another one."


def _for_other_projects(token: Token, project: str) -> str | None:
    limits = [limit for limit in token.caveats if isinstance(limit, ProjectNames)]
    allowed = [{normalized(name) for name in limit.names} for limit in limits]
    if all(project in names for names in allowed):
        return None
    others = ", ".join(json.dumps(name) for name in sorted(set.intersection(*allowed)))
    return (
        f'is not good for "{project}" but for {others or "no project at all"}: store one for "{project}", '
        "or one for the whole account as long as that project does not exist."
    )


def _utc(seconds: int) -> str:
    try:
        moment = datetime(1970, 1, 1, tzinfo=timezone.utc) + timedelta(seconds=seconds)
    except OverflowError:
        return "a year after 9999" if seconds > 0 else "a year before 1"
    return f"{moment:%Y-%m-%d %H:%M:%S} UTC"
