"""Giveaways, red packets and broadcasts as the words of one kind of card: what it is, the number that counts, how far it got.

Source: price-cards.md 8 (the same kit); applets.md 1.3 (cards show the full address and the chain).
"""

from __future__ import annotations

from dataclasses import dataclass

from maskbot.domain.card import BroadcastCardFacts, GiveawayCardFacts, RedPacketCardFacts
from maskbot.wire.card.clean_text import clean_text
from maskbot.wire.card.numbers import exact_plain
from maskbot.wire.card.time_axis import stamp

MOST_ROWS = 6


@dataclass(frozen=True, slots=True)
class Row:
    """One line of the list: its text, and whether it is done (a tick), failed (a cross) or neither."""

    text: str
    is_done: bool | None = None


@dataclass(frozen=True, slots=True)
class ResultWords:
    """Everything on a result card. `share` is the filled part of the bar, 0 to 1, and `panel` what is said of it."""

    kind: str
    sign: str
    title: str
    subtitle: str
    state: str
    is_good: bool
    headline: str
    beside: str
    share: float | None
    panel: str
    list_title: str
    rows: tuple[Row, ...]
    more_rows: int
    tiles: tuple[tuple[str, str], ...]
    footer: str


def giveaway_result(facts: GiveawayCardFacts) -> ResultWords:
    """A giveaway: its winners once drawn, its prize and its end before."""
    winners = tuple(text for name in facts.winners if (text := clean_text(name, limit=48)))
    entrants = "—" if facts.entrants is None else f"{facts.entrants:,}"
    return ResultWords(
        kind="Giveaway",
        sign="gift",
        title=clean_text(facts.title, limit=80) or "Giveaway",
        subtitle=f"Giveaway by {clean_text(facts.host, limit=60) or 'unknown'}",
        state="Drawn" if facts.is_drawn else "Open",
        is_good=True,
        headline=clean_text(facts.prize, limit=48) or "—",
        beside="to be won" if not facts.is_drawn else f"to {facts.places:,} winner{'s' * (facts.places != 1)}",
        share=None,
        panel=f"Winners are drawn {_minute(facts.ends_at_ms)}" if not facts.is_drawn else "No winners",
        list_title="Winners" if facts.is_drawn else "",
        rows=tuple(Row(name, is_done=True) for name in winners[:MOST_ROWS]),
        more_rows=max(0, len(facts.winners) - MOST_ROWS),
        tiles=(
            ("Entrants", entrants),
            ("Places", f"{facts.places:,}"),
            ("Drawn" if facts.is_drawn else "Ends", _minute(facts.ends_at_ms)),
        ),
        footer=f"Draw proof {clean_text(facts.proof, limit=72)}" if facts.proof else "",
    )


def red_packet_result(facts: RedPacketCardFacts) -> ResultWords:
    """A red packet: what is in it and how much of it is taken."""
    symbol = clean_text(facts.symbol, limit=16) or "?"
    claimed = "—" if facts.claimed is None else f"{facts.claimed:,} of {facts.shares:,}"
    left = "—" if facts.left is None else f"{exact_plain(facts.left)} {symbol}"
    share = facts.claimed / facts.shares if facts.claimed is not None and facts.shares else None
    is_empty = share is not None and share >= 1
    return ResultWords(
        kind="Red packet",
        sign="packet",
        title=clean_text(facts.message, limit=80) or "Red packet",
        subtitle=f"Red packet from {clean_text(facts.sender, limit=60) or 'unknown'} · {_one_line(facts.chain)}",
        state="All claimed" if is_empty else "Open",
        is_good=not is_empty,
        headline=f"{exact_plain(facts.total)} {symbol}",
        beside="in lucky shares" if facts.is_random else "in equal shares",
        share=None if share is None else min(1.0, share),
        panel="of the shares are claimed" if share is not None else "Nobody has looked yet how much is left",
        list_title="",
        rows=(),
        more_rows=0,
        tiles=(
            ("Claimed", claimed),
            ("Left", left),
            ("Refund after", _minute(facts.ends_at_ms)),
        ),
        footer=clean_text(facts.address, limit=60) if facts.address else "",
    )


def broadcast_result(facts: BroadcastCardFacts) -> ResultWords:
    """A broadcast: where it stands, and on how many relays its keys are."""
    delivered = sum(place.is_delivered for place in facts.places)
    is_whole = delivered == len(facts.places) and facts.relays_reached == facts.relays
    people = "everyone" if facts.recipients is None else f"{facts.recipients:,} people"
    return ResultWords(
        kind="Broadcast",
        sign="lock",
        title=clean_text(facts.title, limit=80) or "Broadcast",
        subtitle=f"Encrypted broadcast by {clean_text(facts.sender, limit=60) or 'unknown'}",
        state="Delivered" if is_whole else "Partly delivered",
        is_good=is_whole,
        headline=f"{delivered:,} of {len(facts.places):,}",
        beside=f"account{'s' * (len(facts.places) != 1)} reached",
        share=delivered / len(facts.places) if facts.places else None,
        panel="of the accounts reached" if facts.places else "No accounts",
        list_title="Accounts",
        rows=tuple(
            Row(clean_text(place.name, limit=48), is_done=place.is_delivered) for place in facts.places[:MOST_ROWS]
        ),
        more_rows=max(0, len(facts.places) - MOST_ROWS),
        tiles=(
            ("Readers", people),
            ("Key relays", f"{facts.relays_reached:,} of {facts.relays:,}"),
            ("Finished", _minute(facts.done_at_ms)),
        ),
        footer=f"Post {clean_text(facts.fingerprint, limit=60)}" if facts.fingerprint else "",
    )


def _minute(at_ms: int) -> str:
    return stamp(at_ms).removesuffix(" UTC")[:-3] + " UTC"


def _one_line(text: str) -> str:
    return clean_text(text, limit=24) or "unknown chain"
