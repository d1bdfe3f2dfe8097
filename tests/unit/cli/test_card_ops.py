"""`card.render` of the conformance driver."""

from __future__ import annotations

import hashlib
import unicodedata
from pathlib import Path

import pytest

from maskbot.cli.conformance.card_ops import render
from maskbot.cli.conformance.fields import BadRequest

FACTS: dict[str, object] = {
    "name": "Ethereum",
    "symbol": "ETH",
    "vs": "USD",
    "price": "3425.02",
    "change_24h_percent": "-5.80",
    "change_7d_percent": "0.48",
    "window": "7d",
    "market_cap": "413400000000",
    "volume_24h": "21384000000",
    "low_24h": "3391.10",
    "high_24h": "3645.90",
    "rank": 2,
    "address": None,
    "series": [[1_789_000_000 + 3600 * index, f"{3350 + index}.00"] for index in range(48)],
    "source": "CoinGecko",
    "as_of": "2026-11-23T01:37:12Z",
    "warnings": [],
}


def ask(path: Path, **changes: object) -> dict[str, object]:
    """The answer for the facts with these changes."""
    return render({"op": "card.render", "facts": {**FACTS, **changes}, "path": str(path)})


def test_the_answer_names_the_file_its_size_and_its_hash(tmp_path: Path) -> None:
    answer = ask(tmp_path / "card.png")
    png = (tmp_path / "card.png").read_bytes()
    assert (answer["width"], answer["height"]) == (1200, 675)
    assert answer["sha256"] == hashlib.sha256(png).hexdigest()
    assert (int.from_bytes(png[16:20]), int.from_bytes(png[20:24])) == (1200, 675)
    assert "3,425.02" in str(answer["alt_text"])
    assert ask(tmp_path / "again.png")["sha256"] == answer["sha256"]


def test_what_may_be_absent_may_be_absent(tmp_path: Path) -> None:
    required = ("name", "symbol", "vs", "price", "window", "series", "source", "as_of")
    answer = render({"facts": {name: FACTS[name] for name in required}, "path": str(tmp_path / "card.png")})
    assert "unknown" in str(answer["alt_text"])


@pytest.mark.parametrize(
    "name", ["", "\x00\x1b\u202e", "A" * 100_000, '"/><image href="/etc/passwd"/>', "\ud800", "ﷺ" * 999]
)
def test_any_name_is_drawn(tmp_path: Path, name: str) -> None:
    alt_text = str(ask(tmp_path / "card.png", name=name, symbol=name)["alt_text"])
    assert len(alt_text) <= 1500
    assert not any(unicodedata.category(each)[0] == "C" for each in alt_text)


@pytest.mark.parametrize(
    "changes",
    [
        {"price": "NaN"},
        {"price": "1e999999999"},
        {"price": "-1"},
        {"price": 3425.02},
        {"price": "9" * 5000},
        {"price": None},
        {"series": None},
        {"series": [[1, 2]]},
        {"series": [["1", "2"]]},
        {"series": [[10**30, "2"]]},
        {"series": [[1, "1"]] * 20_001},
        {"as_of": "yesterday"},
        {"as_of": "9999-12-31T23:59:59Z"},
        {"rank": 0},
        {"rank": True},
        {"warnings": [1]},
        {"market_cap": "-5"},
    ],
)
def test_a_wrong_fact_is_a_bad_request(tmp_path: Path, changes: dict[str, object]) -> None:
    with pytest.raises(BadRequest):
        ask(tmp_path / "card.png", **changes)


def test_a_stablecoin_has_four_decimals(tmp_path: Path) -> None:
    assert " 1.0003 US dollars" in str(ask(tmp_path / "card.png", symbol="USDC", price="1.0003")["alt_text"])
    assert " 1.00 US dollars" in str(ask(tmp_path / "card.png", symbol="UNI", price="1.0003")["alt_text"])


def test_points_without_a_price_are_dropped(tmp_path: Path) -> None:
    series = [[1_789_007_200, "3"], [1_789_000_000, None], [1_789_003_600, "0"], [1_789_000_000, "2"]]
    assert "hourly" not in str(ask(tmp_path / "card.png", series=series)["alt_text"])


def test_a_path_that_cannot_be_written_is_a_bad_request(tmp_path: Path) -> None:
    with pytest.raises(BadRequest, match="path"):
        ask(tmp_path / "no" / "card.png")
