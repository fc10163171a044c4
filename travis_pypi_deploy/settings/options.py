"""Every option of the command, declared once: what --help, the variables and the README say comes from here."""

from __future__ import annotations

from typing import NamedTuple


class Option(NamedTuple):
    """One option: ``--name`` on the command line, ``PYPI_NAME`` in the environment.

    Without a ``metavar`` it is a switch; a ``negatable`` switch has its ``--no-name``. ``default`` is written as a
    user would write it, the values of a repeatable option with commas between them. ``dpl`` is what dpl or a
    deployment's ``on:`` calls the same thing.
    """

    name: str
    help: str
    metavar: str = ""
    default: str = ""
    dpl: str = ""
    repeatable: bool = False
    negatable: bool = False

    @property
    def flag(self) -> str:
        """Return the option as it is written on the command line."""
        return f"--{self.name}"

    @property
    def variable(self) -> str:
        """Return the environment variable that stands for the option: dpl's own rule."""
        return "PYPI_" + self.name.upper().replace("-", "_")

    @property
    def attribute(self) -> str:
        """Return the name of the field of Settings that holds the option's value."""
        return self.name.replace("-", "_")


OPTIONS = (
    Option(
        "branch",
        "deploy from this branch; a pattern is matched as bash does",
        metavar="NAME",
        default="master, main",
        dpl="on.branch",
        repeatable=True,
    ),
    Option("all-branches", "deploy from every branch", dpl="on.all_branches"),
    Option(
        "tags",
        "deploy tag builds only, whatever the branch / never deploy tag builds",
        dpl="on.tags",
        negatable=True,
    ),
    Option("repo", "deploy from this repository only", metavar="OWNER/NAME", dpl="on.repo"),
    Option(
        "python",
        'deploy when TRAVIS_PYTHON_VERSION is this text, or in this range (">=3.10")',
        metavar="VERSION",
        dpl="on.python",
        repeatable=True,
    ),
    Option(
        "condition",
        "deploy when bash's [[ EXPR ]] holds; in .travis.yml give it as PYPI_CONDITION",
        metavar="EXPR",
        dpl="on.condition",
        repeatable=True,
    ),
    Option(
        "server",
        "where to upload: testpypi, pypi or an upload URL",
        metavar="NAME_OR_URL",
        default="testpypi",
        dpl="server",
    ),
    Option(
        "index-url",
        "simple index of the server, for comparing and waiting (known for pypi and testpypi)",
        metavar="URL",
    ),
    Option("username", "user name", metavar="NAME", default="__token__", dpl="username, user"),
    Option(
        "password-env",
        "variable that holds the token or password; several are joined; if not given: TEST_PYPI_TOKEN (testpypi) or "
        "PYPI_TOKEN (pypi), else PYPI_PASSWORD",
        metavar="NAME",
        dpl="password",
        repeatable=True,
    ),
    Option(
        "distributions",
        "what to build",
        metavar="FORMATS",
        default="sdist bdist_wheel",
        dpl="distributions",
    ),
    Option("project-dir", "source tree to build", metavar="DIR", default="."),
    Option("dist-dir", "where built files go, relative to the project", metavar="DIR", default="dist"),
    Option(
        "check",
        "find what the index would refuse before anything is sent / do not look into the files",
        default="on",
        dpl="twine_check",
        negatable=True,
    ),
    Option("strict", "let warnings of the checks fail too"),
    Option(
        "match-tag",
        "on a tag build, a tag that reads as a version must be the release's / any tag will do",
        default="on",
        negatable=True,
    ),
    Option("skip-existing", "go on when the index has other content under a file's name", dpl="skip_existing"),
    Option("jobs", "uploads at a time", metavar="N", default="4"),
    Option("retries", "further attempts for a file after the first", metavar="N", default="5"),
    Option(
        "timeout",
        "seconds without progress or an answer after which an upload is given up",
        metavar="SECONDS",
        default="300",
    ),
    Option(
        "wait",
        "after uploading, wait so long for the index to list every file",
        metavar="SECONDS",
        default="0",
    ),
    Option("allow-plain-http", "send credentials over http to a host that is not loopback"),
    Option("dry-run", "do everything but the upload; works off Travis too"),
    Option("check-only", "build and check, nothing else: no conditions, no credentials; for every pull request"),
    Option(
        "narrow-token",
        "send a token that is good for this project and one hour only / send the token as it is",
        default="on",
        negatable=True,
    ),
    Option("report", "write the result to this file as JSON", metavar="FILE"),
    Option("verbose", "tell more: the build's own output, the traceback of an error"),
)

SECRET_IS_NO_OPTION = "secrets are read from variables: --password-env NAME"  # noqa: S105 - a sentence
BUILD_REQUIREMENT = 'name it in [build-system] requires of pyproject.toml: "build" installs what stands there'
NOT_OPTIONS = {
    "password": SECRET_IS_NO_OPTION,
    "token": SECRET_IS_NO_OPTION,
    "setuptools-version": BUILD_REQUIREMENT,
    "wheel-version": BUILD_REQUIREMENT,
    "twine-version": "twine is not used: leave it out",
    "twine-check": "it is called --check / --no-check here",
    "edge": "there is no other dpl to fetch: leave it out",
    "remove-build-dir": "only files that were just built are ever uploaded: leave it out",
    "upload-docs": "indexes take no documentation any more: PyPI answers 410, devpi has its own client; leave it out",
    "skip-upload-docs": "documentation is never uploaded: leave it out",
    "docs-dir": "indexes take no documentation any more: leave it out",
    "user": "it is called --username here",
}
