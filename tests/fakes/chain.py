"""A chain in memory: accounts, a pool, blocks, reorgs, a node's rules for nonces and replacements, and lost answers.

Nodes ask for 10 % more in both fees of a replacement (geth's rule); a reorg forgets transactions as anvil's does.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace
from typing import TypeVar

from maskbot.domain.chain import At, Call, ChainAccount, Fees, Header, Inclusion, LogPage, LogQuery, Receipt, Simulated
from maskbot.domain.errors import MaskbotError
from maskbot.domain.money import NATIVE, Address, Chain
from maskbot.ports.chain import InsufficientFunds, NonceTooLow, SubmissionUnknown, Underpriced
from maskbot.wire.crypto import keccak256
from maskbot.wire.transaction import TransactionFields, decode_signed, effect_of

GAS = 21_000
BALANCE_OF = bytes.fromhex("70a08231")
PRICE_WEI = 10**9


_Said = TypeVar("_Said")


@dataclass(frozen=True, slots=True)
class Held:
    """A transaction that the node knows."""

    raw: bytes
    tx_hash: bytes
    fields: TransactionFields
    sender: Address


@dataclass
class FakeChain:
    """Implements `ports.chain.ChainNode`."""

    chain: Chain = field(
        default_factory=lambda: Chain(31337, "fake", "ETH", final_depth=3, has_finalized=False, window=8)
    )
    fees: Fees = field(
        default_factory=lambda: Fees(base_fee_wei=PRICE_WEI, priority_fee_wei=10**6, gas_price_wei=PRICE_WEI)
    )
    coins: dict[bytes, int] = field(default_factory=dict)
    blocks: list[list[Held]] = field(default_factory=list)
    pool: dict[tuple[bytes, int], Held] = field(default_factory=dict)
    submitted: list[bytes] = field(default_factory=list)
    answers: list[str] = field(default_factory=list)
    """What happens to the next submissions: `lost` (taken, no answer), `away` (never arrives, no answer), `` (as it should)."""
    before_submit: Callable[[bytes], None] | None = None
    reverting: bool = False
    token_units: int | None = None
    """What everybody owns of every token; None when there is no token anywhere."""
    salt: int = 0

    def fetch_header(self, at: At) -> Header | None:
        """The newest block."""
        return Header(len(self.blocks), self._hash(len(self.blocks)), bytes(32), 0, self.fees.base_fee_wei, 30_000_000)

    def fetch_account(self, address: Address) -> ChainAccount:
        """Nonces and coins."""
        mined = self.nonce(address)
        pending = mined
        while (address, pending) in self.pool:
            pending += 1
        return ChainAccount(mined, pending, self.balance(address))

    def call(self, call: Call, *, at: At) -> bytes:
        """Nothing to run here, but a token may tell what we own of it."""
        is_asked = self.token_units is not None and call.data.startswith(BALANCE_OF)
        return (self.token_units or 0).to_bytes(32, "big") if is_asked else b""

    def estimate_gas(self, call: Call) -> int:
        """That of a plain transfer."""
        if call.sender is not None and self.balance(call.sender) < call.value_wei:
            raise InsufficientFunds("not enough")
        return GAS

    def fetch_code(self, address: Address) -> bytes:
        """No contracts here."""
        return b""

    def fetch_word(self, address: Address, *, slot: bytes) -> bytes:
        """Nothing in any slot."""
        return bytes(32)

    def fetch_fees(self) -> Fees:
        """As set."""
        return self.fees

    def fetch_inclusion(self, tx_hash: bytes) -> Inclusion | None:
        """Where it is mined."""
        for number, block in enumerate(self.blocks, start=1):
            for held in block:
                if held.tx_hash == tx_hash:
                    depth = len(self.blocks) - number + 1
                    return Inclusion(self._receipt(held, number), depth, depth >= self.chain.final_depth)
        return None

    def fetch_logs(self, query: LogQuery) -> LogPage:
        """There are none."""
        header = self.fetch_header(0)
        assert header is not None
        return LogPage((), header)

    def submit(self, raw: bytes) -> bytes:
        """The pool's rules."""
        if self.before_submit is not None:
            self.before_submit(raw)
        answer = self.answers.pop(0) if self.answers else ""
        if answer == "away":
            raise SubmissionUnknown("no answer")
        self.submitted.append(raw)
        tx_hash = self._take(raw)
        if answer == "lost":
            raise SubmissionUnknown("no answer")
        return tx_hash

    def simulate(self, calls: Sequence[Call]) -> tuple[Simulated | MaskbotError, ...]:
        """Each by itself."""
        return tuple(_answered(lambda one=call: Simulated(b"", self.estimate_gas(one))) for call in calls)  # type: ignore[misc]  # mypy infers no lambda defaults

    def submit_all(self, raws: Sequence[bytes]) -> tuple[MaskbotError | None, ...]:
        """One after the other."""
        answers = [_answered(lambda one=raw: self.submit(one)) for raw in raws]  # type: ignore[misc]  # mypy infers no lambda defaults
        return tuple(one if isinstance(one, MaskbotError) else None for one in answers)

    def fetch_inclusions(self, tx_hashes: Sequence[bytes]) -> tuple[Inclusion | MaskbotError | None, ...]:
        """Each by itself."""
        return tuple(_answered(lambda one=tx_hash: self.fetch_inclusion(one)) for tx_hash in tx_hashes)  # type: ignore[misc]  # mypy infers no lambda defaults

    def close(self) -> None:
        """Nothing to close."""

    # --- what tests do

    def mine(self, count: int = 1, *, most: int = 1000) -> None:
        """Make blocks of what is next in the pool."""
        for _ in range(count):
            block: list[Held] = []
            for (sender, nonce), held in sorted(self.pool.items()):
                spent = self.nonce(Address(sender)) + sum(one.sender == sender for one in block)
                if nonce == spent and len(block) < most:
                    block.append(held)
            self.blocks.append(block)
            for held in block:
                del self.pool[held.sender, held.fields.nonce]

    def reorg(self, depth: int) -> None:
        """The last blocks were never there; their transactions are forgotten."""
        depth = min(depth, len(self.blocks))
        del self.blocks[len(self.blocks) - depth :]
        self.salt += 1
        self.blocks.extend([] for _ in range(depth))

    def forget_pool(self) -> None:
        """The node was restarted."""
        self.pool.clear()

    def nonce(self, address: Address) -> int:
        """How many of its transactions are mined."""
        return sum(held.sender == address for block in self.blocks for held in block)

    def balance(self, address: Address) -> int:
        """Coins: what it began with, and what the blocks moved (gas costs nothing here)."""
        moved = [held for block in self.blocks for held in block]
        got = sum(one.fields.call.value_wei for one in moved if one.fields.call.to == address)
        paid = sum(one.fields.call.value_wei for one in moved if one.sender == address)
        return self.coins.get(address, 0) + got - paid

    def paid_to(self, address: Address, *, token: Address = NATIVE) -> list[int]:
        """The payments that an address got, by calls of any kind; tokens are dispersed within an allowance only."""
        allowed, paid = 0, list[int]()
        for held in (held for block in self.blocks for held in block):
            effect = effect_of(held.fields.call)
            if effect.allowance is not None:
                allowed = effect.allowance.amount
                continue
            if effect.method is not None and token != NATIVE:
                allowed -= sum(spend.amount for spend in effect.spends)
            if allowed >= 0:
                paid += [spend.amount for spend in effect.spends if (spend.token, spend.recipient) == (token, address)]
        return paid

    def _take(self, raw: bytes) -> bytes:
        fields, sender = decode_signed(raw)
        held = Held(raw, keccak256(raw), fields, sender)
        if fields.nonce < self.nonce(sender):
            raise NonceTooLow("the nonce is used up")
        there = self.pool.get((sender, fields.nonce))
        if there is not None and there.tx_hash != held.tx_hash:
            asked = (there.fields.offer.max_fee_wei * 11 // 10, there.fields.offer.tip_wei * 11 // 10)
            if fields.offer.max_fee_wei < asked[0] or fields.offer.tip_wei < asked[1]:
                raise Underpriced("replacement transaction underpriced")
        self.pool[sender, fields.nonce] = held
        return held.tx_hash

    def _receipt(self, held: Held, number: int) -> Receipt:
        call = held.fields.call
        receipt = Receipt(
            tx_hash=held.tx_hash,
            block_number=number,
            block_hash=self._hash(number),
            sender=held.sender,
            nonce=held.fields.nonce,
            to=call.to,
            value_wei=call.value_wei,
            data=call.data,
            has_succeeded=True,
            gas_used=GAS,
            gas_price_wei=PRICE_WEI,
            created=None,
            logs=(),
        )
        return replace(receipt, has_succeeded=not self.reverting)

    def _hash(self, number: int) -> bytes:
        names = b"".join(held.tx_hash for held in (self.blocks[number - 1] if number else []))
        return keccak256(b"%d %d" % (number, self.salt) + names)


def _answered(ask: Callable[[], _Said]) -> _Said | MaskbotError:
    try:
        return ask()
    except MaskbotError as error:
        return error
