"""Mastodon HTML to text and links (social-platforms.md 6.1)."""

from __future__ import annotations

import subprocess
import sys

import pytest
from hypothesis import given
from hypothesis import strategies as st

from maskbot.wire.post_text import read_html

OWN = "https://social.example/@maskbot"


def test_line_breaks_and_paragraphs_become_newlines() -> None:
    assert read_html("<p>a<br>b<br />c</p><p>d</p>").text == "a\nb\nc\n\nd"


def test_a_link_is_its_href_and_not_what_it_shows() -> None:
    rich = read_html('<p><a href="https://evil.example/x">https://mask.io/</a></p>')
    assert (rich.text, rich.links) == ("https://evil.example/x", ("https://evil.example/x",))


def test_a_link_cut_into_spans_comes_whole_and_entities_in_it_are_decoded_once() -> None:
    rich = read_html(
        '<a href="https://a.example/?q=1&amp;r=%20+/=&amp;amp;"><span class="invisible">https://</span><span>a.ex</span></a>'
    )
    assert rich.links == ("https://a.example/?q=1&r=%20+/=&amp;",)


def test_text_beside_a_link_does_not_become_part_of_it() -> None:
    rich = read_html('x<a href="https://a.example/">a</a>y')
    assert rich.text == "x https://a.example/ y"


def test_mention_anchors_are_dropped_and_hashtag_anchors_keep_their_text() -> None:
    rich = read_html(
        f'<a href="{OWN}" class="u-url mention">@<span>maskbot</span></a> price '
        '<a href="https://social.example/tags/btc" class="mention hashtag" rel="tag">#<span>btc</span></a>',
        own_urls=[OWN],
    )
    assert (rich.text, rich.links, rich.own_mentions) == ("price #btc", (), (0,))


def test_a_mention_without_its_class_is_known_by_the_metadata() -> None:
    assert (
        read_html('<a href="https://b.example/@bob">bob</a> hi', mention_urls=["https://b.example/@bob"]).text == "hi"
    )


def test_the_quote_line_is_skipped_as_paragraph_and_as_span() -> None:
    assert read_html('<p class="quote-inline">RE: <a href="https://a.example/">x</a></p><p>hi</p>').text == "hi"
    assert read_html('hi<span class="quote-inline"><br>RE: <span>x</span> y</span> ho').text == "hi ho"


@pytest.mark.parametrize(
    "href", ["javascript:alert(1)", "data:text/html,x", "//a.example/", "https://a b/", "ftp://a/", ""]
)
def test_only_absolute_web_links_are_links(href: str) -> None:
    rich = read_html(f'<a href="{href}">shown</a>')
    assert (rich.text, rich.links) == ("shown", ())


def test_script_style_and_comments_are_no_text() -> None:
    assert read_html("a<script>b<p></script>c<style>d</style>e<!-- f<p> -->g<!doctype h>").text == "aceg"


def test_a_lone_less_than_sign_is_text() -> None:
    assert read_html("1 < 2 <3 &lt;p&gt;").text == "1 < 2 <3 <p>"


def test_the_raw_payload_characters_survive() -> None:
    payload = "🎼4/4|zOR+W/a==|a_b:||"
    assert read_html(f"<p>@x<br />{payload}</p>").text.endswith(payload)


def test_declared_emoji_codes_are_dropped_and_others_stay() -> None:
    assert read_html(":blob: price :other:", emoji_codes=["blob"]).text == "price :other:"


def test_nul_lone_surrogates_and_huge_character_numbers_are_replaced() -> None:
    text = read_html(f"a\x00b\ud800c&#{'9' * 5000};&#0;").text
    assert "\x00" not in text
    assert text.encode()


@pytest.mark.parametrize(
    "piece",
    [
        "<",
        "<a ",
        "<a",
        '<a href="',
        "<a b='",
        "<!--",
        "<!",
        "</",
        '</a =">"',
        "&",
        "&#9",
        "<p>",
        "<a/",
        "<script>",
        "=' ",
    ],
)
def test_64_kib_of_unfinished_markup_are_read_in_linear_time(piece: str) -> None:
    """A quadratic reader needs seconds for each; the child gets 2 s of processor time for 10 of them."""
    code = (
        "import resource; resource.setrlimit(resource.RLIMIT_CPU, (2, 2))\n"
        "from maskbot.wire.post_text import read_html\n"
        f"document = ({piece!r} * 70000)[:65536]\n"
        "for _ in range(10): read_html(document)"
    )
    assert subprocess.run([sys.executable, "-c", code], check=False).returncode == 0


@given(st.text(alphabet=st.sampled_from("<>/&;#\"'= abpx!-?\n:@\ud800\x00"), max_size=200))
def test_any_text_is_read(content: str) -> None:
    rich = read_html(content, emoji_codes=["a"], own_urls=["x"])
    assert all(0 <= at <= len(rich.text) for at in rich.own_mentions)
    rich.text.encode()
