"""The GUN vectors as data."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

_FOLDER = Path(__file__).parents[3] / "vectors"

Case = dict[str, Any]


def load(name: str) -> dict[str, list[Case]]:
    """The JSON of one vector file."""
    found: dict[str, list[Case]] = json.loads((_FOLDER / name).read_text())
    return found


def frames() -> list[str]:
    """Every captured frame, in order."""
    return [frame["raw"] for exchange in load("gun-frames.json")["exchanges"] for frame in exchange["frames"]]
