"""The page where owners find what is proposed to their Safe: app.safe.global names chains by EIP-3770 short names."""

from __future__ import annotations

from maskbot.domain.money import Address
from maskbot.wire.crypto import address_text

_SHORT_NAMES = {
    1: "eth",
    10: "oeth",
    56: "bnb",
    100: "gno",
    137: "matic",
    324: "zksync",
    8453: "base",
    42161: "arb1",
    42220: "celo",
    43114: "avax",
    59144: "linea",
    534352: "scr",
    11155111: "sep",
}


def queue_link(chain_id: int, safe: Address) -> str | None:
    """The Safe's queue; None for a chain whose short name we do not know."""
    name = _SHORT_NAMES.get(chain_id)
    return None if name is None else f"https://app.safe.global/transactions/queue?safe={name}:{address_text(safe)}"
