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
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from eth_account import Account

from maskbot.domain.chain import BlockName, LogQuery
from maskbot.domain.gas import GasOffer
from maskbot.domain.money import NATIVE, Address
from maskbot.domain.red_packet import PacketVersion
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
    """Every packet created within 10,000 blocks, a thousand in all, read and decoded."""
    deployed = deploy_red_packets(anvil, accounts=1)
    first = int(anvil.request("eth_blockNumber"), 16) + 1
    fill_with_packets(anvil, deployed)
    everything = event_query(anvil, deployed, first)
    nothing = LogQuery(everything.address, everything.first_block, everything.last_block, (b"\0" * 32,))
    for query in (everything, nothing):
        compare(anvil, deployed, query)


def compare(anvil: Anvil, deployed: DeployedPackets, query: LogQuery) -> None:
    """One range through the adapter with one node and with two, beside the bare call; the best of five rounds each."""
    bare, spent, found = Bare(anvil.url), {0: [0.0], 1: [0.0], 2: [0.0]}, 0
    for _round in range(5):
        spent[0].append(BLOCKS / bare_catch_up(bare, query))
        for quorum in (1, 2):
            spent_s, found = catch_up(anvil, deployed, query, quorum=quorum)
            spent[quorum].append(BLOCKS / spent_s)
    best = max(spent[0])
    say(f"events: {found} in {BLOCKS:,} blocks; bare eth_getLogs {best:,.0f} blocks/s")
    for quorum in (1, 2):
        rate = max(spent[quorum])
        say(f"events: {rate:10,.0f} blocks/s = {rate / best:.2f} x bare, {quorum} node(s) that agree (aim 0.8 with 1)")


def catch_up(anvil: Anvil, deployed: DeployedPackets, query: LogQuery, *, quorum: int) -> tuple[float, int]:
    """Seconds for all pages through the adapter and the decoder, and how many events there were."""
    urls = [anvil.url, anvil.url.replace("127.0.0.1", "localhost")][:quorum]
    node = node_of(*urls, quorum=quorum)
    node.fetch_header(BlockName.LATEST)
    started, count, first = time.perf_counter(), 0, query.first_block
    while first <= query.last_block:
        page = node.fetch_logs(LogQuery(query.address, first, query.last_block, query.topic0))
        count += len(events_of_packet(page.logs, contract=deployed.v4))
        first = page.end.number + 1
    spent_s = time.perf_counter() - started
    node.close()
    return spent_s, count


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
