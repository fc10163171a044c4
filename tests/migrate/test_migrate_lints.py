"""What a migration says about a file that was wrong before, and about one that was not."""

from __future__ import annotations

import pytest

from travis_pypi_deploy.migrate.rewrite import migrate
from travis_pypi_deploy.travis_yml.parse import parse

TAG_IN_PLACE = "can never hold on a tag build, where Travis puts the tag's name in the branch's place"
NO_PYTHON_ON_XENIAL = "the image of xenial has no Python 3.9 or newer"
NOT_ON_XENIAL = f'{NO_PYTHON_ON_XENIAL}: set `dist: jammy` and `python: "3.12"`'
NEVER = f"this branch condition {TAG_IN_PLACE}: remove it."
NO_TAG_STARTS_IT = f"this branch condition {TAG_IN_PLACE}: ask for `tag IS present` instead."
BRANCH_NEVER = (
    f"a tag is asked for, but the branch condition (without one it is master) {TAG_IN_PLACE}: add `tags: true`."
)
IN_BASH = "write `all_branches: true` and `condition: $TRAVIS_BRANCH =~ ...`"
IGNORED = "branch is ignored beside `tags: true`: every tag deploys."
NO_TAG = r"only these branches are built, no tag ever is: add a pattern for your tags, such as /^v?\d/."
DEPLOYS_WITH_IT = "every job without a `deploy:` of its own deploys with it"
NEAR_NAME = f"Travis reads x-deploy as deploy: {DEPLOYS_WITH_IT}. A template's name begins with a dot: .x-deploy."
UNREAD = "distributions stands under `on:`, where it never did anything: if you want it, add it to the command."
LANGUAGE = "`condition:` is bash, but this is the language of `if:`: move it to an `if:` of the job."
SEVERAL, SINGLE_OUT = "more than one job of this build deploys", "single one out in `on:`"
ON_LINUX = "deploy from a job with `os: linux`"
STAGE = "or run this command with --stage"
EVERY_JOB = f"{SEVERAL}: {SINGLE_OUT}, {STAGE}."
PYTHONS = "language: python\npython: ['3.9', '3.12']\n"
ONE_ONLY = "more than one job of this build deploys: deploy from one of them only."


def deployment(conditions: str) -> str:
    """Return a file whose `on:` stands in line 3, and its conditions in line 4."""
    indented = "".join(f"    {line}\n" for line in conditions.splitlines())
    return f"deploy:\n  provider: pypi\n  on:\n{indented}"


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        pytest.param(deployment("tags: true\nbranch: release"), [f"5: {IGNORED}"], id="branch beside tags"),
        pytest.param(
            deployment("branch: main\ncondition: -n $TRAVIS_TAG"),
            [f"5: {BRANCH_NEVER}"],
            id="a tag on a branch",
        ),
        pytest.param(
            deployment("condition: $TRAVIS_TAG =~ ^v[0-9]"),
            [f"4: {BRANCH_NEVER}"],
            id="a tag on the default branch",
        ),
        pytest.param(
            deployment('tags: true\ncondition: "$TRAVIS_BRANCH == master"'),
            [f"5: {NEVER}"],
            id="a branch on a tag",
        ),
        pytest.param(deployment("condition: branch = main"), [f"4: {LANGUAGE}"], id="if: in bash"),
        pytest.param(
            deployment("tags: true\ncondition:\n  - tag IS present\n  - $A = 1 AND $B = 2"),
            [f"6: {LANGUAGE}", f"7: {LANGUAGE}"],
            id="if: in a list of bash",
        ),
        pytest.param(
            "language: python\n" + deployment("tags: true\npython: 3.10"),
            ['6: 3.10 without quotes is the number 3.1: write "3.10".'],
            id="a lost zero",
        ),
        pytest.param(
            "python: [3.9, 3.10, '3.20', 3.30]\nscript: pytest\n",
            [
                '1: 3.10 without quotes is the number 3.1: write "3.10".',
                '1: 3.30 without quotes is the number 3.3: write "3.30".',
            ],
            id="lost zeros in the matrix",
        ),
        pytest.param(
            "deploy:\n  provider: pypi\n  tags: true\n  branch: main\n",
            [
                "3: tags is dropped: it did nothing beside `on:`; as a condition, write it under `on:`.",
                "4: branch is dropped: it did nothing beside `on:`; as a condition, write it under `on:`.",
            ],
            id="conditions beside on",
        ),
        pytest.param(
            "deploy:\n  provider: pypi\non:\n  tags: true\n",
            ["3: on stands beside `deploy:`, where it does nothing: indent it below `deploy:`."],
            id="on beside deploy",
        ),
        pytest.param(
            deployment("tags: true\ndistributions: bdist_wheel\nskip_cleanup: true"),
            [
                f"5: {UNREAD}",
                "6: skip_cleanup stands under `on:`, where it does nothing: move it beside `on:`.",
            ],
            id="options under on",
        ),
        pytest.param(
            "deploy:\n  provider: pypi\n  on: tags\n",
            ["3: this means a branch named tags; for tag builds write `tags: true` under `on:`."],
            id="a branch named tags",
        ),
        pytest.param(f"{PYTHONS}deploy:\n  provider: pypi\n", [f"3: {EVERY_JOB}"], id="every Python"),
        pytest.param("env: [A=1, A=2]\ndeploy: pypi\n", [f"2: {EVERY_JOB}"], id="every environment"),
        pytest.param(
            "env:\n  global: A=1\n  jobs: [B=1, B=2]\ndeploy: pypi\n",
            [f"4: {EVERY_JOB}"],
            id="every env of jobs",
        ),
        pytest.param(
            f"{PYTHONS}deploy: pypi\njobs:\n  include:\n  - stage: lint\n",
            [f"3: {EVERY_JOB}"],
            id="included jobs",
        ),
        pytest.param(
            "matrix:\n  include: []\njobs:\n  include: []\ndeploy: pypi\n",
            ["1: matrix is ignored, because jobs is there, too: merge the two."],
            id="two lists of jobs",
        ),
        pytest.param(
            deployment("os: osx"),
            ["4: Travis ignores `on: os`: write `condition: $TRAVIS_OS_NAME = osx`."],
            id="an operating system",
        ),
        pytest.param(
            PYTHONS + deployment("python: ['3.9', '3.12']"),
            ["6: Travis checks only the first of these versions."],
            id="a second Python",
        ),
        pytest.param(
            "python: '3.9'\n" + deployment("python: '3.6'"),
            ["5: no job of this build has Python 3.6: this never deploys."],
            id="a Python that no job has",
        ),
        pytest.param(
            PYTHONS + "env: [A=1, A=2]\n" + deployment("python: '3.9'"),
            [f"4: {EVERY_JOB}"],
            id="several jobs of one Python",
        ),
        pytest.param(
            "x-deploy:\n  provider: pypi\n",
            [
                f"1: {NEAR_NAME}",
            ],
            id="a template that Travis takes for a deployment",
        ),
        pytest.param(
            "deploys:\n  provider: pypi\n",
            [f"1: Travis reads deploys as deploy: {DEPLOYS_WITH_IT}. Write deploy."],
            id="a misspelled deploy",
        ),
        pytest.param(
            "language: node_js\ndist: xenial\n" + deployment("node: 10"),
            [f"3: {NO_PYTHON_ON_XENIAL}: set `dist: jammy`, or deploy from a stage of its own."],
            id="a condition that no stage can have",
        ),
        pytest.param(
            deployment("tags: true").replace("  on:", "  distribution: sdist\n  on:"),
            ["3: Travis reads distribution as distributions."],
            id="a misspelled option",
        ),
        pytest.param(
            deployment("all_branch: true\ntag: true"),
            [
                "4: Travis reads all_branch as all_branches: write all_branches.",
                "5: tag is not a condition, so Travis ignores it: write tags.",
            ],
            id="misspelled conditions",
        ),
        pytest.param(
            "deploy:\n  provider: pypi\n  on:\n    repo: a/b\n  if:\n    tags: true\n",
            ["3: on is ignored, because if is there, too: write all conditions under on."],
            id="conditions under two keys",
        ),
        pytest.param(
            deployment("branch: release\nall_branches: true"),
            ["4: branch is ignored beside `all_branches: true`: every branch deploys."],
            id="a branch beside all branches",
        ),
        pytest.param(
            deployment("tags: any"),
            ["4: `tags: any` is dropped by Travis: every branch deploys. Write `tags: true` for tags only."],
            id="any tags",
        ),
        pytest.param(
            "deploy:\n  provider: pypi\n  if: tag IS present\n",
            ["3: this is the language of `if:` of a job; here it is the name of a branch: write `on:` conditions."],
            id="if: in a deployment",
        ),
        pytest.param(
            deployment("branch: /^v.*$/"),
            [f"3: /^v.*$/ is a name here, not a regular expression: {IN_BASH}."],
            id="a regular expression as a branch",
        ),
        pytest.param(
            "language: python\npython: '2.7'\ndeploy:\n  provider: pypi\n  distributions: sdist bdist_wheel\n",
            ["4: the job runs Python 2.7, so far its wheels were py2: the new ones are py3."],
            id="wheels of Python 2",
        ),
        pytest.param(
            "jobs:\n  include:\n"
            "  - env: A=1\n    deploy: {provider: pypi}\n  - env: A=2\n    deploy: {provider: pypi}\n",
            [f"4: {ONE_ONLY}", f"6: {ONE_ONLY}"],
            id="equal deployments of included jobs",
        ),
        pytest.param(
            "branches:\n  only: [main, develop]\n" + deployment("tags: true"),
            [f"2: {NO_TAG}"],
            id="no tag is built",
        ),
        pytest.param(
            "jobs:\n  include:\n  - if: branch = main\n    deploy: {provider: pypi, on: {tags: true}}\n",
            [f"3: {NO_TAG_STARTS_IT}"],
            id="a job that no tag starts",
        ),
        pytest.param(
            "jobs:\n- if: tag IS present\n  deploy: {provider: pypi}\n",
            [f"2: {BRANCH_NEVER}"],
            id="a job of tags that deploys from master",
        ),
        pytest.param(
            "stages:\n- test\n- name: ship\n  if: branch = main AND type = push\n"
            "jobs:\n- stage: ship\n  deploy: {provider: pypi, on: {tags: true}}\n",
            [f"4: {NO_TAG_STARTS_IT}"],
            id="a stage that no tag starts",
        ),
        pytest.param(
            "deploy:\n  provider: pypi\n  on:\n    tags: true\n  on:\n    tags: false\n",
            ["3: on stands here and in line 5: Travis takes the last."],
            id="the same key twice",
        ),
        pytest.param(
            "branches:\n  only: [main, develop]\n" + deployment("branch: release"),
            ["5: `branches:` keeps release from being built: this never deploys."],
            id="a branch that is not built",
        ),
        pytest.param(
            "branches:\n  except:\n  - release\ndeploy:\n  provider: pypi\n  on: release\n",
            ["6: `branches:` keeps release from being built: this never deploys."],
            id="a branch that is left out",
        ),
        pytest.param(
            "os: [linux, windows]\n" + deployment("tags: true\ncondition: -n $A && $TRAVIS_OS_NAME = osx"),
            ["6: no job of this build has the system osx: this never deploys."],
            id="a system that no job has",
        ),
        pytest.param(
            "os: [linux, osx]\n" + deployment("tags: true"),
            [f"2: {SEVERAL}, and osx has no /opt/python: {SINGLE_OUT} and {ON_LINUX}, {STAGE}."],
            id="a system without an interpreter",
        ),
        pytest.param(
            "jobs:\n- dist: trusty\n  os: linux\n- os: osx\n" + deployment("condition: $TRAVIS_OS_NAME = linux"),
            ["5: the image of trusty has no Python 3.9 or newer: set `dist: jammy`, or run this command with --stage."],
            id="an image without an interpreter",
        ),
        pytest.param(
            "language: python\ndist: xenial\npython: '3.6'\n" + deployment("tags: true\npython: '3.6'"),
            [
                f"4: {NOT_ON_XENIAL}, under `on:` too, or run this command with --stage.",
            ],
            id="an image without an interpreter, in Python",
        ),
        pytest.param(
            "language: python\ndist: jammy\npython: '3.6'\n" + deployment("tags: true"),
            ['4: jammy has no Python 3.6: set `python: "3.12"`, or run this command with --stage.'],
            id="a Python that the image does not have",
        ),
        pytest.param(
            "language: python\njobs:\n- dist: xenial\n  script: skip\n  deploy: {provider: pypi, on: {tags: true}}\n",
            [
                f"5: {NOT_ON_XENIAL}, or run this command with --stage.",
            ],
            id="a deploy stage without an interpreter",
        ),
        pytest.param(
            "language: python\npython: 3.9\n" + deployment('condition: \'"${TRAVIS_PYTHON_VERSION}" == "3.6"\''),
            ["6: no job of this build has Python 3.6: this never deploys."],
            id="a Python of bash that no job has",
        ),
        pytest.param(
            PYTHONS + deployment("tags: true\ncondition: $TRAVIS_REPO_SLUG = a/b"),
            [f"3: {EVERY_JOB}"],
            id="a condition that is the same in every job",
        ),
        pytest.param(
            deployment("tags: true\nallow_failure: true\ncleanup: true"),
            [
                "5: allow_failure stands under `on:`, where it does nothing: move it beside `on:`.",
                "6: cleanup stands under `on:`, where it does nothing: move it beside `on:`.",
            ],
            id="options of every provider under on",
        ),
    ],
)
def test_a_mistake_is_told_with_its_line(text: str, expected: list[str]) -> None:
    assert said(text) == expected


@pytest.mark.parametrize(
    "text",
    [
        pytest.param("import: a/b\n" + deployment("tags: true\npython: '3.10'"), id="a Python of an imported file"),
        pytest.param(deployment("tags: true\nbranch: [main, master]"), id="the default branch beside tags"),
        pytest.param(deployment("tags: true\ndistributions: sdist"), id="the default under on"),
        pytest.param(deployment("branch: main\ncondition: -z $TRAVIS_TAG"), id="no tag on a branch"),
        pytest.param(deployment('branch: main\ncondition: $TRAVIS_TAG = ""'), id="an empty tag on a branch"),
        pytest.param(deployment("branch: v*\ncondition: -n $TRAVIS_TAG"), id="tags by the branch's pattern"),
        pytest.param(deployment("all_branches: true\ncondition: -n $TRAVIS_TAG"), id="tags everywhere"),
        pytest.param(deployment("tags: true\ncondition: $TRAVIS_BRANCH = $TRAVIS_TAG"), id="a tag is a tag"),
        pytest.param(deployment("tags: true\ncondition: $TRAVIS_BRANCH = v1.0"), id="the branch of a tag"),
        pytest.param(PYTHONS + deployment("tags: true\npython: '3.9'"), id="one of a matrix"),
        pytest.param(
            "arch: [amd64, arm64]\ndeploy:\n  provider: pypi\n  skip_existing: true\n", id="wheels of each architecture"
        ),
        pytest.param("branches:\n  only: [main, /^v/]\n" + deployment("tags: true"), id="tags are built"),
        pytest.param(
            "jobs:\n- if: branch = main OR tag IS present\n  deploy: {provider: pypi, on: {tags: true}}\n",
            id="or",
        ),
        pytest.param("python: [3.9, 3.11, 3.0, pypy3.10]\n", id="no zero is lost"),
        pytest.param("python:\n- [3.9, {version: x}]\n", id="no scalar as Python"),
        pytest.param(deployment("branch: {main: x}\ncondition: {a: b}\ntags: {c: d}"), id="no scalar as condition"),
        pytest.param("jobs:\n- if:\n  deploy: {provider: pypi, on: {tags: true}}\n", id="an empty if"),
        pytest.param("branches:\n  only:\n" + deployment("branch: release"), id="an empty list of branches"),
        pytest.param("branches:\n  only: [/^rel/]\n" + deployment("branch: release"), id="a pattern of branches"),
        pytest.param("branches:\n  only: [main]\n" + deployment("branch: rel*"), id="a pattern in the condition"),
        pytest.param("branches:\n  except: [x]\n" + deployment("branch: [x, y]"), id="one of two branches"),
        pytest.param(
            "branches:\n  only: [main, /^v/]\n" + deployment("tags: true\nrepo: a/b"), id="tags of a repository"
        ),
        pytest.param("os: [mac, linux-ppc64le]\n" + deployment("condition: $TRAVIS_OS_NAME = linux"), id="an old name"),
        pytest.param(
            "jobs:\n- os: osx\n- dist: jammy\n" + deployment("condition: $TRAVIS_OS_NAME = linux"),
            id="the system of one job",
        ),
        pytest.param("language: python\n" + deployment("python: '3.6'"), id="the Python of the image"),
        pytest.param(PYTHONS + deployment("condition: $TRAVIS_PYTHON_VERSION = 3.9"), id="a Python in bash"),
        pytest.param("env: [A=1, A=2]\n" + deployment("condition: $A = 1"), id="a variable of the matrix"),
        pytest.param(
            f"{PYTHONS}deploy:\n  provider: pypi\n  distributions: bdist_wheel\n",
            id="wheels of each Python",
        ),
        pytest.param("deploy:\n  provider: npm\n  on: tags\n", id="the deployment of another"),
        pytest.param(
            "language: python\nmatrix:\n  include:\n  - {python: '2.7', env: TOXENV=py27}\n"
            "  - {python: '3.7', env: TOXENV=py37}\ndeploy:\n  provider: pypi\n  distributions: sdist bdist_wheel\n"
            "  on:\n    condition: $TOXENV = py37\n",
            id="a job that its environment chooses",
        ),
        pytest.param(
            "env: [IMAGE=a, IMAGE=b]\ndeploy:\n  provider: script\n  script: python -m travis_pypi_deploy dist/*\n",
            id="wheels that each job made",
        ),
        pytest.param(
            "jobs:\n- {if: branch = a, deploy: {provider: pypi}}\n- {if: branch = b, deploy: {provider: pypi}}\n",
            id="jobs on different events",
        ),
    ],
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
