"""Cards: facts -> SVG and alt text. Pure; the picture itself is drawn by `adapters/card_renderer`."""
