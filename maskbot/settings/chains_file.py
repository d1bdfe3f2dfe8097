"""The chains file: a TOML text that says which Ethereum chains are served, and by which nodes.

    [chain.137]
    name = "polygon"
    coin = "POL"
    nodes = ["https://one.example", "https://two.example"]   # of different operators: none of them is trusted alone
    quorum = 2            # how many must agree on what is mined; 2 unless there is one node
    final_depth = 64      # blocks until final, where the nodes have no `finalized` block
    has_finalized = true
    window = 16           # transactions of one wallet that may be unmined at a time; public nodes keep 16 of an account
    disperse = "0x..."    # a contract that pays many at once, which you have looked at; none is trusted without this line
    safe_service = "https://api.safe.example/tx-service/pol"   # where owners of Safes meet; left out: proposals are exported
    safe_service_key = "..."                                   # where the service asks for one

Node addresses may hold keys: the file is private. A development chain (31337 or 1337) may also name red packet contracts of its
own, `packet_contracts = { v4 = "0x...", nft = "0x..." }`. On every other chain only the published table counts: no line here can
send a live chain's money to another contract. Source: reliability.md C.3, E12; red-packets.md 8.1.
"""

from __future__ import annotations

import stat
import tomllib
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

from maskbot.domain.errors import Malformed, Misconfigured
from maskbot.domain.money import DEFAULT_WINDOW, DEVELOPMENT_CHAIN_IDS, Address, Chain
from maskbot.settings.urls import checked_http_url
from maskbot.wire.crypto import parse_address

if TYPE_CHECKING:
    from maskbot.wire.red_packet import PacketContract

SIZE_LIMIT = 1 << 16
_KEYS = {
    "name": str,
    "coin": str,
    "nodes": list,
    "quorum": int,
    "final_depth": int,
    "has_finalized": bool,
    "window": int,
    "disperse": str,
    "packet_contracts": dict,
    "safe_service": str,
    "safe_service_key": str,
}


@dataclass(frozen=True, slots=True)
class ChainNodes:
    """One chain, the addresses of its nodes, and the red packet contracts that a development chain has of its own; `disperse` is
    the contract that is trusted to pay many at once, `safe_service` where the owners of Safes meet, if there are any."""

    chain: Chain
    node_urls: tuple[str, ...] = field(repr=False)
    quorum: int
    packet_contracts: tuple[PacketContract, ...] = ()
    disperse: Address | None = None
    safe_service: str | None = field(default=None, repr=False)
    safe_service_key: str | None = field(default=None, repr=False)


def load_chains(path: Path | None) -> Mapping[int, ChainNodes]:
    """The chains of the file by chain id; none without a file.

    Raises:
        Misconfigured: the file cannot be read, others can read it, or a line of it means nothing; names the place.
    """
    if path is None:
        return {}
    try:
        found = path.stat()
        if found.st_size > SIZE_LIMIT:
            raise Misconfigured(f"{path}: a chains file has at most {SIZE_LIMIT:,} bytes")
        if stat.S_IMODE(found.st_mode) & 0o077:
            raise Misconfigured(f"others can read {path}, which may hold keys of nodes; run: chmod 600 {path}")
        tables = tomllib.loads(path.read_text(encoding="utf-8"))
    except OSError as error:
        raise Misconfigured(f"MASKBOT_CHAINS_FILE: {path} cannot be read ({error.strerror})") from error
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise Misconfigured(f"{path}: {error}") from error
    chains = tables.get("chain", {})
    if set(tables) > {"chain"} or not isinstance(chains, dict):
        raise Misconfigured(f"{path}: write chains as tables by chain id: [chain.1]")
    return {nodes.chain.id: nodes for nodes in (_nodes(id_, table, path=path) for id_, table in chains.items())}


def _nodes(id_: str, table: Any, *, path: Path) -> ChainNodes:
    where = f"{path}: [chain.{id_}]"
    if not isinstance(table, dict) or not id_.isdecimal():
        raise Misconfigured(f"{where}: a chain is a table, named by its chain id")
    for name, value in table.items():
        if name not in _KEYS or type(value) is not _KEYS[name]:
            raise Misconfigured(f"{where}: {name} means nothing here, or is of another kind")
    urls = table.get("nodes", [])
    if not urls or not all(isinstance(url, str) for url in urls):
        raise Misconfigured(f'{where}: write nodes = ["https://..."]')
    try:
        chain = Chain(
            id=int(id_),
            name=table.get("name", f"chain {id_}"),
            coin_symbol=table.get("coin", "ETH"),
            final_depth=table.get("final_depth", 64),
            has_finalized=table.get("has_finalized", True),
            window=table.get("window", DEFAULT_WINDOW),
        )
        node_urls = tuple(checked_http_url(url) for url in urls)
        contracts = _packet_contracts(chain.id, table.get("packet_contracts", {}))
        disperse = parse_address(table["disperse"]) if "disperse" in table else None
        safe_service = checked_http_url(table["safe_service"]) if "safe_service" in table else None
    except (ValueError, Malformed) as error:
        raise Misconfigured(f"{where}: {error}") from error
    quorum = table.get("quorum", min(2, len(node_urls)))
    if not 1 <= quorum <= len(node_urls):
        raise Misconfigured(f"{where}: {len(node_urls)} nodes cannot make a quorum of {quorum}")
    return ChainNodes(chain, node_urls, quorum, contracts, disperse, safe_service, table.get("safe_service_key"))


def _packet_contracts(chain_id: int, table: Mapping[str, Any]) -> tuple[PacketContract, ...]:
    """Raises ValueError for a chain that is no development chain, an unknown version, or what is no address."""
    if not table:
        return ()
    if chain_id not in DEVELOPMENT_CHAIN_IDS:
        known = " and ".join(map(str, sorted(DEVELOPMENT_CHAIN_IDS)))
        raise ValueError(f"packet_contracts are for development chains ({known}); elsewhere the published table counts")
    from maskbot.domain.red_packet import PacketVersion
    from maskbot.wire.red_packet import PacketContract

    found = []
    for name, address in table.items():
        try:
            version = PacketVersion(name.removeprefix("v"))
            found.append(PacketContract(chain_id, version, parse_address(str(address))))
        except (ValueError, Malformed) as error:
            raise ValueError(f'packet_contracts: write v4 = "0x..." or nft = "0x...", not {name}') from error
    return tuple(found)
