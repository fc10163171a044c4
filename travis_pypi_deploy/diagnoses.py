"""Why a build failed: one table of known causes, of which the first that fits gives the remedy."""

from __future__ import annotations

import os.path
import re
import sys
from collections.abc import Callable, Iterator, Mapping
from contextlib import suppress
from dataclasses import dataclass, field, replace
from pathlib import Path
from urllib.parse import urlsplit

from packaging.requirements import InvalidRequirement, Requirement
from packaging.utils import canonicalize_name

from .servers import SERVERS
from .source_tree import text_of

MODULE_FOLDERS = ("", "src", "lib", "python")
FOLDER_NAME = re.compile(r"[\"']([\w-][\w.-]*(?:/[\w-][\w.-]*)*)/?[\"']")
TEXT_FILES = "*.cfg *.toml *.py *.md *.rst *.txt *.in README* LICEN[CS]E* CHANGE* */*.py".split()
READ_BYTES = 8192  # Python decodes a file in blocks of this size
WORK_FOLDER = "travis-pypi-deploy-"  # the beginning of the names of the folders in which sdists are unpacked
SETUPTOOLS = "setuptools.build_meta"
LEGACY = f"{SETUPTOOLS}:__legacy__"
REQUIRES = "[build-system] requires"

# Modules that builds import, and plugins of hatchling: MODULE, or MODULE:DISTRIBUTION if that is not its name.
MODULES = """
attr:attrs babel:Babel bs4:beautifulsoup4 cffi click cmake Crypto:pycryptodome cv2:opencv-python-headless Cython
dateutil:python-dateutil distutils.msvccompiler:setuptools<74 docutils dotenv:python-dotenv dunamai
fancy-pypi-readme:hatch-fancy-pypi-readme flit_core git:GitPython google.protobuf:protobuf hatchling jinja2:Jinja2
markdown:Markdown maturin mesonpy:meson-python mypyc:mypy ninja numpy OpenSSL:pyOpenSSL packaging pbr pdm:pdm-backend
PIL:Pillow pip pkg_resources:setuptools<82 poetry:poetry-core psutil pybind11 pypandoc pytest requests
scikit_build_core:scikit-build-core scipy setuptools setuptools.command.test:setuptools<72
setuptools_rust:setuptools-rust setuptools_scm:setuptools-scm six skbuild:scikit-build sklearn:scikit-learn
sphinx:Sphinx toml tomli tomlkit torch uv_build vcs:hatch-vcs versioneer versioningit wheel yaml:PyYAML
"""
DISTRIBUTIONS = {module: name or module for module, _, name in (each.partition(":") for each in MODULES.split())}
REMOVED_MODULES = """
asynchat asyncore distutils imp smtpd
aifc audioop cgi cgitb chunk crypt imghdr lib2to3 mailcap nntplib pipes sndhdr spwd sunau telnetlib uu xdrlib
"""

# How to put a file into the sdist, by build backend.
SDIST_LISTS = {
    "setuptools": 'add the line "{verb} {name}" to MANIFEST.in',
    "hatchling": 'add "{name}" = "{name}" to [tool.hatch.build.targets.sdist.force-include] in pyproject.toml',
    "poetry": 'add {{ path = "{name}", format = "sdist" }} to include of [tool.poetry] in pyproject.toml',
    "flit_core": 'add "{name}" to include of [tool.flit.sdist] in pyproject.toml',
    "pdm": 'add "{name}" to source-includes of [tool.pdm.build] in pyproject.toml',
    "scikit_build_core": 'add "{name}" to sdist.include of [tool.scikit-build] in pyproject.toml',
    "mesonpy": 'commit it ("git add {name}"), because meson-python puts only committed files into the sdist',
}
# The first versions that read [project], and license expressions in it.
PROJECT_TABLES = {"poetry": "poetry-core>=2", "flit_core": "flit_core>=3.2"}
LICENSE_EXPRESSIONS = {
    "setuptools": "setuptools>=77",
    "hatchling": "hatchling>=1.27",
    "flit_core": "flit_core>=3.12",
    "pdm": "pdm-backend>=2.4.4",
}

UNKNOWN_REQUIREMENT = r"Could not find a version that satisfies the requirement (.+?) \(from versions: none\)"
DOCUMENT = re.compile("readme|licen[cs]e|copying|notice|change|history", re.IGNORECASE)
# The last errors of programs that ask git, and get no answer.
ASKS_GIT = (
    r"unable to detect version|Versioning for this project requires|Cannot find the version from SCM"
    r"|Unable to detect version control|dubious ownership|not a git repository|does not appear to be a Git project"
    r"|versioningit could not find|only works with Git|InvalidGitRepositoryError"
    r"|Command .*\bgit\b.* returned non-zero exit status 128"
)


@dataclass(frozen=True)
class FailedBuild:
    """What is known of a build that failed.

    ``output`` is what it printed, without secrets; ``error`` is the backend's own last error. ``sdist`` are the paths
    in the sdist that was built, below its top folder; it is empty if the build failed before. ``git_error`` is what
    git says about the tree, empty if it can read it. ``environ`` is the build's.
    """

    project: Path
    output: str = ""
    error: str = ""
    sdist: frozenset[str] = frozenset()
    git_error: str = ""
    environ: Mapping[str, str] = field(default_factory=dict)

    @property
    def pyproject(self) -> str:
        """Return the text of pyproject.toml."""
        return text_of(self.project / "pyproject.toml")

    @property
    def backend(self) -> str:
        """Return the build backend that pyproject.toml names."""
        found = re.search(r"^\s*build-backend\s*=\s*[\"']([\w.:]+)", self.pyproject, re.MULTILINE)
        return found[1] if found else LEGACY

    @property
    def missing_module(self) -> str:
        """Return the full name of the module whose import is the last error; empty if it is another error.

        If the ``attr`` of a dynamic version names a module that does not exist, the error names only its package.
        """
        found = re.search(r"No module named '?([\w.]+)", self.error)
        if found and self.find(r"setuptools.config.expand\.py\", .* in read_attr$"):
            texts = self.pyproject + text_of(self.project / "setup.cfg")
            found = re.search(r"\battr\s*[=:]\s*[\"']?([\w.]+)\.\w+", texts) or found
        return str(found[1]) if found else ""

    def find(self, pattern: str) -> re.Match[str] | None:
        """Return the first match in the output; ``^`` and ``$`` match at each line."""
        return re.search(pattern, self.output, re.MULTILINE)


Fields = Mapping[str, str]
Find = Callable[[FailedBuild], "Fields | None"]


@dataclass(frozen=True)
class Cause:
    """A known cause: its name, what shows it, what happened, and a remedy that was tried for this very cause.

    ``find`` returns the values for the fields in the two sentences, None if this is not the cause; ``folder`` and
    ``python`` are always there.
    """

    name: str
    sign: str
    sentence: str
    remedy: str
    find: Find


def diagnose(failed: FailedBuild) -> Cause | None:
    """Return the first cause in the table that fits, with the fields filled in; None if none is known."""
    for cause in CAUSES:
        fields = cause.find(failed)
        if fields is not None:
            python = f"{sys.version_info.major}.{sys.version_info.minor}"
            known = {"folder": str(failed.project), "python": python, **fields}
            return replace(cause, sentence=cause.sentence.format(**known), remedy=cause.remedy.format(**known))
    return None


def _line(pattern: str, *variables: str) -> Find:
    """Return a function that finds this pattern in the output, whose named groups are the fields.

    With a group ``page``, the page of an index, there are also the ``address`` and the ``source`` of that index; else
    the ``source`` is the first of the variables that is set, and ``value`` is its value.
    """

    def find(failed: FailedBuild) -> Fields | None:
        found = failed.find(pattern)
        if not found:
            return None
        fields = found.groupdict()
        if "page" in fields:
            return {**fields, **_index(failed, fields["page"])}
        return {**fields, **_setting(failed, *(name.format(**fields) for name in variables))}

    return find


def _pip_setting(failed: FailedBuild) -> Fields | None:
    if failed.find(r"Can not perform a '--user' install"):
        return {"setting": "user"}
    top = failed.missing_module.partition(".")[0]
    is_backend = top == re.split(r"[.:]", failed.backend)[0]
    return {"setting": "target, prefix or root"} if is_backend and _is_installed(failed, top) else None


def _pip_restricted(failed: FailedBuild) -> Fields | None:
    found = failed.find(UNKNOWN_REQUIREMENT)
    setting = _setting(failed, "PIP_NO_INDEX", "PIP_ONLY_BINARY", "PIP_NO_BINARY")
    is_cause = found and setting["source"] in failed.environ and not failed.find("^Could not fetch")
    return {**setting, "requirement": found[1]} if found and is_cause else None


def _pip_unknown(failed: FailedBuild) -> Fields | None:
    found, page = failed.find(UNKNOWN_REQUIREMENT), failed.find(r"^Could not fetch URL (\S+): 404 ")
    if not found:
        return None
    source = _setting(failed, "PIP_INDEX_URL")["source"]
    index = {"address": _without_password(failed.environ.get(source, "its indexes")), "source": source}
    is_in_setup = found[1] not in failed.pyproject and "setup_requires" in text_of(failed.project / "setup.py")
    where = "setup_requires of setup.py" if is_in_setup else REQUIRES
    return {**(_index(failed, page[1]) if page else index), "requirement": found[1], "where": where}


def _pip_python(failed: FailedBuild) -> Fields | None:
    ignored = failed.find(r"Ignored the following versions that require a different python version: (.*)")
    found = failed.find(r"satisfies the requirement (.+?) \(from versions")
    with suppress(InvalidRequirement):
        requirement = Requirement(found[1] if found else "")
        for version, wanted in re.findall(r"(\S+) Requires-Python (\S+?)(?:;|$)", ignored[1] if ignored else ""):
            if requirement.specifier.contains(version, prereleases=True):
                return {"requirement": str(requirement), "wanted": wanted}
    return None


def _git(words: str) -> Find:
    """Return a function that finds a build that asks git and gets no answer; ``words`` are part of git's own error.

    Without words git can read the tree, but not the sdist that the wheel is built from.
    """

    def find(failed: FailedBuild) -> Fields | None:
        is_cause = words in failed.git_error if words else failed.sdist and not failed.git_error
        return {} if is_cause and re.search(ASKS_GIT, failed.error) else None

    return find


def _git_root(failed: FailedBuild) -> Fields | None:
    top = next((each for each in failed.project.parents if (each / ".git").exists()), None)
    if not top or (failed.project / ".git").exists() or "setuptools-scm was unable to" not in failed.error:
        return None
    return {"root": os.path.relpath(top, failed.project)}


def _removed_module(failed: FailedBuild) -> Fields | None:
    module = failed.missing_module
    top = module.partition(".")[0]
    if top not in REMOVED_MODULES.split() or (top == "distutils" and _is_installed(failed, "setuptools")):
        return None
    first = f'add "setuptools", which has it, to {REQUIRES}' if top == "distutils" else "update the project"
    return {"module": module, "remedy": first}


def _not_in_sdist(failed: FailedBuild) -> Fields | None:
    for name in (_module_place(failed, failed.missing_module), *_missing_files(failed)):
        path = failed.project / name
        is_built = any(each == name or each.startswith(f"{name}/") for each in failed.sdist)
        if failed.sdist and not is_built and path.exists() and failed.project in path.parents:
            remedy = SDIST_LISTS.get(failed.backend.partition(".")[0], SDIST_LISTS["setuptools"])
            return {"name": name, "remedy": remedy.format(name=name, verb="graft" if path.is_dir() else "include")}
    return None


def _own_module(failed: FailedBuild) -> Fields | None:
    module = failed.missing_module
    place = _module_place(failed, module)
    if not place:
        return None
    folder = place.removesuffix(".py").removesuffix(module.replace(".", "/")).rstrip("/")
    remedy = f'import sys and call sys.path.insert(0, "{folder or "."}") first'
    if not folder and failed.backend == SETUPTOOLS:
        remedy = f'set build-backend = "{LEGACY}" in pyproject.toml, or {remedy}'
    is_helper = place == f"{module}.py" and place not in text_of(failed.project / "MANIFEST.in")
    if is_helper and not failed.sdist and failed.backend.startswith("setuptools"):
        remedy += f"; and {SDIST_LISTS['setuptools'].format(verb='include', name=place)}"
    return {"module": module, "remedy": remedy}


def _generated_module(failed: FailedBuild) -> Fields | None:
    module = failed.missing_module
    top = module.partition(".")[0]
    is_own = _module_place(failed, top) or (top and canonicalize_name(top) == _project_name(failed))
    return {"module": module} if is_own else None


def _missing_submodule(failed: FailedBuild) -> Fields | None:
    module = failed.missing_module
    distribution = DISTRIBUTIONS.get(module) or module.partition(".")[0]
    return {"module": module, "distribution": distribution} if _is_installed(failed, distribution) else None


def _missing_distribution(failed: FailedBuild) -> Fields | None:
    plugin = re.search(r"Unknown (?:version source|metadata hook|build hook): ([\w-]+)", failed.error)
    module = plugin[1] if plugin else failed.missing_module
    if not module:
        return None
    top = module.partition(".")[0]
    known = _distribution(module)
    distribution = f'"{known}"' if known else f"the distribution that provides {top}"
    where = f"{REQUIRES} in pyproject.toml"
    if "[build-system]" not in failed.pyproject:
        distribution += "" if known.startswith("setuptools") else ' and "setuptools"'
        where = f"requires of [build-system] in {'' if failed.pyproject else 'a new '}pyproject.toml"
    return {"module": module, "distribution": distribution, "where": where}


def _missing_readme(failed: FailedBuild) -> Fields | None:
    for name in _missing_files(failed):
        for where in ("pyproject.toml", "setup.cfg", "setup.py"):
            if Path(name).name in text_of(failed.project / where) and DOCUMENT.match(Path(name).name):
                return {"name": name, "where": where}
    return None


def _no_cython(failed: FailedBuild) -> Fields | None:
    for name in _missing_files(failed):
        source = str(Path(name).with_suffix(".pyx"))
        if Path(name).suffix in (".c", ".cpp") and (failed.project / source).is_file():
            return {"name": source}
    return None


def _no_program(failed: FailedBuild) -> Fields | None:
    found = failed.find(
        r"error: command '(?P<name>[\w./+-]+)' failed: (?:No such file|None)|unable to execute '(?P<old>[\w./+-]+)'"
        r"|error: \[Errno 2\] No such file or directory: '(?P<other>[\w./-]*(?:cc|\+\+|clang)(?:-\d+)?)'"
        r"|ERROR: Unknown compiler\(s\): \[\['(?P<meson>[^']+)"
    )
    if failed.find(r'^  File ".*", line \d+, in _execute_child'):
        found = re.search(r"No such file or directory: '(?P<name>[\w.+-]+)'$", failed.error)
    if not found:
        return None
    name = next(filter(None, found.groups()))
    is_compiler = re.fullmatch(r"(.*-)?(cc|[cg]\+\+|gcc|clang(\+\+)?)(-\d+)?", name)
    variable = next((each for each in ("CC", "CXX") if name in failed.environ.get(each, "").split()), "")
    remedy = f"correct the variable {variable}, or install it" if variable else "install it before this command"
    return {"name": name, "remedy": f"{remedy} (on Debian and Ubuntu: build-essential)" if is_compiler else remedy}


def _no_header(failed: FailedBuild) -> Fields | None:
    header = failed.find(r"fatal error: '?([\w./+-]+)'?(?:: No such file| file not found)")
    library = failed.find(r"\bld(?:\.\w+)?: (?:cannot find -l|library not found for -l|library ')([\w.+-]+)")
    remedy = "install the system package that provides it before this command"
    if library:
        return {"name": f"library {library[1]}", "remedy": remedy}
    if not header or re.search(r"\.(c|cc|cpp|cxx|pyx)$", header[1]):
        return None
    if header[1] == "Python.h":
        remedy = "install the headers of this Python (on Debian and Ubuntu: python3-dev)"
    if header[1].startswith("numpy/"):
        remedy = f'add "numpy" to {REQUIRES} in pyproject.toml, and numpy.get_include() to include_dirs'
    return {"name": f"header {header[1]}", "remedy": remedy}


def _old_backend(versions: Mapping[str, str], signs: str) -> Find:
    """Return a function that finds what a build backend before these versions prints about [project]."""

    def find(failed: FailedBuild) -> Fields | None:
        version = versions.get(failed.backend.partition(".")[0])
        return {"requirement": version} if version and "[project]" in failed.pyproject and failed.find(signs) else None

    return find


def _byte_order_mark(failed: FailedBuild) -> Fields | None:
    if re.search(r"Invalid statement \(at line 1, column 1\)|MissingSectionHeaderError", failed.error):
        for name in ("pyproject.toml", "setup.cfg"):
            if text_of(failed.project / name).startswith("\ufeff"):
                return {"name": name}
    return None


def _not_utf_8(failed: FailedBuild) -> Fields | None:
    found = re.search(r"'utf-?8' codec can't decode byte(?:s in position | 0x.. in position )(\d+)", failed.error)
    if not found and "did not contain valid UTF-8" not in failed.error:
        return None
    paths = (path for pattern in TEXT_FILES for path in sorted(failed.project.glob(pattern)) if path.is_file())
    for path in paths:
        content = path.read_bytes()
        try:
            content.decode()
        except UnicodeDecodeError as error:
            if not found or int(found[1]) in (error.start, error.start % READ_BYTES):
                line = content[: error.start].count(b"\n") + 1
                return {"name": path.relative_to(failed.project).as_posix(), "line": str(line)}
    return None


# A table: the sign, what happened, and the remedy.
# fmt: off
CAUSES = (
    Cause("pip-setting", "pip installs what the build needs into another folder than its isolated environment",
          "pip's configuration file has the setting {setting}, which breaks isolated environments",
          "remove it from pip.conf", _pip_setting),
    Cause("pip-hashes", "`In --require-hashes mode`",
          "pip demands hashes ({source}), which [build-system] requires cannot have",
          "remove that setting for this command",
          _line("In --require-hashes mode, all requirements must", "PIP_REQUIRE_HASHES", "PIP_CONSTRAINT")),
    Cause("pip-file", "`Could not open constraint file`", "pip cannot open {path} ({source})",
          "correct {source}; a relative path begins where this command runs",
          _line("Could not open (?:constraint|requirements) file: .*'(?P<path>.+)'",
                "PIP_CONSTRAINT", "PIP_REQUIREMENT")),
    Cause("pip-proxy", "`proxy connection error`", "pip cannot reach the proxy {value} ({source})",
          "correct {source}, or restart this job if the proxy was down",
          _line(r"^Could not fetch URL (?P<scheme>\w+)://\S+: proxy connection error",
                "PIP_PROXY", "{scheme}_proxy", "all_proxy")),
    Cause("pip-unreachable",
          "`Could not fetch URL`, with a connection error, a certificate error or a status of 500 and above",
          "pip cannot reach {address} ({source})", "correct the address, or restart this job if the index was down",
          _line(r"^Could not fetch URL (?P<page>\S+): (?:connection error|There was a problem|5\d\d)")),
    Cause("pip-refused", "`Could not fetch URL`, with status 401 or 403", "{address} ({source}) answers {status}",
          "correct the user name and password in the address",
          _line(r"^Could not fetch URL (?P<page>\S+): (?P<status>40[13]) ")),
    Cause("pip-restricted", "`from versions: none`, and PIP_NO_INDEX, PIP_ONLY_BINARY or PIP_NO_BINARY is set",
          "pip finds no {requirement}, because {source}={value} is set",
          "unset it for this command (env -u {source} ...)", _pip_restricted),
    Cause("pip-unknown", "`from versions: none`", "pip finds no {requirement} at {address} ({source})",
          "correct its name in {where}, or the address", _pip_unknown),
    Cause("pip-python", "`Ignored the following versions that require a different python version`",
          "{requirement} needs Python {wanted}, and this is Python {python}",
          "require an older version in [build-system] requires, or run this command with a newer Python", _pip_python),
    Cause("pip-version", "`Could not find a version that satisfies the requirement`",
          "there is no version that satisfies {requirement}; the newest for this Python is {newest}",
          "correct the version in [build-system] requires",
          _line(r"requirement (?P<requirement>\S.*?) \(from versions: (?:.*, )?(?!none)(?P<newest>[^, )]+)\)")),
    Cause("pip-constraint", "`The user requested (constraint)`",
          "the constraint {constraint} ({setting}) contradicts {requirement} in [build-system] requires",
          "change the constraint, or unset it for this command",
          _line(r"(?s)\A(?=.*The user requested \(constraint\) (?P<constraint>[^\n]+))"
                r".*Cannot install (?P<requirement>[^\n]+) because these package versions", "PIP_CONSTRAINT")),
    Cause("pip-conflict", "`because these package versions have conflicting dependencies`",
          "no versions satisfy {requirements} together", "correct the versions in [build-system] requires",
          _line(r"Cannot install (?P<requirements>.+?) because these package versions")),
    Cause("git-owner", "git reports `dubious ownership`, and the build asks git",
          "git does not read this tree, because it belongs to another user",
          'run git config --global --add safe.directory "{folder}" before this command', _git("dubious ownership")),
    Cause("git-none", "there is no git repository, and the build asks git",
          "the build asks git, and this folder is not a git repository",
          "run this command in the clone that Travis made, with its .git folder", _git("not a git repository")),
    Cause("git-in-sdist", "the build of the wheel asks git",
          "the wheel is built from the sdist, which is not a git repository, but the build asks git for the version",
          "take the version from PKG-INFO if that file is there, or use setuptools-scm, which does so", _git("")),
    Cause("git-root", "setuptools-scm finds no version, and the git repository begins in a folder above",
          "the git repository begins in a folder above the project, where setuptools-scm does not look",
          'set root = "{root}" in [tool.setuptools_scm], with hatch-vcs in raw-options of [tool.hatch.version]',
          _git_root),
    Cause("old-setuptools", "setuptools itself fails with something that Python has removed",
          "the setuptools that [build-system] requires asks for is too old for Python {python}",
          'write "setuptools>=77" in [build-system] requires, or run this command with an older Python',
          _line(r'^  File ".*/site-packages/(?:setuptools|pkg_resources)/.*\n(?: {4}.*\n)*\w.*'
                r"(?:ImpImporter|'HTMLParser' object has no|No module named 'distutils'|module 'collections')")),
    Cause("removed-module", "`No module named`, and Python itself had the module", "Python removed {module}",
          "{remedy}, or build with an older Python and upload dist/*", _removed_module),
    Cause("not-in-sdist", "a module, file or folder is not found that is in the project, but not in the sdist",
          "the wheel is built from the sdist, and the sdist has no {name}", "{remedy}", _not_in_sdist),
    Cause("own-module", "`No module named`, and the module is in the project",
          "{module} is in this project, but an isolated build does not see the project's own folder", "{remedy}",
          _own_module),
    Cause("generated-module", "`No module named`, and the module is one of the project that does not exist",
          "{module} belongs to this project, but there is no such file",
          "create it before this command, or do not import it during the build", _generated_module),
    Cause("missing-submodule", "`No module named`, and the distribution of the module is installed",
          "the {distribution} that was installed for the build has no module {module}",
          "require a version that has it in [build-system] requires, or do not import it", _missing_submodule),
    Cause("missing-distribution", "`No module named`, or an unknown plugin of hatchling",
          "the build runs in an isolated environment, which has no {module}",
          "add {distribution} to {where}, or build in the job and upload dist/*", _missing_distribution),
    Cause("cython", "a C file is not found, and there is a .pyx file of its name",
          "Cython is not installed in the isolated environment, so {name} was not compiled to C",
          'add "Cython" to [build-system] requires in pyproject.toml', _no_cython),
    Cause("readme", "the README, changelog or license file that the project names does not exist",
          "the project has no file {name}", "correct its name in {where}, or add the file", _missing_readme),
    Cause("program", "the compiler or another program cannot be executed", "there is no program {name}", "{remedy}",
          _no_program),
    Cause("header", "`fatal error`, with a header file that is not found; `cannot find -l...`",
          "the compiler does not find the {name}", "{remedy}", _no_header),
    Cause("rust", "`can't find Rust compiler`, `Rust not found`", "there is no Rust compiler",
          "install Rust before this command, and have cargo on PATH",
          _line(r"can't find Rust compiler|Rust not found|cargo, the Rust package manager, is not installed")),
    Cause("project-table", "a backend other than setuptools looks for its own table, and there is [project]",
          "this version of the build backend does not read [project] of pyproject.toml",
          'write "{requirement}" in [build-system] requires',
          _old_backend(PROJECT_TABLES, r"\[tool\.poetry\] section not found|missing \[tool\.flit\] table")),
    Cause("license-expression", "a backend rejects `license` as a text, or `license-files`",
          "this version of the build backend does not know license expressions (PEP 639)",
          'write "{requirement}" in [build-system] requires',
          _old_backend(LICENSE_EXPRESSIONS,
                       r"`project\.license`|license field should be|project\.license:|`project\.license-files` must be"
                       r"|must not contain \{'license-files'\}")),
    Cause("use-2to3", "`use_2to3 is invalid`", "setuptools 58 removed use_2to3",
          'remove use_2to3 if the code runs on Python 3; else write "setuptools<58" in [build-system] requires, and '
          "run this command with Python 3.11", _line("use_2to3 is invalid")),
    Cause("byte-order-mark", "a parser fails at the first character of a file that begins with a byte order mark",
          "{name} begins with a byte order mark", "save it as UTF-8 without it", _byte_order_mark),
    Cause("not-utf-8", "`'utf-8' codec can't decode`, and a text file of the project is not UTF-8",
          "line {line} of {name} is not UTF-8", "save the file as UTF-8", _not_utf_8),
    Cause("not-ascii", "`'ascii' codec can't decode`", "the build runs in a locale that knows ASCII only",
          "set PYTHONUTF8=1 for this command", _line("UnicodeDecodeError: 'ascii' codec can't decode")),
)
# fmt: on


def _module_place(failed: FailedBuild, module: str) -> str:
    """Return where a module is in the project, as a path relative to it; empty if it is not there.

    It is looked for where modules usually are, and in the folders that setup.py and pyproject.toml name.
    """
    if not module:
        return ""
    named: list[str] = FOLDER_NAME.findall(f"{text_of(failed.project / 'setup.py')}\n{failed.pyproject}")
    plain = [each for each in dict.fromkeys(named) if not (failed.project / each / "__init__.py").exists()]
    path = module.replace(".", "/")
    for folder in MODULE_FOLDERS if _distribution(module) else (*MODULE_FOLDERS, *plain):
        for place in (f"{path}.py", path):
            found = failed.project / folder / place
            is_package = (found / "__init__.py").is_file() or (any(found.glob("*.py")) and not _distribution(module))
            if found.is_file() or is_package:
                return found.relative_to(failed.project).as_posix()
    return ""


def _missing_files(failed: FailedBuild) -> Iterator[str]:
    """Yield the file that the last error does not find, relative to the project or to the unpacked sdist."""
    for pattern in (
        r"(?:No such file or directory: |open file |eadme path |file not found \(|directory |entry )['`\"]([^'`\"]+)",
        r"(?:does not exist|include not found): (\S+)$",
        r"loaded from file: (\S+) does not",
        r"[Ff]ile (\S+?)(?: does not exist)?\.?$",
        r"fatal error: ([^\s:]+): No such file",
    ):
        for found in re.finditer(pattern, failed.error):
            yield from _relative(failed, found[1])
    header = re.match(r"(\S+?):\d+:\d+: fatal error: '?([\w./+-]+)", failed.error)
    if header:  # the compiler looks beside the source file and in its include folders
        for folder in (Path(header[1]).parent, *dict.fromkeys(re.findall(r" -I(\S+)", failed.output))):
            yield from _relative(failed, str(folder / Path(header[2])))
    cmake = failed.find(r'The source directory "(.+)" does not appear to contain (CMakeLists\.txt)')
    if cmake:
        yield from _relative(failed, f"{cmake[1]}/{cmake[2]}")


def _relative(failed: FailedBuild, name: str) -> Iterator[str]:
    """Yield the path of a file in the project or in the unpacked sdist, relative to it; nothing if it is elsewhere."""
    path = Path(os.path.normpath(name))
    if not path.is_absolute():
        yield path.as_posix()
    elif failed.project in path.parents:
        yield path.relative_to(failed.project).as_posix()
    elif WORK_FOLDER in name:
        ends = (Path(*path.parts[start:]).as_posix() for start in range(1, len(path.parts)))
        yield from (each for each in ends if (failed.project / each).exists())


def _distribution(module: str) -> str:
    """Return the distribution that provides a module; empty if it is not known."""
    return DISTRIBUTIONS.get(module) or DISTRIBUTIONS.get(module.partition(".")[0], "")


def _is_installed(failed: FailedBuild, name: str) -> bool:
    """Return whether the build asked pip for a distribution, by its name or that of a module in it."""
    lines = re.findall("^Installing .*", failed.output, re.MULTILINE)
    names = {
        canonicalize_name(each) for line in lines for each in re.findall(r"(?:^Installing|,) ([A-Za-z][\w.-]*)", line)
    }
    return bool(name) and not names.isdisjoint(map(canonicalize_name, (name, DISTRIBUTIONS.get(name, name))))


def _project_name(failed: FailedBuild) -> str:
    """Return the normalized name of the project, if it stands in one of its files."""
    for name in ("pyproject.toml", "setup.cfg", "setup.py"):
        found = re.search(r"\bname\s*=\s*[\"']?([\w.-]+)", text_of(failed.project / name))
        if found:
            return canonicalize_name(found[1])
    return ""


def _setting(failed: FailedBuild, *names: str) -> Fields:
    """Return the first of these variables that is set, in lower or upper case, and its value; else ``pip.conf``."""
    for name in names:
        for source in (name, name.upper()):
            if failed.environ.get(source):
                value = _without_password(failed.environ[source])
                return {"source": source, "value": value, "setting": f"{source}={value}"}
    return {"source": "pip.conf", "value": "that is set", "setting": "pip.conf"}


def _index(failed: FailedBuild, page: str) -> Fields:
    """Return the address of the index that a project's page belongs to, and where it comes from."""
    address = _without_password(page).rstrip("/").rpartition("/")[0]
    host = urlsplit(address).netloc
    for name in ("PIP_INDEX_URL", "PIP_EXTRA_INDEX_URL", "PIP_FIND_LINKS"):
        if host in failed.environ.get(name, ""):
            return {"address": address, "source": name}
    is_default = any(host in server.hosts for server in SERVERS)
    return {"address": address, "source": "pip's default" if is_default else "pip.conf"}


def _without_password(address: str) -> str:
    return re.sub(r"//[^/@\s]*@", "//", address)
