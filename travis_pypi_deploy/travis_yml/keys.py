"""The names of keys as Travis reads them: it replaces a misspelled key by the known one that is nearest to it."""

from __future__ import annotations

import re
from functools import lru_cache

LANGUAGES = "d dart elm elixir ghc go haxe jdk julia mono node otp_release perl php python r ruby rust scala smalltalk"
# The keys whose value Travis puts into a variable, as conditions and jobs write them.
VERSION_VARIABLES = {
    **{name: f"TRAVIS_{name.upper()}_VERSION" for name in LANGUAGES.split()},
    "node_js": "TRAVIS_NODE_VERSION",
    "rvm": "TRAVIS_RUBY_VERSION",
}
GREATEST_DISTANCE = 4
# Travis never corrects what is a key elsewhere, such as npm's `tag`.
NEVER_CORRECTED = {"branches", "conditions", "repos", "tag", "taps", "upload_dir", "use", "users"}


def provider_name(written: str) -> str:
    """Return the name of a deployment's provider as dpl compares it: letters and digits only."""
    return re.sub("[^a-z0-9]", "", written.lower())


@lru_cache(maxsize=1024)
def corrected(name: str, known: frozenset[str]) -> str:
    """Return the known name that Travis takes for this one, which is returned as it is where there is none."""
    if name in known or name in NEVER_CORRECTED or len(name) < 3 or name.startswith(("_", ".")):
        return name
    distances = {other: _distance(name, other) for other in known if abs(len(name) - len(other)) < GREATEST_DISTANCE}
    near = [other for other in distances if 2 * distances[other] < min(len(name), len(other), 2 * GREATEST_DISTANCE)]
    return min(near, key=lambda other: (distances[other], other), default=name)


def _distance(name: str, other: str) -> int:
    """Return how many letters have to be changed, added or removed (Levenshtein)."""
    row = list(range(len(other) + 1))
    for removed, letter in enumerate(name, 1):
        above, row = row, [removed]
        for index, wanted in enumerate(other):
            row.append(min(above[index + 1] + 1, row[-1] + 1, above[index] + (letter != wanted)))
    return row[-1]
