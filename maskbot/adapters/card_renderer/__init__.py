"""Cards as pictures: fonts made at set-up, drawings made in processes of their own. Behind `ports.outside.CardRenderer`.

`fonts.py` has the set-up step, `renderer.py` the pool and its memory, `drawing_process.py` the one call to resvg.
"""

from __future__ import annotations

from maskbot.adapters.card_renderer.fonts import FontsMissing, load_fonts
from maskbot.adapters.card_renderer.renderer import DrawingFailed, ProcessCardRenderer

__all__ = ["DrawingFailed", "FontsMissing", "ProcessCardRenderer", "load_fonts"]
