"""Fixtures that more than one room of tests uses."""

from __future__ import annotations

import itertools
import os
from collections.abc import Iterator
from pathlib import Path

import pytest

import maskbot.adapters.recursion  # noqa: F401 - tests use web3 beside us: see there
from tests.fakes.house import House, build_house

_homes = itertools.count()


@pytest.fixture(autouse=True)
def nobodys_settings(tmp_path_factory: pytest.TempPathFactory, monkeypatch: pytest.MonkeyPatch) -> None:
    """No test meets the bot of whoever runs it: its variables are gone and its home is a place that is not there yet."""
    for name in list(os.environ):
        if name.startswith("MASKBOT_") and not name.startswith("MASKBOT_CHAOS_"):
            monkeypatch.delenv(name)
    monkeypatch.setenv("MASKBOT_HOME", str(tmp_path_factory.getbasetemp() / f"home-{next(_homes)}"))


@pytest.fixture
def house(tmp_path: Path) -> Iterator[House]:
    """A house with a real store and fake outside."""
    built = build_house(tmp_path)
    yield built
    built.store.close()
