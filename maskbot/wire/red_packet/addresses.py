"""Which contract a packet lies in: by chain and version from our own table, never from a post (red-packets.md 8.1, 10, 11).

The same address may be another contract on another chain, so nothing is ever looked up by address alone.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from itertools import chain

from maskbot.domain.money import Address
from maskbot.domain.red_packet import PacketVersion
from maskbot.wire.crypto import parse_address
from maskbot.wire.red_packet.address_table import NFT, V1, V2, V3, V4
from maskbot.wire.red_packet.errors import UntrustedContract

_ROWS = {
    PacketVersion.V1: V1,
    PacketVersion.V2: V2,
    PacketVersion.V3: V3,
    PacketVersion.V4: V4,
    PacketVersion.NFT: NFT,
}


@dataclass(frozen=True, slots=True)
class PacketContract:
    """A trusted contract. `first_block` is where scanning for events may begin (0 if it is not known)."""

    chain_id: int
    version: PacketVersion
    address: Address
    first_block: int = 0


class ContractBook:
    """The trusted contracts: the table of live chains, and for a sandbox its own, which never replace a row of the table."""

    def __init__(self, own: Iterable[PacketContract] = ()) -> None:
        self._contracts = dict(_TABLE)
        for one in own:
            if (one.chain_id, one.version) in _TABLE:
                raise ValueError(f"chain {one.chain_id} has a published contract; a sandbox uses a chain id of its own")
            self._contracts[one.chain_id, one.version] = one

    def find(self, *, chain_id: int, version: PacketVersion) -> PacketContract:
        """The contract of this version on this chain.

        Raises:
            UntrustedContract: none is known.
        """
        found = self._contracts.get((chain_id, version))
        if found is None:
            raise UntrustedContract(f"no trusted red packet contract of version {version.value} on chain {chain_id}")
        return found

    def chains(self, version: PacketVersion) -> tuple[int, ...]:
        """The chains that have a contract of this version."""
        return tuple(sorted(chain_id for chain_id, found in self._contracts if found is version))


def chain_of_name(name: str) -> int | None:
    """The chain that a post's `network` means; None for a name we do not know. Old posts say `Mainnet` for Ethereum."""
    return _CHAIN_BY_NAME.get(name.strip().lower())


def name_of_chain(chain_id: int) -> str | None:
    """The word the extension writes as `network`."""
    return _NAME_BY_CHAIN.get(chain_id)


_NAMES = (
    ("Ethereum", 1),
    ("Optimism", 10),
    ("Binance", 56),
    ("xDai", 100),
    ("Polygon", 137),
    ("XLayer", 196),
    ("Fantom", 250),
    ("Astar", 592),
    ("Conflux", 1030),
    ("Metis", 1088),
    ("Sei", 1329),
    ("Base", 8453),
    ("Arbitrum", 42161),
    ("Celo", 42220),
    ("Avalanche", 43114),
    ("Scroll", 534352),
    ("Aurora", 1313161554),
)
_OLD_NAMES = (("Mainnet", 1), ("Ropsten", 3), ("Rinkeby", 4))
_NAME_BY_CHAIN = {chain_id: name for name, chain_id in _NAMES}
_CHAIN_BY_NAME = {name.lower(): chain_id for name, chain_id in chain(_NAMES, _OLD_NAMES)}
_TABLE = {
    (chain_id, version): PacketContract(chain_id, version, parse_address(address), first_block or 0)
    for version, rows in _ROWS.items()
    for chain_id, _name, address, first_block in rows
}
