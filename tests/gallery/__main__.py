"""Draws every sample card and one contact sheet into `.gallery/`.

python -m tests.gallery
"""

from __future__ import annotations

import hashlib
import io
from pathlib import Path

from PIL import Image

from maskbot.adapters.card_renderer.drawing_process import render_png
from maskbot.adapters.card_renderer.fonts import load_fonts
from maskbot.wire.card import draw_card
from tests.gallery.samples import gallery

OUT = Path(".gallery")
COLUMNS, THUMB_WIDTH, THUMB_HEIGHT, GAP = 4, 600, 338, 12


def main() -> None:
    """One line a card: its name, the first digits of its hash, its alt text."""
    OUT.mkdir(exist_ok=True)
    fonts, cards = load_fonts(), gallery()
    rows = -(-len(cards) // COLUMNS)
    sheet = Image.new("RGB", (COLUMNS * (THUMB_WIDTH + GAP) + GAP, rows * (THUMB_HEIGHT + GAP) + GAP), "#7A8494")
    for index, (name, facts, look) in enumerate(cards):
        drawing = draw_card(facts, look=look, metrics=fonts.metrics)
        png = render_png(drawing.svg, fonts=list(fonts.files))
        stem = f"{index + 1:02}-{name.replace(',', '').replace(' ', '-')}"
        (OUT / f"{stem}.png").write_bytes(png)
        thumb = Image.open(io.BytesIO(png)).convert("RGB").resize((THUMB_WIDTH, THUMB_HEIGHT), Image.Resampling.LANCZOS)
        row, column = divmod(index, COLUMNS)
        sheet.paste(thumb, (GAP + column * (THUMB_WIDTH + GAP), GAP + row * (THUMB_HEIGHT + GAP)))
        print(f"{stem}  {hashlib.sha256(png).hexdigest()[:12]}  {drawing.alt_text[:90]}")
    sheet.save(OUT / "sheet.png")
    print(f"{len(cards)} cards and {OUT / 'sheet.png'}")


if __name__ == "__main__":
    main()
