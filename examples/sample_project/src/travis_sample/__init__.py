"""A module as small as can be."""

GREETING = "published by a Travis job"
