"""The picture presets of the extension: the size of a picture decides how it is read.

Source: spec `mask-payload.md` 13.1.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import Enum
from typing import Final

from maskbot.wire.picture.visible_blocks import DISC_1000X560, DISC_1024X1240, DISC_1200X681, NO_DISC, Disc

BLOCK_PX: Final = 8
MAX_FILE_BYTES: Final = 8 * 1024 * 1024
"""The longest picture file that is read."""


class Algorithm(Enum):
    """V1 stores a bit in one pixel of a block, V2 in the sign of a difference of two frequencies."""

    V1 = "V1"
    V2 = "V2"


class Content(Enum):
    """What a preset carries: payload bytes (as base64), or text (percent-encoded)."""

    BYTES = "bytes"
    TEXT = "text"


@dataclass(frozen=True, slots=True)
class Preset:
    """One preset. Sizes are pixels; blocks are 8x8 pixels, and partial blocks at the right and bottom edge are unused."""

    name: str
    width: int
    height: int
    algorithm: Algorithm
    content: Content
    disc: Disc = NO_DISC

    @property
    def size(self) -> tuple[int, int]:
        """(width, height) in pixels."""
        return self.width, self.height

    @property
    def columns(self) -> int:
        """Full blocks in a row."""
        return self.width // BLOCK_PX

    @property
    def rows(self) -> int:
        """Full rows of blocks."""
        return self.height // BLOCK_PX

    @property
    def is_writable(self) -> bool:
        """Whether new posts use it; the V1 presets are history and only read."""
        return self.algorithm is Algorithm.V2


PRESET_2023: Final = Preset("2023", 1200, 671, Algorithm.V2, Content.BYTES)
PRESET_2023_FIREFLY: Final = Preset("2023_Firefly", 1200, 840, Algorithm.V2, Content.BYTES)
PRESET_2022: Final = Preset("2022", 1200, 682, Algorithm.V2, Content.TEXT)
PRESET_2021: Final = Preset("2021", 1200, 681, Algorithm.V1, Content.TEXT, DISC_1200X681)

PRESETS: Final = (
    PRESET_2023,
    PRESET_2023_FIREFLY,
    PRESET_2022,
    PRESET_2021,
    Preset("legacy 1024x1240", 1024, 1240, Algorithm.V1, Content.TEXT, DISC_1024X1240),
    Preset("legacy 1200x680", 1200, 680, Algorithm.V1, Content.TEXT),
    Preset("legacy 1000x558", 1000, 558, Algorithm.V1, Content.TEXT),
    Preset("legacy 1000x560", 1000, 560, Algorithm.V1, Content.TEXT, DISC_1000X560),
)

_BY_SIZE: Final = {preset.size: preset for preset in PRESETS}
_WRITABLE: Final = {preset.name: preset for preset in PRESETS if preset.is_writable}


def preset_of_size(size: tuple[int, int]) -> Preset | None:
    """Finds the preset of a picture that is `size` = (width, height) pixels, or None."""
    return _BY_SIZE.get(size)


def writable_preset(name: str) -> Preset | None:
    """Finds a preset that new pictures may use (`2022`, `2023`, `2023_Firefly`), or None."""
    return _WRITABLE.get(name)
