"""The port to an Ethereum chain: several nodes behind one face, none of them trusted alone (reliability.md C.3, E12).

What is asked at a block *number* has one right answer, so `quorum` nodes must give the same; what is asked at `latest` or `pending`
comes from the first node that answers. Numbers that steer money are taken on the safe side: nonces and balances at the highest
value that a quorum vouches for, fees at the lowest. Every method raises only the five families; beyond the leaves below,
`Unavailable` means that nothing happened. Every method may raise WrongChain.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Protocol

from maskbot.domain.chain import At, Call, ChainAccount, Fees, Header, Inclusion, LogPage, LogQuery, Simulated
from maskbot.domain.errors import Malformed, MaskbotError, Misconfigured, Refused, Unavailable, Unconfirmed
from maskbot.domain.money import Address, Chain


class WrongChain(Misconfigured):
    """A node serves another chain than the one it was set up for. Nothing is signed or sent."""

    kind = "WrongChain"


class NodesDisagree(Unavailable):
    """Fewer nodes than the quorum say the same: one lies, or lags. Asked again later."""

    kind = "NodesDisagree"


class NodeAnswerMalformed(Malformed):
    """A node's answer breaks JSON-RPC, its bounds, or what was asked."""

    kind = "NodeAnswerMalformed"


class CallReverted(Refused):
    """The contract refused the call. `reason` is its text, '' when it gave none; `data` is the raw answer, at most 4 KiB."""

    kind = "CallReverted"

    def __init__(self, *, reason: str, data: bytes) -> None:
        super().__init__(f"the contract refuses: {reason}" if reason else "the contract refuses without a reason")
        self.reason = reason
        self.data = data


class NonceTooLow(Refused):
    """The nonce is used up: by this very transaction, or another of the same account. Look for receipts of all attempts."""

    kind = "NonceTooLow"


class NonceTooHigh(Refused):
    """The node takes no transaction so far ahead of the account's nonce."""

    kind = "NonceTooHigh"


class Underpriced(Refused):
    """The fees are below what the node takes, or too little above the transaction to be replaced."""

    kind = "Underpriced"


class InsufficientFunds(Refused):
    """The account has less than value + gas limit x highest gas price."""

    kind = "InsufficientFunds"


class TransactionRefused(Refused):
    """The nodes refuse the transaction for another reason, such as a gas limit beyond the block's."""

    kind = "TransactionRefused"


class SubmissionUnknown(Unconfirmed):
    """The bytes left, and no node said what became of them. Treated as sent."""

    kind = "SubmissionUnknown"


class ChainReader(Protocol):
    """Reads the state of one chain."""

    def fetch_header(self, at: At) -> Header | None:
        """One block; None when there is none of this number yet."""
        ...

    def fetch_account(self, address: Address) -> ChainAccount:
        """Nonces and coins of an account."""
        ...

    def call(self, call: Call, *, at: At) -> bytes:
        """What the call returns when it is simulated, at most 128 KiB. Raises CallReverted."""
        ...

    def estimate_gas(self, call: Call) -> int:
        """The gas the call would need on the pending block, without reserve. Raises CallReverted, InsufficientFunds."""
        ...

    def fetch_fees(self) -> Fees:
        """What a transaction has to offer now. Checks every node's chain id anew: ask before each signature."""
        ...


class ChainState(Protocol):
    """Reads what lies at an address, in the newest block."""

    def fetch_code(self, address: Address) -> bytes:
        """The code at an address, b"" for a plain account; 23 bytes that begin with 0xef0100 for a delegated one (EIP-7702)."""
        ...

    def fetch_word(self, address: Address, *, slot: bytes) -> bytes:
        """The 32 bytes in a storage slot (32 bytes) of a contract."""
        ...


class ChainLedger(Protocol):
    """Reads what has happened on one chain."""

    def fetch_inclusion(self, tx_hash: bytes) -> Inclusion | None:
        """The mined transaction, if a quorum says it is; None if a quorum says it is not and no node says otherwise.

        Raises NodesDisagree when neither holds, as for a node that lags."""
        ...

    def fetch_logs(self, query: LogQuery) -> LogPage:
        """The first page of events: as many blocks as the nodes give at once (a range they find too large is halved)."""
        ...


class ChainSender(Protocol):
    """Sends transactions on one chain."""

    def submit(self, raw: bytes) -> bytes:
        """Hand signed bytes to every node; return the transaction's hash when one took or already had it. Safe to repeat.

        Raises NonceTooLow, NonceTooHigh, Underpriced, InsufficientFunds, TransactionRefused (no node took it, all said why);
        SubmissionUnknown (it may be under way); Unavailable (no node was reached)."""
        ...


class ChainBatches(Protocol):
    """Many questions at once. Each has an answer of its own, in the order of the questions: what is refused, unknown or malformed
    for one says nothing about another."""

    def simulate(self, calls: Sequence[Call]) -> tuple[Simulated | MaskbotError, ...]:
        """What each call would do on the pending block, each as if the others did not happen. Errors are CallReverted,
        InsufficientFunds, Unavailable, NodeAnswerMalformed. Raises Unavailable when no node answers."""
        ...

    def submit_all(self, raws: Sequence[bytes]) -> tuple[MaskbotError | None, ...]:
        """Hand signed bytes to every node, in this order; None when a node took or already had it, else the error that `submit`
        raises for it."""
        ...

    def fetch_inclusions(self, tx_hashes: Sequence[bytes]) -> tuple[Inclusion | MaskbotError | None, ...]:
        """Where each is mined, as `fetch_inclusion` says or raises it."""
        ...


class ChainNode(ChainReader, ChainState, ChainLedger, ChainSender, ChainBatches, Protocol):
    """All of one chain."""

    @property
    def chain(self) -> Chain:
        """The chain this is."""
        ...

    def close(self) -> None:
        """Close all connections."""
        ...
