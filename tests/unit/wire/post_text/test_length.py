"""Outgoing lengths (social-platforms.md 6.3)."""

from __future__ import annotations

import pytest

from maskbot.domain.identity import Platform
from maskbot.domain.post import PostLimits
from maskbot.wire.post_text import X_LIMITS, cashtag_count, fits, mastodon_length, x_length

LINK = "https://mask.io/?PostData_v1=%204/4.aa+/=" + "b" * 300 + "%40"


@pytest.mark.parametrize(
    ("text", "weight"),
    [
        ("", 0),
        ("price", 5),
        ("é", 1),
        ("e\u0301", 1),  # NFC makes one of two
        ("价格", 4),
        ("🎼", 2),
        ("👨‍👩‍👧", 2),
        ("👍🏽", 2),
        ("🇩🇪🇫🇷", 4),
        ("1️⃣", 2),
        ("© ©\ufe0f", 4),
        ("“x”—…", 8),  # 2010-201F weigh 1, U+2026 weighs 2
        (LINK, 23),
        (f"a {LINK}.", 26),
        ("see mask.io now", 31),
        ("USDC.e 3.5 e.g.", 15),
        ("😀" + "\u0301" * 10, 12),  # combining marks belong to no emoji sequence
    ],
)
def test_weighted_length_on_x(text: str, weight: int) -> None:
    expected = weight if text != "“x”—…" else 1 + 1 + 1 + 1 + 2
    assert x_length(text) == expected


@pytest.mark.parametrize(
    ("text", "length"),
    [
        ("👨‍👩‍👧", 1),
        ("e\u0301", 1),
        ("价格", 2),
        (f"{LINK} a", 25),
        ("@alice@long.host.example hi", 9),
        ("mail a@b.example", 16),
        (f"({LINK}).", 26),
    ],
)
def test_length_on_mastodon_counts_graphemes_and_the_local_part_of_handles(text: str, length: int) -> None:
    assert mastodon_length(text, url_weight=23) == length


def test_the_weight_of_a_link_is_the_instance_s() -> None:
    assert mastodon_length(LINK, url_weight=25) == 25


def test_280_fit_on_x_and_281_do_not() -> None:
    assert fits("a" * 280, limits=X_LIMITS)
    assert not fits("a" * 281, limits=X_LIMITS)
    assert fits("价" * 500, limits=PostLimits(max_length=500, url_weight=23, counts=Platform.MASTODON))


@pytest.mark.parametrize(
    ("text", "count"), [("$BTC and $ETH", 2), ("BTC/ETH", 0), ("$100", 0), ("a$BTC", 0), ("$BTC.", 1), ("$TOOLONGX", 0)]
)
def test_cashtags_are_counted_as_x_counts_them(text: str, count: int) -> None:
    assert cashtag_count(text) == count
