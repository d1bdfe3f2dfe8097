"""Several JSON-RPC nodes as one chain: the adapter of `ports.chain.ChainNode` (reliability.md C.3, E12)."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from typing import TypeVar, cast

from maskbot.adapters.evm.answers import read_header
from maskbot.adapters.evm.endpoint import Endpoint, Result, value_of
from maskbot.adapters.evm.errors import NodeRefuses, SendAnswer
from maskbot.adapters.evm.fields import Json, data, fixed, quantity, small, to_hex
from maskbot.adapters.evm.inclusions import agreed_inclusion, inclusions_at
from maskbot.adapters.evm.log_pages import LogPages
from maskbot.adapters.evm.quorum import agreed, heard_of, middle_low, vouched
from maskbot.adapters.evm.sending import merged, send_all_to
from maskbot.adapters.evm.simulation import LONGEST_RESULT, call_fields, simulated_at
from maskbot.domain.chain import (
    At,
    BlockName,
    Call,
    ChainAccount,
    Fees,
    Header,
    Inclusion,
    LogPage,
    LogQuery,
    Simulated,
)
from maskbot.domain.errors import MaskbotError, Misconfigured, Refused
from maskbot.domain.money import Address, Chain
from maskbot.ports.chain import CallReverted, NodeAnswerMalformed, WrongChain
from maskbot.wire.crypto import address_text, keccak256

_CHUNK = 100
"""Questions of one JSON-RPC batch: what public nodes take."""
_Said = TypeVar("_Said")
_Asked = TypeVar("_Asked")


class EvmNode:
    """One chain over its nodes. `quorum` of them must agree where lies would cost money; a spare one keeps it going."""

    def __init__(self, chain: Chain, endpoints: Sequence[Endpoint], *, quorum: int) -> None:
        if not 1 <= quorum <= len(endpoints):
            raise Misconfigured(f"chain {chain.name}: {len(endpoints)} nodes cannot make a quorum of {quorum}")
        if quorum > 1 and len({endpoint.host for endpoint in endpoints}) < quorum:
            raise Misconfigured(f"chain {chain.name}: nodes of one host are not independent; name {quorum} hosts")
        self._chain = chain
        self._endpoints = tuple(endpoints)
        self._quorum = quorum
        self._pool = ThreadPoolExecutor(max_workers=4 * len(endpoints), thread_name_prefix=f"chain-{chain.id}")
        self._pages = LogPages(quorum=quorum)

    @property
    def chain(self) -> Chain:
        """The chain this is."""
        return self._chain

    def close(self) -> None:
        """Close all connections."""
        self._pool.shutdown(wait=False, cancel_futures=True)
        for endpoint in self._endpoints:
            endpoint.close()

    def fetch_header(self, at: At) -> Header | None:
        """As the port says; `finalized` is the highest block that a quorum calls so."""
        if at is BlockName.FINALIZED:
            newest = self._from_all(lambda node: _header_of(node, "finalized").number)
            return self.fetch_header(vouched(newest, quorum=self._quorum))
        if isinstance(at, BlockName):
            return self._from_first(lambda node: read_header(node.ask("eth_getBlockByNumber", at.value, False)))
        return self._from_quorum(lambda node: _numbered(node, at))

    def fetch_account(self, address: Address) -> ChainAccount:
        """As the port says."""
        text = address_text(address)
        said = self._from_all(lambda node: _account(node, text))
        heard = [
            vouched(_column(said, lambda one: one.next_nonce), quorum=self._quorum),
            vouched(_column(said, lambda one: one.next_pending_nonce), quorum=self._quorum),
            vouched(_column(said, lambda one: one.balance_wei), quorum=self._quorum),
        ]
        return ChainAccount(heard[0], max(heard[0], heard[1]), heard[2])

    def call(self, call: Call, *, at: At) -> bytes:
        """As the port says."""
        fields = call_fields(call)
        if isinstance(at, BlockName):
            return self._from_first(lambda node: _called(node, fields, at.value))
        answer = self._from_quorum(lambda node: _called_or_reverted(node, fields, to_hex(at)))
        if isinstance(answer, bytes):
            return answer
        raise CallReverted(reason=answer[0], data=answer[1])

    def estimate_gas(self, call: Call) -> int:
        """As the port says."""
        fields = call_fields(call)
        return self._from_first(lambda node: small(node.ask("eth_estimateGas", fields, "pending"), where="gas"))

    def fetch_code(self, address: Address) -> bytes:
        """As the port says."""
        asked = (address_text(address), BlockName.LATEST.value)
        return self._from_first(
            lambda node: data(node.ask("eth_getCode", *asked), where="code", longest=LONGEST_RESULT)
        )

    def fetch_word(self, address: Address, *, slot: bytes) -> bytes:
        """As the port says."""
        asked = (address_text(address), to_hex(slot), BlockName.LATEST.value)
        return self._from_first(lambda node: fixed(node.ask("eth_getStorageAt", *asked), where="word"))

    def fetch_fees(self) -> Fees:
        """As the port says; of several nodes the middle one, the lower of two."""
        said = self._from_all(_fees)
        heard = heard_of(said)
        if not heard:
            raise cast("MaskbotError", said[0])
        bases = [one.base_fee_wei for one in heard if one.base_fee_wei is not None]
        return Fees(
            base_fee_wei=middle_low(bases) if len(bases) == len(heard) else None,
            priority_fee_wei=middle_low([one.priority_fee_wei for one in heard]),
            gas_price_wei=middle_low([one.gas_price_wei for one in heard]),
        )

    def fetch_inclusion(self, tx_hash: bytes) -> Inclusion | None:
        """As the port says."""
        (found,) = self.fetch_inclusions([tx_hash])
        if isinstance(found, MaskbotError):
            raise found
        return found

    def fetch_inclusions(self, tx_hashes: Sequence[bytes]) -> tuple[Inclusion | MaskbotError | None, ...]:
        """As the port says."""
        found: list[Inclusion | MaskbotError | None] = []
        for hashes in _in_chunks(tx_hashes):
            said = self._from_all(partial(inclusions_at, tx_hashes=hashes, chain=self._chain))
            found += [agreed_inclusion(_each(said, at), quorum=self._quorum) for at in range(len(hashes))]
        return tuple(found)

    def fetch_logs(self, query: LogQuery) -> LogPage:
        """As the port says."""
        return self._pages.fetch(query, ask=self._from_quorum)

    def submit(self, raw: bytes) -> bytes:
        """As the port says."""
        (refusal,) = self.submit_all([raw])
        if refusal is not None:
            raise refusal
        return keccak256(raw)

    def submit_all(self, raws: Sequence[bytes]) -> tuple[MaskbotError | None, ...]:
        """As the port says."""
        sent: list[MaskbotError | None] = []
        for chunk in _in_chunks(raws):
            said = self._from_all(partial(send_all_to, raws=chunk))
            heard = [[SendAnswer.UNKNOWN] * len(chunk) if isinstance(one, MaskbotError) else one for one in said]
            sent += [merged([one[at] for one in heard]) for at in range(len(chunk))]
        return tuple(sent)

    def simulate(self, calls: Sequence[Call]) -> tuple[Simulated | MaskbotError, ...]:
        """As the port says."""
        found: list[Simulated | MaskbotError] = []
        for chunk in _in_chunks(calls):
            found += self._from_first(partial(simulated_at, calls=chunk))
        return tuple(found)

    def _from_first(self, ask: Callable[[Endpoint], _Said]) -> _Said:
        """The answer of the first node that gives one. What a contract refuses is an answer."""
        failure: MaskbotError | None = None
        for node in self._endpoints:
            try:
                return ask(node)
            except (WrongChain, Refused):
                raise
            except MaskbotError as error:
                failure = failure or error
        assert failure is not None
        raise failure

    def _from_all(self, ask: Callable[[Endpoint], _Said]) -> list[_Said | MaskbotError]:
        """What each node says, or its error. Raises WrongChain if one serves another chain."""
        if len(self._endpoints) == 1:
            said = [_caught(ask, self._endpoints[0])]
        else:
            said = list(self._pool.map(lambda node: _caught(ask, node), self._endpoints))
        for one in said:
            if isinstance(one, WrongChain):
                raise one
        return said

    def _from_quorum(self, ask: Callable[[Endpoint], _Said]) -> _Said:
        return agreed(self._from_all(ask), quorum=self._quorum)


def _caught(ask: Callable[[Endpoint], _Said], node: Endpoint) -> _Said | MaskbotError:
    try:
        return ask(node)
    except MaskbotError as error:
        return error


def _in_chunks(questions: Sequence[_Asked]) -> Iterator[Sequence[_Asked]]:
    """The questions in pieces that fit one batch."""
    return (questions[at : at + _CHUNK] for at in range(0, len(questions), _CHUNK))


def _column(said: Sequence[_Said | MaskbotError], pick: Callable[[_Said], int]) -> list[int | MaskbotError]:
    return [one if isinstance(one, MaskbotError) else pick(one) for one in said]


def _each(said: Sequence[Sequence[_Said | MaskbotError] | MaskbotError], at: int) -> list[_Said | MaskbotError]:
    """What each node says to one of several questions."""
    return [one if isinstance(one, MaskbotError) else one[at] for one in said]


def _header_of(node: Endpoint, name: str) -> Header:
    found = read_header(node.ask("eth_getBlockByNumber", name, False))
    if found is None:
        raise NodeRefuses(f"the node {node.host} has no {name} block")
    return found


def _numbered(node: Endpoint, number: int) -> Header | None:
    found = read_header(node.ask("eth_getBlockByNumber", to_hex(number), False))
    if found is not None and found.number != number:
        raise NodeAnswerMalformed("a block of another number")
    return found


def _account(node: Endpoint, address: str) -> ChainAccount:
    calls = [
        ("eth_getTransactionCount", [address, "latest"]),
        ("eth_getTransactionCount", [address, "pending"]),
        ("eth_getBalance", [address, "latest"]),
    ]
    nonce, pending, balance = (value_of(one) for one in node.ask_many(calls))
    return ChainAccount(small(nonce, where="nonce"), small(pending, where="nonce"), quantity(balance, where="balance"))


def _fees(node: Endpoint) -> Fees:
    node.check_chain(is_forced=True)
    calls: list[tuple[str, list[Json]]] = [
        ("eth_getBlockByNumber", ["latest", False]),
        ("eth_gasPrice", []),
        ("eth_maxPriorityFeePerGas", []),
    ]
    block, price, priority = node.ask_many(calls)
    newest = read_header(value_of(block))
    base = None if newest is None else newest.base_fee_wei
    price_wei = quantity(value_of(price), where="gasPrice")
    if isinstance(priority, Result) and base is not None:
        return Fees(base, quantity(priority.value, where="maxPriorityFeePerGas"), price_wei)
    return Fees(base, max(price_wei - base, 0) if base is not None else 0, price_wei)


def _called(node: Endpoint, fields: dict[str, Json], at: str) -> bytes:
    return data(node.ask("eth_call", fields, at), where="result", longest=LONGEST_RESULT)


def _called_or_reverted(node: Endpoint, fields: dict[str, Json], at: str) -> bytes | tuple[str, bytes]:
    """A refusal is an answer too, on which nodes can agree."""
    try:
        return _called(node, fields, at)
    except CallReverted as refusal:
        return refusal.reason, refusal.data
