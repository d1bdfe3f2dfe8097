"""Signs payments, on the vault's own connection: reads intent, policy, approvals, switches and spending itself, and stores nonce
and bytes in one transaction (reliability.md C.3 2, C.5, E18). A worker asks by id; nothing it says but the fees is believed, and
those are bounded by the policy.
"""

from __future__ import annotations

from collections.abc import Callable

from maskbot.adapters.vault.errors import NotApproved, NotRaised, PaymentsPaused, WalletNotActive
from maskbot.adapters.vault.keyring import Keyring
from maskbot.adapters.vault.proposals import sign_proposal
from maskbot.adapters.vault.wallet_keys import WalletKeyring, address_of
from maskbot.domain.audit import NewEntry
from maskbot.domain.errors import Misconfigured, Refused
from maskbot.domain.gas import FeeCapReached, GasOffer, is_raised
from maskbot.domain.money import Address
from maskbot.domain.spending import (
    SpendingPolicy,
    SpendingRefused,
    amounts_of,
    check_caps,
    check_effect,
    needed_approvals,
)
from maskbot.domain.transaction import Attempt, AttemptKind, ContractCall, Intent, PaymentGone
from maskbot.domain.wallet import Wallet
from maskbot.ports.inside import Clock
from maskbot.ports.store import Store, Work
from maskbot.ports.treasury import WalletSource
from maskbot.wire.transaction import TransactionFields, agreed, effect_of, sign_transaction

DAY_MS = 86_400_000
CANCEL_GAS = 21_000
_SIGNED = frozenset({"signed", "broadcast", "unknown", "cancelling", "included"})
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

    def export_wallet_key(self, *, key_id: str) -> bytes:
        """See `ports.treasury.WalletKeys.export_wallet_key`. Raises NoSuchKey."""
        return self._keys.export(key_id)

    def sign_payment(self, *, intent_id: str, offer: GasOffer) -> bytes:
        """See `ports.treasury.WalletKeys.sign_payment`."""
        private_key = self._key_for(intent_id)
        now_ms = self._clock.now_ms()
        with self._store.write() as work:
            intent, wallet = _locked(intent_id, work=work)
            self._reach("vault.locked")
            if intent.state in _SIGNED:
                return work.treasury.attempts.of([intent.id])[intent.id][0].tx_hash
            if intent.state != "approved":
                raise PaymentGone(f"the payment is {intent.state}, not approved")
            policy = _check_wallet(wallet, work=work)
            _check_offer(offer, cap_wei=intent.fee_cap_wei(policy.max_fee_wei))
            _check_payment(intent, policy, wallet=wallet, work=work, now_ms=now_ms)
            attempt = _signed(
                intent, wallet, nonce=wallet.next_nonce, offer=offer, private_key=private_key, now_ms=now_ms
            )
            self._reach("vault.signed")
            work.treasury.wallets.take_nonce(wallet.id, nonce=wallet.next_nonce, now_ms=now_ms)
            work.treasury.intents.move(
                intent.id, before="approved", after="signed", now_ms=now_ms, nonce=wallet.next_nonce
            )
            work.treasury.attempts.add(attempt)
            work.treasury.audit.append(NewEntry("vault", "payment.signed", intent.id, attempt.tx_hash), now_ms=now_ms)
            self._reach("vault.stored")
        self._reach("vault.committed")
        return attempt.tx_hash

    def sign_replacement(self, *, intent_id: str, offer: GasOffer, after: int, is_cancel: bool) -> bytes:
        """See `ports.treasury.WalletKeys.sign_replacement`."""
        private_key = self._key_for(intent_id)
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
            policy = _check_wallet(wallet, work=work)
            cap_wei = policy.max_fee_wei
            _check_offer(offer, cap_wei=cap_wei if is_cancel else intent.fee_cap_wei(cap_wei))
            if not is_cancel and len(attempts) > policy.max_bumps:
                raise FeeCapReached("the policy allows no further replacement")
            if not is_raised(newest.offer, offer):
                raise NotRaised("a replacement offers at least 1.125 times as much in both fields")
            attempt = _signed(
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

    def _key_for(self, intent_id: str) -> bytes:
        """The key of the wallet that pays, opened before the transaction begins."""
        with self._store.read() as work:
            intent = work.treasury.intents.load([intent_id]).get(intent_id)
            wallet = None if intent is None else work.treasury.wallets.load([intent.wallet_id])[0]
        if wallet is None:
            raise PaymentGone("there is no such payment")
        private_key = self._keys.open(wallet.key_id)
        if address_of(private_key) != wallet.address:
            raise Misconfigured("the vault's key is not that of the wallet's account", kind="OtherKey")
        return private_key


def _locked(intent_id: str, *, work: Work) -> tuple[Intent, Wallet]:
    found = work.treasury.intents.load([intent_id]).get(intent_id)
    wallet = None if found is None else work.treasury.wallets.lock(found.wallet_id)
    if found is None or wallet is None:
        raise PaymentGone("there is no such payment")
    return work.treasury.intents.load([intent_id])[intent_id], wallet


def _check_wallet(wallet: Wallet, *, work: Work) -> SpendingPolicy:
    """The policy, if the wallet may sign at all."""
    if work.switches.off() & wallet.signing_switches:
        raise PaymentsPaused("payments are switched off")
    if wallet.state != "active":
        raise WalletNotActive(f"the wallet is {wallet.state}")
    policy = work.treasury.rules.load_policy(wallet.id)
    if policy is None:
        raise SpendingRefused("policy", "the wallet has no policy, so nothing may be paid from it")
    return policy


def _check_offer(offer: GasOffer, *, cap_wei: int) -> None:
    if offer.max_fee_wei > cap_wei:
        raise FeeCapReached("the offer is above the cap of the policy or the payment")


def _check_payment(intent: Intent, policy: SpendingPolicy, *, wallet: Wallet, work: Work, now_ms: int) -> None:
    """All that the flow that planned has checked, once more, from the bytes that will be signed."""
    if intent.deadline_ms is not None and now_ms > intent.deadline_ms:
        raise Refused("the payment's deadline has passed", kind="Expired")
    if intent.gas_limit is None or intent.gas_limit > policy.max_gas:
        raise SpendingRefused("gas", "the gas limit is above the policy's cap")
    effect = effect_of(intent.call)
    check_effect(policy, effect, chain_id=intent.chain_id, own=wallet.address)
    if len(agreed(work.treasury.rules.approvals(intent.id), intent=intent, policy=policy)) < needed_approvals(
        policy, effect
    ):
        raise NotApproved("fewer people have agreed than the policy asks for")
    spending, today = work.treasury.spending, now_ms // DAY_MS
    if spending.reserved_day(intent.id) != today:  # counted to the day it is signed on
        spending.release(intent.id, now_ms=now_ms)
        check_caps(policy, effect, totals=spending.totals(intent.wallet_id, effect, day=today))
        spending.reserve(intent, effect, day=today, now_ms=now_ms)
        return
    own = amounts_of(effect)
    others = {key: sum_ - own[key] for key, sum_ in spending.totals(intent.wallet_id, effect, day=today).items()}
    check_caps(policy, effect, totals=others)


def _signed(
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
