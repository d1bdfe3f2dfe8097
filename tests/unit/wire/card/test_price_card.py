"""Price cards as SVG and words: what is on them, what never is, and that the same facts give the same text."""

from __future__ import annotations

import re
import unicodedata
from dataclasses import replace
from decimal import Decimal
from xml.etree import ElementTree

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from maskbot.domain.card import Look, Palette, Point, PriceCardFacts, Theme
from maskbot.wire.card import draw_card
from tests.unit.wire.card.card_facts import BARE, ETHER, METRICS

_SVG = "{http://www.w3.org/2000/svg}"
_NUMBER = re.compile(r"\d[\d,.]*\d|\d")
HOSTILE = '\u202e<image href="/etc/passwd"/>\x00 ]]> &xxe; {{7*7}} {% raw %} url(#x) \u2066"\' onload=alert(1)'


def draw(facts: PriceCardFacts, look: Look | None = None) -> tuple[ElementTree.Element, str]:
    """The parsed SVG and the alt text."""
    drawing = draw_card(facts, look=look or Look(), metrics=METRICS)
    return ElementTree.fromstring(drawing.svg), drawing.alt_text


def texts(svg: ElementTree.Element) -> list[str]:
    """The text of every line."""
    return ["".join(element.itertext()) for element in svg.iter(f"{_SVG}text")]


def test_the_card_says_what_the_facts_say() -> None:
    svg, _ = draw(ETHER)
    written = texts(svg)
    for wanted in (
        "Ethereum",
        "ETH/USD · rank #2 · native coin",
        "7d chart · hourly",
        "$3,425.02",
        "−5.80%",
        "+0.48%",
        "$413B",
        "$21.4B",
        "$3,391.10 – $3,645.90",
        "Uniswap v3 0.05% · block 23,481,902",
        "1 ETH → 3,421.94 USDC",
        "Listed on Binance · Coinbase · Kraken +112",
        "CoinGecko + Uniswap · 23 Nov 2026 01:37:12 UTC",
    ):
        assert wanted in written


def test_every_number_of_the_picture_is_in_the_alt_text_save_those_of_the_axes() -> None:
    svg, alt_text = draw(ETHER)
    for element in svg.iter(f"{_SVG}text"):
        height = float(element.get("y", 0))
        if height == 482 or (element.get("font-size") == "19" and height < 482):
            continue  # labels of the axes
        for number in _NUMBER.findall("".join(element.itertext())):
            assert number in alt_text


def test_tiny_prices_are_spelled_out_in_the_alt_text() -> None:
    svg, alt_text = draw(replace(ETHER, price=Decimal("0.0000012345")))
    assert "0.000001235" in alt_text
    assert "exactly 0.0000012345" in alt_text
    assert "₅" not in alt_text
    price = next(element for element in svg.iter(f"{_SVG}text") if element.get("y") == "202")
    spans = list(price.iter(f"{_SVG}tspan"))
    assert spans[0].text == "5"
    assert float(spans[0].get("font-size", 0)) >= 0.55 * float(price.get("font-size", 0))


def test_what_is_unknown_is_a_dash_and_never_a_zero() -> None:
    svg, alt_text = draw(BARE)
    written = texts(svg)
    assert written.count("—") >= 5
    assert "No price history" in written
    assert not any("0.00" in text for text in written)
    assert alt_text.count("unknown") >= 4


@pytest.mark.parametrize("look", [Look(theme, palette) for theme in Theme for palette in Palette])
def test_every_look_is_a_whole_drawing(look: Look) -> None:
    svg, _ = draw(ETHER, look)
    assert (svg.get("width"), svg.get("height")) == ("1200", "675")


def test_the_same_facts_give_the_same_text() -> None:
    assert draw_card(ETHER, look=Look(), metrics=METRICS) == draw_card(
        replace(ETHER, price=Decimal("3425.020")), look=Look(), metrics=METRICS
    )


@pytest.mark.parametrize("field", ["name", "symbol", "vs", "window", "source", "address"])
@pytest.mark.parametrize(
    "text", [HOSTILE, HOSTILE * 1000, "", "\x00", "狗狗 🚀👨\u200d👩\u200d👧 عملة 1️⃣", "a" + "\u0301" * 9999]
)
def test_hostile_texts_are_drawn_as_text(field: str, text: str) -> None:
    svg, alt_text = draw(replace(ETHER, **{field: text}))  # type: ignore[arg-type]  # all six are texts
    _assert_harmless(svg)
    assert 0 < len(alt_text) <= 1500
    assert not any(unicodedata.category(each) in ("Cc", "Cf", "Cs") for each in alt_text)


@settings(max_examples=60, deadline=None)
@given(st.text(max_size=120), st.text(max_size=40), st.lists(st.text(max_size=80), max_size=3))
def test_any_text_gives_a_drawing_with_no_reference_to_anything(name: str, symbol: str, warnings: list[str]) -> None:
    svg, alt_text = draw(replace(BARE, name=name, symbol=symbol, warnings=tuple(warnings)))
    _assert_harmless(svg)
    assert len(alt_text) <= 1500


def test_an_address_is_written_with_its_checksum_whatever_case_it_came_in() -> None:
    svg, alt_text = draw(replace(ETHER, address="0x1f9840a85d5af5bf1d1762f925bdaddc4201f984", exchanges=()))
    assert "ETH/USD · rank #2 · 0x1f98…F984" in texts(svg)
    assert "0x1f9840a85d5aF5bf1D1762F925BDADdC4201F984" in alt_text


def test_only_the_worst_warning_is_a_badge() -> None:
    written = texts(draw(replace(ETHER, warnings=("sources disagree", "delayed")))[0])
    assert "Sources disagree" in written
    assert not any("elayed" in text for text in written)


def test_a_number_is_never_cut() -> None:
    svg, _ = draw(
        replace(ETHER, vs="KRW", low_24h=Decimal("118456789012.34"), high_24h=Decimal("129456789012.34"), quote=None)
    )
    assert "118B – 129B KRW" in texts(svg)


def test_a_copy_of_a_known_symbol_has_not_its_sign() -> None:
    assert "Ξ" in texts(draw(ETHER)[0])
    assert "Ξ" not in texts(draw(replace(ETHER, is_known=False, address="0x" + "66" * 20))[0])


@pytest.mark.parametrize("number", ["NaN", "Infinity", "-1", "1e41", "1e-41", "1e999999"])
def test_a_number_no_card_can_hold_is_no_fact(number: str) -> None:
    with pytest.raises(ValueError, match=r"card|price|amount"):
        replace(ETHER, price=Decimal(number))
    with pytest.raises(ValueError, match=r"price|card"):
        Point(0, Decimal(number))


def _assert_harmless(svg: ElementTree.Element) -> None:
    """Nothing but our own shapes and text, and references to our own gradients only."""
    allowed = {"svg", "g", "rect", "path", "circle", "text", "tspan", "linearGradient", "radialGradient", "stop"}
    for element in svg.iter():
        assert element.tag.removeprefix(_SVG) in allowed
        for name, value in element.attrib.items():
            assert "href" not in name
            assert not name.startswith("on")
            assert "url(" not in value or value in ("url(#area)", "url(#disc)")
