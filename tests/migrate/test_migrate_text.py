"""However a file is written, the lines of its deployment to PyPI change and no others."""

from __future__ import annotations

from dataclasses import dataclass

from hypothesis import given
from hypothesis import strategies as st

from travis_pypi_deploy.migrate.edits import written
from travis_pypi_deploy.migrate.rewrite import migrate
from travis_pypi_deploy.migrate.steps import IMAGE_PYTHON
from travis_pypi_deploy.travis_yml.parse import parse

DROPPED = (
    "user: __token__",
    "password: $PYPI_TOKEN",
    "skip-existing: true",
    'distributions: "sdist"',
    "skip_cleanup: true",
)
KEPT = ("on: {tags: true}", "cleanup: false", "allow_failure: false", "run: [ls, 'ls dist']")
SCRIPT = f"script: {IMAGE_PYTHON.command} --server pypi --tags --distributions sdist --skip-existing"

OUTSIDE = st.lists(
    st.sampled_from(
        [
            "# outside",
            "language: python   # why not",
            "install:\n- pip install .  \n-   ls",
            "script: |\n    make # build\n\n    # test\n    pytest",
            "env: {A: '# none',\n  B: 1}",
            "",
        ]
    ),
    max_size=4,
    unique=True,
)
COMMENTS = st.lists(st.sampled_from(["", "# inside", "   # further in", "    "]), max_size=2)
TRAILING = st.sampled_from(["", "", "  # trailing", " # it's {[odd"])


@dataclass(frozen=True)
class Written:
    """A file's text, and what a migration makes of it."""

    before: str
    after: str


@st.composite
def files(draw: st.DrawFn) -> Written:
    """Return a file with one deployment: options in any order, however indented and commented."""
    before, indent = ["os: linux", *draw(OUTSIDE), ""], " " * draw(st.integers(1, 6))
    above = draw(st.lists(st.sampled_from(["# above", "   # further in"]), max_size=2))
    item, indent = (f"{indent}- ", f"{indent}  ") if draw(st.booleans()) else (indent, indent)
    head = "deploy:" + draw(TRAILING)
    after = [*before, *_step(above), *above, head]
    before += [*above, head]
    options = draw(st.permutations(["provider: pypi", *DROPPED, *KEPT]))
    first = options.index("provider: pypi") if item != indent else 0  # what follows a dash stays there
    for option in (options[first], *options[:first], *options[first + 1 :]):
        trailing, start = draw(TRAILING), item
        before.append(start + option + trailing)
        after += _migrated(start, option, trailing, indent)
        between = [comment and indent + comment for comment in draw(COMMENTS)]
        before, after, item = before + between, after + between, indent
    line_break, end = draw(st.sampled_from(["\n", "\r\n"])), ["", "dist: jammy"][: draw(st.integers(0, 2))]
    return Written(*("\n".join([*lines, *end]).replace("\n", line_break) for lines in (before, after)))


def _step(above: list[str]) -> list[str]:
    """Return the step; a comment that is further in than its lines would become one of them."""
    if above and above[0].startswith(" "):
        return [f"before_deploy: {written(IMAGE_PYTHON.install)}"]
    return ["before_deploy: >-", *(f"  {line}" for line in IMAGE_PYTHON.lines)]


def _migrated(start: str, option: str, trailing: str, indent: str) -> list[str]:
    if option == "provider: pypi":
        return [f"{start}provider: script{trailing}", f"{indent}{SCRIPT}"]
    if option in KEPT:
        return [start + option + trailing]
    return [indent + trailing.lstrip()] if trailing else []


@given(files())
def test_no_other_character_changes(file: Written) -> None:
    assert migrate(file.before, parse(file.before), {}).text == file.after
