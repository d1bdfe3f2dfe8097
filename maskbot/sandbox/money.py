"""The money side of the sandbox: a chain (anvil, a block each second), two ways to it, red packet contracts, a token, a beacon.

The second way leads through a proxy that can lose, delay and forge answers: it plays the node that cannot be trusted. The chain is
a development chain, whose coins are worth nothing; only there the bot trusts contracts that a chains file names.
"""

from __future__ import annotations

import json
import os
import time
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack
from dataclasses import dataclass
from hashlib import sha256
from pathlib import Path
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

import httpx

from maskbot.domain.money import Address
from maskbot.sandbox.chain import Anvil, ChainPartFailed
from maskbot.sandbox.fault_proxy import FaultProxy
from maskbot.sandbox.red_packets import deploy_red_packets
from maskbot.wire.crypto import address_text

if TYPE_CHECKING:
    from maskbot.sandbox.drand_server import DrandServer

BLOCK_S = 1
FINAL_DEPTH = 2
_ROUND_S = 3
_SHORT_WAITS = {
    "MASKBOT_GIVEAWAY_CLOSING_DELAY_S": "6",
    "MASKBOT_GIVEAWAY_BEACON_MARGIN_S": "20",
    "MASKBOT_PAYMENT_POLL_S": "0.25",
    "MASKBOT_PACKET_POLL_S": "1",
}


@dataclass(frozen=True, slots=True)
class SeenTransaction:
    """A mined transaction as anybody sees it. `cost_wei` is what its sender paid for gas."""

    hash: str
    to: str
    value_wei: int
    nonce: int
    has_succeeded: bool
    cost_wei: int


class Money:
    """The chain and what stands on it, from `start` until the stack closes."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._chains_file = folder / "chains.toml"
        self.anvil = Anvil(folder / "chain", accounts=1)

    def start(self, stack: ExitStack) -> None:
        """Start everything. The contracts come meanwhile (`finish`): compiling them takes seconds the first time. Call it from the
        main thread: the node ends with the thread that made it."""
        stack.enter_context(self.anvil)
        self.unreliable_node = stack.enter_context(FaultProxy(urlsplit(self.anvil.url).port or 0))
        pool = stack.enter_context(ThreadPoolExecutor(2, "money"))
        self._beacon = pool.submit(_open_beacon)
        self._contracts = pool.submit(deploy_red_packets, self.anvil, accounts=1)
        stack.callback(lambda: self.drand.close())

    def finish(self) -> None:
        """Wait for the contracts, then let a block come each second, and tell the bot by its chains file."""
        self.packets = self._contracts.result()
        self.anvil.request("evm_setIntervalMining", BLOCK_S)
        nodes = json.dumps([self.anvil.url, self.unreliable_node.base_url])
        own = {"v4": self.packets.v4.address, "nft": self.packets.nft.address}
        contracts = ", ".join(f'{name} = "{address_text(address)}"' for name, address in own.items())
        text = (
            f'[chain.{self.anvil.chain_id}]\nname = "sandbox"\ncoin = "ETH"\nnodes = {nodes}\nhas_finalized = false\n'
            f"final_depth = {FINAL_DEPTH}\npacket_contracts = {{ {contracts} }}\n"
        )
        with os.fdopen(os.open(self._chains_file, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "w") as file:
            file.write(text)

    @property
    def drand(self) -> DrandServer:
        """The beacon."""
        return self._beacon.result()

    def settings(self) -> dict[str, str]:
        """The bot's variables here."""
        chain = self.drand.chain
        return {
            **_SHORT_WAITS,
            "MASKBOT_CHAINS_FILE": str(self._chains_file),
            "MASKBOT_DRAND_BASE_URL": self.drand.url,
            "MASKBOT_DRAND_CHAIN": f"{chain.hash.hex()} {chain.public_key.hex()} {chain.genesis_s} {chain.period_s}",
        }

    def balance(self, address: str) -> int:
        """What an address has, in wei, by the newest block."""
        return int(self.anvil.request("eth_getBalance", address, "latest"), 16)

    def transactions_of(self, sender: str) -> list[SeenTransaction]:
        """Every mined transaction of an address, oldest first."""
        newest = int(self.anvil.request("eth_blockNumber"), 16)
        blocks = [self.anvil.request("eth_getBlockByNumber", hex(number), True) for number in range(newest + 1)]
        return [
            self._seen(each) for block in blocks for each in block["transactions"] if each["from"] == sender.lower()
        ]

    def _seen(self, transaction: dict[str, Any]) -> SeenTransaction:
        receipt = self.anvil.request("eth_getTransactionReceipt", transaction["hash"])
        return SeenTransaction(
            hash=transaction["hash"],
            to=transaction["to"],
            value_wei=int(transaction["value"], 16),
            nonce=int(transaction["nonce"], 16),
            has_succeeded=receipt["status"] == "0x1",
            cost_wei=int(receipt["gasUsed"], 16) * int(receipt["effectiveGasPrice"], 16),
        )


def give(url: str, address: str, *, wei: int) -> int:
    """Add so much to what an address has on the chain of a running sandbox; what it has then. Raises Unavailable."""
    has = int(_ask(url, "eth_getBalance", address, "latest"), 16) + wei
    _ask(url, "anvil_setBalance", address, hex(has))
    return has


def _ask(url: str, method: str, *params: str) -> str:
    try:
        body = {"jsonrpc": "2.0", "id": 1, "method": method, "params": params}
        return str(httpx.post(url, json=body, timeout=10, trust_env=False).raise_for_status().json()["result"])
    except (httpx.HTTPError, ValueError, KeyError) as error:
        raise ChainPartFailed(f"the sandbox's chain does not answer {method}") from error


def _open_beacon() -> DrandServer:
    from maskbot.sandbox.drand_server import DrandServer, sandbox_chain  # its arithmetic takes a second to import

    return DrandServer(sandbox_chain(genesis_s=int(time.time()) - 600, period_s=_ROUND_S))


def purse_of(name: str) -> str:
    """The address of somebody in the sandbox, whose key nobody needs: it only receives."""
    return address_text(Address(sha256(f"maskbot sandbox purse of {name}".encode()).digest()[:20]))
