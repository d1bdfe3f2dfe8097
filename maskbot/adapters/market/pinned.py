"""The pinned table: symbols and addresses that mean one token, whatever is listed later. Data: `pinned.toml`, reviewed in git."""

from __future__ import annotations

import tomllib
from collections.abc import Mapping
from functools import cache
from importlib.resources import files

from maskbot.adapters.market.quotes import Token

ORDINARY_WORDS = frozenset({"BMW", "DEFI", "EQ", "GOLF", "GUN", "ITI", "NFT", "OK", "SHELL", "SUM", "TOKEN"})
"""Symbols that are also words: only this table or an address resolves them (price-cards.md 4)."""


@cache
def by_symbol() -> Mapping[str, Token]:
    """The pinned tokens by upper-case symbol."""
    table = tomllib.loads(files("maskbot.adapters.market").joinpath("pinned.toml").read_text(encoding="utf-8"))
    return {
        symbol: Token(
            id=row["id"],
            symbol=symbol,
            name=row["name"],
            address=row.get("address"),
            exchange=row.get("exchange"),
            is_stablecoin=row.get("is_stablecoin", False),
            is_pinned=True,
        )
        for symbol, row in table.items()
    }


@cache
def by_address() -> Mapping[str, Token]:
    """The pinned tokens by lower-case Ethereum address."""
    return {token.address: token for token in by_symbol().values() if token.address}
