"""A project as it was written before pyproject.toml."""

from setuptools import setup  # type: ignore[import-untyped]  # its stubs are not worth a dependency

setup(name="demo", version="1.0", description="A demonstration", packages=["demo"])
