"""Names of strangers, fit to draw."""

from __future__ import annotations

import unicodedata

import pytest
from hypothesis import given
from hypothesis import strategies as st

from maskbot.wire.card.clean_text import clean_text


@pytest.mark.parametrize(
    ("text", "clean"),
    [
        ("Safe\u202eMoon", "SafeMoon"),
        ("a\u2066b\u2069c\u200fd\u061ce", "abcde"),
        ("nul\x00 esc\x1b[31m del\x7f nel\x85x", "nul esc[31m del nel x"),
        (" tabs\t\tand\nlines \u2028 ", "tabs and lines"),
        ("blank\u3164\u2800\u115fname", "blank name"),
        ("tag\U000e0041\U000e0042", "tag"),
        ("\ud800half\udfff", "half"),
        ("a" + "\u0301" * 50, "á" + "\u0301" * 2),
        ("👨\u200d👩", "👨\u200d👩"),
        ("a\u200db", "ab"),
        ("x" * 10_000, "x" * 39 + "…"),
        ("", ""),
    ],
)
def test_what_cannot_be_drawn_is_dropped(text: str, clean: str) -> None:
    assert clean_text(text, limit=40) == clean


@given(st.text(max_size=300))
def test_clean_text_is_one_short_line_without_controls(text: str) -> None:
    clean = clean_text(text, limit=40)
    assert len(clean) <= 40
    assert not any(unicodedata.category(each) in ("Cc", "Cs", "Zl", "Zp") for each in clean)
    assert not any(unicodedata.category(each) == "Cf" and each != "\u200d" for each in clean)
