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
    "R5",
    "R6",
    "R7",
    "R8",
    "R9",
    "R10",
    *(f"R{number}" for number in range(11, 21)),
    "R21",
    "R22",
    "R23",
    "R24",
    "R25",
    "R26",
    "R27",
    "R33",
    "R34",
    "R35",
    "R36",
    "R38",
    "R39",
]


def test_every_named_test_exists() -> None:
    named = re.findall(r"`(tests/[\w/]+\.py)::(\w+)`", PAGE)
    assert len(named) > 60
    missing = [f"{path}::{name}" for path, name in named if not _has_test(ROOT / path, name)]
    assert missing == []


def test_every_named_command_can_be_run() -> None:
    for module in set(re.findall(r"`python -m ([\w.]+)`", PAGE)):
        assert "def main()" in (ROOT / (module.replace(".", "/") + ".py")).read_text(encoding="utf-8")


def test_every_requirement_has_its_row() -> None:
    assert [name for name in REQUIREMENTS if not re.search(rf"^\| {name} ", PAGE, re.MULTILINE)] == []


def _has_test(path: Path, name: str) -> bool:
    """Whether the file defines the test, as a function or as the test case of a state machine."""
    return (
        path.exists()
        and re.search(rf"^\s*(def {name}\(|{name} = )", path.read_text(encoding="utf-8"), re.M) is not None
    )
