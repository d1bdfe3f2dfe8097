"""Signs proposals to Safes on the vault's own connection: reads proposal, policy and switches itself (applets.md 1.2, 10.3).

A worker asks by id. What is signed is the hash of the stored transaction, computed here anew from its fields, and only if the
wallet's policy lists the Safe and the content is what we would propose. The signature gives nobody money by itself: owners have
to agree.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

from maskbot.adapters.vault.errors import PaymentsPaused, WalletNotActive
from maskbot.adapters.vault.wallet_keys import WalletKeyring, address_of
from maskbot.domain.audit import NewEntry
from maskbot.domain.errors import Misconfigured
from maskbot.domain.safe import Proposal, ProposalGone
from maskbot.domain.spending import SpendingRefused
from maskbot.domain.wallet import Wallet
from maskbot.ports.store import Store, Work
from maskbot.wire.crypto import sign_recoverable
from maskbot.wire.safe import check_content, safe_tx_hash


def sign_proposal(
    proposal_id: str, *, keys: WalletKeyring, store: Store, now_ms: int, reach: Callable[[str], None]
) -> bytes:
    """See `ports.treasury.WalletKeys.sign_proposal`."""
    with store.read() as work:
        proposal, wallet = _load(proposal_id, work=work)
    private_key = keys.open(wallet.key_id)
    if address_of(private_key) != wallet.address:
        raise Misconfigured("the vault's key is not that of the wallet's account", kind="OtherKey")
    with store.write() as work:
        work.treasury.safes.lock(proposal.safe_id)
        proposal, wallet = _load(proposal_id, work=work)
        if proposal.signature is not None:
            return proposal.signature
        if proposal.state != "planned":
            raise ProposalGone(f"the proposal is {proposal.state}, not planned")
        _check(proposal, wallet, work=work)
        made = sign_recoverable(private_key, proposal.hash)
        signature = made[:64] + bytes([made[64] + 27])
        reach("vault.proposal_signed")
        signed = replace(proposal, state="proposed", signature=signature, error_kind=None)
        work.treasury.proposals.save(signed, before="planned", now_ms=now_ms)
        work.treasury.audit.append(NewEntry("vault", "proposal.signed", proposal.id, proposal.hash), now_ms=now_ms)
        reach("vault.proposal_stored")
    return signature


def _load(proposal_id: str, *, work: Work) -> tuple[Proposal, Wallet]:
    found = work.treasury.proposals.load([proposal_id])
    wallets = work.treasury.wallets.load([found[0].wallet_id]) if found else ()
    if not wallets:
        raise ProposalGone("there is no such proposal")
    return found[0], wallets[0]


def _check(proposal: Proposal, wallet: Wallet, *, work: Work) -> None:
    """All that the flow that planned has checked, once more, from the bytes that will be signed."""
    if work.switches.off() & wallet.signing_switches:
        raise PaymentsPaused("payments are switched off")
    if wallet.state != "active":
        raise WalletNotActive(f"the wallet is {wallet.state}")
    safes = work.treasury.safes.load([proposal.safe_id])
    tx = proposal.tx
    if not safes or (safes[0].chain_id, safes[0].address, safes[0].tenant_id) != (
        tx.chain_id,
        tx.safe,
        wallet.tenant_id,
    ):
        raise SpendingRefused("safe", "the proposal is for another Safe than the one it is recorded with")
    if wallet.chain_id != tx.chain_id:
        raise SpendingRefused("chain", "the wallet is on another chain than the Safe")
    policy = work.treasury.rules.load_policy(wallet.id)
    if policy is None:
        raise SpendingRefused("policy", "the wallet has no policy, so nothing may be proposed with it")
    check_content(tx, policy=policy)
    if safe_tx_hash(tx) != proposal.hash:
        raise SpendingRefused("hash", "the recorded hash is not that of the recorded transaction")
