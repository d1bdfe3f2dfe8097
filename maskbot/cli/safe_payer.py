"""A Safe that is to pay, as a command finds it: on its chain, in its queue, with a wallet that may propose to it."""

from __future__ import annotations

from maskbot.assembly import App
from maskbot.cli.giveaway_shown import find_wallet
from maskbot.cli.safe_shown import find_safe
from maskbot.domain.errors import Malformed, Refused
from maskbot.domain.giveaway import Giveaway
from maskbot.domain.safe import Safe, SafeLook
from maskbot.domain.wallet import Wallet
from maskbot.flows.act.fetch_safe import fetch_safe
from maskbot.flows.act.simulate_safe import simulate_calls
from maskbot.flows.decide.giveaway import NotPayable, SafePayer, owed_of
from maskbot.wire.transaction import transfer_call


def safe_payer(parts: App, giveaway: Giveaway, *, safe: str, wallet: str | None) -> SafePayer:
    """The Safe that is to pay a giveaway's prizes.

    Raises:
        Malformed: no wallet was named. NotPayable: the Safe is on another chain. Refused: see `check_proposer`, `simulate_calls`.
    """
    if wallet is None:
        raise Malformed("--safe needs --wallet: an owner of the Safe, who signs first")
    found = find_safe(parts, safe, tenant_id=giveaway.tenant_id)
    if found.chain_id != giveaway.rules.token.chain_id:
        raise NotPayable(f"the Safe is on chain {found.chain_id}, the prizes on {giveaway.rules.token.chain_id}")
    proposer = find_wallet(parts, wallet, tenant_id=giveaway.tenant_id)
    look = look_at(found, parts=parts)
    check_proposer(proposer, look, is_delegate=False)
    with parts.store.read() as work:
        owed = owed_of(giveaway, work=work)
    calls = [transfer_call(giveaway.amount(prize.base_units), to=prize.address) for prize in owed]
    simulate_calls(calls, safe=found.address, chain=parts.chain_of(found.chain_id), at=look.block)
    return SafePayer(found.id, proposer.id, look, queued_nonce(found, parts=parts))


def look_at(safe: Safe, *, parts: App) -> SafeLook:
    """What the chain says of a Safe that was added; the singleton it had then may be one the operator named."""
    return fetch_safe(safe.address, chain=parts.chain_of(safe.chain_id), singleton=safe.singleton)


def queued_nonce(safe: Safe, *, parts: App) -> int:
    """The first nonce that nothing in the queue service has, 0 without a service."""
    queue = parts.safe_queue_of(safe.chain_id)
    return 0 if queue is None else queue.fetch_next_nonce(safe.address)


def check_proposer(wallet: Wallet, look: SafeLook, *, is_delegate: bool) -> None:
    """Raises Refused (NotAnOwner) for a wallet whose signature would count for nothing."""
    if wallet.address not in look.owners and not is_delegate:
        raise Refused(
            f"the wallet {wallet.name} does not own this Safe: let the owners add it, or make it a delegate (--delegate)",
            kind="NotAnOwner",
        )
