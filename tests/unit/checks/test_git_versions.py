"""Rules for versions that come from git, on real repositories and on what git says of them."""

from __future__ import annotations

import os
import subprocess
from typing import TYPE_CHECKING

import pytest

from tests.support import factories
from travis_pypi_deploy import distributions, source_tree
from travis_pypi_deploy.checks.rules import Policy, Problem
from travis_pypi_deploy.checks.validation import validate
from travis_pypi_deploy.source_tree import SourceTree

if TYPE_CHECKING:
    from pathlib import Path

RULES = ("shallow-clone", "version-missing")
DEPTH = 'set "git: depth: false" in .travis.yml'
SCM = "setuptools-scm"
REFUSED = "fatal: detected dubious ownership in repository"
SHALLOW = SourceTree(SCM, is_shallow=True)
DIRTY = SourceTree(SCM, tags=("v1.0",), changed=("data.txt", "a", "b", "c"))

TAGGED = SourceTree(SCM, tags=("v1.0",))
NEW = SourceTree("dunamai", tags=("v1.0",), untracked=("new.txt",))
POETRY = SourceTree("poetry-dynamic-versioning", tags=("v1.0",))
NO_REPOSITORY = SourceTree("versioneer", error="fatal: not a git repository")

VERSIONS = {
    "a date": ("1.1.dev0+gab.d20261127", DIRTY, "local-version", "git tracks, data.txt, a, b and 1 more (git"),
    "dirty": ("1.0+0.gab.dirty", DIRTY, "local-version", "this job changed files that git tracks"),
    "dirty, new files": ("1.0+dirty", NEW, "local-version", "new files, new.txt (git status); add them to .gitignore"),
    "dirty by the build": ("1.0+dirty", TAGGED, "local-version", "the build itself changes files"),
    "unknown": ("0+unknown", NO_REPOSITORY, "local-version", "versioneer found no git repository"),
    "unknown in the sdist": ("0+unknown", SourceTree("versioneer", ("v1",)), "local-version", "pass cmdclass=versi"),
    "unknown, refused": ("0+unknown", SourceTree("versioneer", error=REFUSED), "local-version", "safe.directory"),
    "untagged": ("0+untagged.3.gab", SourceTree("versioneer", is_shallow=True), "local-version", DEPTH),
    "untagged, all commits": ("0+untagged.3.gab", SourceTree("versioneer"), "local-version", "no tag; tag a commit"),
    "between tags": ("1.1.dev3+gab", TAGGED, "local-version", '"no-local-version" in [tool.set'),
    "between tags, hatch-vcs": ("1.1.dev3+gab", SourceTree("hatch-vcs", ("v1",)), "local-version", "raw-options"),
    "no tool is known": ("1.0+gab", SourceTree(), "local-version", "publish a commit that has a tag"),
    "shallow": ("0.1.dev50", SHALLOW, "shallow-clone", f'"0.1.dev50" in a clone without the tag of a release: {DEPTH}'),
    "shallow, other tags": ("0.1.dev50", SourceTree(SCM, ("nightly",), is_shallow=True), "shallow-clone", DEPTH),
    "no repository": ("1.0", NO_REPOSITORY, "shallow-clone", "run this command in the clone that Travis made"),
    "no version": ("0.0.0", SourceTree(), "version-missing", "what build backends write if they find no version"),
    "no version, poetry": ("0.0.0", POETRY, "version-missing", '"poetry_dynamic_versioning.backend", and require it'),
    "no version, pbr": ("0.0.0", SourceTree("pbr"), "version-missing", "pbr found no tag; tag a commit"),
}


def problems(folder: Path, version: str, tree: SourceTree, *, tag: str = "") -> tuple[Problem, ...]:
    release = [distributions.read(factories.wheel(folder, version=version))]
    return validate(release, Policy(is_pypi=True), tag=tag, tree=tree)


@pytest.mark.parametrize(("version", "tree", "rule", "says"), VERSIONS.values(), ids=VERSIONS)
def test_a_version_says_what_is_wrong_with_the_tree(
    tmp_path: Path, version: str, tree: SourceTree, rule: str, says: str
) -> None:
    (found,) = problems(tmp_path, version, tree)
    assert found.rule == rule
    assert says in found.message


FINE = {
    "no tool": ("0.1.dev50", SourceTree(is_shallow=True)),
    "all commits": ("0.1.dev50", SourceTree(SCM)),
    "a tag is near": ("1.1.dev3", SourceTree(SCM, tags=("v1.0",), is_shallow=True)),
    "changed files that do no harm": ("1.0", DIRTY),
}


@pytest.mark.parametrize(("version", "tree"), FINE.values(), ids=FINE)
def test_other_versions_pass(tmp_path: Path, version: str, tree: SourceTree) -> None:
    assert problems(tmp_path, version, tree) == ()


ON_A_TAG = {
    "a date": ("1.0.1.dev0+gab.d20261127", DIRTY, "this job changed files that git tracks, data.txt"),
    "no local part": ("1.0.1.dev0", DIRTY, "this job changed files that git tracks, data.txt"),
    "no version": ("0.0.0", POETRY, "poetry_dynamic_versioning.backend"),
    "another commit": ("1.0.1.dev1", TAGGED, "setuptools-scm sees another commit or another tag"),
}


@pytest.mark.parametrize(("version", "tree", "says"), ON_A_TAG.values(), ids=ON_A_TAG)
def test_on_a_tag_the_cause_is_the_one_problem(tmp_path: Path, version: str, tree: SourceTree, says: str) -> None:
    (found,) = problems(tmp_path, version, tree, tag="v1.0")
    assert found.rule == "tag"
    assert says in found.message
    assert "--no-match-tag" not in found.message
    assert "depth" not in found.message


PYPROJECT, SETUP = "pyproject.toml", "setup.py"
TOOLS = [
    (PYPROJECT, '[project]\ndynamic = ["version"]\n[tool.setuptools_scm]\n', SCM),
    (PYPROJECT, '[build-system]\nrequires = ["hatchling", "hatch-vcs"]\n', "hatch-vcs"),
    (PYPROJECT, '[tool.pdm.version]\nsource = "scm"\n', "pdm-backend"),
    (PYPROJECT, '[tool.poetry]\nversion = "0"\n[tool.poetry-dynamic-versioning]\n', "poetry-dynamic-versioning"),
    (PYPROJECT, '[project]\nname = "a"\nversion = "1"\n[tool.setuptools_scm]\n', ""),
    (PYPROJECT, "# without setuptools_scm\n[project]\n", ""),
    (SETUP, "setup(use_scm_version=True)", SCM),
    (SETUP, "setup(version=versioneer.get_version())", "versioneer"),
    (SETUP, "setup(pbr=True)", "pbr"),
    (SETUP, "setup(version=dunamai.Version.from_git().serialize())", "dunamai"),
    (SETUP, "setup(version='1')", ""),
]


@pytest.mark.parametrize(("name", "text", "tool"), TOOLS)
def test_the_tool_is_found(tmp_path: Path, name: str, text: str, tool: str) -> None:
    (tmp_path / name).write_text(text)
    assert source_tree.version_tool(tmp_path) == tool


def git(folder: Path, *arguments: str) -> None:
    identity = ["-c", "user.name=a", "-c", "user.email=a@example.org", "-c", "init.defaultBranch=main"]
    subprocess.run(["git", *identity, *arguments], cwd=folder, check=True, capture_output=True)


def test_what_git_says_of_a_tree(tmp_path: Path) -> None:
    origin, clone = tmp_path / "origin", tmp_path / "clone"
    origin.mkdir()
    (origin / "setup.py").write_text("setup(use_scm_version=True)")
    (origin / ".gitignore").write_text("dist\n")
    git(origin, "init", "--quiet")
    git(origin, "add", ".")
    git(origin, "commit", "--message", "one")
    git(origin, "tag", "v1.0")
    assert source_tree.read(origin, os.environ) == SourceTree(SCM, tags=("v1.0",))
    for number in range(3):
        git(origin, "commit", "--allow-empty", "--message", str(number))
    git(tmp_path, "clone", "--quiet", "--depth=2", origin.as_uri(), "clone")
    (clone / "setup.py").write_text("setup(use_scm_version=True)  # changed")
    (clone / "größe").touch()
    (clone / "dist").mkdir()
    (clone / "dist" / "ignored").touch()
    changed = SourceTree(SCM, is_shallow=True, changed=("setup.py",), untracked=("größe",))
    assert source_tree.read(clone, os.environ) == changed
    other_user = {**os.environ, "GIT_TEST_ASSUME_DIFFERENT_OWNER": "1", "GIT_CONFIG_GLOBAL": os.devnull}
    refused = source_tree.read(clone, other_user)
    assert refused == SourceTree(SCM, error=refused.error)
    assert refused.error.startswith(REFUSED)
    assert source_tree.read(clone, {**os.environ, "SETUPTOOLS_SCM_PRETEND_VERSION": "1"}) == SourceTree()


def test_outside_of_a_repository_nothing_is_known(tmp_path: Path) -> None:
    (tmp_path / "setup.py").write_text("setup(use_scm_version=True)")
    outside = {**os.environ, "GIT_CEILING_DIRECTORIES": str(tmp_path.parent)}
    assert source_tree.read(tmp_path, outside) == SourceTree(SCM, error=source_tree.git_error(tmp_path, outside))
    assert "not a git repository" in source_tree.git_error(tmp_path, outside)
