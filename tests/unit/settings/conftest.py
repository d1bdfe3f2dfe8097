"""Settings tests start from an environment without our variables."""

from __future__ import annotations

import os

import pytest


@pytest.fixture(autouse=True)
def bare_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in list(os.environ):
        if name.startswith("MASKBOT_"):
            monkeypatch.delenv(name)
