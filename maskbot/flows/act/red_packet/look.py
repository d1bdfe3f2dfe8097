"""What a packet's contract and token look like before it is created (red-packets.md 2.8, 2.9, 3.1, 4.1)."""

from __future__ import annotations

from maskbot.domain.chain import BlockName, Call
from maskbot.domain.errors import Refused
from maskbot.domain.hosted_packet import HostedPacket, NftShares
from maskbot.domain.money import Address
from maskbot.domain.red_packet import PACKET_ID_BYTES
from maskbot.domain.wallet import Wallet
from maskbot.flows.decide.red_packet import Allowance
from maskbot.ports.chain import CallReverted, ChainNode
from maskbot.ports.packets import ContractFacts
from maskbot.wire.erc20 import decode_number, encode_allowance
from maskbot.wire.erc721 import decode_claim, encode_is_approved
from maskbot.wire.red_packet import (
    ContractBook,
    UntrustedContract,
    decode_availability,
    encode_check,
    encode_check_ownership,
    encode_gas_payer,
)

LOGIC_SLOT = bytes.fromhex("360894a13ba1a3210667c828492db98dca3e2076cc3735a920a3ca505d382bbc")
"""Where a proxy keeps the address of what it runs (EIP-1967)."""


class NoPacketContract(Refused):
    """At the address of our table there is no contract that answers as a red packet does."""

    kind = "NoPacketContract"


class NotOwner(Refused):
    """The wallet does not own all these tokens, or one of them does not exist."""

    kind = "NotOwner"


def look_at_contract(packet: HostedPacket, *, contracts: ContractBook, chain: ChainNode) -> ContractFacts:
    """How the contract looks now.

    Raises:
        UntrustedContract: our table names another one. NoPacketContract: no code there, or none that answers as a red packet does.
    """
    address, version = packet.contract, packet.order.contents.version
    if contracts.find(chain_id=packet.order.chain_id, version=version).address != address:
        raise UntrustedContract("the packet was ordered of another contract than our table names now")
    if not chain.fetch_code(address):
        raise NoPacketContract("there is no code at the address of our table")
    unknown = chain.call(Call(address, encode_check(bytes(PACKET_ID_BYTES))), at=BlockName.LATEST)
    if not decode_availability(unknown, version=version).is_unknown:
        raise NoPacketContract("the contract knows a packet that cannot be")
    logic = chain.fetch_word(address, slot=LOGIC_SLOT)[12:]
    return ContractFacts(
        chain_id=packet.order.chain_id,
        address=address,
        gas_payer=_gas_payer(address, chain=chain),
        logic=Address(logic) if any(logic) else None,
    )


def look_at_token(packet: HostedPacket, wallet: Wallet, *, chain: ChainNode) -> Allowance | None:
    """What the contract may take of the wallet's token; None for coins.

    Raises: NotOwner; InvalidTokenAnswer for what is no token.
    """
    contents, latest = packet.order.contents, BlockName.LATEST
    if isinstance(contents, NftShares):
        owned = Call(
            packet.contract, encode_check_ownership(contents.ids, collection=contents.collection), wallet.address
        )
        try:
            is_owner = decode_claim(chain.call(owned, at=latest))
        except CallReverted as error:
            raise NotOwner("one of the tokens does not exist, or there is no such collection") from error
        if not is_owner:
            raise NotOwner("one of the tokens belongs to somebody else")
        asked = encode_is_approved(owner=wallet.address, operator=packet.contract)
        return Allowance(int(decode_claim(chain.call(Call(contents.collection, asked), at=latest))))
    if contents.token.is_native:
        return None
    asked = encode_allowance(owner=wallet.address, spender=packet.contract)
    return Allowance(decode_number(chain.call(Call(contents.token.address, asked), at=latest)))


def _gas_payer(contract: Address, *, chain: ChainNode) -> Address | None:
    """Builds before December 2024 refuse the question with empty data (2.9)."""
    try:
        answer = chain.call(Call(contract, encode_gas_payer()), at=BlockName.LATEST)
    except CallReverted:
        return None
    return Address(answer[12:]) if len(answer) == 32 else None
