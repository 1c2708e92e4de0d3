"""The topology of deploy/, started once for all tests of it."""

from __future__ import annotations

import os
from typing import Iterator

import pytest

from tests.browserless import WebParent
from tests.scale.topology import Topology, missing


@pytest.fixture(scope="package")
def started() -> Iterator[Topology]:
    """All processes; it takes most of a minute to start."""
    packages = missing()
    if packages and os.getuid() != 0:
        pytest.skip(f"not installed; as root: apt-get install {' '.join(packages)}")
    assert not packages, f"not installed: {packages}; sh tools/setup.sh scale says why"
    with Topology() as topology:
        yield topology


@pytest.fixture
def topology(started: Topology) -> Topology:
    """All processes, those that an earlier test killed started again."""
    started.wait_until_all_is_well()
    return started


@pytest.fixture
def parent(topology: Topology) -> WebParent:
    """A parent with an open session, who comes through nginx."""
    parent = WebParent(topology.url)
    parent.opens()
    return parent
