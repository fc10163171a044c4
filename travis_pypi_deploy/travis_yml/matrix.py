"""The jobs that Travis makes of a file: the matrix, included and excluded jobs, what they inherit, and stages.

Source: travis-yml, ``lib/travis/yml/matrix`` and ``lib/travis/yml/configs/stages``. Conditions (``if:``) are evaluated
by a function that is passed in, because their answer depends on the event.
"""

from __future__ import annotations

import re
import shlex
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from itertools import product

from .if_conditions import Unknown, Value
from .keys import VERSION_VARIABLES
from .tree import Plain, expanded, listed, mapping, text, variables_in

# In the order in which Travis multiplies them.
EXPANDING = (
    "os arch compiler osx_image jdk crystal dotnet mono solution d dart dart_task elixir otp_release elm node_js go "
    "hhvm php ghc haxe julia matlab nix perl perl6 python r rvm gemfile xcode_scheme xcode_sdk rust scala smalltalk "
    "smalltalk_config smalltalk_vm env"
).split()
# The languages whose jobs have a runtime of this key; keys that are not here are those of any language.
LANGUAGES_OF = {
    **{name: {name} for name in "d dart elixir go julia node_js perl php python r rust scala".split()},
    "rvm": {"ruby", "objective-c"},
    "gemfile": {"ruby", "objective-c"},
    "ghc": {"haskell"},
    "otp_release": {"erlang", "elixir"},
    "compiler": {"c", "cpp"},
    "mono": {"csharp"},
    "dotnet": {"csharp"},
}
ENV_OF_ALL = "env.global"
ALIASES_OF_KEYS = {"ruby": "rvm", "node": "node_js", "environment": "env"}
SYSTEMS = {"mac": "osx", "macos": "osx", "ios": "osx", "win": "windows", "linux-ppc64le": "linux"}
DEFAULT_ARCHITECTURE = "amd64"
DEFAULT_LANGUAGE, DEFAULT_SYSTEM, DEFAULT_STAGE = "ruby", "linux", "test"
ASSIGNMENT = re.compile(r"(\w+)=(.*)", re.DOTALL)

Config = Mapping[str, Plain]
Variables = tuple[tuple[str, str], ...]


@dataclass(frozen=True)
class MatrixJob:
    """One job: its configuration, with what it inherits, and its variables in the order in which they are set.

    ``hidden`` are the names of encrypted variables, whose values nobody can read. ``depends_on`` is what nobody can
    know from the file, and what decides whether the job runs at all. ``included`` is the number of the job in the
    list of jobs, from 1; it is 0 for a job that the file's own keys make.
    """

    config: Config
    variables: Variables
    hidden: frozenset[str]
    allows_failure: bool = False
    depends_on: tuple[str, ...] = ()
    included: int = field(default=0, compare=False)

    def text(self, name: str) -> str:
        """Return the text of a key, the first item of a list."""
        return next((text(each) for each in listed(self.config.get(name))), "")

    @property
    def language(self) -> str:
        """Return the language of the job; Travis' default is Ruby."""
        return self.text("language").lower() or DEFAULT_LANGUAGE

    @property
    def system(self) -> str:
        """Return the operating system of the job."""
        name = self.text("os").lower() or DEFAULT_SYSTEM
        return SYSTEMS.get(name, name)

    def environment(self, known: Mapping[str, str]) -> dict[str, str]:
        """Return the variables that bash has before the first command of the job, as far as the file says them.

        ``known`` are those of the event.
        """
        found = {
            **known,
            "TRAVIS_OS_NAME": self.system,
            "TRAVIS_CPU_ARCH": self.text("arch") or DEFAULT_ARCHITECTURE,
            "TRAVIS_LANGUAGE": self.language,
            "TRAVIS_JOB_NAME": self.text("name"),
            "TRAVIS_BUILD_STAGE_NAME": self.text("stage").capitalize(),
            "TRAVIS_ALLOW_FAILURE": "true" if self.allows_failure else "false",
        }
        if self.text("dist"):
            found["TRAVIS_DIST"] = self.text("dist")
        for key, variable in VERSION_VARIABLES.items():
            if self.text(key):
                found[variable] = self.text(key)
            elif key not in ALIASES_OF_KEYS and self.language not in LANGUAGES_OF.get(key, {key}):
                found[variable] = ""
        for name, value in self.variables:  # a value may use the variables before it
            if all(each in found for each in variables_in(value)):
                found[name] = expanded(value, found)
            else:
                found.pop(name, None)
        return {name: value for name, value in found.items() if name not in self.hidden}


Accepts = Callable[[Plain, MatrixJob], Value]
"""Whether the condition of an ``if:`` holds for a job; without a condition it does."""


def normalized(root: Config) -> Config:
    """Return a file's configuration with ``matrix:`` renamed to ``jobs:``, and aliases of keys replaced.

    ``env`` then has an entry for each job that it makes, and ENV_OF_ALL the variables of all jobs.
    """
    config = {ALIASES_OF_KEYS.get(name, name): value for name, value in root.items()}
    jobs = config.get("jobs", config.pop("matrix", None))
    config.pop("matrix", None)
    if jobs is not None:
        config["jobs"] = jobs if isinstance(jobs, dict) else {"include": jobs}
    env = mapping(config.get("env"))
    if env.keys() & {"global", "jobs", "matrix"}:
        config["env"] = env.get("jobs", env.get("matrix"))
        config[ENV_OF_ALL] = env.get("global")
    return config


def matrix(root: Config, accepts: Accepts) -> tuple[MatrixJob, ...]:
    """Return the jobs of a build, in the order in which Travis numbers them."""
    config = normalized(root)
    keys = [name for name in EXPANDING if listed(config.get(name)) and _is_supported(name, config)]
    in_list = included(config)
    multiplied = [dict(zip(keys, values)) for values in product(*(listed(config[key]) for key in keys)) if keys]
    if len(multiplied) == 1 and in_list:
        multiplied = []  # a lone job beside a list of jobs is a duplicate
    shared = {name: value for name, value in config.items() if name not in EXPANDING and value is not None}
    first = {name: listed(config[name])[0] for name in keys if name != "env"}

    jobs: list[MatrixJob] = []
    for number, each in [*((0, each) for each in multiplied), *enumerate(in_list, start=1)] or [(0, {})]:
        own = {**shared, **first, **each}
        job = {name: value for name, value in own.items() if name not in LANGUAGES_OF or _is_supported(name, own)}
        entries = listed(job["env"]) if "env" in job else listed(config.get("env"))[:1]
        made = replace(_with_variables(job, [*listed(config.get(ENV_OF_ALL)), *entries]), included=number)
        is_excluded = any(_excludes(rule, made, config, accepts) for rule in _rules(config, "exclude"))
        accepted = accepts(job.get("if"), made)
        if isinstance(accepted, Unknown):
            made = replace(made, depends_on=accepted.names)
        if not is_excluded and made not in jobs and accepted is not False:
            jobs.append(made)
    return _in_stages(config, jobs, accepts)


def included(config: Config) -> list[dict[str, Plain]]:
    """Return the included jobs; one without a stage is in that of the job before it."""
    jobs: list[dict[str, Plain]] = []
    stage: Plain = None
    for each in _rules(config, "include"):
        job: dict[str, Plain] = {ALIASES_OF_KEYS.get(name, name): value for name, value in each.items()}
        stage = job["stage"] = job.get("stage") or stage
        jobs.append({name: value for name, value in job.items() if value is not None})
    return jobs


def _is_supported(key: str, config: Config) -> bool:
    language = next((text(each).lower() for each in listed(config.get("language"))), "") or DEFAULT_LANGUAGE
    return key not in LANGUAGES_OF or language in LANGUAGES_OF[key]


def _with_variables(job: Config, entries: list[Plain]) -> MatrixJob:
    """Return the job with its variables; of a name that is set twice, both values stay, and the last one counts."""
    variables: list[tuple[str, str]] = []
    hidden: set[str] = set()
    for entry in entries:
        for name, value in assignments(entry):
            if value is None:
                hidden.add(name)
            else:
                variables.append((name, value))
    config = {name: value for name, value in job.items() if name != "env"}
    return MatrixJob(config, tuple(dict.fromkeys(variables)), frozenset(hidden))


def assignments(entry: Plain) -> Iterator[tuple[str, str | None]]:
    """Yield names and values; the value of an encrypted variable is None. An encrypted entry has no name here."""
    if isinstance(entry, dict):
        for name, value in entry.items():
            yield name, None if isinstance(value, dict) or name == "secure" else text(value)
        return
    try:
        words = shlex.split(text(entry))
    except ValueError:
        words = text(entry).split()
    yield from ((match[1], match[2]) for word in words if (match := ASSIGNMENT.fullmatch(word)))


def _rules(config: Config, name: str) -> list[dict[str, Plain]]:
    return [each for each in listed(mapping(config.get("jobs")).get(name)) if isinstance(each, dict)]


def _excludes(rule: Config, job: MatrixJob, config: Config, accepts: Accepts) -> bool:
    """Return whether a rule of ``exclude`` or ``allow_failures`` names a job: all that it says is equal."""
    if accepts(rule.get("if"), job) is not True:
        return False
    shared = _with_variables({}, listed(config.get(ENV_OF_ALL))).variables
    for key, value in rule.items():
        name = ALIASES_OF_KEYS.get(key, key)
        if name == "env":
            own = tuple(each for each in job.variables if each not in shared)
            if own != _with_variables({}, listed(value)).variables:
                return False
        elif name == "stage":
            if (job.text("stage") or DEFAULT_STAGE).lower() != text(value).lower():
                return False
        elif name != "if" and listed(job.config.get(name)) != listed(value):
            return False
    return True


def _in_stages(config: Config, jobs: list[MatrixJob], accepts: Accepts) -> tuple[MatrixJob, ...]:
    """Return the jobs of the stages that run, stage by stage, jobs that may fail last."""
    rules = _rules(config, "allow_failures")
    marked = [
        replace(each, allows_failure=any(_excludes(rule, each, config, accepts) for rule in rules)) for each in jobs
    ]
    stages = [each if isinstance(each, dict) else {"name": each} for each in listed(config.get("stages"))]
    build = _with_variables(config, [*listed(config.get(ENV_OF_ALL)), *listed(config.get("env"))])
    order: dict[str, Value] = {}
    for stage in stages:
        order.setdefault(text(stage.get("name")).lower(), accepts(stage.get("if"), build))
    in_stages: list[tuple[int, bool, MatrixJob]] = []
    for each in marked:
        name = (each.text("stage") or DEFAULT_STAGE).lower()
        accepted = order.setdefault(name, True)
        names = accepted.names if isinstance(accepted, Unknown) else ()
        if accepted is not False:
            job = replace(each, depends_on=(*each.depends_on, *names))
            in_stages.append((list(order).index(name), each.allows_failure, job))
    return tuple(job for _, _, job in sorted(in_stages, key=lambda each: each[:2]))
