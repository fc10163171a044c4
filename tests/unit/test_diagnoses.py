"""Builds that fail in known ways: real backends fail, the remedy is applied, and the build succeeds."""

from __future__ import annotations

import os
import subprocess
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

import pytest

from travis_pypi_deploy import builder
from travis_pypi_deploy.builder import child_environment
from travis_pypi_deploy.diagnoses import CAUSES, FailedBuild, diagnose
from travis_pypi_deploy.errors import BuildError

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

PYPROJECT, SETUP, MANIFEST = "pyproject.toml", "setup.py", "MANIFEST.in"
LEGACY = "setuptools.build_meta:__legacy__"
CALL = 'setup(name="acme", version="1", packages=["acme"]{})\n'
PROJECT = '[project]\nname = "acme"\nversion = "1"\ndescription = "x"\n'


def system(*requires: str, backend: str = "setuptools.build_meta", more: str = "") -> str:
    """Return a pyproject.toml."""
    wanted = ", ".join(f'"{each}"' for each in requires)
    return f'[build-system]\nrequires = [{wanted}]\nbuild-backend = "{backend}"\n{more}'


def setup(imports: str = "", arguments: str = "") -> str:
    """Return a setup.py."""
    return f"from setuptools import setup, Extension\n{imports}\n{CALL.format(arguments)}"


@dataclass(frozen=True)
class Case:
    """A project that cannot be built, its cause, a part of the remedy, and the files that the remedy changes."""

    cause: str
    says: str
    files: Mapping[str, str | bytes]
    fix: Mapping[str, str | bytes] | None = None
    environ: Mapping[str, str] = field(default_factory=dict)
    formats: tuple[str, ...] = ("sdist", "bdist_wheel")
    git: bool = False
    folder: str = ""


OPENS = setup(arguments=', install_requires=open("requirements.txt").read().split()')
HELPER = setup("import release_info")
OWN = setup("from acme import __version__")
HATCH_HOOK = "[tool.hatch.build.hooks.custom]\n"
READS = 'open("data.txt").read()\n'
HOOK = """\
from hatchling.builders.hooks.plugin.interface import BuildHookInterface


class Hook(BuildHookInterface):
    pass
"""
CMAKE = system(
    "scikit-build-core",
    backend="scikit_build_core.build",
    more=f'{PROJECT}[tool.scikit-build]\nsdist.exclude = ["CMakeLists.txt"]\n',
)
FLIT = '[project]\nname = "acme"\ndynamic = ["version"]\ndescription = "x"\n'
EXTENSION = ', ext_modules=[Extension("acme.x", ["acme/x.c"])]'
SCM = system(
    "setuptools", "setuptools-scm", more='[project]\nname = "acme"\ndynamic = ["version"]\n[tool.setuptools_scm]\n'
)
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

CASES = {
    **{
        f"own module, setuptools {version}": Case(
            "own-module",
            f'build-backend = "{LEGACY}"',
            {SETUP: OWN, PYPROJECT: system(f"setuptools=={version}", "wheel")},
            {PYPROJECT: system(f"setuptools=={version}", "wheel", backend=LEGACY)},
        )
        for version in ("58.1.0", "68.2.2", "84.2.1")
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
        {
            PYPROJECT: system("hatchling", backend="hatchling.build", more=PROJECT + HATCH_HOOK),
            "hatch_build.py": f"import acme\n{HOOK}",
        },
        {"hatch_build.py": f'import sys\nsys.path.insert(0, ".")\nimport acme\n{HOOK}'},
    ),
    "own helper": Case(
        "own-module",
        'first; and add the line "include release_info.py" to MANIFEST.in',
        {SETUP: HELPER, "release_info.py": "", PYPROJECT: system("setuptools")},
        {PYPROJECT: system("setuptools", backend=LEGACY), MANIFEST: "include release_info.py\n"},
    ),
    "helper in a folder that setup.py puts on the path": Case(
        "module-not-in-sdist",
        'add the line "include tools/release_info.py" to MANIFEST.in',
        {SETUP: 'import sys\nsys.path.insert(0, "tools")\n' + HELPER, "tools/release_info.py": ""},
        {MANIFEST: "include tools/release_info.py\n"},
    ),
    "generated module of an attribute": Case(
        "generated-module",
        "acme.nothing belongs to this project",
        {
            PYPROJECT: system(
                "setuptools",
                more='[project]\nname = "acme"\ndynamic = ["version"]\n[tool.setuptools.dynamic]\n'
                'version = {attr = "acme.nothing.version"}\n',
            )
        },
    ),
    "generated module": Case(
        "generated-module", "acme._version belongs to this project", {SETUP: setup("import acme._version")}
    ),
    **{
        f"missing file, setuptools {version}": Case(
            "file-not-in-sdist",
            'add the line "include requirements.txt" to MANIFEST.in',
            {
                SETUP: OPENS,
                "requirements.txt": "",
                PYPROJECT: system(f"setuptools=={version}", "wheel", backend=LEGACY),
            },
            {MANIFEST: "include requirements.txt\n"},
        )
        for version in ("58.1.0", "84.2.1")
    },
    "missing file, sdist alone": Case(
        "file-not-in-sdist",
        'add the line "include requirements.txt" to MANIFEST.in',
        {SETUP: OPENS, "requirements.txt": ""},
        {MANIFEST: "include requirements.txt\n"},
        formats=("sdist",),
    ),
    "missing file, hatchling": Case(
        "file-not-in-sdist",
        'add "data.txt" = "data.txt" to [tool.hatch.build.targets.sdist.force-include]',
        {
            PYPROJECT: system(
                "hatchling",
                backend="hatchling.build",
                more=PROJECT + HATCH_HOOK + '[tool.hatch.build.targets.sdist]\nonly-include = ["acme"]\n',
            ),
            "hatch_build.py": READS + HOOK,
            "data.txt": "",
        },
        {
            PYPROJECT: system(
                "hatchling",
                backend="hatchling.build",
                more=f'{PROJECT}{HATCH_HOOK}[tool.hatch.build.targets.sdist]\nonly-include = ["acme"]\n'
                '[tool.hatch.build.targets.sdist.force-include]\n"data.txt" = "data.txt"\n',
            )
        },
    ),
    "missing file, scikit-build-core": Case(
        "file-not-in-sdist",
        'add "CMakeLists.txt" to sdist.include of [tool.scikit-build]',
        {PYPROJECT: CMAKE, "CMakeLists.txt": "cmake_minimum_required(VERSION 3.15)\nproject(acme NONE)\n"},
        {PYPROJECT: f'{CMAKE}sdist.include = ["CMakeLists.txt"]\n'},
    ),
    "missing file, poetry": Case(
        "file-not-in-sdist",
        'add { path = "data.txt", format = "sdist" } to include of [tool.poetry]',
        {
            PYPROJECT: system(
                "poetry-core",
                backend="poetry.core.masonry.api",
                more=f'{PROJECT}[tool.poetry.build]\nscript = "make.py"\n',
            ),
            "make.py": READS,
            "data.txt": "",
        },
        {
            PYPROJECT: system(
                "poetry-core",
                backend="poetry.core.masonry.api",
                more=f'{PROJECT}[tool.poetry]\ninclude = [{{ path = "data.txt", format = "sdist" }}]\n'
                '[tool.poetry.build]\nscript = "make.py"\n',
            )
        },
    ),
    "missing file, pdm": Case(
        "file-not-in-sdist",
        'add "data.txt" to source-includes of [tool.pdm.build]',
        {PYPROJECT: system("pdm-backend", backend="pdm.backend", more=PROJECT), "pdm_build.py": READS, "data.txt": ""},
        {
            PYPROJECT: system(
                "pdm-backend",
                backend="pdm.backend",
                more=f'{PROJECT}[tool.pdm.build]\nsource-includes = ["data.txt"]\n',
            )
        },
    ),
    "missing file, meson-python": Case(
        "file-not-in-sdist",
        'commit it ("git add data.txt"), because meson-python puts only committed files into the sdist',
        {
            PYPROJECT: system("meson-python", backend="mesonpy", more=PROJECT),
            "meson.build": "project('acme', version: '1')\nimport('fs').read('data.txt')\n",
            "data.txt": "",
            ".gitignore": "data.txt",
        },
        git=True,
    ),
    "missing file, flit": Case(
        "file-not-in-sdist",
        'add "data.txt" to include of [tool.flit.sdist]',
        {
            PYPROJECT: system(
                "flit_core",
                backend="flit_core.buildapi",
                more=FLIT,
            ),
            "acme/__init__.py": '"""Acme."""\n__version__ = open("data.txt").read().strip()\n',
            "data.txt": "1",
        },
        {
            PYPROJECT: system(
                "flit_core",
                backend="flit_core.buildapi",
                more=f'{FLIT}[tool.flit.sdist]\ninclude = ["data.txt"]\n',
            )
        },
    ),
    "missing file with the version": Case(
        "file-not-in-sdist",
        'add the line "include VERSION" to MANIFEST.in',
        {
            SETUP: "from setuptools import setup\nsetup()\n",
            "setup.cfg": "[metadata]\nname = acme\nversion = file: VERSION\n",
            "VERSION": "1",
            PYPROJECT: system("setuptools==58.1.0", "wheel"),
        },
        {MANIFEST: "include VERSION\n"},
    ),
    "missing folder": Case(
        "file-not-in-sdist",
        'add the line "graft data" to MANIFEST.in',
        {SETUP: setup("import os\nos.listdir(os.path.abspath('data'))"), "data/a.txt": ""},
        {MANIFEST: "graft data\n"},
    ),
    "missing hook, hatchling": Case(
        "file-not-in-sdist",
        'add "hook.py" = "hook.py" to [tool.hatch.build.targets.sdist.force-include]',
        {
            PYPROJECT: system(
                "hatchling",
                backend="hatchling.build",
                more=f'{PROJECT}{HATCH_HOOK}path = "hook.py"\n[tool.hatch.build.targets.sdist]\n'
                'only-include = ["acme"]\n',
            ),
            "hook.py": HOOK,
        },
        {
            PYPROJECT: system(
                "hatchling",
                backend="hatchling.build",
                more=f'{PROJECT}{HATCH_HOOK}path = "hook.py"\n[tool.hatch.build.targets.sdist]\n'
                'only-include = ["acme"]\n[tool.hatch.build.targets.sdist.force-include]\n"hook.py" = "hook.py"\n',
            ),
        },
    ),
    "helper": Case(
        "module-not-in-sdist",
        'add the line "include release_info.py" to MANIFEST.in',
        {SETUP: HELPER, "release_info.py": ""},
        {MANIFEST: "include release_info.py\n"},
    ),
    "helper package": Case(
        "module-not-in-sdist",
        'add the line "graft tools" to MANIFEST.in',
        {SETUP: setup("import tools.version"), "tools/__init__.py": "", "tools/version.py": ""},
        {MANIFEST: "graft tools\n"},
    ),
    "a distribution of another name": Case(
        "missing-distribution",
        'add "PyYAML" to [build-system] requires',
        {SETUP: setup("import yaml"), PYPROJECT: system("setuptools")},
        {PYPROJECT: system("setuptools", "PyYAML")},
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
        {PYPROJECT: '[build-system]\nrequires = ["tomlkit", "setuptools"]\n[tool.black]\n'},
    ),
    "a plugin": Case(
        "missing-distribution",
        'add "hatch-fancy-pypi-readme" to [build-system] requires',
        {
            PYPROJECT: system(
                "hatchling",
                backend="hatchling.build",
                more='[project]\nname = "acme"\nversion = "1"\ndynamic = ["readme"]\n'
                "[tool.hatch.metadata.hooks.fancy-pypi-readme]\n",
            )
        },
    ),
    "a module that its distribution does not have": Case(
        "missing-submodule",
        "the tomlkit that was installed for the build has no module tomlkit.nothing",
        {SETUP: setup("import tomlkit.nothing"), PYPROJECT: system("setuptools", "tomlkit")},
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
        "add the distribution that provides acme_unknown",
        {SETUP: setup("import acme_unknown")},
    ),
    "old setuptools": Case(
        "old-setuptools",
        'write "setuptools>=77" in [build-system] requires',
        {SETUP: setup(), PYPROJECT: system("setuptools==40.8.0", "wheel")},
        {PYPROJECT: system("setuptools>=77")},
    ),
    "use_2to3": Case("use-2to3", "remove use_2to3", {SETUP: setup(arguments=", use_2to3=True")}, {SETUP: setup()}),
    **{
        f"[project], old {backend}": Case(
            "project-table",
            f'write "{new}" in [build-system] requires',
            {PYPROJECT: system(old, backend=backend, more=PROJECT)},
            {PYPROJECT: system(new, backend=backend, more=PROJECT)},
        )
        for old, new, backend in (
            ("poetry-core==1.9.1", "poetry-core>=2", "poetry.core.masonry.api"),
            ("flit_core==3.1.0", "flit_core>=3.2", "flit_core.buildapi"),
        )
    },
    "license expression, hatchling": Case(
        "license-expression",
        'write "hatchling>=1.27"',
        {PYPROJECT: system("hatchling==1.18.0", backend="hatchling.build", more=f"{PROJECT}license-files = []\n")},
        {PYPROJECT: system("hatchling>=1.27", backend="hatchling.build", more=f"{PROJECT}license-files = []\n")},
    ),
    "license expression, setuptools": Case(
        "license-expression",
        'write "setuptools>=77"',
        {PYPROJECT: system("setuptools==68.2.2", more=f'{PROJECT}license = "MIT"\n')},
        {PYPROJECT: system("setuptools>=77", more=f'{PROJECT}license = "MIT"\n')},
    ),
    "license expression, flit": Case(
        "license-expression",
        'write "flit_core>=3.12"',
        {PYPROJECT: system("flit_core==3.9.0", backend="flit_core.buildapi", more=f'{PROJECT}license = "MIT"\n')},
        {PYPROJECT: system("flit_core>=3.12", backend="flit_core.buildapi", more=f'{PROJECT}license = "MIT"\n')},
    ),
    "license expression, pdm": Case(
        "license-expression",
        'write "pdm-backend>=2.4.4"',
        {PYPROJECT: system("pdm-backend==2.1.0", backend="pdm.backend", more=f'{PROJECT}license = "MIT"\n')},
        {PYPROJECT: system("pdm-backend>=2.4.4", backend="pdm.backend", more=f'{PROJECT}license = "MIT"\n')},
    ),
    **{
        f"README is not there, {backend}": Case(
            "readme",
            "the project has no file README.md",
            {
                PYPROJECT: system(
                    requirement,
                    backend=backend,
                    more=f'{PROJECT}readme = "README.md"\n[tool.uv.build-backend]\nmodule-root = ""\n',
                ),
            },
            {"README.md": "# Acme\n"},
        )
        for requirement, backend in (
            ("hatchling", "hatchling.build"),
            ("flit_core", "flit_core.buildapi"),
            ("poetry-core", "poetry.core.masonry.api"),
            ("pdm-backend", "pdm.backend"),
            ("uv_build", "uv_build"),
        )
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
        {PYPROJECT: system("setuptools", more=f'{PROJECT}readme = "README.md"\n'), "README.md": b"# Acme\ngr\xfcn\n"},
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
        {
            SETUP: "from setuptools import setup\nsetup()\n",
            "setup.cfg": b"[metadata]\nname=acme\nversion=1\nauthor=J\xf6rg\n",
        },
        {"setup.cfg": "[metadata]\nname=acme\nversion=1\nauthor=Jörg\n"},
    ),
    "byte order mark": Case(
        "byte-order-mark",
        "setup.cfg begins with a byte order mark",
        {
            SETUP: "from setuptools import setup\nsetup()\n",
            "setup.cfg": b"\xef\xbb\xbf[metadata]\nname=acme\nversion=1\n",
        },
        {"setup.cfg": "[metadata]\nname=acme\nversion=1\n"},
    ),
    "byte order mark in pyproject.toml": Case(
        "byte-order-mark",
        "pyproject.toml begins with a byte order mark",
        {PYPROJECT: b"\xef\xbb\xbf" + system("setuptools", more=PROJECT).encode()},
        {PYPROJECT: system("setuptools", more=PROJECT)},
    ),
    "no compiler": Case(
        "program",
        "there is no program acme-cc: correct the variable CC, or install it (on Debian and Ubuntu: build-essential)",
        {SETUP: setup(arguments=EXTENSION), "acme/x.c": ""},
        environ={"CC": "acme-cc"},
    ),
    "no header": Case(
        "header",
        "does not find the header acme_unknown.h",
        {SETUP: setup(arguments=EXTENSION), "acme/x.c": "#include <acme_unknown.h>\n"},
    ),
    "no header in a folder": Case(
        "header",
        "does not find the header acme_unknown/x.h",
        {SETUP: setup(arguments=EXTENSION), "acme/x.c": "#include <acme_unknown/x.h>\n"},
    ),
    "no library": Case(
        "header",
        "does not find the library acme_unknown",
        {
            SETUP: setup(arguments=EXTENSION.replace('"])', '"], libraries=["acme_unknown"])')),
            "acme/x.c": "int x;\n",
        },
    ),
    "no program": Case(
        "program",
        "there is no program acme-config: install it",
        {SETUP: setup("import subprocess\nsubprocess.check_output(['acme-config', '--libs'])")},
    ),
    "own header": Case(
        "file-not-in-sdist",
        'add the line "include acme/acme.h" to MANIFEST.in',
        {SETUP: setup(arguments=EXTENSION), "acme/x.c": '#include "acme.h"\n', "acme/acme.h": ""},
        {MANIFEST: "include acme/acme.h\n"},
    ),
    "own header in another folder": Case(
        "file-not-in-sdist",
        'add the line "include include/acme.h" to MANIFEST.in',
        {
            SETUP: setup(arguments=EXTENSION.replace('"])', '"], include_dirs=["include"])')),
            "acme/x.c": '#include "acme.h"\n',
            "include/acme.h": "",
        },
        {MANIFEST: "include include/acme.h\n"},
    ),
    "Cython": Case(
        "cython",
        'add "Cython" to [build-system] requires',
        {
            SETUP: setup(arguments=EXTENSION.replace("x.c", "x.pyx")),
            "acme/x.pyx": "x = 1\n",
            PYPROJECT: system("setuptools"),
        },
        {PYPROJECT: system("setuptools", "Cython")},
    ),
    "an index that cannot be reached": Case(
        "pip-unreachable",
        "pip cannot reach http://127.0.0.1:9/simple (PIP_INDEX_URL)",
        {SETUP: setup()},
        {},
        environ={**NO_INDEX, "PIP_INDEX_URL": "http://user:canary-4cc0rd1ng@127.0.0.1:9/simple"},
    ),
    "a proxy that cannot be reached": Case(
        "pip-proxy",
        "pip cannot reach the proxy http://127.0.0.1:9 (HTTPS_PROXY)",
        {SETUP: setup()},
        {},
        environ={
            **NO_INDEX,
            "PIP_INDEX_URL": "https://index.invalid/simple",
            "HTTPS_PROXY": "http://u:canary-4cc0rd1ng@127.0.0.1:9",
        },
    ),
    "no index is allowed": Case(
        "pip-restricted",
        "because PIP_NO_INDEX=1 is set: unset it for this command (env -u PIP_NO_INDEX ...)",
        {SETUP: setup()},
        {},
        environ={**NO_INDEX, "PIP_NO_INDEX": "1"},
    ),
    "an index in a folder that is not there": Case(
        "pip-unknown",
        "pip finds no setuptools>=40.8.0 at file:///acme/unknown (PIP_INDEX_URL)",
        {SETUP: setup()},
        {},
        environ={**NO_INDEX, "PIP_INDEX_URL": "file:///acme/unknown"},
    ),
    "no constraints file": Case(
        "pip-file",
        "pip cannot open acme/unknown.txt (PIP_CONSTRAINT)",
        {SETUP: setup()},
        {},
        environ={"PIP_CONSTRAINT": "acme/unknown.txt"},
    ),
    "no such version": Case(
        "pip-version",
        "no version that satisfies setuptools==999; the newest for this Python is ",
        {SETUP: setup(), PYPROJECT: system("setuptools==999")},
        {PYPROJECT: system("setuptools")},
    ),
    "no such distribution": Case(
        "pip-unknown",
        "pip finds no no-such-acme at ",
        {SETUP: setup(), PYPROJECT: system("no-such-acme")},
        {PYPROJECT: system("setuptools")},
    ),
    "versions that contradict each other": Case(
        "pip-conflict",
        "no versions satisfy setuptools<70 and setuptools==80.0.0 together",
        {SETUP: setup(), PYPROJECT: system("setuptools==80.0.0", "setuptools<70")},
        {PYPROJECT: system("setuptools==80.0.0")},
    ),
    "a constraint": Case(
        "pip-constraint",
        "the constraint setuptools<50 (PIP_CONSTRAINT=constraints.txt) contradicts setuptools>=61",
        {SETUP: setup(), PYPROJECT: system("setuptools>=61"), "constraints.txt": "setuptools<50\n"},
        {"constraints.txt": ""},
        environ={"PIP_CONSTRAINT": "constraints.txt"},
    ),
    "hashes": Case(
        "pip-hashes",
        "pip demands hashes (PIP_REQUIRE_HASHES)",
        {SETUP: setup()},
        {},
        environ={"PIP_REQUIRE_HASHES": "1"},
    ),
    "pip.conf": Case(
        "pip-setting",
        "the setting user",
        {SETUP: setup(), "pip.conf": "[install]\nuser = true\n"},
        {"pip.conf": ""},
        environ={"PIP_CONFIG_FILE": "pip.conf"},
    ),
    "dunamai in the sdist": Case(
        "git-in-sdist",
        "take the version from PKG-INFO if that file is there",
        {SETUP: f"{DUNAMAI}version = Version.from_git().base\n{ASKS}", PYPROJECT: system("setuptools", "dunamai")},
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
        {PYPROJECT: f'{SCM}root = ".."\n'},
        git=True,
        folder="sub",
    ),
    "pbr without a repository": Case(
        "git-none",
        "this folder is not a git repository",
        {
            SETUP: setup(arguments=", pbr=True"),
            "setup.cfg": "[metadata]\nname = acme\n",
            PYPROJECT: system("setuptools", "pbr", backend=LEGACY),
        },
    ),
    "setuptools-scm without a repository": Case(
        "git-none",
        "this folder is not a git repository",
        {
            PYPROJECT: SCM,
        },
    ),
}


GIT_COMMANDS = (
    ["init"],
    ["add", "."],
    ["-c", "user.name=a", "-c", "user.email=a@example.org", "commit", "-m", "a"],
    ["tag", "1.0"],
)


def write(folder: Path, files: Mapping[str, str | bytes]) -> None:
    for name, content in {"acme/__init__.py": '"""Acme."""\n__version__ = "1"\n', **files}.items():
        path = folder / name
        if name in files or not path.exists():
            path.parent.mkdir(parents=True, exist_ok=True)
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
    write(tmp_path, {PYPROJECT: system(backend="backend", more='backend-path = ["."]\n'), "backend.py": backend})
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
    failed = FailedBuild(tmp_path, output, output[-1], git_error="fatal: detected dubious ownership", python="3.9")
    found = diagnose(failed)
    assert found is not None
    assert found.name == cause


def test_each_cause_is_tested() -> None:
    assert {case.cause for case in CASES.values()} | OUTPUTS.keys() == {cause.name for cause in CAUSES}
