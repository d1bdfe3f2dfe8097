"""The words of a request (social-platforms.md 10.4)."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from maskbot.wire.post_text import RequestWords, read_request


@pytest.mark.parametrize(
    ("text", "verb", "args"),
    [
        ("PRICE $BTC $eth?", "price", ("btc", "eth")),
        ("Price\u200b btc.", "price", ("btc",)),
        ("price\u00a0#btc, usd!", "price", ("btc", "usd")),
        ("ｐｒｉｃｅ ＄btc", "price", ("btc",)),
        ("“price” (btc)", "price", ("btc",)),
        ("/help", "help", ()),
        ("$ETH", None, ("eth",)),
        ("#eth 7d", None, ("eth", "7d")),
        ("decrypt https://mask.io/?PostData_v1=%20a%40", "decrypt", ()),
        ("🎼4/4|a|b:||", None, ()),
        ("👋 @alice help 🙏", "help", ()),
        ("price usdc.e", "price", ("usdc.e",)),
        ("", None, ()),
    ],
)
def test_first_word_is_the_verb_and_the_rest_are_arguments(text: str, verb: str | None, args: tuple[str, ...]) -> None:
    assert read_request(text) == RequestWords(verb, args)


def test_only_the_first_two_kib_are_read() -> None:
    assert read_request("a " * 2000 + "b").args.count("b") == 0


@given(st.text(max_size=300))
def test_any_text_gives_lower_case_words(text: str) -> None:
    words = read_request(text)
    assert all(arg and not arg.startswith(("$", "#", "@")) for arg in words.args)
