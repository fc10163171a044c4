"""Publish a Python package from a Travis CI job: the replacement of ``deploy: provider: pypi``."""

__version__ = "0.2.0"
