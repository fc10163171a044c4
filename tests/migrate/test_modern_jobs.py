"""`--stage` for a job that is a deploy stage already, on an image or a Python that cannot run the tool."""

from __future__ import annotations

import io
from pathlib import Path

import pytest
import yaml

from travis_pypi_deploy.migrate.command import main

STAGE = """\
# our package
language: python
dist: xenial
jobs:
  include:
    - python: "2.7"
    - stage: release
      python: "3.6"  # the oldest
      script: skip
      deploy:
        provider: pypi
        on:
          python: 3.6
          tags: true
"""
MODERN = {"dist": "jammy", "python": "3.12"}
NOT_CHANGED = "--stage does nothing here: the deployments stand in jobs, not beside them."


def staged(folder: Path, text: str) -> tuple[str, str]:
    """Return the file that `--stage --write` leaves, and the notes."""
    path = folder / ".travis.yml"
    path.write_bytes(text.encode())
    stderr = io.StringIO()
    assert main(["--stage", "--write", str(path)], io.StringIO(), stderr) == 0
    return path.read_bytes().decode(), stderr.getvalue().replace(f"{path}:", "").replace(f"{path} ", "")


def jobs(text: str) -> list[dict[str, object]]:
    found = yaml.load(text, yaml.BaseLoader)["jobs"]
    return list(found["include"] if isinstance(found, dict) else found)


def test_it_gets_jammy_and_a_new_python_and_nothing_else_changes(tmp_path: Path) -> None:
    after, notes = staged(tmp_path, STAGE)
    script = "python -m travis_pypi_deploy --server pypi --tags --distributions sdist"
    assert after == (
        STAGE.replace("stage: release\n", "stage: release\n      dist: jammy\n")
        .replace('"3.6"', '"3.12"')
        .replace("python: 3.6", 'python: "3.12"')
        .replace("      deploy:", "      before_deploy: pip install travis-pypi-deploy\n      deploy:")
        .replace("provider: pypi", f"provider: script\n        script: {script}")
    )
    stage, account, *rest = notes.splitlines()
    assert stage == (
        "7: this job now runs Python 3.12 on jammy, and so does its `install`: "
        "skip that if the deployment does not need it."
    )
    assert account.startswith("11: no user name and password")  # the line that it had before
    assert rest == ["was written: 1 deployment rewritten."]


ADDED = {
    "inherited, in flow style": (
        "dist: trusty\nlanguage: python\npython: '3.5'\nscript: skip\njobs: [{deploy: pypi, install: skip}]\n",
        MODERN,
    ),
    "a Python that jammy does not have": (
        "language: python\njobs:\n- dist: jammy\n  script: echo deploying\n  python: [3.6, 3.7]\n  deploy: pypi\n",
        MODERN,
    ),
    "another language": (
        "language: ruby\r\njobs:\r\n- dist: precise\r\n  script: skip\r\n  deploy: pypi\r\n",
        {"dist": "jammy"},
    ),
    "a Python that another language ignores": (
        "language: ruby\ndist: xenial\njobs:\n- python: 2.7\n  script: skip\n  deploy: pypi\n",
        MODERN,
    ),
    "a deployment that another job shares": (
        (
            "language: python\ndist: xenial\n.deploy: &pypi {provider: pypi, on: {tags: true}}\njobs:\n"
            "- &release\n  stage: release\n  script: skip\n  deploy: *pypi\n- python: '3.12'\n  deploy: *pypi\n"
        ),
        MODERN,
    ),
}


@pytest.mark.parametrize(
    ("text", "expected"),
    ADDED.values(),
    ids=ADDED,
)
def test_what_is_not_written_in_the_job_is_added(tmp_path: Path, text: str, expected: dict[str, str]) -> None:
    after, notes = staged(tmp_path, text)
    job = jobs(after)[0]
    assert {name: job[name] for name in ("dist", "python") if name in job} == expected
    assert ("so does its `install`" in notes) == ("install" not in job and "language: python" in text)
    assert NOT_CHANGED not in notes
    assert "has no Python" not in notes


KEPT = {
    "it runs tests": STAGE.replace("script: skip", "script: pytest"),
    "it runs the default script": STAGE.replace("      script: skip\n", ""),
    "a condition in bash": STAGE.replace("tags: true", "condition: $TRAVIS_PYTHON_VERSION = 3.6"),
    "a condition of the job": STAGE.replace("script: skip", "script: skip\n      if: python = 3.6"),
    "macOS": STAGE.replace("script: skip", "script: skip\n      os: osx"),
    "another provider": STAGE.replace("provider: pypi", "provider: npm"),
    "it never deploys": STAGE.replace("python: 3.6", "python: 2.7"),
    "a job that another one repeats": STAGE.replace("- stage: release", "- &release\n      stage: release")
    + "    - <<: *release\n",
    "a condition on Python that another job shares": STAGE.replace("  deploy:\n", "  deploy: &pypi\n")
    + "    - {python: '3.12', deploy: *pypi}\n",
    "it builds the files": STAGE.replace(
        "script: skip", "script: skip\n      before_script: pip wheel . -w dist"
    ).replace("provider: pypi", "provider: pypi\n        skip_cleanup: true"),
}


@pytest.mark.parametrize(
    "text",
    KEPT.values(),
    ids=KEPT,
)
def test_a_job_whose_python_matters_keeps_it(tmp_path: Path, text: str) -> None:
    after, notes = staged(tmp_path, text)
    job = jobs(after)[1]
    assert (job.get("dist"), job["python"]) == (None, "3.6")
    assert (NOT_CHANGED in notes) == ("provider: npm" not in text)
    assert "or run this command with --stage" not in notes
