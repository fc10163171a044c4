"""Travis' language of conditions, of ``if:`` in a build, a stage or a job: parsed and evaluated with three answers.

Source: travis-conditions, version 1. NOT binds before AND, AND before OR. Words are compared as text; the only other
values are true and false.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Union

from ..errors import UsageError


@dataclass(frozen=True)
class Unknown:
    """A value that the file does not say; ``names`` is what it depends on."""

    names: tuple[str, ...]


Value = Union[None, bool, str, Unknown]
VARIABLES = (
    "type branch tag repo fork sender head_repo head_branch commit_message draft os dist group sudo language"
).split()
TOKEN = re.compile(
    r"""\s*(?:(?P<quoted>"[^"]*"|'[^']*')|(?P<regex>(?<=~)\s*(?:/(?:\\.|[^/\\])*/|[^\s)]+))"""
    r"""|(?P<op>==|=~|~=|!=|!~|=|\|\||&&|!|[(),])|(?P<word>[^\s()"',=!]+))"""
)
OPERATORS = {"=": "=", "==": "=", "!=": "!=", "=~": "~", "~=": "~", "!~": "!~"}


def evaluate(condition: str, known: Mapping[str, Value]) -> Value:
    """Return whether a condition holds: True, False, or what that depends on.

    ``known`` has the variables of the language by name, and those of the job as ``env.NAME``. Raises UsageError if it
    is not a condition; Travis then does not build.
    """
    parser = _Parser(condition, known)
    value = parser.either()
    if parser.token:
        raise UsageError(f"{condition!r} is not a condition that Travis reads")
    return _truth(value)


class _Parser:
    """Evaluates while it reads; every method returns the value of what it has read."""

    def __init__(self, condition: str, known: Mapping[str, Value]) -> None:
        self._text = re.sub(r"\\\s*[\n\r]", " ", condition)
        self._known = known
        self._at = 0
        self.kind, self.token = "", ""
        self._next()

    def either(self) -> Value:
        value = self._both()
        while self._takes("or", "||"):
            value = _either(value, self._both())
        return value

    def _both(self) -> Value:
        value = self._not()
        while self._takes("and", "&&"):
            value = _both(value, self._not())
        return value

    def _not(self) -> Value:
        if self._takes("not", "!"):
            return _negated(self._not())
        if self._takes("("):
            value = self.either()
            self._expect(")")
            return value
        return self._term()

    def _term(self) -> Value:
        left = self._operand()
        if self._takes("is"):
            is_negated = self._takes("not")
            value = _predicate(self._word(), left)
            return _negated(value) if is_negated else value
        is_negated = self._takes("not")
        operator = OPERATORS.get(self.token) if self.kind == "op" else None
        if self._takes("in"):
            value = self._in_list(left)
        elif operator is None:
            return left
        else:
            self._next()
            is_negated = operator.startswith("!")
            value = _equal(left, self._operand()) if operator.endswith("=") else _matches(left, self._pattern())
        return _negated(value) if is_negated else value

    def _in_list(self, left: Value) -> Value:
        self._expect("(")
        value: Value = False
        while not self._is(")"):
            value = _either(value, _equal(left, self._operand()))
            self._takes(",")
        self._expect(")")
        return value

    def _operand(self) -> Value:
        kind, token = self.kind, self.token
        if kind == "quoted":
            self._next()
            return _cast(token[1:-1])
        word = self._word()
        if self._is("(") and word.lower() in ("env", "concat"):
            return self._call(word.lower())
        if word.lower() in VARIABLES:
            name = word.lower()
            return self._known.get(name, Unknown((name,)))
        return _cast(word)

    def _call(self, name: str) -> Value:
        self._expect("(")
        values: list[Value] = []
        argument = self.token.strip("\"'")
        while not self._is(")"):
            values.append(self._operand())
            self._takes(",")
        self._expect(")")
        if name == "env":
            return self._known.get(f"env.{argument}", Unknown((argument,)))
        return _joined(*values) or "".join("" if each is None else str(each) for each in values)

    def _pattern(self) -> Value:
        if self.kind == "word" and self.token in ("env", "concat"):
            return self._operand()
        token = self.token
        self._next()
        return token.strip().strip("/") if token.startswith("/") else token

    def _word(self) -> str:
        if self.kind != "word" or self.token.startswith("$"):
            raise UsageError(f"{self._text!r} is not a condition that Travis reads")
        token = self.token
        self._next()
        return token

    def _is(self, symbol: str) -> bool:
        return self.kind == "op" and self.token == symbol

    def _takes(self, *words: str) -> bool:
        if self.kind in ("op", "word") and self.token.lower() in words:
            self._next()
            return True
        return False

    def _expect(self, symbol: str) -> None:
        if not self._takes(symbol):
            raise UsageError(f"{self._text!r} is not a condition that Travis reads")

    def _next(self) -> None:
        if not self._text[self._at :].strip():
            self.kind, self.token = "", ""
            return
        match = TOKEN.match(self._text, self._at)
        if match is None:
            raise UsageError(f"{self._text!r} is not a condition that Travis reads")
        self._at = match.end()
        self.kind, self.token = match.lastgroup or "", match[match.lastgroup or 0].strip()


def _cast(word: str) -> Value:
    return {"true": True, "false": False}.get(word.lower(), word)


def _truth(value: Value) -> Value:
    return value if isinstance(value, (bool, Unknown)) else value is not None


def _negated(value: Value) -> Value:
    value = _truth(value)
    return value if isinstance(value, Unknown) else not value


def _both(left: Value, right: Value) -> Value:
    return _negated(_either(_negated(left), _negated(right)))


def _either(left: Value, right: Value) -> Value:
    left, right = _truth(left), _truth(right)
    if left is True or right is True:
        return True
    return _joined(left, right) or False


def _joined(*values: Value) -> Unknown | None:
    names = tuple(dict.fromkeys(each for value in values if isinstance(value, Unknown) for each in value.names))
    return Unknown(names) if names else None


def _equal(left: Value, right: Value) -> Value:
    return _joined(left, right) or left == right


def _matches(left: Value, pattern: Value) -> Value:
    if unknown := _joined(left, pattern):
        return unknown
    if left is None or left is False or pattern is None:
        return False
    try:  # Ruby's anchors of a text
        expression = (
            str(pattern).replace(r"\A", "^").replace(r"\z", "$").replace(r"\Z", "$").replace(r"\h", "[0-9a-fA-F]")
        )
        return re.search(expression, "true" if left is True else str(left), re.MULTILINE) is not None
    except re.error:
        raise UsageError(f"{pattern!r} is not a regular expression") from None


def _predicate(word: str, value: Value) -> Value:
    if isinstance(value, Unknown):
        return value
    is_present = value not in (None, "", False)
    answers = {"present": is_present, "blank": not is_present, "true": value not in (None, False)}
    answers["false"] = not answers["true"]
    if word.lower() not in answers:
        raise UsageError(f"IS {word} is not a condition that Travis reads")
    return answers[word.lower()]
