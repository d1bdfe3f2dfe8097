"""The price applet: which tokens are meant, the line, follow-ups, and where a trade link may stand."""

from __future__ import annotations

from decimal import Decimal

import pytest

from maskbot.applets.price import Price
from maskbot.domain.card import Point, PoolQuote
from maskbot.domain.identity import Platform, Profile
from maskbot.domain.post import Post, Visibility
from maskbot.domain.request import Answer, Fact, NoFact, PriceFact, PriceNeed, Request

AT_MS = 1_795_398_420_000
UNI = "0x1f9840a85d5af5bf1d1762f925bdaddc4201f984"


def _request(text: str, *, platform: Platform = Platform.MASTODON, in_reply_to: str | None = None) -> Request:
    author = Profile(
        platform=platform,
        instance="social.example" if platform is Platform.MASTODON else "x.com",
        user_id="7",
        handle="alice",
        actor_uri="https://social.example/users/alice" if platform is Platform.MASTODON else None,
    )
    post = Post(
        platform=platform,
        post_id="1",
        root_id="1",
        author=author,
        text=text,
        links=(),
        visibility=Visibility.PUBLIC,
        spoiler_text="",
        created_at_ms=AT_MS,
        in_reply_to_id=in_reply_to,
    )
    return Request(verb=None, args=(), text=text, post=post, bot_handle="maskbot")


def _fact(**more: object) -> PriceFact:
    fields: dict[str, object] = {
        "symbol": "UNI",
        "name": "Uniswap",
        "vs": "USD",
        "price": Decimal("9.87"),
        "change_24h_percent": Decimal("-5.8"),
        "change_7d_percent": Decimal("0.48"),
        "market_cap": Decimal("5922000000"),
        "source": "CoinGecko +2",
        "as_of_ms": AT_MS,
        "address": UNI,
        "is_known": True,
    }
    return PriceFact(**{**fields, **more})  # type: ignore[arg-type]  # the test's own fields


def _decided(text: str, *facts: Fact, platform: Platform = Platform.MASTODON) -> Answer:
    request = _request(text, platform=platform)
    return Price().decide(request, dict(zip(Price().needs(request), facts, strict=True)))


def _words(text: str, *facts: Fact, platform: Platform = Platform.MASTODON) -> str:
    answer = _decided(text, *facts, platform=platform)
    assert answer.words is not None
    return answer.words


def test_a_line_holds_price_changes_cap_quote_source_and_time() -> None:
    quote = PoolQuote("v3", Decimal("0.05"), 23_481_902, Decimal(100), "UNI", Decimal("985.12"), "USDC")
    assert _words("$UNI", _fact(quote=quote), platform=Platform.X) == (
        "UNI $9.87 −5.80% 24h +0.48% 7d · cap $5.92B · Uniswap 100 UNI→985.12 USDC (blk 23481902) · CoinGecko +2 01:47 UTC"
    )


def test_another_window_is_told_from_its_series() -> None:
    series = (Point(AT_MS // 1000 - 100, Decimal(8)), Point(AT_MS // 1000, Decimal(10)))
    assert "−5.80% 24h +25.00% 30d" in _words("$UNI 30d", _fact(window="30d", series=series))
    assert "30d" not in _words("$UNI 30d", _fact(window="30d"))
    assert "24h ·" in _words("$UNI 24h", _fact(window="24h", series=series))


def test_the_longest_line_fits_a_post() -> None:
    quote = PoolQuote("v3", None, 999_999_999, Decimal(10) ** 12, "ABCDEFGHIJKL", Decimal("4999999.999999"), "USDC")
    fact = _fact(symbol="ABCDEFGHIJKL", price=Decimal("1.234E-12"), quote=quote, warnings=("token under 48 h old",))
    assert len(_words("$ABCDEFGHIJKL", fact, platform=Platform.X)) <= 280


def test_a_trade_link_stands_on_mastodon_for_a_known_token() -> None:
    assert _words("$UNI", _fact()).endswith(
        "\nhttps://app.uniswap.org/swap?chain=mainnet&inputCurrency=ETH"
        "&outputCurrency=0x1f9840a85d5aF5bf1D1762F925BDADdC4201F984"
    )
    assert "outputCurrency=ETH" in _words("$ETH", _fact(symbol="ETH", name="Ethereum", address=None))


@pytest.mark.parametrize(
    "fact",
    [
        _fact(is_red=True, warnings=("low liquidity",)),
        _fact(is_known=False),
        _fact(symbol="BTC", address=None),
        NoFact("unavailable"),
        NoFact("ambiguous", ("a", "b")),
        NoFact("disagree", ("$1.00", "$2.00")),
    ],
)
def test_no_link_under_red_warnings_or_for_what_is_not_in_our_table(fact: Fact) -> None:
    assert "http" not in _words("$UNI", fact)


def test_no_link_where_links_cost_money_or_for_several_tokens() -> None:
    assert "http" not in _words("$UNI", _fact(), platform=Platform.X)
    assert "http" not in _words("$UNI $ETH", _fact(), _fact(symbol="ETH", address=None))


def test_the_worst_warning_is_shown() -> None:
    assert _words("$UNI", _fact(warnings=("thin pool", "delayed")), platform=Platform.X).endswith("⚠ thin pool")


def test_a_symbol_of_several_tokens_asks_back() -> None:
    choices = ("Panther (ethereum 0x90…73)", "Pantos (ethereum 0x53…92)")
    assert _words("$PAN", NoFact("ambiguous", choices)) == (
        "PAN names several tokens; answer with the address: Panther (ethereum 0x90…73) · Pantos (ethereum 0x53…92)"
    )


def test_nobody_answering_is_a_polite_line_without_a_card() -> None:
    answer = _decided("$ETH", NoFact("unavailable"))
    assert answer.words == "ETH: no source answers at the moment. Please ask again later."
    assert answer.pictures == ()


def test_an_unknown_token_is_silence_and_disagreement_a_range() -> None:
    assert _decided("$NOSUCH", NoFact("unknown_token")).words is None
    assert "disagree ($1.00 to $2.00), so no price now" in _words("$ETH", NoFact("disagree", ("$1.00", "$2.00")))


@pytest.mark.parametrize(
    ("text", "window"), [("30d", "30d"), ("@maskbot 7D", "7d"), ("max", "max"), ("1w", "7d"), ("3m", "90d")]
)
def test_a_window_alone_in_a_thread_is_a_follow_up(text: str, window: str) -> None:
    request = _request(text, in_reply_to="0")
    assert Price().accepts(request)
    (need,) = Price().needs(request)
    assert isinstance(need, PriceNeed)
    assert (need.symbol, need.address, need.vs, need.window) == (None, None, None, window)
    assert need.conversation


@pytest.mark.parametrize("text", ["30", "30d please", "d", "0x30d", "$", "30d 7d", "1e9d", "٣d", "99999d"])
def test_anything_else_in_a_thread_is_not(text: str) -> None:
    assert Price().needs(_request(text, in_reply_to="0")) == ()


def test_a_window_alone_outside_a_thread_is_nothing() -> None:
    assert not Price().accepts(_request("30d"))


def test_a_follow_up_to_nothing_is_silence() -> None:
    request = _request("30d", in_reply_to="0")
    (need,) = Price().needs(request)
    assert Price().decide(request, {need: NoFact("no_token")}).words is None


def test_a_conversation_is_of_one_person_with_one_account() -> None:
    (mine,) = Price().needs(_request("$ETH"))
    (on_x,) = Price().needs(_request("$ETH", platform=Platform.X))
    assert isinstance(mine, PriceNeed)
    assert isinstance(on_x, PriceNeed)
    assert mine.conversation != on_x.conversation
    assert (mine.symbol, mine.vs, mine.window) == ("ETH", "USD", "7d")
