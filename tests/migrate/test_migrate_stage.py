"""`--stage`: the file's deployment becomes a job of its own."""

from __future__ import annotations

import pytest
import yaml

from travis_pypi_deploy.errors import UsageError
from travis_pypi_deploy.migrate.rewrite import Migration, migrate
from travis_pypi_deploy.migrate.stage import to_stage
from travis_pypi_deploy.migrate.verify import verify_stage
from travis_pypi_deploy.travis_yml.parse import parse
from travis_pypi_deploy.travis_yml.tree import MappingNode

DEPLOY = "deploy:\n  provider: pypi\n  on:\n    tags: true\n"
JOB = """\
    - stage: deploy
      if: type != pull_request AND tag IS present
      os: linux
      dist: jammy
      python: "3.12"
      before_install: skip
      install: skip
      before_script: skip
      script: skip
      after_success: skip
      before_deploy: pip install travis-pypi-deploy
      deploy:
        provider: script
        script: python -m travis_pypi_deploy --server pypi --tags --distributions sdist
        on:
          tags: true
"""


def staged(text: str) -> Migration:
    root = parse(text)
    assert isinstance(root, MappingNode)
    result = to_stage(text, root, {})
    assert result is not None
    verify_stage(root, parse(result.text), result.deployments)
    assert migrate(result.text, parse(result.text), {}).text == result.text
    return result


@pytest.mark.parametrize(
    ("before", "after"),
    [
        pytest.param(
            f"language: python\npython: ['3.6', '3.7']\n{DEPLOY}",
            f"language: python\npython: ['3.6', '3.7']\njobs:\n  include:\n{JOB}",
            id="a matrix",
        ),
        pytest.param(
            f"language: python\npython: '3.6'\n{DEPLOY}",
            f"language: python\npython: '3.6'\njobs:\n  include:\n    - stage: test\n{JOB}",
            id="a single job stays",
        ),
        pytest.param(
            f"language: python\nstages:\n  - test\njobs:\n  include:\n    - python: '3.6'\n{DEPLOY}os: linux\n",
            "language: python\nstages:\n  - test\n  - deploy\n"
            f"jobs:\n  include:\n    - python: '3.6'\n{JOB}os: linux\n",
            id="stages and jobs are added to",
        ),
        pytest.param(
            f"language: python\nmatrix:\n  fast_finish: true\npython: ['3.6', '3.7']\n{DEPLOY}",
            f"language: python\nmatrix:\n  fast_finish: true\n  include:\n{JOB}python: ['3.6', '3.7']\n",
            id="a matrix without a list of jobs",
        ),
        pytest.param(
            f"language: python\nenv: [A=1, A=2]\n{DEPLOY}",
            "language: python\nenv: [A=1, A=2]\njobs:\n  include:\n"
            + JOB.replace('"3.12"\n', '"3.12"\n      env: []\n'),
            id="the matrix of env is emptied",
        ),
        pytest.param(
            f"{DEPLOY}language: python\npython: ['3.6', '3.7']\n...\n",
            f"jobs:\n  include:\n{JOB}language: python\npython: ['3.6', '3.7']\n...\n",
            id="in its place",
        ),
        pytest.param(
            f"\ufeff{DEPLOY}language: python\npython: ['3.6', '3.7']\n",
            f"\ufeffjobs:\n  include:\n{JOB}language: python\npython: ['3.6', '3.7']\n",
            id="behind a byte order mark",
        ),
        pytest.param(
            f"language: python\npython: ['3.6', '3.7']\n{DEPLOY.rstrip()}  # last",
            f"language: python\npython: ['3.6', '3.7']\njobs:\n  include:\n{JOB}# last\n",
            id="no line break at the end",
        ),
    ],
)
def test_the_deployment_becomes_the_last_stage(before: str, after: str) -> None:
    assert staged(before).text == after


@pytest.mark.parametrize(
    ("matrix", "condition", "kept"),
    [
        pytest.param("python: ['3.6', '3.7']", "python: '3.6'", [], id="a Python"),
        pytest.param("python: ['3.6', '3.7']", "condition: $TRAVIS_PYTHON_VERSION = 3.6", [], id="a Python in bash"),
        pytest.param("env: [A=1 B=2, A=2]", "condition: $A = 1 && -n $X", ["-n $X"], id="env"),
        pytest.param("env: [A=1 B=2, A=2]", 'condition: \'"${B}" == "2"\'', [], id="a variable of one job"),
        pytest.param("os: [linux, osx]", "condition: $TRAVIS_OS_NAME == linux", [], id="a system"),
        pytest.param("env: {jobs: [A=1, A=2]}", "condition: $A = 1", [], id="env by jobs"),
    ],
)
def test_a_condition_that_chose_a_job_is_dropped_with_a_note(matrix: str, condition: str, kept: list[str]) -> None:
    result = staged(f"language: python\n{matrix}\n{DEPLOY}    {condition}\n")
    job = yaml.load(result.text, yaml.BaseLoader)["jobs"]["include"][-1]
    assert job["deploy"]["on"] == {"tags": "true", **({"condition": kept} if kept else {})}
    assert [note.line for note in result.notes if "dropped" in note.text] == [7]


@pytest.mark.parametrize(
    ("on", "condition"),
    [
        pytest.param("{tags: true}", "tag IS present", id="tags"),
        pytest.param("{tags: true, repo: a/b}", "repo = a/b AND tag IS present", id="tags of a repository"),
        pytest.param("{branch: main}", "branch = main", id="a branch"),
        pytest.param("{branch: [main, dev]}", "branch IN (main, dev)", id="branches"),
        pytest.param("{branch: main, tags: false}", "tag IS blank AND branch = main", id="no tags"),
        pytest.param("{branch: rel/*}", "", id="a pattern is left to on"),
        pytest.param("{all_branches: true}", "", id="every branch"),
        pytest.param("{tags: any}", "", id="every branch and tag"),
        pytest.param("{condition: -n $X}", "branch = master", id="the default branch"),
    ],
)
def test_the_conditions_are_repeated_as_a_condition_of_the_job(on: str, condition: str) -> None:
    result = staged(f"language: python\npython: ['3.6', '3.7']\ndeploy:\n  provider: pypi\n  on: {on}\n")
    job = yaml.load(result.text, yaml.BaseLoader)["jobs"]["include"][-1]
    assert job["if"] == " AND ".join(["type != pull_request", *([condition] if condition else [])])
    written = {
        key: value for key, value in yaml.load(on, yaml.BaseLoader).items() if key not in {"branch", "condition"}
    }
    assert {key: job["deploy"]["on"][key] for key in written} == written


def test_an_axis_of_one_value_leaves_the_single_job() -> None:
    matrices = {"arch: [amd64, arm64]": 1, "os: [linux, osx]": 1, "dist: [focal, jammy]": 2, "arch: [arm64]": 2}
    for matrix, jobs in matrices.items():
        result = staged(f"language: python\n{matrix}\n{DEPLOY}")
        assert len(yaml.load(result.text, yaml.BaseLoader)["jobs"]["include"]) == jobs


def test_global_variables_and_their_conditions_stay() -> None:
    env = "env:\n  global:\n  - A=1\n  - secure: abc\n  jobs: [B=1, B=2]\n"
    result = staged(f"language: python\n{env}{DEPLOY}    condition: $A = 1\n")
    assert yaml.load(result.text, yaml.BaseLoader)["jobs"]["include"][-1]["deploy"]["on"]["condition"] == ["$A = 1"]


def test_variables_that_the_tool_reads_too_are_noted() -> None:
    notes = staged(f"language: python\npython: '3.6'\nenv:\n  global: PYPI_USERNAME=me\n{DEPLOY}").notes
    assert any(note.text.startswith("PYPI_USERNAME still counts") for note in notes)


@pytest.mark.parametrize(
    ("matrix", "formats", "is_noted"),
    [
        ("os: [linux, osx]", "sdist bdist_wheel", True),
        ("arch: [amd64, arm64]", "bdist_wheel", True),
        ("os: osx", "bdist_wheel", True),
        ("env: [A=1, A=2]", "bdist_wheel", True),
        ("env: [A=1, A=2]", "sdist bdist_wheel", False),
        ("os: [linux, osx]", "sdist", False),
    ],
)
def test_wheels_that_the_stage_does_not_make_are_noted(matrix: str, formats: str, is_noted: bool) -> None:
    notes = staged(f"language: python\n{matrix}\n{DEPLOY}  distributions: {formats}\n").notes
    assert any(note.text.startswith("the stage publishes one wheel") for note in notes) == is_noted


def test_a_job_that_does_not_deploy_is_no_obstacle() -> None:
    jobs = "jobs:\n  include:\n    - python: '3.6'\n      deploy: false\n    - python: '3.7'\n"
    result = staged(f"language: python\n{jobs}{DEPLOY}")
    assert len(yaml.load(result.text, yaml.BaseLoader)["jobs"]["include"]) == 3


def test_options_of_every_provider_stay() -> None:
    result = staged(f"language: python\n{DEPLOY}  allow_failure: true\n  dpl_version: 2.0.5\n  cleanup: true\n")
    deploy = yaml.load(result.text, yaml.BaseLoader)["jobs"]["include"][-1]["deploy"]
    assert (deploy["allow_failure"], deploy["dpl_version"]) == ("true", "2.0.5")


@pytest.mark.parametrize("stages", ["[test, deploy]", "[{name: Deploy}]"])
def test_a_stage_that_is_there_is_not_added_again(stages: str) -> None:
    result = staged(f"language: python\nstages: {stages}\n{DEPLOY}")
    assert f"stages: {stages}\n" in result.text


def test_mistakes_of_the_file_are_noted() -> None:
    result = staged(
        "language: python\npython: ['2.7', 3.10]\ndeploy:\n  provider: pypi\n  distributions: bdist_wheel\n"
    )
    assert [(note.line, note.text.split(":")[0]) for note in result.notes if "settings" not in note.text] == [
        (2, "3.10 without quotes is the number 3.1"),
        (4, "the job runs Python 2.7, so far its wheels were py2"),
        (4, "the stage publishes one wheel, that of Python 3.12 on Linux"),
    ]


@pytest.mark.parametrize(
    ("commands", "noted"),
    [
        pytest.param(
            "script: git describe > demo/VERSION.txt", ["git describe > demo/VERSION.txt"], id="a redirection"
        ),
        pytest.param("script: pytest && make docs", ["pytest && make docs"], id="a generator"),
        pytest.param("script: |\n  pytest\n  make docs\n  python setup.py sdist", ["make docs"], id="several lines"),
        pytest.param("before_script: [tox -e py36, sed -i s/a/b/ x.py]", ["sed -i s/a/b/ x.py"], id="a changed source"),
        pytest.param(
            "install: pip install -r a.txt\nscript: [travis_retry python3 -m pytest 2>&1, coverage xml]", [], id="tests"
        ),
        pytest.param("script: echo a >/dev/null; A=1 python setup.py test", [], id="nothing written"),
    ],
)
@pytest.mark.parametrize("kept", ["skip_cleanup: true", "cleanup: false", "cleanup: true"])
def test_a_command_that_may_have_made_files_of_the_package_is_noted(commands: str, noted: list[str], kept: str) -> None:
    text = f"language: python\npython: '3.6'\n{commands}\n{DEPLOY}  {kept}\n"
    found = [note.text for note in staged(text).notes if "the files that the job made" in note.text]
    assert [text.split("`")[1] for text in found] == (noted if kept != "cleanup: true" else [])


@pytest.mark.parametrize(
    "text",
    [
        pytest.param(f"script: pytest\nbefore_deploy: make\n{DEPLOY}", id="commands before it"),
        pytest.param("script: pytest\ndeploy: [{provider: npm}, {provider: pypi}]\n", id="another provider"),
        pytest.param(f"script: docker run x\n{DEPLOY}  skip_cleanup: true\n", id="files of the job"),
        pytest.param(f"env: [A=1, A=2]\n{DEPLOY}    condition: $A != 1\n", id="all jobs but one"),
        pytest.param(f"env: [A=1, A=2]\n{DEPLOY}    condition: $A = 1 || $A = 2\n", id="one job or another"),
        pytest.param(f"env: [A=1, A=2]\n{DEPLOY}    condition: $A = 3\n", id="a job that does not exist"),
        pytest.param(
            f"language: python\npython: ['3.6', '3.7']\n{DEPLOY}    python: '3.7'\n"
            "    condition: $TRAVIS_PYTHON_VERSION = 3.6\n",
            id="conditions that no job meets together",
        ),
        pytest.param(f"env: [{{secure: a}}, {{secure: b}}]\n{DEPLOY}", id="secrets in the matrix"),
        pytest.param(f"env: {{jobs: [{{secure: a}}, {{secure: b}}]}}\n{DEPLOY}", id="secrets of the jobs"),
        pytest.param(f"script: pytest\n{DEPLOY}  run: [ls]\n", id="commands after it"),
        pytest.param(f"script: pytest\n{DEPLOY.replace('deploy:', 'deploy: &it')}after_deploy: *it\n", id="an anchor"),
        pytest.param(f"jdk: [a, b]\n{DEPLOY}    jdk: a\n", id="another runtime"),
        pytest.param("script: a\ndeploy:\n  provider: pypi\n  server: {a: b}\n", id="a value for each branch"),
        pytest.param(f"stages: [{{name: Deploy, if: branch = a}}]\n{DEPLOY}", id="a stage with a condition"),
        pytest.param(f"script: a\njobs: {{include: [{{os: osx}}]}}\n{DEPLOY}", id="jobs in flow style"),
    ],
)
def test_a_deployment_that_needs_its_job_is_an_error(text: str) -> None:
    with pytest.raises(UsageError, match=r"^line \d+: "):
        staged(text)
