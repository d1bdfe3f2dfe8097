"""How wide text is, and which face can draw a character: the measures of the installed fonts as a value.

Measured at set-up from the faces themselves with their pair kerning (price-cards.md 7.2, trap 4: sums of plain advances are
some pixels off). Complex scripts are estimated from their isolated forms, which is never too narrow by much.
"""

from __future__ import annotations

import json
from bisect import bisect_right
from dataclasses import dataclass, field
from enum import StrEnum

EMOJI_WIDTH = 1245
CJK_WIDTH = 1000
_KEYCAP = "\u20e3"
_DIGIT_WIDTH = 600
_JOINERS = frozenset("\u200d\ufe0f\ufe0e")
_SKIN_TONES = range(0x1F3FB, 0x1F400)
_FLAGS = range(0x1F1E6, 0x1F200)


class Family(StrEnum):
    """The families cards are set in, by the names their files carry."""

    INTER = "Inter"
    ARABIC = "Noto Sans Arabic"
    CJK = "Noto Sans CJK JP"
    EMOJI = "Noto Color Emoji"


@dataclass(frozen=True, slots=True)
class FaceWidths:
    """Advances by character and kerning by pair of characters, in thousandths of the font size."""

    advances: dict[str, int]
    kerning: dict[str, int]


@dataclass(frozen=True, slots=True)
class Metrics:
    """All installed faces. `inter` by weight (400, 600, 700); `cjk` and `emoji` as sorted ranges with both ends."""

    inter: dict[int, FaceWidths]
    arabic: FaceWidths
    cjk: tuple[tuple[int, int], ...]
    emoji: tuple[tuple[int, int], ...]
    _starts: dict[Family, list[int]] = field(init=False, repr=False, compare=False)

    def __post_init__(self) -> None:
        starts = {Family.CJK: [start for start, _ in self.cjk], Family.EMOJI: [start for start, _ in self.emoji]}
        object.__setattr__(self, "_starts", starts)

    def family_of(self, character: str) -> Family | None:
        """The family that draws this character; None when none can."""
        if character in self.inter[400].advances:
            return Family.INTER
        if character in self.arabic.advances:
            return Family.ARABIC
        for family, ranges in ((Family.EMOJI, self.emoji), (Family.CJK, self.cjk)):
            index = bisect_right(self._starts[family], ord(character)) - 1
            if index >= 0 and ord(character) <= ranges[index][1]:
                return family
        return None

    def width(self, text: str, *, size: float, weight: int) -> float:
        """The width of a line in pixels."""
        face, total, before = self.inter[weight], 0, ""
        for character in text:
            advance = face.advances.get(character)
            if advance is None:
                total += self._foreign_width(character, before)
            else:
                total += advance + face.kerning.get(before + character, 0)
            before = character
        return total * size / 1000

    def _foreign_width(self, character: str, before: str) -> int:
        if character == _KEYCAP:
            return EMOJI_WIDTH - _DIGIT_WIDTH
        if character in _JOINERS or before == "\u200d" or ord(character) in _SKIN_TONES:
            return 0
        if ord(character) in _FLAGS:
            return EMOJI_WIDTH // 2
        match self.family_of(character):
            case Family.ARABIC:
                return self.arabic.advances[character]
            case Family.EMOJI:
                return EMOJI_WIDTH
            case Family.CJK:
                return CJK_WIDTH
        return 600


def metrics_from_json(text: str) -> Metrics:
    """The measures as the set-up step writes them."""
    raw = json.loads(text)
    return Metrics(
        inter={int(weight): FaceWidths(**face) for weight, face in raw[Family.INTER].items()},
        arabic=FaceWidths(**raw[Family.ARABIC]),
        cjk=tuple((start, end) for start, end in raw[Family.CJK]),
        emoji=tuple((start, end) for start, end in raw[Family.EMOJI]),
    )
