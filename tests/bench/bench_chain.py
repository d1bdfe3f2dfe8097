"""How fast we sign, send and read events, beside the bare limit of the same run on the same node.

`python -m tests.bench.bench_chain` prints one line a measurement. Aims (issue 4): signing 1,000/s or more; catching up with the
events of 10,000 blocks at 0.8 of bare `eth_getLogs` or better. Bare: JSON-RPC over one kept connection, answers parsed as JSON.
"""

from __future__ import annotations

import http.client
import json
import os
import sys
import tempfile
import time
from dataclasses import replace
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from eth_account import Account

from maskbot.adapters.evm import EvmNode
from maskbot.domain.chain import LogQuery
from maskbot.domain.gas import GasOffer
from maskbot.domain.money import NATIVE, Address
from maskbot.domain.red_packet import PacketEvent, PacketVersion
from maskbot.domain.transaction import ContractCall
from maskbot.sandbox.chain import Anvil, dev_account
from maskbot.sandbox.red_packets import DeployedPackets, deploy_red_packets
from maskbot.wire.crypto import address_text
from maskbot.wire.red_packet import CreateCall, event_topics, events_of_packet
from maskbot.wire.transaction import TransactionFields, sign_transaction
from tests.ports.evm_parts import CHAIN, GWEI, NOBODY, node_of

SIGNATURES = 3_000
PAYMENTS = 1_000
BLOCKS = 10_000
STRIDE = 100
PACKETS_PER_STRIDE = 10
ROUNDS = 15
SENDER = dev_account(1)
Json = Any


class Bare:
    """JSON-RPC with nothing around it."""

    def __init__(self, url: str) -> None:
        parts = urlsplit(url)
        self._connection = http.client.HTTPConnection(parts.hostname or "", parts.port)

    def ask(self, method: str, *params: Json) -> Json:
        """The result of one call."""
        body = json.dumps({"jsonrpc": "2.0", "id": 1, "method": method, "params": params})
        self._connection.request("POST", "/", body, {"Content-Type": "application/json"})
        return json.loads(self._connection.getresponse().read())["result"]


def main() -> None:
    """Measure everything; every figure is per second."""
    say(f"load {os.getloadavg()[0]:.1f}")
    bench_signing()
    with tempfile.TemporaryDirectory() as folder, Anvil(Path(folder), keeps_history=False) as anvil:
        bench_sending(anvil)
        bench_events(anvil)


def bench_signing() -> None:
    """Our own signer, and eth-account as the other one."""
    started = time.perf_counter()
    for nonce in range(SIGNATURES):
        signed(nonce)
    own = SIGNATURES / (time.perf_counter() - started)
    account = Account.from_key(SENDER.key)
    fields = {"chainId": CHAIN.id, "to": address_text(NOBODY), "value": 1, "gas": 21_000, "type": 2, "data": b""}
    fields |= {"maxFeePerGas": 100 * GWEI, "maxPriorityFeePerGas": GWEI}
    started = time.perf_counter()
    for nonce in range(SIGNATURES // 3):
        account.sign_transaction({**fields, "nonce": nonce})
    other = SIGNATURES // 3 / (time.perf_counter() - started)
    say(f"sign: {own:8,.0f}/s (aim 1,000); eth-account with coincurve {other:,.0f}/s")


def bench_sending(anvil: Anvil) -> None:
    """Pre-signed payments of one account into the pool; no block is mined meanwhile, so that only sending is measured."""
    node, bare = node_of(anvil.url), Bare(anvil.url)
    anvil.set_automine(is_on=False)
    own = [signed(nonce) for nonce in range(PAYMENTS)]
    others = [signed(nonce) for nonce in range(PAYMENTS, 2 * PAYMENTS)]
    started = time.perf_counter()
    for raw in others[: PAYMENTS // 2]:
        bare.ask("eth_sendRawTransaction", "0x" + raw.hex())
    started_own = time.perf_counter()
    for raw in own:
        node.submit(raw)
    ended_own = time.perf_counter()
    for raw in others[PAYMENTS // 2 :]:
        bare.ask("eth_sendRawTransaction", "0x" + raw.hex())
    bare_rate = PAYMENTS / (time.perf_counter() - ended_own + started_own - started)
    rate = PAYMENTS / (ended_own - started_own)
    say(f"send: {rate:8,.0f}/s = {rate / bare_rate:.2f} x bare ({bare_rate:,.0f}/s)")
    anvil.mine(20)
    anvil.set_automine(is_on=True)
    node.close()


def bench_events(anvil: Anvil) -> None:
    """10,000 blocks in which a thousand packets were created: one of them followed, as maskbot does; all; and none at all."""
    deployed = deploy_red_packets(anvil, accounts=1)
    first = int(anvil.request("eth_blockNumber"), 16) + 1
    fill_with_packets(anvil, deployed)
    everything = event_query(anvil, deployed, first)
    middle = events_in(node_of(anvil.url), deployed, everything)[PACKETS_PER_STRIDE * 50].packet_id
    compare(anvil, deployed, replace(everything, word=middle), label="one packet among all")
    compare(anvil, deployed, everything, label="all of them decoded")
    compare(anvil, deployed, replace(everything, topic0=(b"\0" * 32,)), label="none in these blocks")


def compare(anvil: Anvil, deployed: DeployedPackets, query: LogQuery, *, label: str) -> None:
    """One range through the adapter with one node and with two that agree, beside the bare call over a kept connection as well; the
    best of some rounds each."""
    bare, spent, found = Bare(anvil.url), {0: [0.0], 1: [0.0], 2: [0.0]}, 0
    urls = [anvil.url, anvil.url.replace("127.0.0.1", "localhost")]
    nodes = {quorum: node_of(*urls[:quorum], quorum=quorum) for quorum in (1, 2)}
    for _round in range(ROUNDS):
        spent[0].append(BLOCKS / bare_catch_up(bare, query))
        for quorum, node in nodes.items():
            started = time.perf_counter()
            found = len(events_in(node, deployed, query))
            spent[quorum].append(BLOCKS / (time.perf_counter() - started))
    best = max(spent[0])
    say(f"events: {label}, {found} in {BLOCKS:,} blocks; bare eth_getLogs {best:,.0f} blocks/s")
    for quorum, node in nodes.items():
        rate = max(spent[quorum])
        say(f"events: {rate:10,.0f} blocks/s = {rate / best:.2f} x bare, {quorum} node(s) that agree (aim 0.8 with 1)")
        node.close()


def events_in(node: EvmNode, deployed: DeployedPackets, query: LogQuery) -> list[PacketEvent]:
    """All pages through the adapter and the decoder."""
    found, first = list[PacketEvent](), query.first_block
    while first <= query.last_block:
        page = node.fetch_logs(replace(query, first_block=first))
        found += events_of_packet(page.logs, contract=deployed.v4, packet_id=query.word)
        first = page.end.number + 1
    return found


def bare_catch_up(bare: Bare, query: LogQuery) -> float:
    """Seconds for the same range, asked for at once."""
    wanted = {
        "address": address_text(query.address),
        "fromBlock": hex(query.first_block),
        "toBlock": hex(query.last_block),
        "topics": [["0x" + topic.hex() for topic in query.topic0]],
    }
    started = time.perf_counter()
    bare.ask("eth_getLogs", wanted)
    return time.perf_counter() - started


def event_query(anvil: Anvil, deployed: DeployedPackets, first: int) -> LogQuery:
    """All events of our contract in the range."""
    last = first + BLOCKS - 1
    assert last <= int(anvil.request("eth_blockNumber"), 16)
    return LogQuery(deployed.v4.address, first, last, event_topics(PacketVersion.V4))


def fill_with_packets(anvil: Anvil, deployed: DeployedPackets) -> None:
    """10,000 blocks with ten packets in each 100th (anvil takes a minute or two for so many blocks)."""
    call = CreateCall(NOBODY, 3, False, 3600, bytes(32), "Best Wishes!", "alice", NATIVE, 9)
    creator, bare = dev_account(2).address, Bare(anvil.url)
    anvil.send_as(creator, to=deployed.v4.address, data=call.encode(), wei=9)
    fields = {
        "from": address_text(creator),
        "to": address_text(deployed.v4.address),
        "data": "0x" + call.encode().hex(),
    }
    for _ in range(BLOCKS // STRIDE):
        anvil.set_automine(is_on=False)
        for _packet in range(PACKETS_PER_STRIDE):
            bare.ask("eth_sendTransaction", {**fields, "value": "0x9", "gas": hex(200_000)})
        anvil.set_automine(is_on=True)
        anvil.mine(STRIDE)


def signed(nonce: int) -> bytes:
    """A payment by our own signer."""
    call = ContractCall(Address(NOBODY), 1, b"")
    offer = GasOffer(100 * GWEI, GWEI, is_legacy=False)
    return sign_transaction(TransactionFields(CHAIN.id, nonce, 21_000, offer, call), private_key=SENDER.key).raw


def say(line: str) -> None:
    """One line of the report."""
    sys.stdout.write(line + "\n")
    sys.stdout.flush()


if __name__ == "__main__":
    main()
