"""Every shape in tests/migrate/corpus: NAME.before.yml becomes NAME.after.yml, and NAME.notes.txt is said."""

from __future__ import annotations

import io
import json
import shlex
from collections.abc import Callable, Iterator
from pathlib import Path

import jsonschema
import pytest
import yaml

from tests.support.played_travis import Loader
from travis_pypi_deploy.arguments import read_arguments
from travis_pypi_deploy.migrate.command import main
from travis_pypi_deploy.migrate.rewrite import Migration, migrate
from travis_pypi_deploy.migrate.steps import IMAGE_PYTHON
from travis_pypi_deploy.migrate.translate import aliases
from travis_pypi_deploy.servers import SERVERS, Server
from travis_pypi_deploy.travis_yml.lints import Note
from travis_pypi_deploy.travis_yml.parse import parse

CORPUS = Path(__file__).with_name("corpus")
SCHEMA = Path(__file__).parents[3] / "shared" / "data" / "travis-yml-schema.json"
SHAPES = sorted(path.name[: -len(".before.yml")] for path in CORPUS.glob("*.before.yml"))


def migrated(text: str, setup_cfg: str = "") -> Migration:
    return migrate(text, parse(text), aliases(setup_cfg))


def corpus(name: str) -> str:
    path = CORPUS / name
    return path.read_text(encoding="utf-8") if path.exists() else ""


def script(text: str) -> str:
    """Return the arguments of the one script that a deployment to rewrite becomes."""
    deployment = yaml.load(migrated(text).text, Loader)["deploy"]
    command, _, arguments = deployment["script"].partition(" -m travis_pypi_deploy ")
    assert command == IMAGE_PYTHON.python
    return str(arguments)


@pytest.mark.parametrize("shape", SHAPES)
def test_a_deployment_is_rewritten_and_nothing_else(shape: str, tmp_path: Path) -> None:
    path, stderr = tmp_path / ".travis.yml", io.StringIO()
    path.write_text(corpus(f"{shape}.before.yml"), encoding="utf-8")
    assert main(["--write", str(path)], io.StringIO(), stderr) == 0  # and a second migration changes nothing
    assert path.read_text(encoding="utf-8") == corpus(f"{shape}.after.yml")
    *notes, _ = stderr.getvalue().replace(f"{path}:", "").splitlines(keepends=True)
    assert "".join(notes) == corpus(f"{shape}.notes.txt")


@pytest.mark.parametrize("shape", SHAPES)
@pytest.mark.parametrize(
    "written",
    [
        pytest.param(lambda text: text.replace("\n", "\r\n"), id="Windows line endings"),
        pytest.param(lambda text: "\ufeff" + text, id="byte order mark"),
        pytest.param(lambda text: text.rstrip("\n"), id="no line break at the end"),
    ],
)
def test_the_file_keeps_how_it_is_written(shape: str, written: Callable[[str], str]) -> None:
    before, after = corpus(f"{shape}.before.yml"), corpus(f"{shape}.after.yml")
    assert migrated(written(before)).text == written(after)


@pytest.mark.skipif(not SCHEMA.exists(), reason="Travis' schema is not at hand")
@pytest.mark.parametrize("shape", SHAPES)
def test_a_valid_file_stays_valid(shape: str) -> None:
    validator = jsonschema.Draft4Validator(json.loads(SCHEMA.read_text(encoding="utf-8")))
    before = yaml.load(corpus(f"{shape}.before.yml"), Loader)
    after = yaml.load(migrated(corpus(f"{shape}.before.yml")).text, Loader)
    assert validator.is_valid(after) or not validator.is_valid(before)


@pytest.mark.parametrize("host", [host for server in SERVERS for host in server.hosts])
def test_an_address_dead_or_alive_becomes_the_name_of_its_server(host: str) -> None:
    (server,) = (server for server in SERVERS if host in server.hosts)
    text = f"deploy:\n  provider: pypi\n  server: https://{host}/pypi\n  user: __token__\n"
    said = f"this address takes no uploads: {server.name} is written in its place."
    assert script(text) == f"--server {server.name} --distributions sdist"
    assert migrated(text).notes == (Note(3, said),)


@pytest.mark.parametrize("server", SERVERS, ids=[server.name for server in SERVERS])
def test_an_address_that_takes_uploads_needs_no_word(server: Server) -> None:
    text = f"deploy:\n  provider: pypi\n  server: {server.upload_url}\n  password: ${server.token_variable}\n"
    assert script(text) == f"--server {server.name} --distributions sdist"
    assert migrated(text).notes == ()


ALIASES = {
    "an alias": ("[aliases]\nrelease = sdist bdist_wheel\n", ""),
    "an alias of an alias": ("[aliases]\nrelease = egg_info -Db '' all\nall = bdist_wheel\n", "bdist_wheel"),
    "an alias that holds its own name": ("[aliases]\nrelease = release bdist_wheel\n", "bdist_wheel"),
    "no aliases": ("[metadata]\nname = %x\n", "sdist"),
    "no setup.cfg worth the name": ("no section\n", "sdist"),
}


@pytest.mark.parametrize(("setup_cfg", "built"), ALIASES.values(), ids=ALIASES)
def test_setup_cfg_says_what_an_alias_builds(setup_cfg: str, built: str) -> None:
    text = migrated(corpus("distributions-unknown.before.yml"), setup_cfg).text
    assert yaml.load(text, Loader)["deploy"]["script"].partition("--distributions ")[2] == built


@pytest.mark.parametrize(
    "name",
    ["pypi", "PyPI", "py_pi", "py-pi", "'pypi'", '"PYPI"', "pypi\N{NO-BREAK SPACE}", r'&a "p\x79pi"', '"py\n   pi"'],
)
def test_the_name_of_the_provider_is_read_as_dpl_reads_it(name: str) -> None:
    assert migrated(f"deploy:\n  provider: {name}\n").deployments == 1


@pytest.mark.parametrize("name", ["npm", "pypi2", "testpypi", "mypypi", "", "[pypi]", "{pypi: pypi}"])
def test_another_provider_is_left_alone(name: str) -> None:
    text = f"deploy:\n  provider: {name}\n"
    assert migrated(text) == Migration(text, 0, ())


@pytest.mark.parametrize(
    ("option", "arguments"),
    [
        pytest.param("skip_existing: yes", " --skip-existing", id="yes"),
        pytest.param("skip_existing: no", "", id="no"),
        pytest.param("twine_check: no", " --no-check", id="a check that is off"),
        pytest.param("twine_check: off", " --no-check", id="off"),
        pytest.param("twine_check: true", "", id="a check that is on"),
    ],
)
def test_a_switch_is_read_as_travis_reads_it(option: str, arguments: str) -> None:
    assert script(f"deploy:\n  provider: pypi\n  {option}\n") == f"--server pypi --distributions sdist{arguments}"


@pytest.mark.parametrize(
    ("edge", "lines"),
    [
        pytest.param("edge: true", [], id="true"),
        pytest.param("edge: master", [], id="a branch"),
        pytest.param("edge:\n    source: a/b", [3], id="a fork"),
    ],
)
def test_another_dpl_is_noted_where_one_was_named(edge: str, lines: list[int]) -> None:
    migration = migrated(f"deploy:\n  provider: pypi\n  {edge}\n  user: __token__\n")
    assert "edge" not in migration.text
    assert [note.line for note in migration.notes] == lines


@pytest.mark.parametrize(
    "option",
    [
        pytest.param("server:\n    https://me:pw@pypi.example/x/", id="server"),
        pytest.param("distributions:\n    bdist_egg sdist", id="distributions"),
        pytest.param("docs_dir:\n    docs", id="a dropped option"),
        pytest.param("unknown:\n    [x]", id="an unknown option"),
        pytest.param("password:\n    hunter2", id="password"),
        pytest.param("skip_cleanup:\n    false", id="cleanup"),
    ],
)
def test_a_note_names_the_line_of_the_option_not_of_its_value(option: str) -> None:
    migration = migrated(f"deploy:\n  provider: pypi\n  user: __token__\n  {option}\n")
    assert [note.line for note in migration.notes] == [4]


VARIABLES = {
    "PYPI_SERVER": "no longer counts: the script names it.",
    "PYPI_DISTRIBUTIONS": "still counts, because the script does not name it.",
    "PYPI_USERNAME": "still counts, and PyPI accepts API tokens only: delete it.",
}


@pytest.mark.parametrize(("variable", "said"), VARIABLES.items())
def test_a_variable_of_dpl_in_the_file_counts_or_does_not(variable: str, said: str) -> None:
    deploy = "deploy:\n  provider: pypi\n  user: __token__\n  distributions: sdist bdist_wheel\n"
    text = f"language: python\nenv: {variable}=x\n{deploy}"
    assert migrated(text).notes == (Note(2, f"{variable} {said}"),)


def test_a_user_name_of_the_settings_is_to_be_deleted() -> None:
    text = "deploy:\n  provider: pypi\n  user: $PYPI_USERNAME\n  password: $PYPI_PASSWORD\n"
    (note,) = migrated(text).notes
    assert note.line == 3
    assert note.text.endswith("then delete PYPI_USERNAME there.")


def test_what_is_to_be_set_is_said_once() -> None:
    one = "- provider: pypi\n  user: me\n"
    assert [note.line for note in migrated(f"deploy:\n{one}{one}").notes] == [3]


@pytest.mark.parametrize(
    ("command", "is_evidence"),
    [
        pytest.param("docker run --rm -v `pwd`:/io image /io/build.sh", True, id="a container with the checkout"),
        pytest.param("docker run image make wheels", True, id="a container that runs a command"),
        pytest.param("docker run -d -v $PWD:/io image", True, id="a container for later commands"),
        pytest.param("./tools/run_docker.sh package", True, id="a script for a container"),
        pytest.param("docker run --publish=5432:5432 --detach database", False, id="a service"),
        pytest.param("docker run -d redis", False, id="a service in the background"),
        pytest.param("docker pull image", False, id="an image"),
        pytest.param("python setup.py -q sdist bdist_wheel", True, id="setup.py"),
        pytest.param("python -m build", True, id="build"),
        pytest.param("poetry build", True, id="poetry"),
        pytest.param("poetry install", False, id="poetry for something else"),
        pytest.param("export FORMAT=bdist_wheel", False, id="a variable"),
        pytest.param("python -m pip wheel . -w dist", True, id="pip wheel"),
        pytest.param("cd x && pip3 wheel .", True, id="pip wheel as second command"),
        pytest.param("pip install -U setuptools pip wheel", False, id="the package wheel"),
        pytest.param("python -m cibuildwheel", True, id="cibuildwheel"),
        pytest.param("ls -alh dist", True, id="a look into dist"),
        pytest.param("ls deb_dist", False, id="a look into another folder"),
    ],
)
def test_commands_that_fill_dist_make_the_script_upload_it(command: str, is_evidence: bool) -> None:
    text = f"script:\n- {command}\ndeploy:\n  provider: pypi\n  skip_cleanup: true\n"
    assert script(text).endswith(" dist/*") == is_evidence


@pytest.mark.parametrize(
    ("cleanup", "lines"),
    [("cleanup: true", [1, 5]), ("cleanup: false", [1]), ("", [1])],
    ids=["removed files", "kept files", "nothing said"],
)
def test_a_cleanup_of_files_that_the_job_built_is_noted(cleanup: str, lines: list[int]) -> None:
    text = f"before_deploy: echo > setup.py\ndeploy:\n  provider: pypi\n  user: __token__\n  {cleanup}\n"
    assert [note.line for note in migrated(text).notes] == lines


@pytest.mark.parametrize("text", ["", "# nothing\n", "- a list\n", "a word\n", "--- \n"])
def test_a_file_without_keys_is_left_alone(text: str) -> None:
    assert migrated(text) == Migration(text, 0, ())


@pytest.mark.parametrize("shape", SHAPES)
def test_every_command_is_one_that_we_understand(shape: str) -> None:
    for command in _scripts(yaml.load(migrated(corpus(f"{shape}.before.yml")).text, Loader)):
        words = shlex.split(command)
        read_arguments(words[words.index("travis_pypi_deploy") + 1 :])


def _scripts(value: object) -> Iterator[str]:
    """Yield our commands, wherever in a file they stand."""
    if isinstance(value, str) and "-m travis_pypi_deploy" in value:
        yield value
    if isinstance(value, (list, dict)):
        for item in value.values() if isinstance(value, dict) else value:
            yield from _scripts(item)
