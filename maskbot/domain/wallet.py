"""Wallets: hosted accounts on one chain each (reliability.md C.2). The key is in the vault; `key_id` names it there."""

from __future__ import annotations

from dataclasses import dataclass

from maskbot.domain.money import Address


@dataclass(frozen=True, slots=True)
class Wallet:
    """One account on one chain. `next_nonce` is the nonce that the next signature takes. `state` follows
    `domain.states.WALLET`; `reason` says why it is paused or quarantined. `hd_index` is the place in the tenant's key tree, None
    for an imported key."""

    id: str
    tenant_id: str
    chain_id: int
    address: Address
    key_id: str
    name: str
    next_nonce: int
    state: str = "active"
    reason: str = ""
    hd_index: int | None = None

    @property
    def signing_switches(self) -> frozenset[str]:
        """The switches that stop new signatures with this wallet when one of them is off."""
        return frozenset(
            {"global", "payments", f"tenant:{self.tenant_id}", f"chain:{self.chain_id}", f"wallet:{self.id}"}
        )


RESENDS = "resends"
"""The switch that stops sending bytes that are signed already."""
