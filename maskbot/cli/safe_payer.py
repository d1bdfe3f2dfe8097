"""A Safe that is to pay, as a command finds it: on its chain, in its queue, with a wallet that may propose to it."""

from __future__ import annotations

from maskbot.assembly import App
from maskbot.cli.giveaway_shown import find_wallet
from maskbot.cli.safe_shown import find_safe
from maskbot.domain.errors import Malformed, Refused
from maskbot.domain.giveaway import Giveaway, books_of
from maskbot.domain.safe import Safe, SafeLook
from maskbot.domain.wallet import Wallet
from maskbot.flows.act.fetch_funds import fetch_funds
from maskbot.flows.act.fetch_safe import fetch_safe
from maskbot.flows.decide.giveaway import NotPayable, SafePayer


def safe_payer(parts: App, giveaway: Giveaway, *, safe: str, wallet: str | None) -> SafePayer:
    """The Safe that is to pay a giveaway's prizes.

    Raises:
        Malformed: no wallet was named. NotPayable: the Safe is on another chain, or holds less than is owed.
        Refused (NotAnOwner): see `check_proposer`.
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
        owed = books_of(giveaway, work.prizes.load(giveaway.id)).owed
    held = fetch_funds(giveaway.rules.token, owner=found.address, chain=parts.chain_of(found.chain_id)).available
    if held < owed:
        raise NotPayable(f"the Safe holds {giveaway.amount(held)}, and {giveaway.amount(owed)} are owed")
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
