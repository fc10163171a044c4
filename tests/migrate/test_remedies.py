"""Every remedy works: a file that follows it is migrated without that note."""

from __future__ import annotations

import pytest

from travis_pypi_deploy.migrate.rewrite import migrate
from travis_pypi_deploy.travis_yml.lints import Note
from travis_pypi_deploy.travis_yml.parse import parse

PYPI = "deploy:\n  provider: pypi\n  on:\n    "
PYTHONS = "language: python\npython: ['3.9', '3.12']\n"
XENIAL = "language: python\ndist: xenial\npython: '3.6'\n"
JOBS = "language: python\njobs:\n- &job\n  python: '3.6'\n  deploy: {provider: pypi}\n- <<: *job\n  env: A=1\n"
REMEDIES = {
    "quote the version": ("python: 3.10\n", "3.10", "'3.10'", "1: is the number 3.1"),
    "write the condition's name": (f"{PYPI}tag: true\n", "tag:", "tags:", "4: write tags"),
    "write the misspelled condition": (f"{PYPI}branchs: a\n", "branchs", "branch", "4: write branch"),
    "write tags": ("deploy:\n  provider: pypi\n  on: tags\n", "on: tags", "on: {tags: true}", "3: write `tags: true`"),
    "ask for all tags": (f"{PYPI}tags: any\n", "any", "true", "4: Write `tags: true`"),
    "write conditions under on": (
        "deploy:\n  provider: pypi\n  if: {branch: a}\n  on: {repo: a/b}\n",
        "if: {branch: a}\n  on: {repo: a/b}",
        "on: {branch: a, repo: a/b}",
        "4: write all conditions under on",
    ),
    "replace if by conditions": (
        "deploy:\n  provider: pypi\n  if: tag IS present\n",
        "if: tag IS present",
        "on: {tags: true}",
        "3: write `on:` conditions",
    ),
    "move it to if": (
        f"{PYPI}condition: branch = a\n",
        "condition: branch = a",
        "branch: a",
        "4: language of `if:`",
    ),
    "match the branch in bash": (
        f"{PYPI}branch: /^v/\n",
        "branch: /^v/",
        "all_branches: true\n    condition: $TRAVIS_BRANCH =~ ^v",
        "3: write `all_branches: true`",
    ),
    "ask for the system in bash": (
        f"os: [linux, osx]\n{PYPI}os: linux\n",
        "os: linux",
        "condition: $TRAVIS_OS_NAME = linux",
        "5: ignores `on: os`",
    ),
    "add tags": (f"{PYPI}condition: -n $TRAVIS_TAG\n", "condition", "tags: true\n    condition", "4: add `tags: true`"),
    "remove the branch": (
        f"{PYPI}tags: true\n    condition: $TRAVIS_BRANCH = a\n",
        "    condition: $TRAVIS_BRANCH = a\n",
        "",
        "5: remove it",
    ),
    "let tags start the job": (
        "jobs:\n- if: branch = a\n  deploy: {provider: pypi, on: {tags: true}}\n",
        "branch = a",
        "tag IS present",
        "2: ask for `tag IS present`",
    ),
    "let tags be built": (f"branches: {{only: [a]}}\n{PYPI}tags: true\n", "[a]", r"[a, /^v?\d/]", "1: add a pattern"),
    "give the template a dot": (
        "x-deploy: &a {provider: pypi}\njobs: [{deploy: *a}]\n",
        "x-deploy",
        ".x-deploy",
        "1: begins with a dot",
    ),
    "write deploy": ("deploys: {provider: pypi}\n", "deploys", "deploy", "1: Write deploy"),
    "merge the lists": ("matrix: [{os: osx}]\njobs: [{os: linux}]\n", "matrix: [{os: osx}]\n", "", "1: merge the two"),
    "take an option out of on": (f"{PYPI}skip_existing: true\n", "on:\n    skip", "skip", "4: add it to the command"),
    "single out a Python": (f"{PYTHONS}{PYPI}tags: true\n", "tags", "python: '3.12'\n    tags", "3: single one out"),
    "single out an environment": (
        f"env: [A=1, A=2]\n{PYPI}tags: true\n",
        "tags",
        "condition: $A = 2\n    tags",
        "2: single one out",
    ),
    "deploy from one job": (JOBS, "<<: *job\n  env: A=1", "env: A=1", "5: deploy from one of them only"),
    "take a new image and Python": (
        f"{XENIAL}{PYPI}tags: true\n",
        XENIAL,
        XENIAL.replace("xenial", "jammy").replace("3.6", "3.12"),
        "4: set `dist: jammy` and `python:",
    ),
    "ask for the new Python, too": (
        f"{XENIAL}{PYPI}python: '3.6'\n",
        f"{XENIAL}{PYPI}python: '3.6'\n",
        f"{XENIAL}{PYPI}python: '3.6'\n".replace("xenial", "jammy").replace("3.6", "3.12"),
        "4: under `on:` too",
    ),
    "take a new image": (f"dist: trusty\n{PYPI}tags: true\n", "trusty", "jammy", "2: set `dist: jammy`"),
    "deploy from Linux": (f"os: osx\n{PYPI}tags: true\n", "osx", "linux", "2: `os: linux`"),
    "delete the user name": (f"env: PYPI_USERNAME=a\n{PYPI}tags: true\n", "env: PYPI_USERNAME=a\n", "", "1: delete it"),
}


@pytest.mark.parametrize(("text", "old", "new", "note"), REMEDIES.values(), ids=REMEDIES)
def test_a_file_that_follows_the_remedy_has_no_such_note(text: str, old: str, new: str, note: str) -> None:
    line, _, fragment = note.partition(": ")
    assert [each.line for each in notes(text) if fragment in each.text] == [int(line)]
    followed = text.replace(old, new)
    assert [each for each in notes(followed) if fragment in each.text] == []
    assert {each.text for each in notes(followed) if "settings" not in each.text} <= {each.text for each in notes(text)}


def notes(text: str) -> tuple[Note, ...]:
    return migrate(text, parse(text), {}).notes
