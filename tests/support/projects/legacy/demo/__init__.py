"""A demonstration."""

__version__ = "1.0"
