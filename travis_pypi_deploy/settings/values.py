"""Texts from the command line or the environment become values; every complaint names where the text came from."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from ..errors import UsageError
from ..job import SPECIFIER_START
from ..servers import check_url
from .options import OPTIONS

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

TRUE = ("1", "true", "yes", "on")
FALSE = ("0", "false", "no", "off")

FORMATS = {"sdist": "sdist", "bdist_wheel": "bdist_wheel", "wheel": "bdist_wheel"}
REPOSITORY = re.compile(r"[\w.-]+/[\w.-]+")
VARIABLE = re.compile(r"[A-Za-z_][A-Za-z0-9_]*")


class Values:
    """The options' texts: the command line over ``PYPI_<OPTION>`` over the default; an empty variable is unset.

    Every method takes the option's attribute and raises UsageError where the text cannot be what the option needs.
    """

    def __init__(self, given: Mapping[str, tuple[str, ...]], environ: Mapping[str, str]) -> None:
        self.sources = {option.attribute: option.flag for option in OPTIONS}
        self._texts: dict[str, tuple[str, ...]] = {}
        for option in OPTIONS:
            variable = environ.get(option.variable, "").strip()
            if option.attribute in given:
                self._texts[option.attribute] = given[option.attribute]
                if option.negatable and given[option.attribute][-1] == "false":
                    self.sources[option.attribute] = f"--no-{option.name}"
            elif variable:
                self.sources[option.attribute] = option.variable
                lines = variable.splitlines() if option.repeatable else [variable]
                self._texts[option.attribute] = tuple(line.strip() for line in lines if line.strip())
            elif option.default:
                self._texts[option.attribute] = tuple(option.default.split(", "))
            if any(not text.strip() for text in self._texts.get(option.attribute, ())):
                raise UsageError(f"{option.flag} is empty: give it a value, or leave it out")

    def many(self, name: str) -> tuple[str, ...]:
        """Return all texts of a repeatable option."""
        return self._texts.get(name, ())

    def text(self, name: str) -> str:
        """Return the text of an option that has a default."""
        return self._texts[name][-1]

    def optional_text(self, name: str) -> str | None:
        """Return the text of an option, None if nobody gave one."""
        return self._texts[name][-1] if name in self._texts else None

    def optional_switch(self, name: str) -> bool | None:
        """Return whether a switch is on, None if nobody touched it."""
        text = self.optional_text(name)
        if text is None:
            return None
        if text.lower() not in TRUE + FALSE:
            raise self.wrong(name, "neither yes nor no: use true or false")
        return text.lower() in TRUE

    def switch(self, name: str) -> bool:
        """Return whether a switch is on."""
        return bool(self.optional_switch(name))

    def whole_number(self, name: str, *, least: int) -> int:
        """Return a number without a fraction, at least ``least``."""
        text = self.text(name)
        if not re.fullmatch(r"[0-9]{1,9}", text) or int(text) < least:
            raise self.wrong(name, f"not a whole number of at least {least}")
        return int(text)

    def repository(self, name: str) -> str | None:
        """Return a repository's slug, OWNER/NAME."""
        text = self.optional_text(name)
        if text is not None and not REPOSITORY.fullmatch(text):
            raise self.wrong(name, "not of the form OWNER/NAME")
        return text

    def url(self, name: str) -> str | None:
        """Return an http(s) URL without a password in it."""
        text = self.optional_text(name)
        return None if text is None else check_url(text, source=self.sources[name])

    def python_versions(self, name: str) -> tuple[str, ...]:
        """Return versions as text, and PEP 440 specifiers."""
        for text in self.many(name):
            if text.startswith(SPECIFIER_START):
                from packaging.specifiers import InvalidSpecifier, SpecifierSet

                try:
                    SpecifierSet(text)
                except InvalidSpecifier:
                    raise self.wrong(name, 'no version specifier (PEP 440): try ">=3.10"', text) from None
        return self.many(name)

    def variable_names(self, name: str, environ: Mapping[str, str]) -> tuple[str, ...]:
        """Return names of variables; raises UsageError, without repeating it, for what must be a value of one."""
        for text in self.many(name):
            others = environ.keys() - {text, self.sources[name]}
            holder = next((each for each in sorted(others) if environ[each] == text), None)
            if holder and text not in environ:
                raise UsageError(f"{self.sources[name]} got the value of {holder}: write its name, without the $")
            if not VARIABLE.fullmatch(text):
                raise UsageError(
                    f"{self.sources[name]} takes the name of a variable, such as PYPI_TOKEN, and got something else "
                    "(not shown: it may be a secret; if it is one, revoke it, since the command line is in the log)"
                )
        return self.many(name)

    def formats(self, name: str) -> tuple[str, ...]:
        """Return what to build, by the names ``sdist`` and ``bdist_wheel``, sdist first."""
        wanted = set()
        for word in self.text(name).replace(",", " ").split():
            if word.startswith("-"):
                raise self.wrong(name, f"only formats, not arguments ({word}): put those into setup.cfg", fits=False)
            if word not in FORMATS:
                raise self.wrong(name, "not made of sdist and bdist_wheel: an index takes sdists and wheels only")
            wanted.add(FORMATS[word])
        if not wanted:
            raise self.wrong(name, "not made of sdist and bdist_wheel: it names neither")
        return tuple(sorted(wanted, reverse=True))

    def refuse_tokens(self, dist: Sequence[str]) -> None:
        """Raise UsageError for an API token in what is no secret: it would be shown, be a file's name, or be sent."""
        given = [("DIST", dist), *((self.sources[name], texts) for name, texts in self._texts.items())]
        for source, texts in given:
            if any(_holds_token(text) for text in texts):
                raise UsageError(
                    f"{source} holds an API token, and everybody can see it there. "
                    "Revoke it, store a new one in a variable, and name that with --password-env"
                )

    def wrong(self, name: str, why: str, text: str | None = None, *, fits: bool = True) -> UsageError:
        """Return the error that shows an option's text, unless that holds a token, and why it cannot be."""
        text = text or self.text(name)
        verb = "is" if fits else "takes"
        shown = "that value" if "pypi-" in text else f'"{text}"'
        return UsageError(f"{self.sources[name]}: {shown} {verb} {why}")


def _holds_token(text: str) -> bool:
    if "pypi-" not in text:
        return False
    from ..tokens import redact

    return redact(text, ()) != text
