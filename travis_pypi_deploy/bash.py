"""Bash evaluates the conditions, in the job's environment, as it does for Travis."""

from __future__ import annotations

import subprocess
from collections.abc import Callable, Mapping

from .errors import UsageError

HOLDS, FAILS = 64, 65  # other statuses: bash cannot evaluate the condition
CONDITION_SECONDS = 30


def evaluator(environ: Mapping[str, str], *, mask: Callable[[str], str] = str) -> Callable[[str, str], bool]:
    """Return a function that tells whether ``[[ EXPRESSION ]]`` is true in this environment.

    Its second argument is the option or variable that the expression came from, which UsageError names if bash cannot
    evaluate it; ``mask`` hides secrets in what bash says.
    """

    def is_true(expression: str, source: str) -> bool:
        try:
            ended = subprocess.run(  # noqa: S603 - the condition is the user's own, as it is for Travis
                ["bash", "-c", f"[[ {expression} ]]; exit $(({HOLDS} + $?))"],  # noqa: S607 - the job's own bash
                env=environ,
                stdin=subprocess.DEVNULL,
                capture_output=True,
                text=True,
                errors="replace",
                timeout=CONDITION_SECONDS,
            )
        except OSError as error:
            fault = f"bash, which evaluates [[ {expression} ]], cannot be started: {error.strerror}"
            raise UsageError(f"{source}: {fault}") from error
        except subprocess.TimeoutExpired:
            fault = f"[[ {expression} ]] was still running after {CONDITION_SECONDS} s. Simplify it"
            raise UsageError(f"{source}: {fault}") from None
        if ended.returncode not in (HOLDS, FAILS):
            reason = "; ".join(mask(ended.stderr).strip().splitlines()) or f"it ended with status {ended.returncode}"
            raise UsageError(f"{source}: bash cannot evaluate [[ {expression} ]]: {reason}")
        return ended.returncode == HOLDS

    return is_true
