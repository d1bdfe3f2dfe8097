"""Where the fonts of cards lie, and loading them. `font_install.py` puts them there."""

from __future__ import annotations

import hashlib
import sys
from dataclasses import dataclass
from functools import cache
from pathlib import Path

from maskbot.domain.errors import Misconfigured
from maskbot.wire.card.metrics import Metrics, metrics_from_json

INSTALL_COMMAND = "python -m maskbot.adapters.card_renderer.font_install"
LOCKED_FONTS = Path(__file__).with_name("fonts.txt")
FACES = ("Inter-Regular.ttf", "Inter-SemiBold.ttf", "Inter-Bold.ttf", "NotoSansArabic.ttf", "NotoSansCJK.otf")
EMOJI_FACE = "NotoColorEmoji.ttf"
_RECIPE = b"1"  # another number makes every installation make its fonts anew


class FontsMissing(Misconfigured):
    """The fonts of the cards are not there, or could not be made."""

    kind = "FontsMissing"


@dataclass(frozen=True, slots=True)
class FontSet:
    """The installed fonts: `files` in the order the renderer gets them, their `metrics`, and a `fingerprint` of their bytes."""

    files: tuple[str, ...]
    metrics: Metrics
    fingerprint: str


def fonts_folder() -> Path:
    """Where fonts are kept: `.fonts/` beside the project this package runs from, else in the Python installation."""
    root = Path(__file__).resolve().parents[3]
    return root / ".fonts" if (root / "pyproject.toml").is_file() else Path(sys.prefix) / "share" / "maskbot" / "fonts"


@cache
def load_fonts(folder: Path | None = None) -> FontSet:
    """The installed fonts.

    Raises:
        FontsMissing: the set-up step has not run, or has for another version.
    """
    place = folder or fonts_folder()
    try:
        stamp = (place / ".stamp").read_text()
        measures = (place / "metrics.json").read_text()
    except OSError as error:
        raise FontsMissing(f"no fonts for cards in {place}; run: {INSTALL_COMMAND}") from error
    if not stamp.startswith(recipe()):
        raise FontsMissing(f"the fonts in {place} are those of another version; run: {INSTALL_COMMAND}")
    names = [name for name in (*FACES, EMOJI_FACE) if (place / name).is_file()]
    return FontSet(tuple(str(place / name) for name in names), metrics_from_json(measures), stamp.split()[1])


def recipe() -> str:
    """What the fonts are made of and how."""
    return hashlib.sha256(LOCKED_FONTS.read_bytes() + _RECIPE).hexdigest()[:32]
