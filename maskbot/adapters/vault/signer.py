"""Signs payments, on the vault's own connection: reads intent, policy, approvals, switches and spending itself, and stores nonce
and bytes in one transaction (reliability.md C.3 2, C.5, E18). A worker asks by id; nothing it says but the fees is believed, and
those are bounded by the policy.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence

from maskbot.adapters.vault.errors import NotRaised, RequestTooLarge
from maskbot.adapters.vault.keyring import Keyring
from maskbot.adapters.vault.proposals import sign_proposal
from maskbot.adapters.vault.signing_batch import SigningBatch, check_offer, usable_policy
from maskbot.adapters.vault.wallet_keys import WalletKeyring, address_of
from maskbot.domain.audit import NewEntry
from maskbot.domain.errors import MaskbotError, Misconfigured
from maskbot.domain.gas import FeeCapReached, GasOffer, capped, is_raised
from maskbot.domain.money import Address
from maskbot.domain.transaction import Attempt, AttemptKind, ContractCall, Intent, PaymentGone
from maskbot.domain.wallet import Wallet
from maskbot.ports.inside import Clock
from maskbot.ports.store import Store, Work
from maskbot.ports.treasury import Move, SignOrder, WalletSource
from maskbot.wire.transaction import TransactionFields, sign_transaction

CANCEL_GAS = 21_000
MOST_ORDERS = 1_000
_REPLACEABLE = frozenset({"signed", "broadcast", "unknown"})


class PaymentSigner:
    """Implements `ports.treasury.WalletKeys`. `store` is the vault's own; `reach` is called at named points (tests die there)."""

    def __init__(
        self, keyring: Keyring, *, store: Store, clock: Clock, reach: Callable[[str], None] = lambda _: None
    ) -> None:
        self._keys = WalletKeyring(keyring)
        self._store = store
        self._clock = clock
        self._reach = reach

    def create_wallet_key(self, *, key_id: str, tenant_id: str, source: WalletSource) -> Address:
        """See `ports.treasury.WalletKeys.create_wallet_key`. Raises Malformed, OtherKey."""
        return self._keys.create(key_id=key_id, tenant_id=tenant_id, source=source)

    def sign_payments(self, orders: Sequence[SignOrder]) -> tuple[bytes | MaskbotError, ...]:
        """See `ports.treasury.WalletKeys.sign_payments`."""
        if len(orders) > MOST_ORDERS:
            raise RequestTooLarge(f"at most {MOST_ORDERS:,} payments are signed at once")
        if not orders:
            return ()
        wallet_id, private_key = self._key_for(orders[0].intent_id)
        now_ms = self._clock.now_ms()
        with self._store.write() as work:
            wallet = work.treasury.wallets.lock(wallet_id)
            assert wallet is not None
            self._reach("vault.locked")
            batch = SigningBatch(wallet, orders, work=work, now_ms=now_ms)
            signed = list[Attempt]()
            for intent, offer in batch.admitted():
                nonce = wallet.next_nonce + len(signed)
                signed.append(
                    signed_attempt(intent, wallet, nonce=nonce, offer=offer, private_key=private_key, now_ms=now_ms)
                )
                self._reach("vault.signed")
            if signed:
                _store(signed, wallet, work=work, now_ms=now_ms)
                self._reach("vault.stored")
        self._reach("vault.committed")
        return batch.answers(signed)

    def sign_replacement(self, *, intent_id: str, offer: GasOffer, after: int, is_cancel: bool) -> bytes:
        """See `ports.treasury.WalletKeys.sign_replacement`."""
        _, private_key = self._key_for(intent_id)
        now_ms = self._clock.now_ms()
        with self._store.write() as work:
            intent, wallet = _locked(intent_id, work=work)
            attempts = work.treasury.attempts.of([intent.id])[intent.id]
            if intent.nonce is None or not attempts:
                raise PaymentGone("the payment was never signed, so there is nothing to replace")
            if intent.state not in ({"cancelling"} if is_cancel else _REPLACEABLE):
                raise PaymentGone(f"the payment is {intent.state}: it is not replaced")
            newest = attempts[-1]
            if newest.number != after:
                raise NotRaised("there is a newer attempt than the one to be replaced")
            policy = usable_policy(wallet, work=work)
            cap_wei = policy.max_fee_wei
            check_offer(offer, cap_wei=cap_wei if is_cancel else intent.fee_cap_wei(cap_wei))
            if not is_cancel and len(attempts) > policy.max_bumps:
                raise FeeCapReached("the policy allows no further replacement")
            is_at_cap = newest.kind is AttemptKind.PAY and offer == capped(newest.offer, cap_wei=cap_wei)
            if not is_raised(newest.offer, offer) and not (is_cancel and is_at_cap):
                raise NotRaised("a replacement offers at least 1.125 times as much in both fields")
            attempt = signed_attempt(
                intent,
                wallet,
                nonce=intent.nonce,
                offer=offer,
                private_key=private_key,
                now_ms=now_ms,
                number=newest.number + 1,
                is_cancel=is_cancel,
            )
            work.treasury.attempts.add(attempt)
            action = "payment.cancel_signed" if is_cancel else "payment.replaced"
            work.treasury.audit.append(NewEntry("vault", action, intent.id, attempt.tx_hash), now_ms=now_ms)
            self._reach("vault.replaced")
        return attempt.tx_hash

    def sign_proposal(self, *, proposal_id: str) -> bytes:
        """See `ports.treasury.WalletKeys.sign_proposal`."""
        return sign_proposal(
            proposal_id, keys=self._keys, store=self._store, now_ms=self._clock.now_ms(), reach=self._reach
        )

    def _key_for(self, intent_id: str) -> tuple[str, bytes]:
        """The wallet that pays, and its key, opened before the transaction begins."""
        with self._store.read() as work:
            intent = work.treasury.intents.load([intent_id]).get(intent_id)
            wallet = None if intent is None else work.treasury.wallets.load([intent.wallet_id])[0]
        if wallet is None:
            raise PaymentGone("there is no such payment")
        private_key = self._keys.open(wallet.key_id)
        if address_of(private_key) != wallet.address:
            raise Misconfigured("the vault's key is not that of the wallet's account", kind="OtherKey")
        return wallet.id, private_key


def _locked(intent_id: str, *, work: Work) -> tuple[Intent, Wallet]:
    found = work.treasury.intents.load([intent_id]).get(intent_id)
    wallet = None if found is None else work.treasury.wallets.lock(found.wallet_id)
    if found is None or wallet is None:
        raise PaymentGone("there is no such payment")
    return work.treasury.intents.load([intent_id])[intent_id], wallet


def _store(signed: Sequence[Attempt], wallet: Wallet, *, work: Work, now_ms: int) -> None:
    """Nonces and bytes, in one transaction with what was counted."""
    first = wallet.next_nonce
    work.treasury.wallets.take_nonces(wallet.id, first=first, count=len(signed), now_ms=now_ms)
    moves = [Move(one.intent_id, "approved", "signed", nonce=first + at) for at, one in enumerate(signed)]
    work.treasury.intents.move_all(moves, now_ms=now_ms)
    work.treasury.attempts.add(*signed)
    entries = [NewEntry("vault", "payment.signed", one.intent_id, one.tx_hash) for one in signed]
    work.treasury.audit.append(*entries, now_ms=now_ms)


def signed_attempt(
    intent: Intent,
    wallet: Wallet,
    *,
    nonce: int,
    offer: GasOffer,
    private_key: bytes,
    now_ms: int,
    number: int = 0,
    is_cancel: bool = False,
) -> Attempt:
    """A transaction for the payment, or (a cancellation) for nothing to ourselves."""
    call = ContractCall(wallet.address, 0) if is_cancel else intent.call
    fields = TransactionFields(
        chain_id=wallet.chain_id,
        nonce=nonce,
        gas_limit=CANCEL_GAS if is_cancel else intent.gas_limit or 0,
        offer=offer,
        call=call,
    )
    signed = sign_transaction(fields, private_key=private_key)
    return Attempt(
        intent_id=intent.id,
        number=number,
        kind=AttemptKind.CANCEL if is_cancel else AttemptKind.PAY,
        raw=signed.raw,
        tx_hash=signed.tx_hash,
        offer=offer,
        signed_at_ms=now_ms,
    )
