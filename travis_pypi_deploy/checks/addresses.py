"""Rules for the addresses in the metadata: URLs and e-mail addresses."""

from __future__ import annotations

import email.utils
import re
from collections.abc import Iterator

from ..distributions import Distribution
from .rules import Problem

LABEL_CHARACTERS = 32
HIGHEST_PORT = 65535
URL = re.compile(r"https?:(?://(?P<authority>[^/?#]*))?(?P<path>[^?#]*)(?P<query>\?[^#]*)?", re.IGNORECASE)

# Top-level domains that cannot be registered (RFC 2606, 3172, 6761, 6762, 7686).
RESERVED_DOMAINS = ("arpa", "invalid", "local", "localhost", "onion", "test")
DOMAIN_LABEL = re.compile(r"(?!-)(?!(?!xn)..--)[a-z0-9-]{1,63}(?<!-)")


def urls(distribution: Distribution) -> Iterator[Problem]:
    """Yield a problem for each address that is not a valid http or https URL, and each invalid label."""
    for field, name in (("home_page", "Home-Page"), ("download_url", "Download-URL")):
        for url in distribution.fields.get(field, ()):
            if fault := _url_fault(url):
                yield Problem("url", f'{name} "{url}" {fault}.')

    seen: set[str] = set()
    for value in distribution.fields.get("project_urls", ()):
        label, comma, url = (part.strip() for part in value.partition(","))
        if not 1 <= len(label) <= LABEL_CHARACTERS:
            yield Problem(
                "project-url",
                f'Project-URL "{value}" has a label of {len(label)} characters: use 1 to {LABEL_CHARACTERS}.',
            )
        elif label in seen:
            yield Problem("project-url", f'two project URLs have the label "{label}": use different labels.')
        elif not comma or not url:
            yield Problem("project-url", f'Project-URL "{value}" has no URL: write "LABEL, https://...".')
        elif fault := _url_fault(url):
            yield Problem("project-url", f'Project-URL "{value}" {fault}.')
        seen.add(label)


def emails(distribution: Distribution) -> Iterator[Problem]:
    """Yield a problem for each field with one e-mail address that PyPI certainly rejects."""
    for field, name in (("author_email", "Author-Email"), ("maintainer_email", "Maintainer-Email")):
        for value in distribution.fields.get(field, ()):
            addresses = [address for _, address in email.utils.getaddresses([value])]
            # PyPI does not validate an empty address, nor several of them.
            if len(addresses) == 1 and addresses[0] and (fault := _email_fault(addresses[0])):
                yield Problem("email", f'{name} "{value}" is not valid: {fault}.')


def _url_fault(url: str) -> str:
    """Return why PyPI rejects the URL, and what to do; empty if it does not. PyPI quotes other characters itself."""
    match = URL.match(url)
    if match is None:
        return "must begin with https:// or http://"
    if re.search(r"[][]", match["path"] + (match["query"] or "")):
        return 'has brackets after the host: write "%5B" and "%5D"'
    port = re.search(r":([0-9]+)$", match["authority"] or "")
    if port is not None and (len(port[1]) > len(str(HIGHEST_PORT)) or int(port[1]) > HIGHEST_PORT):
        return f"has the port {port[1]}, but the highest port is {HIGHEST_PORT}: correct it"
    return ""


def _email_fault(address: str) -> str:
    """Return why PyPI certainly rejects the address, and what to do; empty if it may accept it."""
    local, _, domain = address.rpartition("@")
    labels = domain.lower().split(".")
    if not address.isprintable() or " " in address:
        return "the address has spaces or invisible characters; write NAME <USER@DOMAIN>"
    if not all(local.split(".")) or not all(labels) or len(labels) == 1:
        return "NAME <USER@DOMAIN> is expected"
    if labels[-1] in RESERVED_DOMAINS:
        return f'the domain ".{labels[-1]}" is reserved and has no e-mail; use another one'
    if not domain.isascii():
        return ""  # only an IDNA library can tell
    if not labels[-1][-1].isalpha():
        return "its domain does not end in a top-level domain; use the name of a host"
    wrong = [label for label in labels if not DOMAIN_LABEL.fullmatch(label)]
    rule = "in its domain may have only letters and digits, with hyphens between them, and at most 63 characters"
    return f'"{wrong[0]}" {rule}' if wrong else ""
