"""Which job deploys on which event: the examples, Travis' rules, and what the file does not tell."""

from __future__ import annotations

import io
import json
import subprocess
import sys
from pathlib import Path

import pytest

from tests.explain.tables import ANSWERS, answers
from tests.support import explained_page
from travis_pypi_deploy.explain.answers import Explanation, Verdict, explain
from travis_pypi_deploy.explain.command import main
from travis_pypi_deploy.explain.events import Event
from travis_pypi_deploy.travis_yml.parse import parse
from travis_pypi_deploy.travis_yml.tree import mapping, plain

CORPUS = sorted((Path(__file__).parents[1] / "migrate" / "corpus").glob("*.yml"))
MASTER, TAG = Event("push", "master"), Event("push", "v1", "v1")


def explained(config: str, event: Event = MASTER) -> Explanation:
    return explain(mapping(plain(parse(config))), event)


def verdicts(config: str, event: Event = MASTER) -> list[str]:
    """Return the verdict of each job that Travis makes."""
    return [each.verdict.value for each in explained(config, event).answers if each.number]


def run(*arguments: str) -> tuple[int, str, str]:
    out, err = io.StringIO(), io.StringIO()
    return main(arguments, out, err), out.getvalue(), err.getvalue()


def test_every_example_is_explained_for_five_events() -> None:
    assert answers() == ANSWERS.read_text("utf-8"), "python -m tests.explain.tables writes the answers"


@pytest.mark.parametrize("path", CORPUS, ids=lambda path: path.stem)
def test_every_config_of_the_migration_is_explained(path: Path) -> None:
    code, out, err = run(str(path))
    assert (code, err) == (0, "") or (code == 2 and err.startswith("Error: "))
    assert out or code == 2


PYPI = "deploy: {provider: pypi, on: {%s}}"
ON = {
    "master by default": ("", MASTER, "deploys"),
    "main is not master": ("", Event("push", "main"), "not deployed"),
    "a branch": ("branch: staging", Event("push", "staging"), "deploys"),
    "one of several": ("branch: [a, staging]", Event("push", "staging"), "deploys"),
    "a pattern": ("branch: release/*", Event("push", "release/1.0"), "deploys"),
    "tags ignore the branch": ("{tags: true, branch: staging}", TAG, "deploys"),
    "tags only": ("tags: true", MASTER, "not deployed"),
    "a misspelled branch": ("branchs: x", MASTER, "not deployed"),
    "a quoted yes": ("tags: 'true'", MASTER, "not deployed"),
    "a quoted no": ("{all_branches: 'false', branch: x}", MASTER, "not deployed"),
    "no tags": ("{tags: false, branch: v1}", TAG, "not deployed"),
    "the branch of a tag is the tag": ("branch: master", TAG, "not deployed"),
    "all branches": ("all_branches: true", Event("push", "x"), "deploys"),
    "any tags, which deploy everywhere": ("tags: any", Event("push", "x"), "deploys"),
    "the operating system, which Travis does not evaluate": ("{os: osx, branch: master}", MASTER, "deploys"),
    "another version": ('python: "3.11"', MASTER, "not deployed"),
    "the version": ('python: "3.12"', MASTER, "deploys"),
    "the first of several versions": ('python: ["3.12", "3.11"]', MASTER, "deploys"),
    "a lost zero": ("python: 3.10", MASTER, "not deployed"),
    "a condition": ('condition: "$TRAVIS_OS_NAME = linux"', MASTER, "deploys"),
    "a condition that is false": ('condition: "$TRAVIS_OS_NAME = osx"', MASTER, "not deployed"),
    "a condition that bash cannot read": ('condition: "tag IS present"', MASTER, "not deployed"),
    "an unknown variable": ('condition: "$DEPLOY = yes"', MASTER, "depends"),
    "an unknown variable, false anyway": ('condition: "$DEPLOY = yes && 1 = 2"', MASTER, "not deployed"),
    "a variable of the file": ('condition: "$A = b"', MASTER, "deploys"),
    "an unknown repository": ("repo: me/demo", MASTER, "depends"),
    "the repository": ("repo: me/demo", Event("push", "master", repo="me/demo"), "deploys"),
    "a fork": ("repo: me/demo", Event("push", "master", repo="you/demo"), "not deployed"),
    "a pull request": ("all_branches: true", Event("pull_request", "master"), "not deployed"),
    "a cron build": ("branch: master", Event("cron", "master"), "deploys"),
}


@pytest.mark.parametrize(("on", "event", "expected"), ON.values(), ids=ON)
def test_conditions_are_evaluated_as_travis_does(on: str, event: Event, expected: str) -> None:
    config = 'language: python\npython: "3.12"\nenv: A=b\n' + PYPI % on.strip("{}")
    assert verdicts(config, event) == [expected]


def test_of_several_ways_to_write_conditions_the_first_counts() -> None:
    both = "deploy: {provider: pypi, on: {branch: x}, 'true': {branch: master}}"
    assert verdicts(both) == ["deploys"]
    assert verdicts("deploy: {provider: pypi, if: master, on: {branch: x}}") == ["deploys"]


def test_the_sample_tag_is_one_that_deploys(tmp_path: Path) -> None:
    path = tmp_path / ".travis.yml"
    path.write_text("deploy: {provider: pypi, on: {tags: true, condition: '$TRAVIS_TAG =~ ^[0-9]'}}", "utf-8")
    assert "a push of tag 1.0.0       1 of 1 job deploys" in run(str(path))[1]


JOBS = {
    "a matrix": ("language: python\npython: ['3.11', '3.12']\nos: [linux, osx]", 4),
    "an environment for each job": ("env: [A=1, A=2]", 2),
    "global variables make no jobs": ("env: {global: [A=1, B=2]}", 1),
    "a lone value beside a list of jobs": ("language: python\npython: ['3.12']\njobs: {include: [{name: a}]}", 1),
    "two values beside a list of jobs": ("language: python\npython: [a, b]\njobs: {include: [{name: a}]}", 3),
    "an excluded job": (
        "language: python\npython: [a, b]\nos: [linux, osx]\njobs: {exclude: [{python: a, os: osx}]}",
        3,
    ),
    "versions of another language make no jobs": ("language: go\npython: [a, b]", 1),
    "a job whose condition is false": ("jobs: {include: [{name: a, if: branch = x}, {name: b}]}", 1),
    "a stage whose condition is false": (
        "stages: [{name: s, if: tag IS present}]\njobs: {include: [{stage: s}, {stage: t}, {name: also t}]}",
        2,
    ),
    "matrix for jobs": ("matrix: {include: [{name: a}, {name: b}]}", 2),
}


@pytest.mark.parametrize(("config", "count"), JOBS.values(), ids=JOBS)
def test_jobs_are_those_that_travis_makes(config: str, count: int) -> None:
    assert len(verdicts(f"{config}\ndeploy: {{provider: script, script: x}}")) == count


IFS = {
    "branch = master": True,
    "branch != master": False,
    "branch =~ ^mas": True,
    "branch !~ /^v\\d/": True,
    "branch IN (dev, master)": True,
    "branch NOT IN (dev, master)": False,
    "tag IS present": False,
    "tag IS blank": True,
    "type = push AND NOT tag IS present": True,
    "type = cron OR branch = master AND type = push": True,
    "(type = cron OR branch = master) AND type = api": False,
    "NOT (branch = dev)": True,
    "env(A) = b": True,
    'concat(branch, "-", type) = master-push': True,
    "fork = false": True,
    "true": True,
    "branch = master && type = push": True,
    "$TRAVIS_BRANCH = master": False,
    "branch = 'master": False,
}


@pytest.mark.parametrize(("condition", "expected"), IFS.items())
def test_travis_own_conditions_are_evaluated(condition: str, expected: bool) -> None:
    config = f"env: A=b\nif: {json.dumps(condition)}\ndeploy: {{provider: script, script: x}}"
    assert (explained(config).not_built == "") is expected


@pytest.mark.parametrize("condition", ["sender = me", "env(SECRET) = x", "commit_message =~ deploy"])
def test_what_the_file_does_not_tell_is_named(condition: str) -> None:
    config = f"jobs: {{include: [{{if: {json.dumps(condition)}, deploy: {{provider: script, script: x}}}}]}}"
    (answer,) = explained(config).answers
    assert answer.verdict is Verdict.DEPENDS
    assert answer.deployments[0].reasons[0].startswith("depends on ")


def test_a_condition_of_the_whole_build_adds_no_jobs() -> None:
    config = "env: [A=1, A=2]\nif: branch = master OR tag IS present\ndeploy: pypi\n"
    assert [each.number for each in explained(config).answers] == [1, 2]
    job = "jobs: {include: [{name: a}, {name: b, if: tag IS present, deploy: pypi}]}\nif: branch = master\n"
    assert explained(job).answers[-1].deployments[0].reasons == ("the job is not built: if: tag IS present",)


BRANCHES = {
    "only": ("branches: {only: [master]}", MASTER, True),
    "only, as a list": ("branches: [dev]", MASTER, False),
    "only, a pattern": (r"branches: {only: [/^v\d/]}", TAG, True),
    "only, and tags are compared, too": ("branches: {only: [master]}", TAG, False),
    "except": ("branches: {except: [master]}", MASTER, False),
    "gh-pages": ("language: python", Event("push", "gh-pages"), False),
}


@pytest.mark.parametrize(("config", "event", "is_built"), BRANCHES.values(), ids=BRANCHES)
def test_branches_say_what_is_built(config: str, event: Event, is_built: bool) -> None:
    assert (explained(config, event).not_built == "") is is_built


TOOL = {
    "--branch staging": ("not deployed", 'the branch is "master", not one of: staging (--branch)'),
    "--tags": ("not deployed", 'this is a build of branch "master", not of a tag (--tags)'),
    "--python 3.11": ("not deployed", 'TRAVIS_PYTHON_VERSION is "3.12", not one of: 3.11 (--python)'),
    "--branch $WHERE": ("depends", "depends on WHERE"),
    "--condition '$DEPLOY = yes'": ("depends", "depends on DEPLOY"),
    "--brunch x": ("not deployed", "the command fails: unknown option --brunch (did you mean --branch?)"),
    "--branch master && echo done": ("deploys", ""),
}


@pytest.mark.parametrize(("options", "expected"), TOOL.items())
def test_the_options_of_this_tool_are_read_with_its_own_code(options: str, expected: tuple[str, str]) -> None:
    command = json.dumps(f"python -m travis_pypi_deploy {options}")
    config = (
        f'language: python\npython: "3.12"\ndeploy: {{provider: script, script: {command}, on: {{branch: master}}}}'
    )
    (answer,) = explained(config).answers
    assert (answer.verdict.value, "; ".join(answer.deployments[0].reasons)) == expected


def test_a_line_of_the_script_that_runs_this_tool_is_a_deployment() -> None:
    config = "script: [pytest, python -m travis_pypi_deploy --server pypi --tags]"
    assert (verdicts(config), verdicts(config, TAG)) == (["not deployed"], ["deploys"])
    assert explained("script: python -m travis_pypi_deploy --check-only").answers[0].deployments == ()


SAMPLE = """\
language: python
python: ["3.11", "3.12"]
os: [linux, osx]
jobs: {exclude: [{python: "3.11", os: osx}]}
deploy:
  provider: script
  script: python -m travis_pypi_deploy --server pypi --tags
  on: {tags: true, python: "3.12", condition: $TRAVIS_OS_NAME = linux}
"""


def test_the_output_names_each_job_with_its_reasons(tmp_path: Path) -> None:
    path = tmp_path / ".travis.yml"
    path.write_text(SAMPLE)
    code, out, err = run(str(path), "--tag", "v1.2.0")
    assert (code, err) == (0, "")
    assert out.splitlines() == [
        f"{path} on a push of tag v1.2.0:",
        "  job 1  python 3.11, linux  not deployed: on.python is 3.12",
        "  job 2  python 3.12, linux  deploys to pypi with: python -m travis_pypi_deploy --server pypi --tags",
        "  job 3  python 3.12, osx    not deployed: condition [[ $TRAVIS_OS_NAME = linux ]] is false",
        "1 of 3 jobs deploys.",
    ]


def test_a_file_whose_only_job_is_excluded_has_no_jobs(tmp_path: Path) -> None:
    path = tmp_path / ".travis.yml"
    path.write_text("language: python\npython: a\njobs: {exclude: [{python: a}]}\n")
    assert run(str(path), "--branch", "main")[1].splitlines()[-1] == "0 of 0 jobs deploy."


def test_the_number_of_deploying_jobs_can_be_expected(tmp_path: Path) -> None:
    path = tmp_path / ".travis.yml"
    path.write_text(SAMPLE)
    assert run(str(path), "--tag", "v1", "--expect", "1")[0] == 0
    code, _, err = run(str(path), "--branch", "main", "--expect", "1")
    assert (code, err) == (1, "Error: expected 1 on a push to main, but 0 jobs deploy\n")


def test_the_answers_are_json_on_request(tmp_path: Path) -> None:
    path = tmp_path / ".travis.yml"
    path.write_text(SAMPLE)
    events = json.loads(run(str(path), "--tag", "v1", "--json")[1])["events"]
    assert [job["verdict"] for job in events[0]["jobs"]] == ["not deployed", "deploys", "not deployed"]


def test_problems_imports_and_the_migration_stand_below(tmp_path: Path) -> None:
    path = tmp_path / ".travis.yml"
    path.write_text("import: me/shared:base.yml\npython: 3.10\ndeploy: {provider: pypi, on: {tags: true}}\n")
    last = run(str(path))[1].splitlines()[-3:]
    assert last[0].startswith("import: me/shared:base.yml is not read here")
    assert last[1] == f'{path}:2: 3.10 without quotes is the number 3.1: write "3.10".'
    assert last[2] == f"To replace provider: pypi by travis-pypi-deploy: python -m travis_pypi_deploy.migrate {path}"


@pytest.mark.parametrize(
    ("content", "fault"), [(None, "cannot be read"), (b"a: [", "not valid YAML"), (b"- a", "no keys")]
)
def test_a_file_that_cannot_be_read_is_one_sentence(tmp_path: Path, content: bytes | None, fault: str) -> None:
    path = tmp_path / ".travis.yml"
    if content is not None:
        path.write_bytes(content)
    code, out, err = run(str(path))
    assert (code, out, err.count("\n")) == (2, "", 1)
    assert fault in err


def test_the_current_branch_is_that_of_git(tmp_path: Path) -> None:
    subprocess.run(["git", "init", "-q", "-b", "feature/x"], cwd=tmp_path, check=True)
    (tmp_path / ".travis.yml").write_text(SAMPLE)
    command = [sys.executable, "-m", "travis_pypi_deploy.explain", "--branch"]
    ended = subprocess.run(command, cwd=tmp_path, capture_output=True, text=True, check=True)
    assert ended.stdout.startswith(".travis.yml on a push to feature/x:\n")


def test_the_page_shows_what_the_command_prints() -> None:
    text = explained_page.PAGE.read_text("utf-8")
    assert text == explained_page.renewed(text), "python -m tests.support.explained_page writes the outputs"
