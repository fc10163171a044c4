"""The wording of an explanation: answers become lines, or JSON."""

from __future__ import annotations

import json
from collections.abc import Sequence

from ..travis_yml.lints import Note
from .answers import Answer, Explanation, Verdict

LABEL_LIMIT = 40
SEVERAL = "Each of them uploads. If they build the same files, deploy from one job only."


def lines(path: str, explanation: Explanation) -> list[str]:
    """Return a line for each deployment of each job, and the count."""
    first = f"{path} on {explanation.event}:"
    if explanation.not_built:
        return [first, f"  not built: {explanation.not_built}", count(explanation)]
    labels = [_cut(f"job {each.number or '-'}  {each.label}".rstrip()) for each in explanation.answers]
    width = max(map(len, labels), default=0)
    rows = []
    for label, answer in zip(labels, explanation.answers):
        for number, text in enumerate(_answer_texts(answer)):
            rows.append(f"  {label if number == 0 else '':{width}}  {text}")
    several = [SEVERAL] if len(explanation.deploying) > 1 else []
    return [first, *rows, count(explanation), *several]


def table(path: str, explanations: Sequence[Explanation]) -> list[str]:
    """Return a line for each event, with the jobs that deploy, or the reasons why none does."""
    events = [str(each.event) for each in explanations]
    width = max(map(len, events))
    rows = [f"  {event:{width}}  {_summary(each)}" for event, each in zip(events, explanations)]
    return [f"{path}:", *rows, "For every job of one event, add --branch NAME, --tag NAME, --pull-request or --cron."]


def count(explanation: Explanation) -> str:
    """Return how many jobs deploy."""
    total, yes, depends = explanation.jobs, len(explanation.deploying), len(explanation.depending)
    text = f"{yes} of {total} job{'' if total == 1 else 's'} deploy{'s' if yes == 1 or total == 1 else ''}"
    if depends:
        text += f"; of {depends}, the file alone does not tell"
    return f"{text}."


def notes(path: str, found: Sequence[Note]) -> list[str]:
    """Return a line for each problem of the file."""
    return [f"{path}:{each.line}: {each.text}" for each in found]


def imports(names: Sequence[str]) -> list[str]:
    """Return the line about configurations that are imported, which are not read."""
    text = f"import: {', '.join(names)} is not read here; what it adds to this file can change the answer."
    return [text] if names else []


def offer(path: str) -> str:
    """Return the line that offers the migration."""
    where = "" if path == ".travis.yml" else f" {path}"
    return f"To replace provider: pypi by travis-pypi-deploy: python -m travis_pypi_deploy.migrate{where}"


def expectation(wanted: int, explanations: Sequence[Explanation]) -> str:
    """Return why ``--expect`` is not met, empty if it is."""
    for each in explanations:
        found = len(each.deploying)
        if each.depending:
            return f"expected {wanted} on {each.event}, but the file alone does not tell whether some jobs deploy"
        if found != wanted:
            return f"expected {wanted} on {each.event}, but {found} job{' deploys' if found == 1 else 's deploy'}"
    return ""


def dumps(explanations: Sequence[Explanation], found: Sequence[Note]) -> str:
    """Return everything as JSON."""
    events = [
        {
            "event": each.event.type,
            "branch": each.event.branch,
            "tag": each.event.tag,
            "not_built": each.not_built,
            "jobs": [
                {
                    "number": answer.number,
                    "label": answer.label,
                    "verdict": answer.verdict.value,
                    "deployments": [
                        {"verdict": one.verdict.value, "target": one.target, "reasons": list(one.reasons)}
                        for one in answer.deployments
                    ],
                }
                for answer in each.answers
            ],
        }
        for each in explanations
    ]
    problems = [{"line": each.line, "text": each.text} for each in found]
    return json.dumps({"events": events, "problems": problems}, indent=2, ensure_ascii=False)


def _answer_texts(answer: Answer) -> list[str]:
    if not answer.deployments:
        return ["has no deployment"]
    texts = []
    for each in answer.deployments:
        if each.verdict is Verdict.YES:
            texts.append(f"deploys {each.target}")
        elif each.verdict is Verdict.NO:
            texts.append(f"not deployed: {'; '.join(each.reasons)}")
        else:
            texts.append(f"{'; '.join(each.reasons)} (deploys {each.target})")
    return texts


def _summary(explanation: Explanation) -> str:
    if explanation.not_built:
        return f"not built: {explanation.not_built}"
    jobs = [_cut(f"job {each.number}{f' ({each.label})' if each.label else ''}") for each in explanation.deploying]
    reasons = [reason for each in explanation.answers for one in each.deployments for reason in one.reasons]
    if not jobs and not reasons:
        return "no job has a deployment"
    return f"{count(explanation)[:-1]}: {', '.join(jobs) or '; '.join(dict.fromkeys(reasons))}"


def _cut(text: str) -> str:
    return text if len(text) <= LABEL_LIMIT else f"{text[: LABEL_LIMIT - 3]}..."
