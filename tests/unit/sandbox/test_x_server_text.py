"""Text of the simulated X: weights, links, entities, cut copies."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from maskbot.sandbox.x_server import text
from maskbot.wire.post_text import cashtag_count, x_length

LINK = "https://mask.io/?PostData_v1=%204/4.a/b+c==._.x%40"


@pytest.mark.parametrize(
    ("written", "weight"),
    [
        ("hello", 5),
        ("🎼", 2),
        ("👨‍👩‍👧", 2),
        ("🇩🇪", 2),
        ("1️⃣", 2),
        ("漢字", 4),
        ("e\u0301", 1),
        (LINK, 23),
        (f"see {LINK} now", 31),
        ("x" * 280, 280),
    ],
)
def test_weight_follows_the_published_rules(written: str, weight: int) -> None:
    assert text.weigh(written) == weight


@pytest.mark.parametrize("written", ["price BTC 🎼 漢字 👨‍👩‍👧", f"{LINK}", f"@bob see {LINK}, ok?", "a" * 300, "ä“”…"])
def test_the_bots_own_length_rule_agrees(written: str) -> None:
    assert text.weigh(written) == x_length(written)


@given(st.text(max_size=120))
def test_segments_join_to_the_text_again(written: str) -> None:
    assert "".join(segment.raw for segment in text.split(written)) == written


@given(st.text(alphabet="$@#.ABCeth12 \n,?", max_size=60))
def test_both_readings_count_the_same_cashtags(written: str) -> None:
    assert text.count_cashtags(written) == cashtag_count(written)


def test_offsets_count_code_points_of_the_shown_text() -> None:
    shown = _show(f"👨‍👩‍👧 🎼 @Bob <b> {LINK}")
    mention, link = shown.entities["mentions"][0], shown.entities["urls"][0]
    assert shown.text[mention["start"] : mention["end"]] == "@Bob"
    assert shown.text[link["start"] : link["end"]] == link["url"]
    assert mention["start"] == 8
    assert "&lt;b&gt;" in shown.text


def test_a_link_is_shortened_and_kept_whole_beside() -> None:
    link = _show(f"x {LINK}").entities["urls"][0]
    assert link["expanded_url"] == LINK
    assert len(link["url"]) == 23
    assert link["display_url"].endswith("…")


def test_a_mention_of_nobody_is_no_entity() -> None:
    assert "mentions" not in _show("@nobody hello").entities


def test_a_long_text_is_cut_within_280_and_leads_to_itself() -> None:
    self_url = "https://x.com/bob/status/1"
    segments = text.cut(text.split("wort " * 100), self_url=self_url)
    whole = "".join(segment.raw for segment in segments)
    assert text.weigh(whole) <= text.MAX_WEIGHT
    assert segments[-1].target == self_url


def _show(written: str) -> text.Shown:
    return text.show(
        text.split(written),
        link_seed="1",
        user_id_of={"bob": "7", "Bob": "7"}.get,
        offsets_in_escaped=True,
    )
