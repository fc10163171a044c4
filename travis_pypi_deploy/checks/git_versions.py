"""Rules for versions that a tool takes from git: a shallow clone, a changed tree, a missing tag."""

from __future__ import annotations

import re
from collections.abc import Iterator

from ..distributions import Distribution
from ..source_tree import SourceTree
from .rules import Problem, listed

DEPTH = 'set "git: depth: false" in .travis.yml, because Travis clones 50 commits'

# What a version says about the tree that it was taken from.
CHANGED = re.compile(r"\+(.*\.)?(dirty|d20\d{6})$")  # setuptools-scm writes the date, others write the word
NO_REPOSITORY = "0+unknown"  # versioneer
NO_VERSION = "0.0.0"
UNTAGGED = re.compile(r"(0\+untagged|0\.0\.0\.post\d+\.dev0|0\.1\.dev\d+|0\.0\.1\.dev\d+|0\.0\.0$)")
LOCAL_REMEDIES = {
    "setuptools-scm": 'set local_scheme = "no-local-version" in [tool.setuptools_scm]',
    "hatch-vcs": 'set raw-options = {local_scheme = "no-local-version"} in [tool.hatch.version]',
    "versioneer": "set style to pep440-pre in [versioneer] of setup.cfg, or [tool.versioneer] of pyproject.toml",
    "poetry-dynamic-versioning": "set metadata = false in [tool.poetry-dynamic-versioning]",
    "uv-dynamic-versioning": "set metadata = false in [tool.uv-dynamic-versioning]",
    "setuptools-git-versioning": 'set dev_template = "{tag}.post{ccount}" in [tool.setuptools-git-versioning]',
    "versioningit": 'set distance = "{base_version}.post{distance}" in [tool.versioningit.format]',
}


def git_versions(distribution: Distribution, tree: SourceTree) -> Iterator[Problem]:
    """Yield a problem for a version with a local part, and for one that a tool could not find."""
    version, tool = distribution.version, tree.version_tool
    reason = explanation(version, tree)
    if "+" in version:
        local = f"for versions between tags {LOCAL_REMEDIES[tool]}" if tool in LOCAL_REMEDIES else ""
        if not tool:
            local = f"for versions between tags, with setuptools-scm, {LOCAL_REMEDIES['setuptools-scm']}"
        if not reason or UNTAGGED.match(version):
            reason = "; ".join(filter(None, [reason or "publish a commit that has a tag", local]))
        yield Problem("local-version", f'PyPI does not accept local versions such as "{version}": {reason}.')
    elif tool and tree.error:
        yield Problem("shallow-clone", f'the version "{version}" may be wrong: {reason}.')
    elif tool and tree.is_shallow and (not tree.tags or UNTAGGED.match(version)):
        yield Problem(
            "shallow-clone", f'{tool} found the version "{version}" in a clone without the tag of a release: {DEPTH}.'
        )
    elif version == NO_VERSION and reason:
        yield Problem("version-missing", f"{reason}.")


def explanation(version: str, tree: SourceTree, *, on_tag: bool = False) -> str:
    """Return why a version is not that of a tag, and what to do, as a clause; empty if that is not known.

    ``on_tag``: the commit has a tag that names another version.
    """
    tool = tree.version_tool
    if "dubious ownership" in tree.error:
        return (
            f"{tool} cannot read the tree, because it belongs to another user; run git config --global --add "
            'safe.directory "$PWD" before this command'
        )
    if tree.error:
        return f"{tool} found no git repository; run this command in the clone that Travis made"
    if CHANGED.search(version) or (on_tag and tree.changed and ".dev" in version):
        if tree.changed:
            return (
                f"this job changed files that git tracks, {listed(tree.changed)} (git status); commit the changes, or "
                "undo them before this command (git checkout)"
            )
        if tree.untracked:
            return f"there are new files, {listed(tree.untracked)} (git status); add them to .gitignore"
        return "the build itself changes files that git tracks; stop tracking them (git status shows them afterwards)"
    if version == NO_REPOSITORY:
        return (
            "versioneer was not asked when the sdist was made, so there is no version in it; pass "
            "cmdclass=versioneer.get_cmdclass() to setup() in setup.py"
        )
    if version == NO_VERSION and tool != "pbr":
        remedy = "require it in [build-system]"
        if tool == "poetry-dynamic-versioning":
            remedy = 'set build-backend = "poetry_dynamic_versioning.backend", and require it'
        plugin = f"set one, or, if {tool or 'a plugin'} has to, {remedy}"
        return f'"{NO_VERSION}" is what build backends write if they find no version; {plugin}'
    if tool and UNTAGGED.match(version) and not tree.tags:
        return f"this clone has no tag; {DEPTH}" if tree.is_shallow else f"{tool} found no tag; tag a commit"
    return ""
