"""The options of one `provider: pypi` deployment become the arguments of our command."""

from __future__ import annotations

import configparser
import re
import shlex
from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from .. import servers
from ..errors import UsageError
from ..options import FORMATS
from ..travis_yml.conditions import conditions
from ..travis_yml.jobs import CONDITIONS, PYPI_OPTIONS, deployment_options
from ..travis_yml.lints import Note
from ..travis_yml.tree import MappingNode, Node, Pair, is_false, is_true, option_text, resolved, text_of
from . import accounts

DROPPED = {
    "docs_dir": "indexes take no documentation any more",
    "upload_docs": "indexes take no documentation any more",
    "setuptools_version": "name it in [build-system] requires of pyproject.toml",
    "wheel_version": "name it in [build-system] requires of pyproject.toml",
    "twine_version": "twine is not used",
    "edge": "there is no other dpl to fetch for a script",
    "script": "dpl never ran it for PyPI",
    "only": "it never limited a deployment; conditions stand under `on:`",
    "repository": "it never limited a deployment; the condition is `repo:` under `on:`",
    "dist": "it never did anything here; the image is chosen by `dist:` of the job",
}
SCRIPT_OPTIONS = {"provider", "on", "if", "true", "run", "allow_failure", "cleanup", "dpl_version", "<<", ""}

CREDENTIALS_IN_URL = (
    "the user name and password in the server's URL are leaked and dropped: change the password, then set "
    "PYPI_USERNAME and PYPI_PASSWORD in the repository's settings."
)
CLEAR_TEXT = "the password crosses the network in clear text: use https if this server has it."
DEAD_FORMATS = {"bdist", "bdist_dumb", "bdist_egg", "bdist_msi", "bdist_rpm", "bdist_wininst"}
VALUED = {"-b", "-d", "-k", "-p", "--bdist-dir", "--dist-dir", "--formats", "--plat-name", "--python-tag"}
HARMLESS = {"clean", "--all", "-a", "--format=gztar", "--formats=gztar", "--quiet", "-q", "register", "upload"}


@dataclass(frozen=True)
class Translation:
    """Arguments of our command, quoted for a shell, and what the maintainer has to know about them."""

    arguments: tuple[str, ...] = ()
    notes: tuple[Note, ...] = ()


def translate(
    node: Node, aliases: Mapping[str, str], known: Mapping[str, tuple[str, ...]], *, ready_made: bool
) -> Translation:
    """Return our arguments for a deployment.

    ``aliases`` are those of setup.cfg, ``known`` the variables of the file with their values; ``ready_made`` tells that
    the files lie in dist/ and nothing is built.
    """
    block = deployment_options(node)
    server, named = _server(block)
    built = Translation() if ready_made else _distributions(block, aliases, known)
    words = (*accounts.options(block, server), *conditions(node).options())
    arguments = (*named.arguments, *map(shell_word, words), *built.arguments, *_switches(block))
    notes = (*named.notes, *accounts.notes(block, server, node.line), *built.notes, *_dropped(block))
    return Translation((*arguments, "dist/*") if ready_made else arguments, notes)


def values_by_branch(block: Mapping[str, Pair]) -> Note | None:
    """Return why a deployment cannot be translated: dpl's oldest form gives an option one value a branch."""
    for name in sorted(PYPI_OPTIONS & block.keys()):
        if isinstance(resolved(block[name]), MappingNode) and not accounts.is_encrypted(block[name]):
            sentence = f"{name} has a value for each branch: this deployment is left as it is; write one for each."
            return Note(block[name].key.line, sentence)
    return None


def _server(block: Mapping[str, Pair]) -> tuple[servers.Server, Translation]:
    """Return the server; one that cannot be read stays as it is written, and our command will refuse it."""
    named, line = option_text(block, "server") or "pypi", _line(block, "server")
    written = re.sub(r"(?<=//)[^/@]*@", "", named)
    notes = () if written == named else (Note(line, CREDENTIALS_IN_URL),)
    option = ("--server", shell_word(written))
    if accounts.VARIABLES.fullmatch(written):
        return servers.Server(written, written), Translation(option)
    try:
        server, warning = servers.find(written, source="server")
    except UsageError as error:
        return servers.Server(written, written), Translation(option, (*notes, Note(line, f"{error}.")))
    option = ("--server", shell_word(server.name))
    if warning:
        notes = (*notes, Note(line, f"this address takes no uploads: {server.name} is written in its place."))
    if server.is_plain_http and not server.is_loopback:
        return server, Translation((*option, "--allow-plain-http"), (*notes, Note(line, CLEAR_TEXT)))
    return server, Translation(option, notes)


def _distributions(
    block: Mapping[str, Pair], aliases: Mapping[str, str], known: Mapping[str, tuple[str, ...]]
) -> Translation:
    written, line = option_text(block, "distributions") or "sdist", _line(block, "distributions")
    if accounts.VARIABLES.fullmatch(written):
        values = known.get(written.strip("${}"), ())
        if len(values) != 1:
            sentence = (
                f"distributions {written} has no single value in `env:`: an sdist is built; name what you publish."
            )
            return Translation(("--distributions", "sdist"), (Note(line, sentence),))
        written = values[0]
    found, notes = formats(written, aliases, line)
    is_default = set(found) == {"sdist", "bdist_wheel"}
    return Translation(() if is_default else ("--distributions", *found), notes)


def _switches(block: Mapping[str, Pair]) -> Iterator[str]:
    if is_true(block.get("skip_existing")):
        yield "--skip-existing"
    if is_false(block.get("twine_check")):
        yield "--no-check"


def _dropped(block: Mapping[str, Pair]) -> Iterator[Note]:
    for name, pair in block.items():
        if name in SCRIPT_OPTIONS | PYPI_OPTIONS or _is_without_effect(name, pair):
            continue
        if name == "skip_cleanup":
            sentence = (
                "skip_cleanup: false is dropped: a script keeps the job's files; `cleanup: true` would remove them."
            )
        elif name in CONDITIONS:
            sentence = f"{name} is dropped: it did nothing beside `on:`; as a condition, write it under `on:`."
        else:
            sentence = f"{name} is dropped: {DROPPED.get(name, 'dpl has no such option')}."
        yield Note(pair.key.line, sentence)


def _is_without_effect(name: str, value: Pair) -> bool:
    return (
        name in {"skip_upload_docs", "remove_build_dir"}
        or (name == "upload_docs" and is_false(value))
        or (name == "skip_cleanup" and not is_false(value))
        or (name == "edge" and text_of(value) != "")
    )


def _line(block: Mapping[str, Pair], name: str) -> int:
    return block[name].key.line if name in block else 0


def shell_word(text: str) -> str:
    """Quote a word for the shell; variables are still expanded in it."""
    return f'"{text}"' if "$" in text else shlex.quote(text)


def formats(written: str, aliases: Mapping[str, str], line: int) -> tuple[tuple[str, ...], tuple[Note, ...]]:
    """Return the formats to build for a ``distributions`` value, and notes on what else it asked for."""
    found: list[str] = []
    notes: list[Note] = []
    commands = _expand(written.split(), aliases)
    for index, command in enumerate(commands):
        if command in FORMATS:
            found.append(FORMATS[command])
        elif not (index and commands[index - 1] in VALUED):
            reason = _why_dropped(command)
            notes += [Note(line, reason)] if reason else []
    if not found:
        sentence = f'distributions "{written}" names neither sdist nor bdist_wheel: an sdist is built.'
        return ("sdist",), (Note(line, sentence),)
    return tuple(dict.fromkeys(found)), tuple(notes)


def aliases(setup_cfg: str) -> dict[str, str]:
    """Return the ``[aliases]`` of a setup.cfg by name; a file that cannot be read has none."""
    parser = configparser.ConfigParser(interpolation=None, strict=False)
    try:
        parser.read_string(setup_cfg)
    except configparser.Error:
        return {}
    return dict(parser["aliases"]) if parser.has_section("aliases") else {}


def _expand(commands: list[str], known: Mapping[str, str]) -> list[str]:
    """Replace aliases as setuptools does: each once, so that one may hold its own name."""
    expanded: list[str] = []
    for command in commands:
        others = {name: value for name, value in known.items() if name != command}
        expanded += _expand(known[command].split(), others) if command in known else [command]
    return expanded


def _why_dropped(command: str) -> str:
    if command in HARMLESS:
        return ""
    if command == "--universal":
        return "--universal is dropped: [bdist_wheel] of setup.cfg is the place for `universal = 1`."
    if command in DEAD_FORMATS:
        return f"{command} is dropped: indexes take sdists and wheels only."
    if command.startswith("-"):
        return f"{command} is dropped: builds take no arguments; setup.cfg or pyproject.toml is their place."
    return f"{command} is dropped: setup.py commands are not run; if the build needs it, use `before_deploy`."
