"""The tables of the documentation that the code writes. ``python -m tests.support.readme_tables`` updates them."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from travis_pypi_deploy.checks.rules import RULES
from travis_pypi_deploy.diagnoses import CAUSES
from travis_pypi_deploy.options import OPTIONS

if TYPE_CHECKING:
    from travis_pypi_deploy.checks.rules import Rule
    from travis_pypi_deploy.options import Option

ROOT = Path(__file__).parents[2]
README, CHECKS, BUILDS = ROOT / "README.md", ROOT / "docs" / "checks.md", ROOT / "docs" / "builds.md"


def options_table() -> str:
    rows = ["| option | default | what it means | in dpl |", "| --- | --- | --- | --- |", *map(option_row, OPTIONS)]
    return "\n".join(rows)


def option_row(option: Option) -> str:
    name = f"`{option.flags[0]} {option.metavar}`" if option.metavar else f"`{option.flags[0]}`"
    name += f", `{option.flags[1]}`" if option.negatable else ""
    name += " (repeatable)" if option.repeatable else ""
    default = f"`{option.default}`" if option.default else ""
    dpl = ", ".join(f"`{each}`" for each in option.dpl.split(", ")) if option.dpl else ""
    return f"| {name} | {default} | {option.help} | {dpl} |"


def rules_table() -> str:
    rows = ["| rule | pypi, testpypi | others | what must hold | source |", "| --- | --- | --- | --- | --- |"]
    return "\n".join([*rows, *map(rule_row, RULES)])


def rule_row(rule: Rule) -> str:
    return f"| `{rule.name}` | {rule.at_pypi} | {rule.elsewhere} | {rule.summary} | {rule.source} |"


def causes_table() -> str:
    rows = ["| cause | sign | what the last line says |", "| --- | --- | --- |"]
    return "\n".join([*rows, *(f"| `{each.name}` | {each.sign} | {each.sentence}: {each.remedy} |" for each in CAUSES)])


def renewed(text: str) -> str:
    """Return the text with the tables that it has a place for."""
    for name, table in (("options", options_table()), ("rules", rules_table()), ("causes", causes_table())):
        start, end = f"<!-- {name} -->\n", f"<!-- end of {name} -->"
        if start in text:
            before, _, rest = text.partition(start)
            text = f"{before}{start}{table}\n{end}{rest.partition(end)[2]}"
    return text


if __name__ == "__main__":
    for page in (README, CHECKS, BUILDS):
        page.write_text(renewed(page.read_text(encoding="utf-8")), encoding="utf-8")
