"""The one table of PyPI's and TestPyPI's addresses, and the meaning of an address that a user gives."""

from __future__ import annotations

import ipaddress
import re
from dataclasses import dataclass

from .errors import UsageError

TOKEN_USERNAME = "__token__"  # noqa: S105 - the user name that goes with every token
DEFAULT_PORTS = {"http": 80, "https": 443}
PORT_LIMIT = 65535
# Every parser reads such a URL in the same way, so that its host is the one that gets a connection.
URL = re.compile(
    r"(https?)://([a-z0-9_][a-z0-9._-]*|\[[0-9a-f:.]+\])(?::([0-9]{1,5}))?(?:/[!-\[\]-~]*)?", re.IGNORECASE | re.ASCII
)


@dataclass(frozen=True)
class Server:
    """Where files are uploaded to, and what is known about the index behind it.

    ``name`` is ``pypi``, ``testpypi`` or the upload URL; ``index_url`` the simple index (PEP 503), ending in a slash;
    ``release_url`` a template with ``{name}`` and ``{version}``, ``settings_url`` one with ``{name}``;
    ``token_location`` is how the server's API tokens name it; ``token_variable`` is looked for first. ``hosts`` are
    those of the current and the former upload addresses. Empty: not known.
    """

    name: str
    upload_url: str
    index_url: str = ""
    release_url: str = ""
    settings_url: str = ""
    token_url: str = ""
    token_location: str = ""
    token_variable: str = ""
    hosts: tuple[str, ...] = ()

    @property
    def is_pypi(self) -> bool:
        """Whether this is PyPI or TestPyPI, so that PyPI's own rules hold."""
        return bool(self.token_location)

    @property
    def is_loopback(self) -> bool:
        """Whether the server runs on this machine."""
        return is_loopback(self.upload_url)

    @property
    def is_plain_http(self) -> bool:
        """Whether what is sent to the server is not encrypted."""
        return self.upload_url.lower().startswith("http:")


STATUS_URL = "https://status.python.org/"
LIMITS_URL = "https://docs.pypi.org/project-management/storage-limits/"
SERVERS = (
    Server(
        name="testpypi",
        upload_url="https://test.pypi.org/legacy/",
        index_url="https://test.pypi.org/simple/",
        release_url="https://test.pypi.org/project/{name}/{version}/",
        settings_url="https://test.pypi.org/manage/project/{name}/settings/",
        token_url="https://test.pypi.org/manage/account/token/",  # noqa: S106 - a page's address
        token_location="test.pypi.org",  # noqa: S106 - whose token it is, not a token
        token_variable="TEST_PYPI_TOKEN",  # noqa: S106 - a variable's name
        hosts=("test.pypi.org", "testpypi.python.org", "test.pypi.io", "test-pypi.python.org"),
    ),
    Server(
        name="pypi",
        upload_url="https://upload.pypi.org/legacy/",
        index_url="https://pypi.org/simple/",
        release_url="https://pypi.org/project/{name}/{version}/",
        settings_url="https://pypi.org/manage/project/{name}/settings/",
        token_url="https://pypi.org/manage/account/token/",  # noqa: S106 - a page's address
        token_location="pypi.org",  # noqa: S106 - whose token it is, not a token
        token_variable="PYPI_TOKEN",  # noqa: S106 - a variable's name
        hosts=("upload.pypi.org", "pypi.org", "www.pypi.org", "pypi.python.org", "upload.pypi.io", "pypi.io"),
    ),
)


def find(value: str, *, source: str) -> tuple[Server, str | None]:
    """Return the server that a name or an upload URL means, and a warning if the URL does not accept uploads.

    ``source`` is the option or variable that the value came from. Raises UsageError if it is not a server.
    """
    for server in SERVERS:
        if value in (server.name, server.upload_url):
            return server, None
    check_url(value, source=source, expected=f"neither {' nor '.join(each.name for each in SERVERS)} nor a URL")
    host = origin(value)[1].rstrip(".")
    for server in SERVERS:
        if host in server.hosts:
            return server, (
                f"{source}: {value} does not accept uploads; using {server.upload_url} instead. Write {server.name}, "
                "which is always up to date"
            )
    return Server(name=value, upload_url=value), None


def check_url(value: str, *, source: str, expected: str = "not a URL") -> str:
    """Return an http(s) URL as it is.

    Raises UsageError for anything else, and for a URL with a password; it never repeats what could be a secret.
    """
    if re.match(r"https?://[^/?#]*@", value, re.IGNORECASE):
        raise UsageError(
            f"{source}: the URL contains a user name or password, which logs would show. Remove them and use "
            "--username and --password-env"
        )
    try:
        origin(value)
    except ValueError:
        shown = "that value" if "pypi-" in value.lower() or "@" in value else f'"{value}"'
        fault = f"{expected} that begins with https:// or http://"
        if re.match(r"https?://[^/]", value, re.IGNORECASE):
            fault = "not a valid URL; an example is https://index.example/legacy/"
        raise UsageError(f"{source}: {shown} is {fault}") from None
    return value


def origin(url: str) -> tuple[str, str, int]:
    """Return a URL's scheme, host and port: what decides who may see a credential (RFC 6454).

    Raises ValueError if it is not an http or https URL, or if parsers differ in what they read.
    """
    match = URL.fullmatch(url)
    if match is None:
        raise ValueError("not an http or https URL")
    scheme, host, port = match[1].lower(), match[2].lower(), int(match[3] or 0)
    if host.startswith("["):
        ipaddress.IPv6Address(host[1:-1])
    if port > PORT_LIMIT:
        raise ValueError(f"{port} is not a port")
    return scheme, host, port or DEFAULT_PORTS[scheme]


def is_loopback(url: str) -> bool:
    """Return whether a URL's host is this machine; a name that only resolves to it does not count."""
    _, host, _ = origin(url)
    try:
        return ipaddress.ip_address(host.strip("[]")).is_loopback
    except ValueError:
        return host == "localhost"
