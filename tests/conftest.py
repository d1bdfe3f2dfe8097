"""Fixtures that more than one room of tests uses."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

import maskbot.adapters.recursion  # noqa: F401 - tests use web3 beside us: see there
from tests.fakes.house import House, build_house


@pytest.fixture
def house(tmp_path: Path) -> Iterator[House]:
    """A house with a real store and fake outside."""
    built = build_house(tmp_path)
    yield built
    built.store.close()
