"""The colours of a card, by theme and palette. Source: price-cards.md 8.2 (contrasts of up and down all above 4.5 to 1).

Colour never says it alone: an arrow, a sign and the filling of a candle say the same.
"""

from __future__ import annotations

import colorsys
import hashlib
from dataclasses import dataclass

from maskbot.domain.card import Look, Palette, Theme


@dataclass(frozen=True, slots=True)
class Colours:
    """One theme with one palette, as hex colours. `pill` and `area` are opacities of a colour over the ground."""

    ground: str
    panel: str
    line: str
    text: str
    muted: str
    up: str
    down: str
    warning: str
    warning_ground: str
    pill: float
    area: float


_THEMES = {
    Theme.DARK: {
        "ground": "#0B0E14",
        "panel": "#141A24",
        "line": "#232C3A",
        "text": "#F2F5F9",
        "muted": "#93A1B5",
        "warning": "#FFC857",
        "warning_ground": "#2E2716",
    },
    Theme.LIGHT: {
        "ground": "#FFFFFF",
        "panel": "#F3F6FA",
        "line": "#D8E0EA",
        "text": "#0D1520",
        "muted": "#556478",
        "warning": "#7A4E00",
        "warning_ground": "#FFF1D0",
    },
}
_CHANGES = {
    (Theme.DARK, Palette.BLUE_ORANGE): ("#4DA3FF", "#FF8A4C"),
    (Theme.LIGHT, Palette.BLUE_ORANGE): ("#1459B8", "#B8460B"),
    (Theme.DARK, Palette.CLASSIC): ("#2EBD85", "#F6465D"),
    (Theme.LIGHT, Palette.CLASSIC): ("#0B7A4B", "#C2182E"),
    (Theme.DARK, Palette.EAST_ASIA): ("#F6465D", "#2EBD85"),
    (Theme.LIGHT, Palette.EAST_ASIA): ("#C2182E", "#0B7A4B"),
}
_SIGNS = {
    "BTC": ("₿", "#F7931A", "#E06F00"),
    "ETH": ("Ξ", "#7B92F5", "#4B63D1"),
    "LTC": ("Ł", "#6E94D6", "#345D9D"),
    "DOGE": ("Ð", "#D9BC4A", "#B08F1E"),
    "XTZ": ("ꜩ", "#4D8BFF", "#1B52C4"),
}


def colours_of(look: Look) -> Colours:
    """The colours of a look."""
    up, down = _CHANGES[look.theme, look.palette]
    is_dark = look.theme is Theme.DARK
    return Colours(
        **_THEMES[look.theme],
        up=up,
        down=down,
        pill=0.16 if is_dark else 0.11,
        area=0.42 if is_dark else 0.30,
    )


def disc_of(symbol: str, *, seed: str, is_known: bool) -> tuple[str, str, str]:
    """What stands in the disc, and the two colours of its gradient: a known token's own sign, else its first letters in a hue
    drawn from `seed` (the address if there is one), so that a copy of a known token does not look like it."""
    if is_known and symbol in _SIGNS:
        return _SIGNS[symbol]
    hue = int.from_bytes(hashlib.sha256(seed.encode("utf-8", "replace")).digest()[:2]) / 65536
    upper, lower = (
        "#" + "".join(f"{round(channel * 255):02X}" for channel in colorsys.hls_to_rgb(hue_, light, 0.55))
        for hue_, light in ((hue, 0.56), ((hue + 0.06) % 1, 0.38))
    )
    return symbol[:1] if symbol else "?", upper, lower
