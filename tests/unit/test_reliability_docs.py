"""docs/reliability.md names tests and commands that exist."""

from __future__ import annotations

import re
from pathlib import Path

ROOT = Path(__file__).parents[2]
PAGE = (ROOT / "docs" / "reliability.md").read_text(encoding="utf-8")
REQUIREMENTS = [
    "R1",
    "R2",
    "R3",
    "R4",
    "R6",
    "R10",
    "R21",
    "R22",
    "R23",
    "R24",
    "R25",
    "R26",
    "R27",
    "R33",
    "R38",
    "R39",
]


def test_every_named_test_exists() -> None:
    named = re.findall(r"`(tests/[\w/]+\.py)::(\w+)`", PAGE)
    assert len(named) > 60
    missing = [
        f"{path}::{name}"
        for path, name in named
        if not (ROOT / path).exists() or f"def {name}(" not in (ROOT / path).read_text(encoding="utf-8")
    ]
    assert missing == []


def test_every_named_command_can_be_run() -> None:
    for module in set(re.findall(r"`python -m ([\w.]+)`", PAGE)):
        assert "def main()" in (ROOT / (module.replace(".", "/") + ".py")).read_text(encoding="utf-8")


def test_every_requirement_has_its_row() -> None:
    assert [name for name in REQUIREMENTS if not re.search(rf"^\| {name} ", PAGE, re.MULTILINE)] == []
