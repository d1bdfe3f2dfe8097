"""What a chain says about an entry: the address behind an ENS name, and what an address held at a block."""

from __future__ import annotations

from collections.abc import Callable

from maskbot.domain.chain import BlockName, Call
from maskbot.domain.entry import AddressFact, AddressNeed, HoldingFact, HoldingNeed
from maskbot.domain.errors import Malformed, Refused
from maskbot.domain.request import NoFact
from maskbot.ports.chain import ChainReader
from maskbot.wire.ens import REGISTRY, address_call, decode_address, resolver_call

ENS_CHAIN_ID = 1
_BALANCE_OF = bytes.fromhex("70a08231")

ChainOf = Callable[[int], ChainReader]
"""The reader of a chain by its id; raises Misconfigured for one that is not set up."""


def fetch_chain_fact(
    need: AddressNeed | HoldingNeed, *, chain_of: ChainOf, ens_chain_id: int = ENS_CHAIN_ID
) -> AddressFact | HoldingFact | NoFact:
    """The fact, or a NoFact (`refused`) when the contract or name does not play by its standard.

    Raises: Unavailable if no node answers; Misconfigured for a chain that is not set up.
    """
    try:
        if isinstance(need, AddressNeed):
            return _resolve(need, chain_of(ens_chain_id))
        data = _BALANCE_OF + bytes(12) + need.address
        answer = chain_of(need.chain_id).call(Call(to=need.contract, data=data), at=need.block)
    except (Malformed, Refused):
        return NoFact("refused")
    if len(answer) != 32:
        return NoFact("refused")
    return HoldingFact(int.from_bytes(answer, "big"))


def _resolve(need: AddressNeed, chain: ChainReader) -> AddressFact:
    resolver = decode_address(chain.call(Call(to=REGISTRY, data=resolver_call(need.name)), at=BlockName.LATEST))
    if resolver is None:
        return AddressFact(None)
    answer = chain.call(Call(to=resolver, data=address_call(need.name)), at=BlockName.LATEST)
    return AddressFact(decode_address(answer))
