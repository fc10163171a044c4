"""The answers for every example and five events. ``python -m tests.explain.tables`` writes them to ``answers.txt``."""

from __future__ import annotations

from pathlib import Path

from travis_pypi_deploy.explain import messages
from travis_pypi_deploy.explain.answers import explain
from travis_pypi_deploy.explain.events import Event
from travis_pypi_deploy.travis_yml.parse import parse
from travis_pypi_deploy.travis_yml.tree import mapping, plain

EXAMPLES = Path(__file__).parents[2] / "examples"
ANSWERS = Path(__file__).with_name("answers.txt")
EVENTS = (
    Event("push", "main"),
    Event("push", "staging"),
    Event("push", "v1.2.0", "v1.2.0"),
    Event("pull_request", "main"),
    Event("cron", "main"),
)


def answers() -> str:
    """Return what is explained about the examples."""
    found = []
    for path in sorted(EXAMPLES.glob("*.travis.yml")):
        config = mapping(plain(parse(path.read_text("utf-8"))))
        for event in EVENTS:
            found += messages.lines(path.name, explain(config, event))
    return "\n".join(found) + "\n"


if __name__ == "__main__":
    ANSWERS.write_text(answers(), encoding="utf-8")
