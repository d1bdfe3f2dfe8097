"""Safes and proposals as operators and owners see them, and how they are found by name."""

from __future__ import annotations

from maskbot.assembly import App
from maskbot.cli.lookup import NotFound
from maskbot.domain.errors import Malformed
from maskbot.domain.money import NATIVE, Amount, Token
from maskbot.domain.safe import Proposal, Safe, SafeLook, SafeTx
from maskbot.domain.spending import Spend
from maskbot.wire.crypto import address_text
from maskbot.wire.safe import calls_in, queue_link, signer_of_hash, typed_data
from maskbot.wire.transaction import effect_of

_MOST_SHOWN = 5


def find_safe(parts: App, name: str, *, tenant_id: str) -> Safe:
    """The tenant's Safe with this name, id or address. Raises NotFound."""
    with parts.store.read() as work:
        safes = work.treasury.safes.load(tenant_id=tenant_id)
    found = [one for one in safes if name in (one.id, one.name) or name.lower() == f"0x{one.address.hex()}"]
    if len(found) != 1:
        raise NotFound(f"{len(found) or 'no'} Safes are called {name}; see `maskbot safe list`")
    return found[0]


def find_proposal(parts: App, id_: str, *, tenant_id: str) -> Proposal:
    """The tenant's proposal with this id. Raises NotFound."""
    with parts.store.read() as work:
        found = work.treasury.proposals.load([id_])
    if not found or found[0].tenant_id != tenant_id:
        raise NotFound(f"no proposal {id_} in this tenant; see `maskbot safe proposals`")
    return found[0]


def safe_row(safe: Safe) -> dict[str, object]:
    """What we remember of a Safe."""
    return {
        "id": safe.id,
        "name": safe.name,
        "chain": safe.chain_id,
        "address": address_text(safe.address),
        "version": safe.version.value,
        "singleton": address_text(safe.singleton),
        "queue": queue_link(safe.chain_id, safe.address),
    }


def look_fields(look: SafeLook) -> dict[str, object]:
    """What the chain says of it."""
    return {
        "owners": [address_text(owner) for owner in look.owners],
        "threshold": look.threshold,
        "next_nonce": look.next_nonce,
        "block": look.block,
    }


def proposal_row(proposal: Proposal) -> dict[str, object]:
    """What is told of a proposal in one line or screen."""
    tx = proposal.tx
    return {
        "id": proposal.id,
        "safe": address_text(tx.safe),
        "chain": tx.chain_id,
        "nonce": tx.nonce,
        "state": proposal.state,
        "error": proposal.error_kind,
        "pays": _paid(tx),
        "purpose": f"{proposal.purpose} {proposal.purpose_id}",
        "requested_by": proposal.requested_by,
        "confirmed": [address_text(owner) for owner in proposal.confirmed_by] or None,
        "hash": "0x" + proposal.hash.hex(),
        "is_posted": proposal.posted_at_ms is not None,
        "transaction": None if proposal.tx_hash is None else "0x" + proposal.tx_hash.hex(),
        "queue": queue_link(tx.chain_id, tx.safe),
    }


def exported(proposal: Proposal) -> dict[str, object]:
    """Everything an owner needs to check, sign and execute the proposal without us."""
    signer = signer_of_hash(proposal.hash, signature=proposal.signature or b"")
    return {
        "format": "maskbot-safe-proposal-1",
        "safe_tx_hash": "0x" + proposal.hash.hex(),
        "typed_data": typed_data(proposal.tx),
        "calls": [
            {"to": address_text(one.to), "value": str(one.value_wei), "data": "0x" + one.data.hex()}
            for one in calls_in(proposal.tx)
        ],
        "signatures": []
        if signer is None or proposal.signature is None
        else [{"signer": address_text(signer), "signature": "0x" + proposal.signature.hex()}],
        "queue": queue_link(proposal.tx.chain_id, proposal.tx.safe),
    }


def _paid(tx: SafeTx) -> list[str]:
    """The first payments, and how many more there are."""
    try:
        spends = [spend for call in calls_in(tx) for spend in effect_of(call).spends]
    except Malformed as error:
        return [error.kind]
    shown = [f"{_amount(spend, tx.chain_id)} to {address_text(spend.recipient)}" for spend in spends[:_MOST_SHOWN]]
    return shown + ([f"and {len(spends) - _MOST_SHOWN} more"] if len(spends) > _MOST_SHOWN else [])


def _amount(spend: Spend, chain_id: int) -> str:
    """Coins as a decimal number; of a token the base units, as its decimals are the operator's to know (E12)."""
    if spend.token == NATIVE:
        return str(Amount(Token(chain_id, NATIVE, "coins", 18), spend.amount))
    return f"{spend.amount} base units of {address_text(spend.token)}"
