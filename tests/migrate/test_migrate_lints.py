"""What a migration says about a file that was wrong before, and about one that was not."""

from __future__ import annotations

import pytest

from travis_pypi_deploy.migrate.rewrite import migrate
from travis_pypi_deploy.travis_yml.parse import parse

TAG_IN_PLACE = "can never hold on a tag build, where Travis puts the tag's name in the branch's place"
NO_PYTHON_ON_XENIAL = "the image of xenial has no Python 3.9 or newer"
NOT_ON_XENIAL = f'{NO_PYTHON_ON_XENIAL}: set `dist: jammy` and `python: "3.12"`'
NO_TAG_STARTS_IT = f"this branch condition {TAG_IN_PLACE}: ask for `tag IS present` instead."
BRANCH_NEVER = (
    f"a tag is asked for, but the branch condition (without one it is master) {TAG_IN_PLACE}: add `tags: true`."
)
IGNORED = "branch is ignored beside `tags: true`: every tag deploys."
DEPLOYS_WITH_IT = "every job without a `deploy:` of its own deploys with it"
UNREAD = "distributions stands under `on:`, where it never did anything: if you want it, add it to the command."
LANGUAGE = "`condition:` is bash, but this is the language of `if:`: move it to an `if:` of the job."
SEVERAL, SINGLE_OUT = "more than one job of this build deploys", "single one out in `on:`"
ON_LINUX = "deploy from a job with `os: linux`"
STAGE = "or run this command with --stage"
EVERY_JOB = f"{SEVERAL}: {SINGLE_OUT}, {STAGE}."
PYTHONS = "language: python\npython: ['3.9', '3.12']\n"


def deployment(conditions: str) -> str:
    """Return a file whose `on:` stands in line 3, and its conditions in line 4."""
    indented = "".join(f"    {line}\n" for line in conditions.splitlines())
    return f"deploy:\n  provider: pypi\n  on:\n{indented}"


MISTAKES = {
    "branch beside tags": (deployment("tags: true\nbranch: release"), [f"5: {IGNORED}"]),
    "a tag on a branch": (deployment("branch: main\ncondition: -n $TRAVIS_TAG"), [f"5: {BRANCH_NEVER}"]),
    "a tag on the default branch": (deployment("condition: $TRAVIS_TAG =~ ^v[0-9]"), [f"4: {BRANCH_NEVER}"]),
    "if: in a list of bash": (
        deployment("tags: true\ncondition:\n  - tag IS present\n  - $A = 1 AND $B = 2"),
        [f"6: {LANGUAGE}", f"7: {LANGUAGE}"],
    ),
    "lost zeros in the matrix": (
        "python: [3.9, 3.10, '3.20', 3.30]\nscript: pytest\n",
        [
            '1: 3.10 without quotes is the number 3.1: write "3.10".',
            '1: 3.30 without quotes is the number 3.3: write "3.30".',
        ],
    ),
    "conditions beside on": (
        "deploy:\n  provider: pypi\n  tags: true\n  branch: main\n",
        [
            "3: tags is dropped: it did nothing beside `on:`; as a condition, write it under `on:`.",
            "4: branch is dropped: it did nothing beside `on:`; as a condition, write it under `on:`.",
        ],
    ),
    "on beside deploy": (
        "deploy:\n  provider: pypi\non:\n  tags: true\n",
        ["3: on stands beside `deploy:`, where it does nothing: indent it below `deploy:`."],
    ),
    "options under on": (
        deployment("tags: true\ndistributions: bdist_wheel\nskip_cleanup: true"),
        [
            f"5: {UNREAD}",
            "6: skip_cleanup stands under `on:`, where it does nothing: move it beside `on:`.",
        ],
    ),
    "every env of jobs": ("env:\n  global: A=1\n  jobs: [B=1, B=2]\ndeploy: pypi\n", [f"4: {EVERY_JOB}"]),
    "included jobs": (f"{PYTHONS}deploy: pypi\njobs:\n  include:\n  - stage: lint\n", [f"3: {EVERY_JOB}"]),
    "a second Python": (
        PYTHONS + deployment("python: ['3.9', '3.12']"),
        ["6: Travis checks only the first of these versions."],
    ),
    "a Python that no job has": (
        "python: '3.9'\n" + deployment("python: '3.6'"),
        ["5: no job of this build has Python 3.6: this never deploys."],
    ),
    "several jobs of one Python": (PYTHONS + "env: [A=1, A=2]\n" + deployment("python: '3.9'"), [f"4: {EVERY_JOB}"]),
    "a condition that no stage can have": (
        "language: node_js\ndist: xenial\n" + deployment("node: 10"),
        [f"3: {NO_PYTHON_ON_XENIAL}: set `dist: jammy`, or deploy from a stage of its own."],
    ),
    "a misspelled option": (
        deployment("tags: true").replace("  on:", "  distribution: sdist\n  on:"),
        ["3: Travis reads distribution as distributions."],
    ),
    "a branch beside all branches": (
        deployment("branch: release\nall_branches: true"),
        ["4: branch is ignored beside `all_branches: true`: every branch deploys."],
    ),
    "wheels of Python 2": (
        "language: python\npython: '2.7'\ndeploy:\n  provider: pypi\n  distributions: sdist bdist_wheel\n",
        ["4: the job runs Python 2.7, so far its wheels were py2: the new ones are py3."],
    ),
    "a job of tags that deploys from master": (
        "jobs:\n- if: tag IS present\n  deploy: {provider: pypi}\n",
        [f"2: {BRANCH_NEVER}"],
    ),
    "a stage that no tag starts": (
        (
            "stages:\n- test\n- name: ship\n  if: branch = main AND type = push\n"
            "jobs:\n- stage: ship\n  deploy: {provider: pypi, on: {tags: true}}\n"
        ),
        [f"4: {NO_TAG_STARTS_IT}"],
    ),
    "the same key twice": (
        "deploy:\n  provider: pypi\n  on:\n    tags: true\n  on:\n    tags: false\n",
        ["3: on stands here and in line 5: Travis takes the last."],
    ),
    "a branch that is not built": (
        "branches:\n  only: [main, develop]\n" + deployment("branch: release"),
        ["5: `branches:` keeps release from being built: this never deploys."],
    ),
    "a branch that is left out": (
        "branches:\n  except:\n  - release\ndeploy:\n  provider: pypi\n  on: release\n",
        ["6: `branches:` keeps release from being built: this never deploys."],
    ),
    "a system that no job has": (
        "os: [linux, windows]\n" + deployment("tags: true\ncondition: -n $A && $TRAVIS_OS_NAME = osx"),
        ["6: no job of this build has the system osx: this never deploys."],
    ),
    "a system without an interpreter": (
        "os: [linux, osx]\n" + deployment("tags: true"),
        [f"2: {SEVERAL}, and osx has no /opt/python: {SINGLE_OUT} and {ON_LINUX}, {STAGE}."],
    ),
    "a Python that the image does not have": (
        "language: python\ndist: jammy\npython: '3.6'\n" + deployment("tags: true"),
        ['4: jammy has no Python 3.6: set `python: "3.12"`, or run this command with --stage.'],
    ),
    "a deploy stage without an interpreter": (
        "language: python\njobs:\n- dist: xenial\n  script: skip\n  deploy: {provider: pypi, on: {tags: true}}\n",
        [
            f"5: {NOT_ON_XENIAL}, or run this command with --stage.",
        ],
    ),
    "a Python of bash that no job has": (
        "language: python\npython: 3.9\n" + deployment('condition: \'"${TRAVIS_PYTHON_VERSION}" == "3.6"\''),
        ["6: no job of this build has Python 3.6: this never deploys."],
    ),
    "a condition that is the same in every job": (
        PYTHONS + deployment("tags: true\ncondition: $TRAVIS_REPO_SLUG = a/b"),
        [f"3: {EVERY_JOB}"],
    ),
    "options of every provider under on": (
        deployment("tags: true\nallow_failure: true\ncleanup: true"),
        [
            "5: allow_failure stands under `on:`, where it does nothing: move it beside `on:`.",
            "6: cleanup stands under `on:`, where it does nothing: move it beside `on:`.",
        ],
    ),
}


@pytest.mark.parametrize(
    ("text", "expected"),
    MISTAKES.values(),
    ids=MISTAKES,
)
def test_a_mistake_is_told_with_its_line(text: str, expected: list[str]) -> None:
    assert said(text) == expected


RIGHT = {
    "a Python of an imported file": "import: a/b\n" + deployment("tags: true\npython: '3.10'"),
    "the default branch beside tags": deployment("tags: true\nbranch: [main, master]"),
    "the default under on": deployment("tags: true\ndistributions: sdist"),
    "no tag on a branch": deployment("branch: main\ncondition: -z $TRAVIS_TAG"),
    "an empty tag on a branch": deployment('branch: main\ncondition: $TRAVIS_TAG = ""'),
    "tags by the branch's pattern": deployment("branch: v*\ncondition: -n $TRAVIS_TAG"),
    "tags everywhere": deployment("all_branches: true\ncondition: -n $TRAVIS_TAG"),
    "a tag is a tag": deployment("tags: true\ncondition: $TRAVIS_BRANCH = $TRAVIS_TAG"),
    "the branch of a tag": deployment("tags: true\ncondition: $TRAVIS_BRANCH = v1.0"),
    "one of a matrix": PYTHONS + deployment("tags: true\npython: '3.9'"),
    "wheels of each architecture": "arch: [amd64, arm64]\ndeploy:\n  provider: pypi\n  skip_existing: true\n",
    "tags are built": "branches:\n  only: [main, /^v/]\n" + deployment("tags: true"),
    "or": "jobs:\n- if: branch = main OR tag IS present\n  deploy: {provider: pypi, on: {tags: true}}\n",
    "no zero is lost": "python: [3.9, 3.11, 3.0, pypy3.10]\n",
    "no scalar as Python": "python:\n- [3.9, {version: x}]\n",
    "no scalar as condition": deployment("branch: {main: x}\ncondition: {a: b}\ntags: {c: d}"),
    "an empty if": "jobs:\n- if:\n  deploy: {provider: pypi, on: {tags: true}}\n",
    "an empty list of branches": "branches:\n  only:\n" + deployment("branch: release"),
    "a pattern of branches": "branches:\n  only: [/^rel/]\n" + deployment("branch: release"),
    "a pattern in the condition": "branches:\n  only: [main]\n" + deployment("branch: rel*"),
    "one of two branches": "branches:\n  except: [x]\n" + deployment("branch: [x, y]"),
    "tags of a repository": "branches:\n  only: [main, /^v/]\n" + deployment("tags: true\nrepo: a/b"),
    "an old name": "os: [mac, linux-ppc64le]\n" + deployment("condition: $TRAVIS_OS_NAME = linux"),
    "the system of one job": "jobs:\n- os: osx\n- dist: jammy\n" + deployment("condition: $TRAVIS_OS_NAME = linux"),
    "the Python of the image": "language: python\n" + deployment("python: '3.6'"),
    "a Python in bash": PYTHONS + deployment("condition: $TRAVIS_PYTHON_VERSION = 3.9"),
    "a variable of the matrix": "env: [A=1, A=2]\n" + deployment("condition: $A = 1"),
    "wheels of each Python": f"{PYTHONS}deploy:\n  provider: pypi\n  distributions: bdist_wheel\n",
    "the deployment of another": "deploy:\n  provider: npm\n  on: tags\n",
    "a job that its environment chooses": (
        "language: python\njobs:\n- {python: '2.7', env: TOXENV=py27}\n- {python: '3.7', env: TOXENV=py37}\n"
        + deployment("condition: $TOXENV = py37").replace("  on:", "  distributions: sdist bdist_wheel\n  on:")
    ),
    "wheels that each job made": (
        "env: [IMAGE=a, IMAGE=b]\ndeploy: {provider: script, script: python -m travis_pypi_deploy dist/*}\n"
    ),
    "jobs on different events": (
        "jobs:\n- {if: branch = a, deploy: {provider: pypi}}\n- {if: branch = b, deploy: {provider: pypi}}\n"
    ),
}


@pytest.mark.parametrize(
    "text",
    RIGHT.values(),
    ids=RIGHT,
)
def test_what_is_right_is_not_mentioned(text: str) -> None:
    assert said(text) == []


def test_a_migrated_script_gets_the_same_notes_as_the_deployment_that_it_was() -> None:
    text = deployment("tags: true\nbranch: release").replace("pypi", "script\n  script: python -m travis_pypi_deploy")
    assert said(text) == [f"6: {IGNORED}"]


def said(text: str) -> list[str]:
    """Return the notes that are not about the account."""
    notes = migrate(text, parse(text), {}).notes
    return [f"{note.line}: {note.text}" for note in notes if "repository's settings" not in note.text]
