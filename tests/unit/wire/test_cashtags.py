"""The price grammar (price-cards.md, section 9)."""

from __future__ import annotations

import json
import subprocess
import sys
import time
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from maskbot.wire.cashtags import PriceRequest, parse_cashtags

CASES = json.loads((Path(__file__).parents[2] / "vectors" / "cashtags.json").read_text())


@pytest.mark.parametrize("case", CASES, ids=[case["note"] for case in CASES])
def test_vector(case: dict[str, object]) -> None:
    found: list[dict[str, str | None]] = []
    for request in parse_cashtags(str(case["text"])):
        token = {"symbol": request.symbol} if request.symbol else {"address": request.address}
        found.append(dict(token) | {"vs": request.vs, "window": request.window})
    assert found == case["expected"], case["note"]


def asked(text: str) -> list[tuple[str | None, str | None, str | None]]:
    return [(request.symbol or request.address, request.vs, request.window) for request in parse_cashtags(text)]


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("price ETH BTC", [("ETH", None, None), ("BTC", None, None)]),
        ("price BTC ETH in EUR 7d please?", [("BTC", "EUR", "7d"), ("ETH", "EUR", "7d")]),
        ("price eth in uni", [("ETH", "UNI", None)]),
        ("quote of UNI/USDC", [("UNI", "USDC", None)]),
        ("p #btc", [("BTC", None, None)]),
        ("chart BTC max", [("BTC", None, "max")]),
        ("price btc eth", []),
        ("price action", []),
        ("price target", []),
        ("price eth is up", []),
        ("the price eth", []),
    ],
)
def test_a_command_is_the_whole_message(text: str, expected: list[tuple[str, str | None, str | None]]) -> None:
    assert asked(f"@maskbot {text}") == expected


@pytest.mark.parametrize(
    ("written", "window"),
    [("1h", "1h"), ("2h", "24h"), ("1d", "24h"), ("3d", "7d"), ("2w", "14d"), ("1m", "30d"), ("6m", "180d"), ("12m", "1y"),
     ("1y", "1y"), ("2y", "max"), ("MAX", "max")],
)  # fmt: skip
def test_a_window_snaps_up(written: str, window: str) -> None:
    assert asked(f"$ETH {written}") == [("ETH", None, window)]


@pytest.mark.parametrize(
    "money", ["$5", "$1.5M", "$20bn", "$5k", "$3MM", "$100USDC", "$1e5", "$1,000", "$.50", "$10 million"]
)
def test_money_is_no_token(money: str) -> None:
    assert asked(f"it cost {money} today") == []


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("$ETH vs $BTC", [("ETH", "BTC", None)]),
        ("$BTC-USD 30d", [("BTC", "USD", "30d")]),
        ("$ETH 30d eur", [("ETH", "EUR", "30d")]),
        ("$ETH try it", [("ETH", None, None)]),
        ("$ETH in the morning", [("ETH", None, None)]),
        ("$OK$NG .$X", [("OK", None, None)]),
        ("＄ETH \u200b$U\u200bNI", [("ETH", None, None), ("UNI", None, None)]),
    ],
)
def test_what_stands_behind_a_tag(text: str, expected: list[tuple[str, str | None, str | None]]) -> None:
    assert asked(text) == expected


def test_an_address_with_a_wrong_checksum_is_none() -> None:
    assert asked("0x1F9840a85d5aF5bf1D1762F925BDADdC4201F984") == []


def test_three_tokens_are_answered_and_seven_are_spam() -> None:
    assert asked("$A $B $C $D") == [("A", None, None), ("B", None, None), ("C", None, None)]
    assert asked("$A $B $C $D $E $F $G") == []


@pytest.mark.parametrize("piece", ["$", "$A ", "0x", "@a", "$A.", "$A in ", "@a@b.", "https://", "$1", ". ", "price "])
def test_64_kib_are_read_in_linear_time(piece: str) -> None:
    code = (
        "import resource; resource.setrlimit(resource.RLIMIT_CPU, (3, 3))\n"
        "from maskbot.wire.cashtags import parse_cashtags\n"
        f"text = ({piece!r} * 70000)[:65536]\n"
        "for _ in range(5): parse_cashtags(text)"
    )
    assert subprocess.run([sys.executable, "-c", code], check=False).returncode == 0


@given(st.text(alphabet=st.sampled_from("$@#/-._ 0x1aBEUReurpicinbtc7d?\u200b看"), max_size=120))
def test_any_text_is_read(text: str) -> None:
    found = parse_cashtags(text)
    assert len(found) <= 3
    assert all(
        isinstance(request, PriceRequest) and (request.symbol is None) != (request.address is None) for request in found
    )


def test_a_tag_repeated_through_a_long_text_costs_no_more_than_words_do() -> None:
    def cpu_s(text: str) -> float:
        times = []
        for _ in range(3):
            begin = time.process_time()
            parse_cashtags(text)
            times.append(time.process_time() - begin)
        return min(times)

    assert parse_cashtags("$A " * 20_000) == (PriceRequest(symbol="A"),)
    assert cpu_s("$A " * 20_000) < 4 * cpu_s("to " * 20_000)
