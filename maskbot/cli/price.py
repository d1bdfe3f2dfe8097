"""`maskbot price`: what a token costs, as text, JSON and picture. Needs no account and no running service."""

from __future__ import annotations

from datetime import UTC, datetime
from decimal import Decimal
from pathlib import Path
from typing import Annotated

import typer

from maskbot.cli.local_file import write_output
from maskbot.cli.noun import make_single
from maskbot.cli.session import JsonOption, opened, working
from maskbot.cli.show import printable, show_json
from maskbot.domain.card import Look, Palette, PriceCardFacts, Theme
from maskbot.domain.errors import Malformed, Refused, Unavailable
from maskbot.domain.post import Picture
from maskbot.domain.request import NoFact, PriceFact, PriceNeed
from maskbot.wire.cashtags import parse_cashtags
from maskbot.wire.money_text import amount_text, percent_text, price_text

app = make_single("What a token costs, as text, JSON or picture.")

_REASONS = {
    "unknown_token": "no token of this name is known",
    "no_token": "no token of this name is known",
    "ambiguous": "several tokens have this name; ask with the address of one",
    "disagree": "the sources disagree, so no price is shown",
    "unavailable": "no source answers now; try again later",
}


class NoPrice(Refused):
    """There is no price to show, for a reason that trying again does not change."""

    kind = "NoPrice"


@app.command()
def price(
    token: Annotated[str, typer.Argument(help="A symbol (ETH), an address (0x...), or a pair (ETH/BTC).")],
    *,
    window: Annotated[str, typer.Option("--window", help="What the chart spans: 1h, 24h, 7d, 30d, 1y, max.")] = "7d",
    vs: Annotated[str | None, typer.Option("--vs", help="The currency, if it is not US dollars: EUR, BTC.")] = None,
    png: Annotated[Path | None, typer.Option("--png", help="Write the card to this new file; - for stdout.")] = None,
    theme: Annotated[Theme | None, typer.Option("--theme", help="The ground of the card.")] = None,
    palette: Annotated[Palette | None, typer.Option("--palette", help="The colours of up and down.")] = None,
    as_json: JsonOption = False,
) -> None:
    """Ask the sources for a price, and draw its card."""
    need = _need(token, window=window, vs=vs)
    with opened() as parts:
        with working(f"asking the sources for {printable(token)}"):
            fact = parts.market.fetch_price(need)
        if not isinstance(fact, PriceFact):
            raise _no_price(fact if isinstance(fact, NoFact) else NoFact("unavailable"))
        card = _card(fact)
        picture: Picture | None = None
        if png is not None:
            look = Look(theme or parts.settings.card_theme, palette or parts.settings.card_palette)
            with working("drawing the card"):
                picture = parts.cards.render(card, look=look)
            write_output(png, picture.png)
    if as_json and str(png) != "-":
        show_json(_row(fact, picture=picture, png=png))
    elif str(png) != "-":
        for line in _lines(fact):
            print(printable(line))
        if png is not None:
            print(printable(f"card: {png}"))


def _need(token: str, *, window: str, vs: str | None) -> PriceNeed:
    """The grammar of mentions, for one token."""
    asked = parse_cashtags(f"price {token}{f' in {vs}' if vs else ''} {window}")
    if len(asked) != 1 or len(parse_cashtags(f"price {token}")) != 1:
        raise Malformed(
            "expected one token: a symbol in capitals (ETH), an address or a pair; see maskbot price --help"
        )
    return PriceNeed(asked[0].symbol, asked[0].address, vs=asked[0].vs or "USD", window=asked[0].window or "7d")


def _no_price(fact: NoFact) -> Refused | Unavailable:
    choices = f": {', '.join(printable(choice) for choice in fact.choices)}" if fact.choices else ""
    words = _REASONS.get(fact.reason, fact.reason) + choices
    return Unavailable(words, kind="NoSource") if fact.reason == "unavailable" else NoPrice(words)


def _card(fact: PriceFact) -> PriceCardFacts:
    try:
        return fact.card
    except ValueError as error:
        raise NoPrice(f"no card can hold these numbers: {error}") from error


def _lines(fact: PriceFact) -> list[str]:
    as_of = datetime.fromtimestamp(fact.as_of_ms / 1000, UTC)
    lines = [
        f"{fact.name} ({fact.symbol}) {price_text(fact.price, vs=fact.vs, is_stablecoin=fact.is_stablecoin)}",
        f"24h {percent_text(fact.change_24h_percent)} · 7d {percent_text(fact.change_7d_percent)}",
        f"cap {amount_text(fact.market_cap, vs=fact.vs)} · volume {amount_text(fact.volume_24h, vs=fact.vs)}",
        f"{fact.source} · {as_of:%Y-%m-%d %H:%M:%S} UTC",
    ]
    return lines + [f"warning: {warning}" for warning in fact.warnings]


def _row(fact: PriceFact, *, picture: Picture | None, png: Path | None) -> dict[str, object]:
    row: dict[str, object] = {
        "symbol": fact.symbol,
        "name": fact.name,
        "address": fact.address,
        "vs": fact.vs,
        "window": fact.window,
        "price": _text(fact.price),
        "change_24h_percent": _text(fact.change_24h_percent),
        "change_7d_percent": _text(fact.change_7d_percent),
        "market_cap": _text(fact.market_cap),
        "volume_24h": _text(fact.volume_24h),
        "low_24h": _text(fact.low_24h),
        "high_24h": _text(fact.high_24h),
        "rank": fact.rank,
        "points": len(fact.series),
        "source": fact.source,
        "as_of": datetime.fromtimestamp(fact.as_of_ms / 1000, UTC).isoformat().replace("+00:00", "Z"),
        "warnings": list(fact.warnings),
    }
    if picture is not None:
        row |= {"png": str(png), "alt_text": picture.alt_text}
    return row


def _text(number: Decimal | None) -> str | None:
    return None if number is None else format(number.normalize(), "f")
