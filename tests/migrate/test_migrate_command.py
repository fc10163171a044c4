"""`python -m travis_pypi_deploy.migrate`, as its user meets it."""

from __future__ import annotations

import io
import os
import re
import subprocess
import sys
import venv
from pathlib import Path
from typing import NamedTuple

import pytest

from travis_pypi_deploy.migrate.command import main

BEFORE = "# ours\ndeploy:\n  provider: pypi\n  user: me   # and you\n"


class Outcome(NamedTuple):
    code: int
    stdout: str
    stderr: str


def run(*arguments: str) -> Outcome:
    stdout, stderr = io.StringIO(), io.StringIO()
    return Outcome(main(arguments, stdout, stderr), stdout.getvalue(), stderr.getvalue())


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """An empty folder, which is the working directory."""
    monkeypatch.chdir(tmp_path)
    return tmp_path


@pytest.fixture
def config(folder: Path) -> Path:
    path = folder / ".travis.yml"
    path.write_text(BEFORE, encoding="utf-8")
    return path


def test_a_diff_is_shown_and_nothing_written(config: Path) -> None:
    outcome = run()
    assert outcome.code == 0
    assert outcome.stdout.startswith("--- a/.travis.yml\n+++ b/.travis.yml\n@@ -1,4 +1,9 @@\n")
    assert outcome.stderr == (
        ".travis.yml:4: the user name is dropped: set PYPI_TOKEN to an API token of this project in the repository's "
        "settings on Travis.\n"
        ".travis.yml was not written: 1 deployment to rewrite with --write.\n"
    )
    assert config.read_text(encoding="utf-8") == BEFORE


@pytest.mark.parametrize("before", [BEFORE, BEFORE.rstrip(), BEFORE.replace("\n", "\r\n"), "\ufeff" + BEFORE])
def test_the_diff_is_a_patch(config: Path, before: str) -> None:
    config.write_bytes(before.encode())
    command = [sys.executable, "-m", "travis_pypi_deploy.migrate"]
    diff = subprocess.run(command, capture_output=True, check=True).stdout
    subprocess.run(["git", "apply"], input=diff, check=True)
    patched = config.read_bytes()
    config.write_bytes(before.encode())
    subprocess.run([*command, "--write"], capture_output=True, check=True)
    assert config.read_bytes() == patched != before.encode()


def test_the_diff_of_an_absolute_path_is_a_patch_below_the_root(config: Path) -> None:
    first, second, *_ = run(str(config)).stdout.splitlines()
    assert (first, second) == (f"--- a{config}", f"+++ b{config}")


def test_writing_keeps_the_mode_and_leaves_nothing_else(config: Path) -> None:
    config.chmod(0o640)
    outcome = run("--write")
    assert outcome.stderr.splitlines()[-1] == ".travis.yml was written: 1 deployment rewritten."
    assert "provider: script" in config.read_text(encoding="utf-8")
    assert config.stat().st_mode & 0o777 == 0o640
    assert list(config.parent.iterdir()) == [config]


def test_a_link_stays_a_link(config: Path) -> None:
    link = config.with_name("link.yml")
    link.symlink_to(config)
    assert run("--write", "link.yml").code == 0
    assert link.is_symlink()
    assert "provider: script" in config.read_text(encoding="utf-8")


def test_a_file_that_cannot_be_written_is_told(folder: Path) -> None:
    name = "a" * 250 + ".yml"  # with anything added the name is too long for a file
    (folder / name).write_text(BEFORE, encoding="utf-8")
    assert run("--write", name) == Outcome(2, "", f"{name} cannot be written: File name too long.\n")


def test_setup_cfg_beside_the_file_is_read(config: Path) -> None:
    config.write_text("deploy:\n  provider: pypi\n  distributions: dists\n", encoding="utf-8")
    config.with_name("setup.cfg").write_text("[aliases]\ndists = bdist_wheel\n", encoding="utf-8")
    assert "--server pypi --distributions bdist_wheel\n" in run().stdout


def test_a_file_with_nothing_to_rewrite_is_left(config: Path) -> None:
    config.write_text("script: pytest\n", encoding="utf-8")
    assert run("--write") == Outcome(0, "", ".travis.yml was left as it is: no deployment to rewrite.\n")


@pytest.mark.parametrize(
    ("content", "expected"),
    [
        pytest.param(
            b"script:\n  - [pytest\n",
            "line 3: this is not valid YAML: expected ',' or ']', but got '<stream end>'.",
            id="a bracket that stays open",
        ),
        pytest.param(
            b"a: 1\nb: *c\n",
            "line 2: this is not valid YAML: *c stands for nothing, no &c has ended above it.",
            id="an alias of nothing",
        ),
        pytest.param(
            b"a: 1\nb: \x01\n",
            "line 2: this is not valid YAML: a character that YAML does not allow "
            "(special characters are not allowed).",
            id="a control character",
        ),
    ],
)
def test_what_is_no_yaml_is_told_with_its_line(config: Path, content: bytes, expected: str) -> None:
    config.write_bytes(content)
    assert run() == Outcome(2, "", f".travis.yml: {expected} Fix it and run the command again.\n")


def test_what_is_no_text_is_told_with_its_line(config: Path) -> None:
    config.write_bytes(b"a: 1\nb: \xff\n")
    expected = ".travis.yml: line 2: this is not UTF-8 (invalid start byte). Save the file as UTF-8.\n"
    assert run() == Outcome(2, "", expected)


def test_a_file_that_is_not_there_is_told(folder: Path) -> None:
    expected = "other.yml cannot be read: No such file or directory. Name the .travis.yml to read.\n"
    assert run("other.yml") == Outcome(2, "", expected)


@pytest.fixture(scope="module")
def bare_python(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A Python without ruamel.yaml."""
    bare = tmp_path_factory.mktemp("bare")
    venv.create(bare, symlinks=True)
    return bare / "bin" / "python"


@pytest.mark.parametrize(
    ("arguments", "code", "stdout", "stderr"),
    [
        pytest.param([], 2, "", 'pip install "travis-pypi-deploy[config]".\n', id="a file"),
        pytest.param(["--help"], 0, "--install REQUIREMENT", "", id="help"),
        pytest.param(["--rewrite"], 2, "", "unrecognized arguments: --rewrite\n", id="an unknown option"),
    ],
)
def test_without_the_extra_only_help_and_errors_are_answered(
    bare_python: Path, arguments: list[str], code: int, stdout: str, stderr: str
) -> None:
    command = [str(bare_python), "-m", "travis_pypi_deploy.migrate", *arguments]
    variables = {"PYTHONPATH": str(Path(__file__).parents[2])}
    ran = subprocess.run(command, env=variables, capture_output=True, text=True, check=False)
    assert (ran.returncode, stdout in ran.stdout, ran.stderr.endswith(stderr)) == (code, True, True)


@pytest.mark.parametrize(
    ("requirement", "written"),
    [
        pytest.param("ci/travis_pypi_deploy-*.whl", "ci/travis_pypi_deploy-*.whl", id="a wheel of the repository"),
        pytest.param("ci/*.whl", "ci/*.whl", id="any wheel"),
        pytest.param("travis-pypi-deploy==0.2.0", "travis-pypi-deploy==0.2.0", id="a version"),
        pytest.param("travis-pypi-deploy>=0.2", "'travis-pypi-deploy>=0.2'", id="a range"),
        pytest.param(
            "travis-pypi-deploy @ git+https://git.example/a.git@v1",
            "'travis-pypi-deploy @ git+https://git.example/a.git@v1'",
            id="a git URL",
        ),
        pytest.param("git+https://$KEY@git.example/a", '"git+https://$KEY@git.example/a"', id="a variable"),
    ],
)
@pytest.mark.parametrize("python", ["'3.6'", "'3.12'"])
@pytest.mark.parametrize("stage", [(), ("--stage",)], ids=["in its job", "in a stage"])
def test_the_job_installs_what_is_asked_for(
    config: Path, requirement: str, written: str, python: str, stage: tuple[str, ...]
) -> None:
    config.write_text(f"language: python\npython: {python}\ndeploy:\n  provider: pypi\n", encoding="utf-8")
    assert run("--write", "--install", requirement, *stage).code == 0
    once = config.read_text(encoding="utf-8")
    assert re.findall(r"pip install (?:-q )?(.*)", once) == [written]
    assert run("--write", "--install", requirement, *stage).code == 0
    assert config.read_text(encoding="utf-8") == once


@pytest.mark.parametrize("requirement", ["", " ", "a\nb"], ids=["empty", "space", "two lines"])
def test_a_requirement_of_no_or_two_lines_is_an_error(config: Path, requirement: str) -> None:
    with pytest.raises(SystemExit) as stop:
        run("--install", requirement)
    assert stop.value.code == 2


def test_a_stage_is_written_on_request(config: Path) -> None:
    config.write_text("language: python\ndeploy:\n  provider: pypi\n  user: __token__\n", encoding="utf-8")
    outcome = run("--stage", "--write")
    assert outcome == Outcome(0, outcome.stdout, ".travis.yml was written: 1 deployment rewritten.\n")
    assert "- stage: deploy\n" in config.read_text(encoding="utf-8")
    assert run("--stage").stderr == ".travis.yml was left as it is: no deployment to rewrite.\n"


def test_after_writing_a_stage_needs_the_file_as_it_was(config: Path) -> None:
    config.write_text("env: [A=1, A=2]\ndeploy:\n  provider: pypi\n", encoding="utf-8")
    assert run("--write").stderr.endswith("1 deployment rewritten. To use --stage instead, restore the file first.\n")


def test_a_template_beside_a_stage_is_rewritten_too(config: Path) -> None:
    text = "language: python\n.pypi: &pypi\n  provider: pypi\ndeploy:\n  <<: *pypi\n  user: __token__\n"
    config.write_text(text, encoding="utf-8")
    assert run("--stage", "--write").code == 0
    assert "provider: pypi" not in config.read_text(encoding="utf-8")
    assert run("--stage").stderr == ".travis.yml was left as it is: no deployment to rewrite.\n"


def test_a_deployment_that_cannot_become_a_stage_changes_nothing(config: Path) -> None:
    before = "before_deploy: make\ndeploy:\n  provider: pypi\n"
    config.write_text(before, encoding="utf-8")
    outcome = run("--stage", "--write")
    assert (outcome.code, outcome.stdout) == (2, "")
    assert outcome.stderr.startswith(".travis.yml was not changed: line 2: ")
    assert config.read_text(encoding="utf-8") == before


def test_mixed_line_endings_lose_no_character(config: Path) -> None:
    config.write_bytes(
        b"language: python\r\ndeploy:\n  provider: pypi\n  user: me\n  on:\n    branch: main\nos: linux\n"
    )
    assert run("--write").code == 0
    assert config.read_bytes().endswith(b"branch: main\nos: linux\n")


@pytest.mark.parametrize("content", ["deploy:\n  ? provider\n  : pypi\n", "? deploy\n: provider: pypi\n"])
def test_a_result_that_would_be_wrong_is_not_written(config: Path, content: str) -> None:
    config.write_text(content, encoding="utf-8")
    outcome = run("--write")
    assert outcome.code == 2
    assert outcome.stderr.startswith(".travis.yml was not changed, because the result would be wrong: line ")
    assert config.read_text(encoding="utf-8") == content


def test_deeply_nested_lists_are_an_error_with_a_reason(config: Path) -> None:
    config.write_text("a: " + "[" * 3000 + "]" * 3000, encoding="utf-8")
    outcome = run()
    assert (outcome.code, outcome.stdout) == (2, "")
    assert "nested too deeply" in outcome.stderr


@pytest.mark.parametrize("entry", ["", "."], ids=["empty", "dot"])
def test_modules_of_the_working_directory_are_not_imported(config: Path, entry: str) -> None:
    config.with_name("argparse.py").write_text("raise SystemExit('imported')", encoding="utf-8")
    package = Path(main.__code__.co_filename).parents[2]
    command = [sys.executable, "-m", "travis_pypi_deploy.migrate"]
    variables = {"PYTHONPATH": os.pathsep.join([entry, str(package)])}
    assert subprocess.run(command, env=variables, capture_output=True, check=False).returncode == 0
