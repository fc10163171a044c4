"""Why a build failed: one table of known causes, of which the first that fits gives the remedy."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from urllib.parse import urlsplit

from packaging.requirements import InvalidRequirement, Requirement
from packaging.utils import canonicalize_name

from .servers import SERVERS
from .source_tree import text_of

MODULE_FOLDERS = ("", "src", "lib", "python")
TEXT_FILES = (
    "setup.cfg",
    "pyproject.toml",
    "setup.py",
    "README*",
    "LICEN[CS]E*",
    "CHANGE*",
    "HISTORY*",
    "*.md",
    "*.rst",
)
BYTE_ORDER_MARK = b"\xef\xbb\xbf"
SETUPTOOLS = "setuptools.build_meta"
LEGACY = f"{SETUPTOOLS}:__legacy__"

# The distributions of modules that are imported at build time, where the names differ or a version is needed.
DISTRIBUTIONS = {
    "setuptools.command.test": "setuptools<72",
    "pkg_resources": "setuptools<82",
    "attr": "attrs",
    "bs4": "beautifulsoup4",
    "Crypto": "pycryptodome",
    "cv2": "opencv-python-headless",
    "dateutil": "python-dateutil",
    "dotenv": "python-dotenv",
    "git": "GitPython",
    "google.protobuf": "protobuf",
    "jinja2": "Jinja2",
    "markdown": "Markdown",
    "OpenSSL": "pyOpenSSL",
    "PIL": "Pillow",
    "setuptools_scm": "setuptools-scm",
    "skbuild": "scikit-build",
    "sklearn": "scikit-learn",
    "yaml": "PyYAML",
    **{name: name for name in ("numpy", "Cython", "wheel", "packaging", "cffi", "pybind11", "requests", "six", "toml")},
    **{name: name for name in ("tomli", "pbr", "versioneer", "pytest", "setuptools", "torch", "click", "docutils")},
}
DISTRIBUTIONS.update({"pip": "pip", "tomlkit": "tomlkit", "dunamai": "dunamai", "pypandoc": "pypandoc"})

# How each backend is told to put a file into the sdist.
SDIST_LISTS = {
    "setuptools": 'add the line "{verb} {name}" to MANIFEST.in',
    "hatchling": 'add "{name}" = "{name}" to [tool.hatch.build.targets.sdist.force-include] in pyproject.toml',
    "poetry": 'add {{ path = "{name}", format = "sdist" }} to include of [tool.poetry] in pyproject.toml',
    "flit_core": 'add "{name}" to include of [tool.flit.sdist] in pyproject.toml',
    "pdm": 'add "{name}" to source-includes of [tool.pdm.build] in pyproject.toml',
    "mesonpy": 'commit it ("git add {name}"), because meson-python puts only committed files into the sdist',
}


@dataclass(frozen=True)
class FailedBuild:
    """What is known of a build that failed.

    ``output`` is what it printed, without secrets; ``error`` is the backend's own last error. ``sdist`` are the paths
    in the sdist that was built, below its top folder; it is empty if the build failed before. ``git_error`` is what
    git says about the tree, empty if it can read it. ``environ`` is the build's, ``python`` the version that ran it.
    """

    project: Path
    output: Sequence[str] = ()
    error: str = ""
    sdist: frozenset[str] = frozenset()
    git_error: str = ""
    environ: Mapping[str, str] = field(default_factory=dict)
    python: str = ""

    @property
    def text(self) -> str:
        """Return the output as one text."""
        return "\n".join(self.output)

    def find(self, pattern: str) -> re.Match[str] | None:
        """Return the first match in the output; the pattern is for single lines."""
        return next((found for line in self.output if (found := re.search(pattern, line))), None)


Fields = Mapping[str, str]


@dataclass(frozen=True)
class Cause:
    """A known cause: its name, what shows it, what happened, and a remedy that was tried for this very cause.

    ``find`` returns the values for the fields in the two sentences, None if this is not the cause.
    """

    name: str
    sign: str
    sentence: str
    remedy: str
    find: Callable[[FailedBuild], Fields | None]


@dataclass(frozen=True)
class Diagnosis:
    """Why a build failed, and what to do, as two clauses of one sentence."""

    name: str
    sentence: str
    remedy: str


def diagnose(failed: FailedBuild) -> Diagnosis | None:
    """Return the first cause in the table that fits; None if none is known."""
    for cause in CAUSES:
        fields = cause.find(failed)
        if fields is not None:
            return Diagnosis(cause.name, cause.sentence.format(**fields), cause.remedy.format(**fields))
    return None


def _pip_setting(failed: FailedBuild) -> Fields | None:
    if failed.find(r"Can not perform a '--user' install"):
        return {"setting": "user"}
    module = _missing_module(failed)
    if module and canonicalize_name(DISTRIBUTIONS.get(module, module)) in _installed(failed):
        return {"setting": "target, prefix or root"}
    return None


def _pip_hashes(failed: FailedBuild) -> Fields | None:
    return {} if failed.find(r"In --require-hashes mode, all requirements must") else None


def _pip_proxy(failed: FailedBuild) -> Fields | None:
    if not failed.find(r"^Could not fetch URL \S+: proxy connection error"):
        return None
    for name, value in failed.environ.items():
        if name.upper() in ("HTTPS_PROXY", "HTTP_PROXY", "ALL_PROXY", "PIP_PROXY") and value:
            return {"address": _without_password(value), "source": name}
    return {"address": "that is set", "source": "pip.conf"}


def _pip_unreachable(failed: FailedBuild) -> Fields | None:
    found = failed.find(r"^Could not fetch URL (\S+): (connection error|There was a problem|5\d\d)")
    return _index_of(failed, found[1]) if found else None


def _pip_refused(failed: FailedBuild) -> Fields | None:
    found = failed.find(r"^Could not fetch URL (\S+): (40[13]) ")
    return {**_index_of(failed, found[1]), "status": found[2]} if found else None


def _pip_unknown(failed: FailedBuild) -> Fields | None:
    requirement = _unsatisfied(failed)
    if not requirement or not failed.find(r"\(from versions: none\)"):
        return None
    found = failed.find(r"^Could not fetch URL (\S+): 404 ")
    index = {"address": "its indexes", "source": "PIP_NO_INDEX" if failed.environ.get("PIP_NO_INDEX") else "pip.conf"}
    where = "[build-system] requires"
    if requirement not in _pyproject(failed) and "setup_requires" in text_of(failed.project / "setup.py"):
        where = "setup_requires of setup.py"
    return {"requirement": requirement, "where": where, **(_index_of(failed, found[1]) if found else index)}


def _pip_python(failed: FailedBuild) -> Fields | None:
    ignored = failed.find(r"Ignored the following versions that require a different python version: (.*)")
    requirement = _requirement(_unsatisfied(failed))
    if ignored and requirement:
        for version, wanted in re.findall(r"(\S+) Requires-Python (\S+?)(?:;|$)", ignored[1]):
            if requirement.specifier.contains(version, prereleases=True):
                return {"requirement": str(requirement), "wanted": wanted, "python": failed.python}
    return None


def _pip_version(failed: FailedBuild) -> Fields | None:
    found = failed.find(r"requirement (\S.*?) \(from versions: (?:.*, )?([^, )]+)\)")
    return {"requirement": found[1], "newest": found[2]} if found and found[2] != "none" else None


def _pip_constraint(failed: FailedBuild) -> Fields | None:
    found = failed.find(r"The user requested \(constraint\) (.+)")
    wanted = failed.find(r"Cannot install (.+?) because these package versions")
    if not found or not wanted:
        return None
    value = failed.environ.get("PIP_CONSTRAINT", "")
    source = f"PIP_CONSTRAINT={_without_password(value)}" if value else "pip.conf"
    return {"constraint": found[1], "requirement": wanted[1], "source": source}


def _pip_conflict(failed: FailedBuild) -> Fields | None:
    found = failed.find(r"Cannot install (.+?) because these package versions")
    return {"requirements": found[1]} if found else None


def _old_setuptools(failed: FailedBuild) -> Fields | None:
    frames = [line for line in failed.output if re.match(r'  File ".*", line', line)]
    in_setuptools = frames and re.search(r"/site-packages/(setuptools|pkg_resources)/", frames[-1])
    known = re.search(
        r"ImpImporter|'HTMLParser' object has no|No module named 'distutils'|module 'collections'", failed.error
    )
    return {"python": failed.python} if in_setuptools and known else None


def _removed_module(failed: FailedBuild) -> Fields | None:
    module = _missing_module(failed)
    return {"module": module} if module.partition(".")[0] in ("imp", "distutils", "asynchat", "asyncore") else None


def _module_not_in_sdist(failed: FailedBuild) -> Fields | None:
    place = _module_place(failed, _missing_module(failed))
    if not place or not failed.sdist or any(each == place or each.startswith(f"{place}/") for each in failed.sdist):
        return None
    is_folder = (failed.project / place).is_dir()
    return {"name": place, "remedy": _sdist_remedy(failed, place, verb="graft" if is_folder else "include")}


def _own_module(failed: FailedBuild) -> Fields | None:
    module = _missing_module(failed)
    place = _module_place(failed, module)
    if not place:
        return None
    folder = place[: -len(module.replace(".", "/"))].rpartition("/")[0] if "/" in place else ""
    folder = next((each for each in MODULE_FOLDERS[1:] if place.startswith(f"{each}/")), "")
    if not folder and _backend(failed) == SETUPTOOLS:
        remedy = (
            f'set build-backend = "{LEGACY}" in pyproject.toml, or import sys and call sys.path.insert(0, ".") first'
        )
        return {"module": module, "remedy": remedy}
    call = f'sys.path.insert(0, "{folder or "."}")'
    return {"module": module, "remedy": f"import sys and call {call} before the file that imports it does so"}


def _generated_module(failed: FailedBuild) -> Fields | None:
    module = _missing_module(failed)
    top = module.partition(".")[0]
    is_own = _module_place(failed, top) or (top and canonicalize_name(top) == _project_name(failed))
    return {"module": module} if is_own else None


def _missing_distribution(failed: FailedBuild) -> Fields | None:
    module = _missing_module(failed)
    if not module:
        return None
    top = module.partition(".")[0]
    known = DISTRIBUTIONS.get(module) or DISTRIBUTIONS.get(top)
    distribution = f'"{known}"' if known else f"the distribution that provides {top}"
    where = "to [build-system] requires in pyproject.toml"
    if not _pyproject(failed):
        where = 'and "setuptools" to requires of [build-system] in a new pyproject.toml'
    return {"module": module, "distribution": distribution, "where": where}


def _file_not_in_sdist(failed: FailedBuild) -> Fields | None:
    for name in _missing_files(failed):
        if failed.sdist and name not in failed.sdist and (failed.project / name).is_file():
            return {"name": name, "remedy": _sdist_remedy(failed, name, verb="include")}
    return None


def _missing_readme(failed: FailedBuild) -> Fields | None:
    for name in _missing_files(failed):
        if re.match(r"readme|licen[cs]e|copying|notice|changelog|description", Path(name).name, re.IGNORECASE):
            return {"name": name}
    return None


def _no_cython(failed: FailedBuild) -> Fields | None:
    for name in _missing_files(failed):
        source = str(Path(name).with_suffix(".pyx"))
        if Path(name).suffix in (".c", ".cpp") and (failed.project / source).is_file():
            return {"name": source}
    return None


def _no_compiler(failed: FailedBuild) -> Fields | None:
    found = failed.find(
        r"(?:error: command '|unable to execute ')(?P<name>[\w./+-]+)'(?: failed: (?:No such file|None))?"
        r"|error: \[Errno 2\] No such file or directory: '(?P<other>[\w./-]*(?:cc|\+\+|clang)(?:-\d+)?)'"
        r"|ERROR: Unknown compiler\(s\): (?P<meson>\[.*)"
    )
    if not found or " failed with exit" in failed.error:
        return None
    return {"compiler": found["name"] or found["other"] or found["meson"]}


def _no_header(failed: FailedBuild) -> Fields | None:
    found = failed.find(r"fatal error: '?([\w./+-]+\.(?:h|hpp))'?(?:: No such file| file not found)")
    if not found:
        return None
    remedies = {
        "Python.h": "install the headers of this Python (on Debian and Ubuntu: python3-dev)",
        "numpy": 'add "numpy" to [build-system] requires in pyproject.toml, and numpy.get_include() to include_dirs',
    }
    known = remedies.get(found[1]) or remedies.get(found[1].partition("/")[0])
    return {"header": found[1], "remedy": known or "install the system package that provides it before this command"}


def _no_rust(failed: FailedBuild) -> Fields | None:
    signs = r"can't find Rust compiler|Rust not found|cargo, the Rust package manager, is not installed"
    return {} if failed.find(signs) else None


def _license_expression(failed: FailedBuild) -> Fields | None:
    signs = r"`project\.license`|license field should be|project\.license:|must not contain \{'license-files'\}"
    needed = {"setuptools": "setuptools>=77", "flit_core": "flit_core>=3.12", "pdm": "pdm-backend>=2.4.4"}
    needed["hatchling"] = "hatchling>=1.27"
    version = needed.get(_backend(failed).partition(".")[0])
    return {"requirement": version} if version and re.search(signs, failed.text) else None


def _use_2to3(failed: FailedBuild) -> Fields | None:
    return {} if failed.find(r"use_2to3 is invalid") else None


def _byte_order_mark(failed: FailedBuild) -> Fields | None:
    if re.search(r"Invalid statement \(at line 1, column 1\)|MissingSectionHeaderError", failed.error):
        for name in ("pyproject.toml", "setup.cfg"):
            if _bytes(failed.project / name).startswith(BYTE_ORDER_MARK):
                return {"name": name}
    return None


def _not_utf_8(failed: FailedBuild) -> Fields | None:
    if not re.search(r"'utf-?8' codec can't decode|did not contain valid UTF-8", failed.error):
        return None
    for path in (path for pattern in TEXT_FILES for path in sorted(failed.project.glob(pattern))):
        try:
            _bytes(path).decode()
        except UnicodeDecodeError as error:
            line = _bytes(path)[: error.start].count(b"\n") + 1
            return {"name": path.name, "line": str(line)}
    return None


def _not_ascii(failed: FailedBuild) -> Fields | None:
    return {} if "'ascii' codec can't" in failed.error else None


def _git_owner(failed: FailedBuild) -> Fields | None:
    return (
        {"folder": str(failed.project)} if "dubious ownership" in failed.git_error and _no_git_version(failed) else None
    )


def _git_none(failed: FailedBuild) -> Fields | None:
    return {} if failed.git_error and _no_git_version(failed) else None


CAUSES = (
    Cause(
        "pip-setting",
        "pip installs what the build needs into another folder than its isolated environment",
        "pip's configuration file has the setting {setting}, which breaks isolated environments",
        "remove it from pip.conf",
        _pip_setting,
    ),
    Cause(
        "pip-hashes",
        "`In --require-hashes mode`",
        "pip demands hashes, which [build-system] requires cannot have",
        "unset PIP_REQUIRE_HASHES for this command (env -u PIP_REQUIRE_HASHES ...)",
        _pip_hashes,
    ),
    Cause(
        "pip-proxy",
        "`proxy connection error`",
        "pip cannot reach the proxy {address} ({source})",
        "correct {source}, or restart this job if the proxy was down",
        _pip_proxy,
    ),
    Cause(
        "pip-unreachable",
        "`Could not fetch URL`, with a connection error, a certificate error or a status of 500 and above",
        "pip cannot reach {address} ({source})",
        "correct the address, or restart this job if the index was down",
        _pip_unreachable,
    ),
    Cause(
        "pip-refused",
        "`Could not fetch URL`, with status 401 or 403",
        "{address} ({source}) answers {status}",
        "correct the user name and password in the address",
        _pip_refused,
    ),
    Cause(
        "pip-unknown",
        "`from versions: none`",
        "pip finds no {requirement} at {address} ({source})",
        "correct its name in {where}, or the address",
        _pip_unknown,
    ),
    Cause(
        "pip-python",
        "`Ignored the following versions that require a different python version`",
        "{requirement} needs Python {wanted}, and this is Python {python}",
        "require an older version in [build-system] requires, or run this command with a newer Python",
        _pip_python,
    ),
    Cause(
        "pip-version",
        "`Could not find a version that satisfies the requirement`",
        "there is no version that satisfies {requirement}; the newest for this Python is {newest}",
        "correct the version in [build-system] requires",
        _pip_version,
    ),
    Cause(
        "pip-constraint",
        "`The user requested (constraint)`",
        "the constraint {constraint} ({source}) contradicts {requirement} in [build-system] requires",
        "change the constraint, or unset it for this command",
        _pip_constraint,
    ),
    Cause(
        "pip-conflict",
        "`because these package versions have conflicting dependencies`",
        "no versions satisfy {requirements} together",
        "correct the versions in [build-system] requires",
        _pip_conflict,
    ),
    Cause(
        "git-owner",
        "git reports `dubious ownership`, and the tool that takes the version from git finds none",
        "git does not read this tree, because it belongs to another user",
        'run git config --global --add safe.directory "{folder}" before this command',
        _git_owner,
    ),
    Cause(
        "git-none",
        "there is no git repository, and the tool that takes the version from git finds no version",
        "the version comes from git, and this folder is not a git repository",
        "run this command in the clone that Travis made, with its .git folder",
        _git_none,
    ),
    Cause(
        "old-setuptools",
        "setuptools itself fails with something that Python has removed",
        "the setuptools that [build-system] requires asks for is too old for Python {python}",
        'write "setuptools>=77" in [build-system] requires, or run this command with an older Python',
        _old_setuptools,
    ),
    Cause(
        "removed-module",
        "`No module named` imp, distutils, asynchat or asyncore",
        "Python removed {module}",
        "update the project, or build with an older Python and upload dist/*",
        _removed_module,
    ),
    Cause(
        "module-not-in-sdist",
        "`No module named`, and the module is in the project, but not in the sdist",
        "the wheel is built from the sdist, and the sdist has no {name}",
        "{remedy}",
        _module_not_in_sdist,
    ),
    Cause(
        "own-module",
        "`No module named`, and the module is in the project",
        "{module} is in this project, but an isolated build does not see the project's own folder",
        "{remedy}",
        _own_module,
    ),
    Cause(
        "generated-module",
        "`No module named`, and the module is one of the project that does not exist",
        "{module} belongs to this project, but there is no such file",
        "create it before this command, or do not import it during the build",
        _generated_module,
    ),
    Cause(
        "missing-distribution",
        "`No module named`",
        "the build runs in an isolated environment, which has no {module}",
        "add {distribution} {where}, or build in the job and upload dist/*",
        _missing_distribution,
    ),
    Cause(
        "file-not-in-sdist",
        "a file is not found that is in the project, but not in the sdist",
        "the wheel is built from the sdist, and the sdist has no {name}",
        "{remedy}",
        _file_not_in_sdist,
    ),
    Cause(
        "cython",
        "a C file is not found, and there is a .pyx file of its name",
        "Cython is not installed in the isolated environment, so {name} was not compiled to C",
        'add "Cython" to [build-system] requires in pyproject.toml',
        _no_cython,
    ),
    Cause(
        "readme",
        "the README or license file that the metadata names does not exist",
        "the project has no file {name}",
        "correct its name in pyproject.toml, or add the file",
        _missing_readme,
    ),
    Cause(
        "compiler",
        "the compiler cannot be executed",
        "there is no compiler {compiler}",
        "install one before this command (on Debian and Ubuntu: build-essential)",
        _no_compiler,
    ),
    Cause(
        "header",
        "`fatal error`, with a header file that is not found",
        "the compiler does not find the header {header}",
        "{remedy}",
        _no_header,
    ),
    Cause(
        "rust",
        "`can't find Rust compiler`, `Rust not found`",
        "there is no Rust compiler",
        "install Rust before this command, and have cargo on PATH",
        _no_rust,
    ),
    Cause(
        "license-expression",
        "a backend rejects `license` as a text, or `license-files`",
        "this version of the build backend does not know license expressions (PEP 639)",
        'write "{requirement}" in [build-system] requires',
        _license_expression,
    ),
    Cause(
        "use-2to3",
        "`use_2to3 is invalid`",
        "setuptools 58 removed use_2to3",
        'remove use_2to3 if the code runs on Python 3; else write "setuptools<58" in [build-system] requires',
        _use_2to3,
    ),
    Cause(
        "byte-order-mark",
        "a parser fails at the first character of a file that begins with a byte order mark",
        "{name} begins with a byte order mark",
        "save it as UTF-8 without it",
        _byte_order_mark,
    ),
    Cause(
        "not-utf-8",
        "`'utf-8' codec can't decode`, and a text file of the project is not UTF-8",
        "line {line} of {name} is not UTF-8",
        "save the file as UTF-8",
        _not_utf_8,
    ),
    Cause(
        "not-ascii",
        "`'ascii' codec can't decode`",
        "the build runs in a locale that knows ASCII only",
        "set PYTHONUTF8=1 for this command",
        _not_ascii,
    ),
)


def _missing_module(failed: FailedBuild) -> str:
    """Return the full name of the module whose import is the last error; empty if it is another error."""
    found = re.search(r"No module named '?([\w.]+)", failed.error)
    return found[1] if found else ""


def _module_place(failed: FailedBuild, module: str) -> str:
    """Return where a module is in the project, as a path relative to it; empty if it is not there."""
    parts = module.replace(".", "/")
    for folder in MODULE_FOLDERS if module else ():
        for place in (f"{parts}.py", parts):
            relative = f"{folder}/{place}" if folder else place
            path = failed.project / relative
            if path.is_file() or (path.is_dir() and any(path.glob("*.py"))):
                return relative
    return ""


def _missing_files(failed: FailedBuild) -> Iterator[str]:
    """Yield the file that the last error does not find, relative to the project or to the unpacked sdist."""
    for pattern, text in (
        (r"(?:No such file or directory: |open file |[Rr]eadme path |file not found \()['`\"]([^'`\"]+)", failed.error),
        (r"(?:[Ff]ile does not exist: |[Ff]ile )(\S+?)(?: does not exist)?$", failed.error),
        (r"fatal error: ([^\s:]+): No such file", failed.error),
    ):
        for found in re.finditer(pattern, text):
            path = Path(found[1])
            for start in range(len(path.parts)):
                name = Path(*path.parts[start:]).as_posix()
                if not path.is_absolute() or (failed.project / name).exists() or start == len(path.parts) - 1:
                    yield name
                    break
    header = re.match(r"(\S+?):\d+:\d+: fatal error: '?([\w./+-]+)", failed.error)
    if header:  # a source file finds those beside it
        yield Path(header[1]).parent.joinpath(header[2]).as_posix()


def _sdist_remedy(failed: FailedBuild, name: str, *, verb: str) -> str:
    remedy = SDIST_LISTS.get(_backend(failed).partition(".")[0], SDIST_LISTS["setuptools"])
    return remedy.format(name=name, verb=verb)


def _pyproject(failed: FailedBuild) -> str:
    return text_of(failed.project / "pyproject.toml")


def _backend(failed: FailedBuild) -> str:
    """Return the build backend that pyproject.toml names."""
    found = re.search(r"^\s*build-backend\s*=\s*[\"']([\w.:]+)", _pyproject(failed), re.MULTILINE)
    return found[1] if found else LEGACY


def _project_name(failed: FailedBuild) -> str:
    """Return the normalized name of the project, if it stands in one of its files."""
    for name in ("pyproject.toml", "setup.cfg", "setup.py"):
        found = re.search(r"\bname\s*=\s*[\"']?([\w.-]+)", text_of(failed.project / name))
        if found:
            return canonicalize_name(found[1])
    return ""


def _installed(failed: FailedBuild) -> set[str]:
    """Return the normalized names of all distributions that the build asked pip for."""
    lines = [line.removeprefix("Installing ") for line in failed.output if line.startswith("Installing ")]
    found = (_requirement(each) for line in lines for each in re.split(r", (?=[A-Za-z])", line))
    return {canonicalize_name(each.name) for each in found if each}


def _unsatisfied(failed: FailedBuild) -> str:
    """Return the requirement for which pip finds nothing; empty if there is none."""
    found = failed.find(r"Could not find a version that satisfies the requirement (.+?) \(from versions")
    return found[1] if found else ""


def _requirement(text: str) -> Requirement | None:
    try:
        return Requirement(text)
    except InvalidRequirement:
        return None


def _index_of(failed: FailedBuild, page: str) -> Fields:
    """Return the address of the index that a project's page belongs to, and where it comes from."""
    address = _without_password(page).rstrip("/").rpartition("/")[0]
    host = urlsplit(address).netloc
    for name, value in failed.environ.items():
        if name in ("PIP_INDEX_URL", "PIP_EXTRA_INDEX_URL", "PIP_FIND_LINKS") and host in value:
            return {"address": address, "source": name}
    is_default = any(host in server.hosts for server in SERVERS)
    return {"address": address, "source": "pip's default" if is_default else "pip.conf"}


def _without_password(address: str) -> str:
    return re.sub(r"//[^/@\s]*@", "//", address)


def _no_git_version(failed: FailedBuild) -> bool:
    signs = (
        r"unable to detect version|Versioning for this project requires|Cannot find the version from SCM"
        r"|Unable to detect version control|dubious ownership|not a git repository"
    )
    return re.search(signs, failed.error) is not None


def _bytes(path: Path) -> bytes:
    try:
        return path.read_bytes()
    except OSError:
        return b""
