"""Builds that fail in known ways: real backends fail, the remedy is applied, and the build succeeds."""

from __future__ import annotations

import os
import re
import subprocess
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Union

import pytest

from travis_pypi_deploy import builder
from travis_pypi_deploy.builder import child_environment
from travis_pypi_deploy.diagnoses import CAUSES, FailedBuild, diagnose
from travis_pypi_deploy.errors import BuildError

if TYPE_CHECKING:
    from pathlib import Path

PYPROJECT, SETUP, MANIFEST = "pyproject.toml", "setup.py", "MANIFEST.in"
LEGACY = "setuptools.build_meta:__legacy__"
BACKENDS = {
    "flit_core": "flit_core.buildapi",
    "hatchling": "hatchling.build",
    "meson-python": "mesonpy",
    "pdm-backend": "pdm.backend",
    "poetry-core": "poetry.core.masonry.api",
    "scikit-build-core": "scikit_build_core.build",
    "setuptools": "setuptools.build_meta",
    "uv_build": "uv_build",
}
PROJECT = '[project]\nname = "acme"\nversion = "1"\ndescription = "x"\n'


def system(requires: str, more: str = "", *, backend: str = "") -> str:
    """Return a pyproject.toml, with the backend of the first requirement if no other is given."""
    name = re.split("[<=>]", requires.split()[0])[0]
    return f'[build-system]\nrequires = {requires.split()}\nbuild-backend = "{backend or BACKENDS[name]}"\n{more}'


def setup(imports: str = "", arguments: str = "") -> str:
    """Return a setup.py."""
    call = f'setup(name="acme", version="1", packages=["acme"]{arguments})\n'
    return f"from setuptools import setup, Extension\n{imports}\n{call}"


Files = Mapping[str, Union[str, bytes]]


@dataclass(frozen=True)
class Case:
    """A project that cannot be built, its cause, a part of the remedy, and what the remedy changes.

    A text of ``fix`` that begins with a plus sign is added to the file.
    """

    cause: str
    says: str
    files: Files
    fix: Files | None = None
    environ: Mapping[str, str] = field(default_factory=dict)
    formats: tuple[str, ...] = ("sdist", "bdist_wheel")
    git: bool = False
    folder: str = ""


OPENS = setup(arguments=', install_requires=open("requirements.txt").read().split()')
HELPER = setup("import release_info")
OWN = setup("from acme import __version__")
HATCH_HOOK = "[tool.hatch.build.hooks.custom]\n"
HATCH_ONLY = '[tool.hatch.build.targets.sdist]\nonly-include = ["acme"]\n'
HATCH_FORCE = '+[tool.hatch.build.targets.sdist.force-include]\n"{0}" = "{0}"\n'
READS = 'open("data.txt").read()\n'
HOOK = """\
from hatchling.builders.hooks.plugin.interface import BuildHookInterface


class Hook(BuildHookInterface):
    pass
"""
CMAKE = system("scikit-build-core", f'{PROJECT}[tool.scikit-build]\nsdist.exclude = ["CMakeLists.txt"]\n')
POETRY = system("poetry-core", f'{PROJECT}[tool.poetry.build]\nscript = "make.py"\n')
FLIT = '[project]\nname = "acme"\ndynamic = ["version"]\ndescription = "x"\n'
ATTRIBUTE = (
    '[project]\nname = "acme"\ndynamic = ["version"]\n[tool.setuptools.dynamic]\n'
    'version = {attr = "acme.nothing.version"}\n'
)
FANCY = '[project]\nname = "acme"\nversion = "1"\ndynamic = ["readme"]\n[tool.hatch.metadata.hooks.fancy-pypi-readme]\n'
SETUP_CFG = "from setuptools import setup\nsetup()\n"
CFG = "[metadata]\nname=acme\nversion=1\n"
README = f'{PROJECT}readme = "README.md"\n[tool.uv.build-backend]\nmodule-root = ""\n'
EXTENSION = ', ext_modules=[Extension("acme.x", ["acme/x.c"])]'
SCM = system("setuptools setuptools-scm", '[project]\nname = "acme"\ndynamic = ["version"]\n[tool.setuptools_scm]\n')
DUNAMAI = "from setuptools import setup\nfrom dunamai import Version\n"
DESCRIBE = (
    "from setuptools import setup\nfrom subprocess import check_output as run\n"
    "COMMAND = ['git', 'describe', '--tags']\n"
)
FROM_PKG_INFO = (
    "from pathlib import Path\nimport email\nif Path('PKG-INFO').exists():\n"
    "    version = email.message_from_string(Path('PKG-INFO').read_text())['Version']\nelse:\n"
)
ASKS = "setup(name='acme', version=version.strip(), packages=['acme'])\n"
NO_INDEX = {"PIP_FIND_LINKS": "", "PIP_CONFIG_FILE": os.devnull, "PIP_RETRIES": "0"}
PROXY = {"PIP_INDEX_URL": "https://index.invalid/simple", "HTTPS_PROXY": "http://u:canary-4cc0rd1ng@127.0.0.1:9"}

OWN_MODULES = {
    **{
        f"own module, setuptools {version}": Case(
            "own-module",
            f'build-backend = "{LEGACY}"',
            {SETUP: OWN, PYPROJECT: system(f"setuptools=={version} wheel")},
            {PYPROJECT: system(f"setuptools=={version} wheel", backend=LEGACY)},
        )
        for version in ("58.1.0", "84.2.1")
    },
    "own module in src": Case(
        "own-module",
        'sys.path.insert(0, "src")',
        {SETUP: setup("import helper"), "src/helper.py": "", MANIFEST: "graft src\n"},
        {SETUP: setup('import sys\nsys.path.insert(0, "src")\nimport helper')},
    ),
    "own module in a hook of hatchling": Case(
        "own-module",
        'sys.path.insert(0, ".")',
        {PYPROJECT: system("hatchling", PROJECT + HATCH_HOOK), "hatch_build.py": f"import acme\n{HOOK}"},
        {"hatch_build.py": f'import sys\nsys.path.insert(0, ".")\nimport acme\n{HOOK}'},
    ),
    "own helper": Case(
        "own-module",
        'first; and add the line "include release_info.py" to MANIFEST.in',
        {SETUP: HELPER, "release_info.py": "", PYPROJECT: system("setuptools")},
        {PYPROJECT: system("setuptools", backend=LEGACY), MANIFEST: "include release_info.py\n"},
    ),
    "generated module of an attribute": Case(
        "generated-module", "acme.nothing belongs to this project", {PYPROJECT: system("setuptools", ATTRIBUTE)}
    ),
    "generated module": Case(
        "generated-module", "acme._version belongs to this project", {SETUP: setup("import acme._version")}
    ),
}

# What setuptools leaves out of the sdist, and the line for MANIFEST.in that helps.
NOT_IN_MANIFEST: Mapping[str, tuple[str, Files]] = {
    **{
        f"file, setuptools {version}": (
            "include requirements.txt",
            {SETUP: OPENS, "requirements.txt": "", PYPROJECT: system(f"setuptools=={version} wheel", backend=LEGACY)},
        )
        for version in ("58.1.0", "84.2.1")
    },
    "file with the version": (
        "include VERSION",
        {
            SETUP: SETUP_CFG,
            "setup.cfg": "[metadata]\nname = acme\nversion = file: VERSION\n",
            "VERSION": "1",
            PYPROJECT: system("setuptools==58.1.0 wheel"),
        },
    ),
    "folder": ("graft data", {SETUP: setup("import os\nos.listdir(os.path.abspath('data'))"), "data/a.txt": ""}),
    "helper": ("include release_info.py", {SETUP: HELPER, "release_info.py": ""}),
    "helper in a folder that setup.py puts on the path": (
        "include tools/release_info.py",
        {SETUP: 'import sys\nsys.path.insert(0, "tools")\n' + HELPER, "tools/release_info.py": ""},
    ),
    "helper package": (
        "graft tools",
        {SETUP: setup("import tools.version"), "tools/__init__.py": "", "tools/version.py": ""},
    ),
    "header": (
        "include acme/acme.h",
        {SETUP: setup(arguments=EXTENSION), "acme/x.c": '#include "acme.h"\n', "acme/acme.h": ""},
    ),
    "header in another folder": (
        "include include/acme.h",
        {
            SETUP: setup(arguments=EXTENSION.replace('"])', '"], include_dirs=["include"])')),
            "acme/x.c": '#include "acme.h"\n',
            "include/acme.h": "",
        },
    ),
}
NOT_IN_SDIST: Mapping[str, tuple[str, Files, Files]] = {
    **{
        name: (f'add the line "{line}" to MANIFEST.in', files, {MANIFEST: f"{line}\n"})
        for name, (line, files) in NOT_IN_MANIFEST.items()
    },
    "file, hatchling": (
        'add "data.txt" = "data.txt" to [tool.hatch.build.targets.sdist.force-include]',
        {
            PYPROJECT: system("hatchling", PROJECT + HATCH_HOOK + HATCH_ONLY),
            "hatch_build.py": READS + HOOK,
            "data.txt": "",
        },
        {PYPROJECT: HATCH_FORCE.format("data.txt")},
    ),
    "hook, hatchling": (
        'add "hook.py" = "hook.py" to [tool.hatch.build.targets.sdist.force-include]',
        {PYPROJECT: system("hatchling", f'{PROJECT}{HATCH_HOOK}path = "hook.py"\n{HATCH_ONLY}'), "hook.py": HOOK},
        {PYPROJECT: HATCH_FORCE.format("hook.py")},
    ),
    "file, scikit-build-core": (
        'add "CMakeLists.txt" to sdist.include of [tool.scikit-build]',
        {PYPROJECT: CMAKE, "CMakeLists.txt": "cmake_minimum_required(VERSION 3.15)\nproject(acme NONE)\n"},
        {PYPROJECT: '+sdist.include = ["CMakeLists.txt"]\n'},
    ),
    "file, poetry": (
        'add { path = "data.txt", format = "sdist" } to include of [tool.poetry]',
        {PYPROJECT: POETRY, "make.py": READS, "data.txt": ""},
        {PYPROJECT: '+[tool.poetry]\ninclude = [{ path = "data.txt", format = "sdist" }]\n'},
    ),
    "file, pdm": (
        'add "data.txt" to source-includes of [tool.pdm.build]',
        {PYPROJECT: system("pdm-backend", PROJECT), "pdm_build.py": READS, "data.txt": ""},
        {PYPROJECT: '+[tool.pdm.build]\nsource-includes = ["data.txt"]\n'},
    ),
    "file, flit": (
        'add "data.txt" to include of [tool.flit.sdist]',
        {
            PYPROJECT: system("flit_core", FLIT),
            "acme/__init__.py": '"""Acme."""\n__version__ = open("data.txt").read().strip()\n',
            "data.txt": "1",
        },
        {PYPROJECT: '+[tool.flit.sdist]\ninclude = ["data.txt"]\n'},
    ),
}

DISTRIBUTIONS = {
    "a distribution of another name": Case(
        "missing-distribution",
        'add "PyYAML" to [build-system] requires',
        {SETUP: setup("import yaml"), PYPROJECT: system("setuptools")},
        {PYPROJECT: system("setuptools PyYAML")},
    ),
    "a distribution, without pyproject.toml": Case(
        "missing-distribution",
        'add "tomlkit" and "setuptools" to requires of [build-system] in a new pyproject.toml',
        {SETUP: setup("import tomlkit")},
        {PYPROJECT: '[build-system]\nrequires = ["tomlkit", "setuptools"]\n'},
    ),
    "a distribution, with the settings of another tool only": Case(
        "missing-distribution",
        'add "tomlkit" and "setuptools" to requires of [build-system] in pyproject.toml',
        {SETUP: setup("import tomlkit"), PYPROJECT: "[tool.black]\n"},
        {PYPROJECT: '+[build-system]\nrequires = ["tomlkit", "setuptools"]\n'},
    ),
    "a plugin": Case(
        "missing-distribution",
        'add "hatch-fancy-pypi-readme" to [build-system] requires',
        {PYPROJECT: system("hatchling", FANCY)},
    ),
    "a module that its distribution does not have": Case(
        "missing-submodule",
        "the tomlkit that was installed for the build has no module tomlkit.nothing",
        {SETUP: setup("import tomlkit.nothing"), PYPROJECT: system("setuptools tomlkit")},
    ),
    "pkg_resources, without pyproject.toml": Case(
        "missing-distribution",
        'add "setuptools<82" to requires of [build-system] in a new pyproject.toml',
        {SETUP: setup("import pkg_resources")},
        {PYPROJECT: '[build-system]\nrequires = ["setuptools<82"]\n'},
    ),
    "pkg_resources": Case(
        "missing-distribution",
        'add "setuptools<82" to [build-system] requires',
        {SETUP: setup("import pkg_resources"), PYPROJECT: system("setuptools")},
        {PYPROJECT: system("setuptools<82")},
    ),
    "an unknown distribution": Case(
        "missing-distribution",
        "add the distribution that provides acme_unknown and ",
        {SETUP: setup("import acme_unknown")},
    ),
}

OLD_BACKENDS = {
    "old setuptools": Case(
        "old-setuptools",
        'write "setuptools>=77" in [build-system] requires',
        {SETUP: setup(), PYPROJECT: system("setuptools==40.8.0 wheel")},
        {PYPROJECT: system("setuptools>=77")},
    ),
    "use_2to3": Case("use-2to3", "remove use_2to3", {SETUP: setup(arguments=", use_2to3=True")}, {SETUP: setup()}),
    **{
        f"{cause}, {old}": Case(
            cause,
            f'write "{new}" in [build-system] requires',
            {PYPROJECT: system(old, f"{PROJECT}{more}")},
            {PYPROJECT: system(new, f"{PROJECT}{more}")},
        )
        for cause, old, new, more in (
            ("project-table", "poetry-core==1.9.1", "poetry-core>=2", ""),
            ("project-table", "flit_core==3.1.0", "flit_core>=3.2", ""),
            ("license-expression", "hatchling==1.18.0", "hatchling>=1.27", "license-files = []\n"),
            ("license-expression", "setuptools==68.2.2", "setuptools>=77", 'license = "MIT"\n'),
            ("license-expression", "flit_core==3.9.0", "flit_core>=3.12", 'license = "MIT"\n'),
            ("license-expression", "pdm-backend==2.1.0", "pdm-backend>=2.4.4", 'license = "MIT"\n'),
        )
    },
}

TEXTS = {
    **{
        f"README is not there, {backend}": Case(
            "readme",
            "the project has no file README.md",
            {PYPROJECT: system(backend, README)},
            {"README.md": "# Acme\n"},
        )
        for backend in ("hatchling", "flit_core", "poetry-core", "pdm-backend", "uv_build")
    },
    "README that setup.py reads": Case(
        "readme",
        "correct its name in setup.py, or add the file",
        {SETUP: setup("open('README.rst').read()")},
        {"README.rst": "", MANIFEST: "include README.rst\n"},
    ),
    "README is not UTF-8": Case(
        "not-utf-8",
        "line 2 of README.md is not UTF-8",
        {PYPROJECT: system("setuptools", f'{PROJECT}readme = "README.md"\n'), "README.md": b"# Acme\ngr\xfcn\n"},
        {"README.md": "# Acme\ngrün\n"},
    ),
    "requirements are not UTF-8": Case(
        "not-utf-8",
        "line 1 of requirements.txt is not UTF-8",
        {
            SETUP: setup("open('requirements.txt', encoding='utf-8').read()"),
            "NEWS.txt": b"gr\xfcn\n",
            "requirements.txt": b"# Gr\xfc\xdfe\n",
        },
        {"requirements.txt": "", MANIFEST: "include requirements.txt\n"},
    ),
    "setup.cfg is not UTF-8": Case(
        "not-utf-8",
        "line 4 of setup.cfg is not UTF-8",
        {SETUP: SETUP_CFG, "setup.cfg": f"{CFG}author=Jörg\n".encode("latin-1")},
        {"setup.cfg": f"{CFG}author=Jörg\n"},
    ),
    "byte order mark": Case(
        "byte-order-mark",
        "setup.cfg begins with a byte order mark",
        {SETUP: SETUP_CFG, "setup.cfg": f"\ufeff{CFG}"},
        {"setup.cfg": CFG},
    ),
    "byte order mark in pyproject.toml": Case(
        "byte-order-mark",
        "pyproject.toml begins with a byte order mark",
        {PYPROJECT: "\ufeff" + system("setuptools", PROJECT)},
        {PYPROJECT: system("setuptools", PROJECT)},
    ),
}

COMPILERS = {
    "no compiler": Case(
        "program",
        "there is no program acme-cc: correct the variable CC, or install it (on Debian and Ubuntu: build-essential)",
        {SETUP: setup(arguments=EXTENSION), "acme/x.c": ""},
        environ={"CC": "acme-cc"},
    ),
    "no header": Case(
        "header",
        "does not find the header acme_unknown/x.h",
        {SETUP: setup(arguments=EXTENSION), "acme/x.c": "#include <acme_unknown/x.h>\n"},
    ),
    "no library": Case(
        "header",
        "does not find the library acme_unknown",
        {SETUP: setup(arguments=EXTENSION.replace('"])', '"], libraries=["acme_unknown"])')), "acme/x.c": "int x;\n"},
    ),
    "no program": Case(
        "program",
        "there is no program acme-config: install it",
        {SETUP: setup("import subprocess\nsubprocess.check_output(['acme-config', '--libs'])")},
    ),
    "Cython": Case(
        "cython",
        'add "Cython" to [build-system] requires',
        {
            SETUP: setup(arguments=EXTENSION.replace("x.c", "x.pyx")),
            "acme/x.pyx": "x = 1\n",
            PYPROJECT: system("setuptools"),
        },
        {PYPROJECT: system("setuptools Cython")},
    ),
}

# The fix of these is another environment.
PIP: Mapping[str, tuple[str, Mapping[str, str]]] = {
    "pip-unreachable": (
        "pip cannot reach http://127.0.0.1:9/simple (PIP_INDEX_URL)",
        {**NO_INDEX, "PIP_INDEX_URL": "http://user:canary-4cc0rd1ng@127.0.0.1:9/simple"},
    ),
    "pip-proxy": ("pip cannot reach the proxy http://127.0.0.1:9 (HTTPS_PROXY)", {**NO_INDEX, **PROXY}),
    "pip-restricted": (
        "because PIP_NO_INDEX=1 is set: unset it for this command (env -u PIP_NO_INDEX ...)",
        {**NO_INDEX, "PIP_NO_INDEX": "1"},
    ),
    "pip-unknown": (
        "pip finds no setuptools>=40.8.0 at file:///acme/unknown (PIP_INDEX_URL)",
        {**NO_INDEX, "PIP_INDEX_URL": "file:///acme/unknown"},
    ),
    "pip-file": ("pip cannot open acme/unknown.txt (PIP_CONSTRAINT)", {"PIP_CONSTRAINT": "acme/unknown.txt"}),
    "pip-hashes": ("pip demands hashes (PIP_REQUIRE_HASHES)", {"PIP_REQUIRE_HASHES": "1"}),
}

REQUIREMENTS = {
    "no such version": Case(
        "pip-version",
        "no version that satisfies setuptools==999; the newest for this Python is ",
        {SETUP: setup(), PYPROJECT: system("setuptools==999")},
        {PYPROJECT: system("setuptools")},
    ),
    "no such distribution": Case(
        "pip-unknown",
        "pip finds no no-such-acme at ",
        {SETUP: setup(), PYPROJECT: system("setuptools no-such-acme")},
        {PYPROJECT: system("setuptools")},
    ),
    "versions that contradict each other": Case(
        "pip-conflict",
        "no versions satisfy setuptools<70 and setuptools==80.0.0 together",
        {SETUP: setup(), PYPROJECT: system("setuptools==80.0.0 setuptools<70")},
        {PYPROJECT: system("setuptools==80.0.0")},
    ),
    "a constraint": Case(
        "pip-constraint",
        "the constraint setuptools<50 (PIP_CONSTRAINT=constraints.txt) contradicts setuptools>=61",
        {SETUP: setup(), PYPROJECT: system("setuptools>=61"), "constraints.txt": "setuptools<50\n"},
        {"constraints.txt": ""},
        environ={"PIP_CONSTRAINT": "constraints.txt"},
    ),
    "pip.conf": Case(
        "pip-setting",
        "the setting user",
        {SETUP: setup(), "pip.conf": "[install]\nuser = true\n"},
        {"pip.conf": ""},
        environ={"PIP_CONFIG_FILE": "pip.conf"},
    ),
}

GIT = {
    "dunamai in the sdist": Case(
        "git-in-sdist",
        "take the version from PKG-INFO if that file is there",
        {SETUP: f"{DUNAMAI}version = Version.from_git().base\n{ASKS}", PYPROJECT: system("setuptools dunamai")},
        {SETUP: f"{DUNAMAI}{FROM_PKG_INFO}    version = Version.from_git().base\n{ASKS}"},
        git=True,
    ),
    "git in the sdist": Case(
        "git-in-sdist",
        "take the version from PKG-INFO if that file is there",
        {SETUP: f"{DESCRIBE}version = run(COMMAND, text=True)\n{ASKS}"},
        {SETUP: f"{DESCRIBE}{FROM_PKG_INFO}    version = run(COMMAND, text=True)\n{ASKS}"},
        git=True,
    ),
    "setuptools-scm below the top of the repository": Case(
        "git-root",
        'set root = ".." in [tool.setuptools_scm]',
        {PYPROJECT: SCM},
        {PYPROJECT: '+root = ".."\n'},
        git=True,
        folder="sub",
    ),
    "pbr without a repository": Case(
        "git-none",
        "this folder is not a git repository",
        {
            SETUP: setup(arguments=", pbr=True"),
            "setup.cfg": "[metadata]\nname = acme\n",
            PYPROJECT: system("setuptools pbr", backend=LEGACY),
        },
    ),
    "setuptools-scm without a repository": Case("git-none", "this folder is not a git repository", {PYPROJECT: SCM}),
}

CASES = {
    **OWN_MODULES,
    **{f"not in the sdist: {name}": Case("not-in-sdist", *rest) for name, rest in NOT_IN_SDIST.items()},
    "not in the sdist, which is built alone": Case(
        "not-in-sdist",
        'add the line "include requirements.txt" to MANIFEST.in',
        {SETUP: OPENS, "requirements.txt": ""},
        {MANIFEST: "include requirements.txt\n"},
        formats=("sdist",),
    ),
    "not in the sdist of meson-python": Case(
        "not-in-sdist",
        'commit it ("git add data.txt"), because meson-python puts only committed files into the sdist',
        {
            PYPROJECT: system("meson-python", PROJECT),
            "meson.build": "project('acme', version: '1')\nimport('fs').read('data.txt')\n",
            "data.txt": "",
            ".gitignore": "data.txt",
        },
        git=True,
    ),
    **DISTRIBUTIONS,
    **OLD_BACKENDS,
    **TEXTS,
    **COMPILERS,
    **{cause: Case(cause, says, {SETUP: setup()}, {}, environ) for cause, (says, environ) in PIP.items()},
    **REQUIREMENTS,
    **GIT,
}

GIT_COMMANDS = (
    ["init"],
    ["add", "."],
    ["-c", "user.name=a", "-c", "user.email=a@example.org", "commit", "-m", "a"],
    ["tag", "1.0"],
)


def write(folder: Path, files: Files) -> None:
    package = {} if (folder / "acme").exists() else {"acme/__init__.py": '"""Acme."""\n__version__ = "1"\n'}
    for name, content in {**package, **files}.items():
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        if isinstance(content, str) and content.startswith("+"):
            content = path.read_text("utf-8") + content[1:]
        path.write_bytes(content if isinstance(content, bytes) else content.encode())


def build(
    folder: Path, environ: Mapping[str, str], formats: tuple[str, ...] = ("sdist", "bdist_wheel")
) -> builder.Build:
    given = {name: str(folder / value) if (folder / value).is_file() else value for name, value in environ.items()}
    child = child_environment(
        {**os.environ, "GIT_CEILING_DIRECTORIES": str(folder.parents[1]), **given}, password_env=()
    )
    return builder.build(
        folder, formats=formats, dist_dir=folder / "dist", environ=child, mask=str, on_line=lambda _: None
    )


@pytest.mark.registry
@pytest.mark.parametrize("case", CASES.values(), ids=CASES)
def test_a_build_that_fails_says_why_and_the_remedy_helps(tmp_path: Path, case: Case) -> None:
    folder = tmp_path / "project" / case.folder
    write(folder, case.files)
    for command in GIT_COMMANDS if case.git else ():
        subprocess.run(["git", *command], cwd=tmp_path / "project", check=True, capture_output=True)
    with pytest.raises(BuildError) as raised:
        build(folder, case.environ, case.formats)
    message = str(raised.value).replace(str(folder / "constraints.txt"), "constraints.txt")
    assert (raised.value.cause, case.says in message) == (case.cause, True), message
    assert "canary" not in message
    if case.fix is not None:
        write(folder, case.fix)
        assert build(folder, case.environ if case.fix else {}, case.formats).paths


NEIGHBOURS = {
    "a README elsewhere": "open('/nowhere/README.md')",
    "a file that is not UTF-8 in another place": "b'abc\\xff'.decode()",
    "an exception": "raise RuntimeError('cannot find libfoo')",
    "a file that is nowhere": "open('nowhere.txt')",
    "a module that was missing before": "\n    try: import yaml\n    except ImportError: raise ValueError(1) from None",
    "text about a module": "raise ValueError('imports numpy')",
    "another codec": "b'\\xff'.decode('utf-16')",
    "a text that the project does not have": "b'\\xff'.decode()",
    "an exit": "raise SystemExit('enough')",
}


@pytest.mark.parametrize("code", NEIGHBOURS.values(), ids=NEIGHBOURS)
def test_a_build_that_fails_for_another_reason_has_no_known_cause(tmp_path: Path, code: str) -> None:
    backend = f"def build_sdist(*_):\n    {code}\n"
    pyproject = '[build-system]\nrequires = []\nbuild-backend = "backend"\nbackend-path = ["."]\n'
    write(tmp_path, {PYPROJECT: pyproject, "backend.py": backend})
    with pytest.raises(BuildError, match="the full output is above") as raised:
        build(tmp_path, {})
    assert raised.value.cause == ""


OUTPUTS = {
    "rust": ["error: can't find Rust compiler"],
    "removed-module": ["ModuleNotFoundError: No module named 'distutils'"],
    "program": ["unable to execute 'gcc': No such file or directory", "error: command 'gcc' failed with exit status 1"],
    "header": [
        "x.c:1:1: fatal error: y.h: No such file or directory",
        "error: command '/bin/gcc' failed with exit code 1",
    ],
    "pip-python": [
        "ERROR: Ignored the following versions that require a different python version: 84.2.1 Requires-Python >=3.10",
        "ERROR: Could not find a version that satisfies the requirement setuptools==84.2.1 (from versions: 80.0.0)",
        "ERROR: No matching distribution found for setuptools==84.2.1",
    ],
    "pip-refused": ["Could not fetch URL https://index.invalid/simple/acme/: 401 Client Error: no - skipping"],
    "not-ascii": ["UnicodeDecodeError: 'ascii' codec can't decode byte 0xc3 in position 2: ordinal not in range(128)"],
    "git-owner": ["RuntimeError: Detected Git repository, but failed because of dubious ownership"],
}


@pytest.mark.parametrize("cause", OUTPUTS)
def test_the_output_of_a_build_that_cannot_be_played_everywhere(tmp_path: Path, cause: str) -> None:
    output = OUTPUTS[cause]
    failed = FailedBuild(tmp_path, "\n".join(output), output[-1], git_error="fatal: detected dubious ownership")
    found = diagnose(failed)
    assert found is not None
    assert found.name == cause


HEADERS = {"Python.h": "python3-dev", "numpy/arrayobject.h": 'add "numpy" to [build-system]', "ffi.h": "system package"}


@pytest.mark.parametrize(("header", "remedy"), HEADERS.items())
def test_a_missing_header_has_the_remedy_of_its_name(tmp_path: Path, header: str, remedy: str) -> None:
    error = f"x.c:1:1: fatal error: {header}: No such file or directory"
    found = diagnose(FailedBuild(tmp_path, error, error))
    assert found is not None
    assert remedy in found.remedy


def test_each_cause_is_tested() -> None:
    assert {case.cause for case in CASES.values()} | OUTPUTS.keys() == {cause.name for cause in CAUSES}
