"""`.env.example` lists exactly the variables that settings read, each with its default."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from maskbot.settings import PREFIX, Settings

EXAMPLE = Path(__file__).parents[3] / ".env.example"


def _lines() -> dict[str, str]:
    return dict(re.findall(rf"^#?({PREFIX}[A-Z_]+)=(.*)$", EXAMPLE.read_text(encoding="utf-8"), re.MULTILINE))


def test_env_example_names_exactly_the_variables_of_settings() -> None:
    assert set(_lines()) == {PREFIX + name.upper() for name in Settings.model_fields}


def test_env_example_shows_the_defaults(monkeypatch: pytest.MonkeyPatch) -> None:
    bare = Settings()
    for name, value in _lines().items():
        monkeypatch.setenv(name, value)
    assert Settings() == bare


def test_every_variable_has_a_comment_above_it() -> None:
    blocks = EXAMPLE.read_text(encoding="utf-8").split("\n\n")
    described = {"MASKBOT_X_API_BASE_URL"}
    for block in blocks:
        if re.search(rf"^#{PREFIX}", block, re.MULTILINE) and not re.search(r"^# \S", block, re.MULTILINE):
            assert set(re.findall(rf"{PREFIX}[A-Z_]+", block)) <= described
