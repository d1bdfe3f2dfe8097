"""A finished drawing: the SVG text, and what it says in words."""

from __future__ import annotations

from dataclasses import dataclass

WIDTH, HEIGHT = 1200, 675


@dataclass(frozen=True, slots=True)
class Drawing:
    """SVG of 1200 x 675 without references to anything outside itself; `alt_text` of 1 to 1,500 characters."""

    svg: str
    alt_text: str
