"""The pinned table: symbols and addresses that mean one token, whatever is listed later. Data: `pinned.toml`, reviewed in git."""

from __future__ import annotations

import tomllib
from collections.abc import Mapping
from functools import cache
from importlib.resources import files
from typing import Any

from maskbot.adapters.market.quotes import Token
from maskbot.domain.errors import Misconfigured
from maskbot.wire.crypto.address_text import parse_address

ORDINARY_WORDS = frozenset({"BMW", "DEFI", "EQ", "GOLF", "GUN", "ITI", "NFT", "OK", "SHELL", "SUM", "TOKEN"})
"""Symbols that are also words: only this table or an address resolves them (price-cards.md 4)."""


@cache
def by_symbol() -> Mapping[str, Token]:
    """The pinned tokens by upper-case symbol. Raises Misconfigured for an address with a wrong checksum."""
    table = tomllib.loads(files("maskbot.adapters.market").joinpath("pinned.toml").read_text(encoding="utf-8"))
    return {symbol: _token(symbol, row) for symbol, row in table.items()}


@cache
def by_address() -> Mapping[str, Token]:
    """The pinned tokens by lower-case Ethereum address."""
    return {token.address: token for token in by_symbol().values() if token.address}


def _token(symbol: str, row: Mapping[str, Any]) -> Token:  # a row of our own file, checked by its tests
    for key in ("address", "feed"):
        if row.get(key, "").lower() == row.get(key) and row.get(key):
            raise Misconfigured(f"pinned.toml: the {key} of {symbol} is not in checksum form (EIP-55)")
    return Token(
        id=row["id"],
        symbol=symbol,
        name=row["name"],
        address=_lower(row.get("address")),
        decimals=row.get("decimals", 18) if row.get("address") or row["id"] == "ethereum" else None,
        exchange=row.get("exchange"),
        cmc_id=row.get("cmc"),
        feed=_lower(row.get("feed")),
        heartbeat_s=row.get("heartbeat_s", 3_600),
        pegged_to=row.get("pegged_to"),
        is_pinned=True,
    )


def _lower(address: str | None) -> str | None:
    return None if address is None else "0x" + parse_address(address).hex()
