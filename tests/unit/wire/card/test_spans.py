"""Lines cut by face: the renderer's own fallback loses text, so nothing is left to it."""

from __future__ import annotations

from dataclasses import replace
from xml.etree import ElementTree

import pytest

from maskbot.domain.card import Look
from maskbot.wire.card import draw_card
from maskbot.wire.card.metrics import Family
from maskbot.wire.card.spans import MISSING, fitted, shortened, spans_of
from tests.unit.wire.card.card_facts import ETHER, METRICS

_SVG = "{http://www.w3.org/2000/svg}"


@pytest.mark.parametrize(
    ("text", "families"),
    [
        ("Ethereum", [Family.INTER]),
        ("狗狗 coin", [Family.CJK, Family.INTER]),
        ("a 🚀👨\u200d👩\u200d👧 b", [Family.INTER, Family.EMOJI, Family.INTER]),
        ("1\ufe0f\u20e3", [Family.EMOJI]),
        ("عملة الذهب", [Family.ARABIC]),
        ("ذهب/USD", [Family.ARABIC, Family.INTER]),
        ("\U00013000", [Family.INTER]),
    ],
)
def test_each_face_is_a_piece(text: str, families: list[Family]) -> None:
    spans = spans_of(text, METRICS)
    assert [span.family for span in spans] == families
    assert "".join(span.text for span in spans) == text.replace("\U00013000", MISSING)


def test_each_piece_of_a_mixed_line_has_its_own_place() -> None:
    drawing = draw_card(replace(ETHER, name="Moon 🚀 狗 coin"), look=Look(), metrics=METRICS)
    name = next(
        each
        for each in ElementTree.fromstring(drawing.svg).iter(f"{_SVG}text")
        if each.get("font-weight") == "700" and each.get("x") == "148"
    )
    places = [float(span.get("x", "nan")) for span in name.iter(f"{_SVG}tspan")]
    assert len(places) == 5
    assert places == sorted(set(places))


def test_text_gets_smaller_before_it_is_cut() -> None:
    _, size = fitted("Ethereum", METRICS, width=140, sizes=(40, 36, 32), weight=700)
    assert size == 32
    spans, size = fitted("Ethereum Classic", METRICS, width=140, sizes=(40, 36, 32), weight=700)
    assert size == 32
    assert spans[0].text.endswith("…")


def test_a_joined_pictograph_is_cut_whole() -> None:
    cut = shortened("👨\u200d👩\u200d👧👨\u200d👩\u200d👧", METRICS, width=60, size=30, weight=400)
    assert not cut.endswith(("\u200d…", "\u200d"))
