"""Whether a job deploys on an event, and why not: Travis' conditions first, then those of this tool's own options.

Source: travis-build, ``lib/travis/build/addons/deploy/script.rb``.
"""

from __future__ import annotations

import os
import re
import shlex
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from enum import Enum

from ..arguments import read_arguments, resolve
from ..bash import evaluator
from ..errors import UsageError
from ..job import Job, reasons_to_skip
from ..travis_yml.conditions import CONDITIONS, ON, parts
from ..travis_yml.if_conditions import Unknown, Value, evaluate
from ..travis_yml.keys import VERSION_VARIABLES, corrected, provider_name
from ..travis_yml.matrix import Config, MatrixJob, matrix, normalized
from ..travis_yml.tree import Plain, expanded, listed, mapping, text, truth, variables_in
from .events import Event, condition_values, environment

TOOL = re.compile(r"(?:^|\s)(?:-m\s+travis_pypi_deploy|(?:\S*/)?travis-pypi-deploy)(?=\s|$)")
DOES_NOT_DEPLOY = re.compile(r"\s(?:--(?:check-only|dry-run|help|version)|install)\b")
END_OF_COMMAND = re.compile(r"[;|&\n]")
PHASES = ("script", "after_success", "after_script")
SKIPPING = "Skipping the deployment: "
NOT_BUILT = 0  # the number of a job that Travis does not make
NO_PULL_REQUEST = "pull requests are never deployed"


class Verdict(Enum):
    """Whether a deployment happens."""

    YES = "deploys"
    NO = "not deployed"
    DEPENDS = "depends"


@dataclass(frozen=True)
class Deployment:
    """One deployment of a job: whether it happens, where to, and the reasons why not, or what it depends on."""

    verdict: Verdict
    target: str
    reasons: tuple[str, ...] = ()


@dataclass(frozen=True)
class Answer:
    """One job and its deployments; ``number`` counts from 1, ``label`` says how it differs from the others.

    A job whose `if:` is false has the number NOT_BUILT.
    """

    number: int
    label: str
    deployments: tuple[Deployment, ...]

    @property
    def verdict(self) -> Verdict:
        """Return whether any deployment of the job happens."""
        verdicts = {each.verdict for each in self.deployments}
        return next((each for each in (Verdict.YES, Verdict.DEPENDS) if each in verdicts), Verdict.NO)


@dataclass(frozen=True)
class Explanation:
    """The answers for all jobs of one event; ``not_built`` says why there are none, empty if there are some."""

    event: Event
    answers: tuple[Answer, ...] = ()
    not_built: str = ""

    @property
    def jobs(self) -> int:
        """Return the number of jobs that Travis makes."""
        return sum(each.number != NOT_BUILT for each in self.answers)

    @property
    def deploying(self) -> tuple[Answer, ...]:
        """Return the jobs that deploy."""
        return tuple(each for each in self.answers if each.verdict is Verdict.YES)

    @property
    def depending(self) -> tuple[Answer, ...]:
        """Return the jobs of which the file does not say whether they deploy."""
        return tuple(each for each in self.answers if each.verdict is Verdict.DEPENDS)


def _deployment(target: str, unmet: Sequence[str], unknown: Sequence[str] = ()) -> Deployment:
    """Return a deployment that happens, unless conditions are not met or depend on names that nobody knows."""
    if unmet:
        return Deployment(Verdict.NO, target, tuple(unmet))
    depends = tuple(f"depends on {name}" for name in dict.fromkeys(unknown))
    return Deployment(Verdict.DEPENDS if depends else Verdict.YES, target, depends)


def explain(root: Config, event: Event) -> Explanation:
    """Return which jobs of a file deploy on an event."""
    config = normalized(root)
    if reason := _branch_not_built(config.get("branches"), event):
        return Explanation(event, not_built=reason)

    def accepts(condition: Plain, job: MatrixJob) -> Value:
        if condition is None or isinstance(condition, (list, dict)):
            return True
        try:
            return evaluate(text(condition), condition_values(event, job))
        except UsageError:
            return False  # Travis does not build what it cannot read

    everything = matrix(config, lambda *_: True)
    is_built = accepts(config.get("if"), everything[0]) if everything else True
    if is_built is False:
        return Explanation(event, not_built=f"if: {text(config.get('if'))}")
    jobs = matrix(config, accepts)
    labels = _labels([*jobs, *everything])
    answers = [Answer(at, labels[at - 1], tuple(_deployments(job, event))) for at, job in enumerate(jobs, start=1)]
    made = [(job.config, job.variables) for job in jobs]
    for job, label in zip(everything, labels[len(jobs) :]):
        targets = [each.target for each in _deployments(job, event)]
        if targets and (job.config, job.variables) not in made:
            why = (f"the job is not built: {_if_of(job, config)}",)
            answers.append(Answer(NOT_BUILT, label, tuple(_deployment(each, why) for each in targets)))
    return Explanation(event, tuple(answers))


def _if_of(job: MatrixJob, config: Config) -> str:
    """Return the condition that keeps a job from being built: its own, that of its stage, or the file's."""
    stages = [each for each in listed(config.get("stages")) if isinstance(each, dict)]
    ifs = [each.get("if") for each in stages if text(each.get("name")).lower() == job.text("stage").lower()]
    of_the_file = config.get("if")
    narrower: list[Plain] = [each for each in (job.config.get("if"), *ifs) if each and each != of_the_file]
    return " and ".join(f"if: {text(each)}" for each in narrower or [of_the_file])


def _branch_not_built(branches: Plain, event: Event) -> str:
    """Return why `branches:` keeps the event from being built, empty if it does not; tags are compared, too."""
    name = event.tag or event.branch
    groups = branches if isinstance(branches, dict) else {"only": branches}
    only = [text(each) for each in listed(groups.get("only"))]
    excluded = [text(each) for each in listed(groups.get("except", groups.get("exclude")))]
    if only and not any(_is_branch(name, each) for each in only):
        hint = ", which Travis compares with tags, too" if event.tag else ""
        return f"branches.only is {', '.join(only)}{hint}"
    if any(_is_branch(name, each) for each in excluded):
        return f"branches.except is {', '.join(excluded)}"
    if name == "gh-pages" and not only:
        return "gh-pages is built only if branches.only names it"
    return ""


def _is_branch(name: str, wanted: str) -> bool:
    match = re.fullmatch(r"/(.*)/(i?)", wanted)
    if match is None:
        return name == wanted
    try:
        return re.search(match[1], name, re.IGNORECASE if match[2] else 0) is not None
    except re.error:
        return False


def _labels(jobs: Sequence[MatrixJob]) -> list[str]:
    """Return how each job differs from the others, for a person who knows the file."""
    differing = [key for key in ("arch", "dist") if len({job.text(key) for job in jobs}) > 1]
    has_systems = len({job.system for job in jobs}) > 1
    labels = []
    for job in jobs:
        versions = [f"{key} {job.text(key)}" for key in (*VERSION_VARIABLES, *differing) if job.text(key)]
        system = [job.system] if has_systems else []
        own = [pair for pair in job.variables if any(pair not in each.variables for each in jobs)]
        values = [f"{name}={value}" for name, value in own]
        texts = [job.text("name"), job.text("stage"), *versions, *system, *values]
        labels.append(", ".join(dict.fromkeys(filter(None, texts))))
    return labels


def _deployments(job: MatrixJob, event: Event) -> Iterator[Deployment]:
    """Yield the deployments of a job: those of `deploy:`, and commands that run this tool."""
    known = environment(event, job)
    blocks = [each for each in listed(job.config.get("deploy")) if truth(each) is not False]  # `deploy: false` is none
    found = [_by_provider(mapping(each) or {"provider": each}, event, known) for each in blocks]
    commands = [text(command) for phase in PHASES for command in listed(job.config.get(phase))]
    running = [each for each in commands if TOOL.search(each) and not DOES_NOT_DEPLOY.search(each)]
    found += [_by_tool(command, event, known) for command in running]
    yield from (_also_depends(each, job.depends_on) for each in found)


def _also_depends(deployment: Deployment, names: Sequence[str]) -> Deployment:
    """Return the deployment, which happens only if more holds that nobody knows."""
    depends = _deployment(deployment.target, (), names)
    if deployment.verdict is Verdict.NO or depends.verdict is Verdict.YES:
        return deployment
    return replace(depends, reasons=(*depends.reasons, *deployment.reasons))


def _by_provider(config: Config, event: Event, known: Mapping[str, str]) -> Deployment:
    provider = provider_name(text(config.get("provider")))
    command = " ".join(text(config.get("script")).split()) if provider == "script" else ""
    target = f"with provider: {text(config.get('provider')) or '(none)'}"
    if provider == "script":
        target = f"with: {command}"
    elif provider == "pypi":
        target = f"to {text(config.get('server')) or 'pypi'} with provider: pypi"
    if event.type == "pull_request":
        return _deployment(target, (NO_PULL_REQUEST,))

    found = list(_conditions(config, known, event))
    unmet = [reason for reason, value in found if value is False]
    if unmet:
        return _deployment(target, unmet)
    result = _by_tool(command, event, known) if TOOL.search(command) else _deployment(target, ())
    return _also_depends(result, [name for _, value in found if isinstance(value, Unknown) for name in value.names])


def _on(config: Config) -> Config:
    """Return the conditions of a deployment by the names that Travis reads; of several `on:`, only the first counts."""
    on = next((config[name] for name in ON if config.get(name) is not None), None)
    if not isinstance(on, dict):
        return {} if on is None else {"branch": on}
    return {corrected(name, CONDITIONS): value for name, value in on.items()}


def _conditions(config: Config, known: Mapping[str, str], event: Event) -> Iterator[tuple[str, bool | Unknown]]:
    """Yield each condition, as the reason why it is not met, and whether it is."""
    on = _on(config)
    if repo := text(on.get("repo")):
        yield f"on.repo is {repo}", event.repo == repo if event.repo else Unknown(("the repository (--repo)",))
    tags, only_tags = on.get("tags"), truth(on.get("tags"))
    if not truth(on.get("all_branches")) and (tags is None or only_tags is False):
        by_branch = mapping(on.get("branch"))
        named = list(by_branch) or [text(each) for each in listed(on.get("branch"))] or _branches_of_options(config)
        by_default = "" if named else ", because on.branch is missing"
        hint = f'; on a tag, the branch is "{event.tag}"' if event.tag else ""
        values = [_bash(f"$TRAVIS_BRANCH = {each}", known) for each in named or ["master"]]
        yield f"on.branch is {', '.join(named or ['master'])}{by_default}{hint}", _any(values)
    for key, value in on.items():
        if key in VERSION_VARIABLES:
            variable = VERSION_VARIABLES[key]
            wanted = next(map(text, listed(value)), "")
            yield f"on.{key} is {wanted}", known[variable] == wanted if variable in known else Unknown((variable,))
    for each in listed(on.get("condition")):
        yield f"condition [[ {text(each)} ]] is false", _bash(text(each), known)
    if only_tags is not None:
        yield f"on.tags is {text(tags)}", bool(event.tag) is only_tags


def _branches_of_options(config: Config) -> list[str]:
    """Return the branches that options have values for, which deploy if `on:` names none (dpl's oldest form)."""
    options = [value for name, value in config.items() if name not in ("edge", "if", "on", "true")]
    return [name for value in options if isinstance(value, dict) and "secure" not in value for name in value]


def _any(values: Sequence[bool | Unknown]) -> bool | Unknown:
    unknown = [each for each in values if isinstance(each, Unknown)]
    return True if True in values else unknown[0] if unknown else False


def _bash(expression: str, known: Mapping[str, str]) -> bool | Unknown:
    """Return what bash says of an expression, or the variables that nobody knows from the file."""
    value: bool | Unknown = True
    for part in parts(expression):
        names = tuple(each for each in variables_in(part) if each not in known)
        if names:
            value = Unknown(names) if value is True else value
        elif not _holds(part, known):
            return False
    return value


def _holds(expression: str, known: Mapping[str, str]) -> bool:
    try:
        return evaluator({"PATH": os.defpath, **known})(expression, "on.condition")
    except UsageError:
        return False  # bash prints an error, and the deployment does not happen


def _by_tool(command: str, event: Event, known: Mapping[str, str]) -> Deployment:
    """Return whether this tool deploys when a command runs it: its options are read with its own code."""
    match = TOOL.search(command)
    words = END_OF_COMMAND.split(command[match.end() :])[0] if match else ""
    target = f"with: {' '.join(command.split())}"
    if event.type == "pull_request":
        return _deployment(target, (NO_PULL_REQUEST,))
    missing = [each for each in variables_in(words) if each not in known]
    if missing:
        return _deployment(target, (), missing)
    asked: list[str] = []

    def is_true(expression: str, _source: str) -> bool:
        value = _bash(expression, known)
        asked.extend(value.names if isinstance(value, Unknown) else ())
        return value is not False

    try:
        settings = resolve(read_arguments(shlex.split(expanded(words, known))), known)
        target = f"to {settings.server.name} {target}"
        reasons = reasons_to_skip(Job.from_environment(known), settings, is_true)
    except (UsageError, ValueError) as error:
        return _deployment(target, (f"the command fails: {error}",))
    if settings.repo and not event.repo:
        reasons = tuple(each for each in reasons if "the repository is" not in each)
        asked.append("the repository (--repo)")
    if settings.python and "TRAVIS_PYTHON_VERSION" not in known:
        reasons = tuple(each for each in reasons if "TRAVIS_PYTHON_VERSION" not in each)
        asked.append("TRAVIS_PYTHON_VERSION")
    return _deployment(target, [each.removeprefix(SKIPPING) for each in reasons], asked)
