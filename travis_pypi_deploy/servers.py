"""The one table of PyPI's and TestPyPI's addresses, and what an address given by a user stands for."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

from .errors import UsageError

if TYPE_CHECKING:
    from urllib.parse import SplitResult


class Server(NamedTuple):
    """Where files are posted, and what is known about the index behind it.

    ``name`` is ``pypi``, ``testpypi`` or the upload URL; ``index_url`` the simple index (PEP 503), ending in a slash;
    ``release_url`` a template with ``{name}`` and ``{version}``; ``token_location`` what the server's API tokens call
    it; ``token_variable`` where its token is looked for first. None means that nobody knows.
    """

    name: str
    upload_url: str
    index_url: str | None = None
    release_url: str | None = None
    token_location: str | None = None
    token_variable: str | None = None
    hosts: tuple[str, ...] = ()

    @property
    def is_pypi(self) -> bool:
        """Whether this is PyPI or TestPyPI, so that PyPI's own rules hold."""
        return self.token_location is not None

    @property
    def is_loopback(self) -> bool:
        """Whether the server runs on this very machine."""
        return _is_loopback(self.upload_url)

    @property
    def is_plain_http(self) -> bool:
        """Whether everybody on the way can read what is sent."""
        return self.upload_url.lower().startswith("http:")


SERVERS = (
    Server(
        name="testpypi",
        upload_url="https://test.pypi.org/legacy/",
        index_url="https://test.pypi.org/simple/",
        release_url="https://test.pypi.org/project/{name}/{version}/",
        token_location="test.pypi.org",  # noqa: S106 - whose token it is, not a token
        token_variable="TEST_PYPI_TOKEN",  # noqa: S106 - a variable's name
        hosts=("test.pypi.org", "testpypi.python.org", "test.pypi.io", "test-pypi.python.org"),
    ),
    Server(
        name="pypi",
        upload_url="https://upload.pypi.org/legacy/",
        index_url="https://pypi.org/simple/",
        release_url="https://pypi.org/project/{name}/{version}/",
        token_location="pypi.org",  # noqa: S106 - whose token it is, not a token
        token_variable="PYPI_TOKEN",  # noqa: S106 - a variable's name
        hosts=(
            "upload.pypi.org",
            "pypi.org",
            "www.pypi.org",
            "pypi.python.org",
            "upload.pypi.io",
            "pypi.io",
        ),
    ),
)
TOKEN_LOCATIONS = {server.token_location: server.name for server in SERVERS if server.token_location}


def find(value: str, *, source: str) -> tuple[Server, str | None]:
    """Return the server that a name or an upload URL stands for, and a warning if the URL is a dead one.

    ``source`` is the option or variable that the value came from. Raises UsageError if it is no server at all.
    """
    for server in SERVERS:
        if value == server.name:
            return server, None
    host = _host(value, source=source, expected=f"neither {' nor '.join(each.name for each in SERVERS)} nor a URL")
    for server in SERVERS:
        if host in server.hosts:
            return server, _dead_address(value, server, source=source)
    return Server(name=value, upload_url=value), None


def origin(url: str) -> tuple[str, str | None, int | None]:
    """Return a URL's scheme, host and port: what decides who may see a credential (RFC 6454)."""
    parts = _split(url)
    return parts.scheme, parts.hostname, parts.port or {"http": 80, "https": 443}.get(parts.scheme)


def redirect(url: str, location: str) -> tuple[str, bool]:
    """Return where a redirect leads, and whether that is the same origin, which alone may see a credential."""
    from urllib.parse import urljoin

    try:
        target = urljoin(url, location)
        return target, origin(target) == origin(url)
    except ValueError:
        return location, False  # not a URL


def proxies(url: str) -> dict[str, str] | None:
    """Return the proxies for a URL, as requests wants them; None: those of the environment.

    What is meant for this very machine passes none: it may be a credential over plain http.
    """
    return {"http": "", "https": ""} if _is_loopback(url) else None


def check_url(value: str, *, source: str) -> str:
    """Return an http(s) URL as it is; raises UsageError for anything else, and for one that carries a password."""
    _host(value, source=source, expected="not a URL")
    return value


def _is_loopback(url: str) -> bool:
    import ipaddress

    host = _split(url).hostname or ""
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return host == "localhost"


def _split(url: str) -> SplitResult:
    from urllib.parse import urlsplit  # a skipped job with a server's name needs none of it

    return urlsplit(url)


def _host(value: str, *, source: str, expected: str) -> str:
    shown = "that value" if "pypi-" in value or "@" in value else f'"{value}"'
    try:
        parts = _split(value)
        host, _ = parts.hostname, parts.port
    except ValueError:  # its text repeats a part of the value
        raise UsageError(f"{source}: {shown} is not a URL: its host or port cannot be read") from None
    if parts.scheme not in ("http", "https") or not host or set(value) & set(" \t\r\n"):
        raise UsageError(f"{source}: {shown} is {expected} that begins with https:// or http://")
    if parts.username is not None or parts.password is not None:
        raise UsageError(
            f"{source}: take the user name and password out of the URL, where every log shows them: "
            "use --username and --password-env"
        )
    return host


def _dead_address(value: str, server: Server, *, source: str) -> str | None:
    if value == server.upload_url:
        return None
    return (
        f"{source}: {value} takes no uploads: using {server.upload_url} instead. Write {server.name}, "
        "which is always up to date."
    )
