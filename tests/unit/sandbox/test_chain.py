"""The sandbox chain keeps its port and state, forks, goes back, and ends with its parent."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

from maskbot.domain.red_packet import PacketVersion
from maskbot.sandbox.chain import ETHER, Anvil, ChainPartFailed, dev_account
from maskbot.sandbox.compiled import compile_contracts
from maskbot.sandbox.money import give
from maskbot.sandbox.red_packets import deploy_red_packets
from maskbot.wire.crypto import address_text
from maskbot.wire.erc20 import decode_number, encode_balance_of
from tests.unit.workers.waiting import is_gone, until


def balance(anvil: Anvil, index: int) -> int:
    return int(anvil.request("eth_getBalance", address_text(dev_account(index).address), "latest"), 16)


def height(anvil: Anvil) -> int:
    return int(anvil.request("eth_blockNumber"), 16)


def test_a_stopped_chain_comes_back_with_its_state_on_its_port(tmp_path: Path) -> None:
    with Anvil(tmp_path, chain_id=7777, accounts=2) as anvil:
        url = anvil.url
        assert int(anvil.request("eth_chainId"), 16) == 7777
        assert (balance(anvil, 1), balance(anvil, 2)) == (10_000 * ETHER, 0)
        anvil.send_as(dev_account(1).address, to=dev_account(2).address, data=b"", wei=5)
        anvil.stop()
        anvil.start()
        assert anvil.url == url
        assert (height(anvil), balance(anvil, 2)) == (1, 5)


def test_a_chain_goes_back_to_a_mark_and_forks(tmp_path: Path) -> None:
    with Anvil(tmp_path) as anvil:
        anvil.mine(3)
        mark = anvil.snapshot()
        anvil.mine(2)
        old = anvil.request("eth_getBlockByNumber", "0x5", False)["hash"]
        anvil.reorg(2)
        assert anvil.request("eth_getBlockByNumber", "0x5", False)["hash"] != old
        anvil.revert(mark)
        assert height(anvil) == 3
        with pytest.raises(ChainPartFailed):
            anvil.revert(mark)


def test_the_clock_is_ours(tmp_path: Path) -> None:
    def now(anvil: Anvil) -> int:
        return int(anvil.request("eth_getBlockByNumber", "latest", False)["timestamp"], 16)

    with Anvil(tmp_path) as anvil:
        before = now(anvil)
        anvil.set_next_time(before + 1000)
        anvil.mine()
        assert now(anvil) == before + 1000
        anvil.advance(500)
        assert now(anvil) >= before + 1500


def test_a_failing_transaction_is_named(tmp_path: Path) -> None:
    with Anvil(tmp_path) as anvil, pytest.raises(ChainPartFailed):
        anvil.deploy(b"\xfe")


def test_the_red_packet_contracts_are_deployed_and_trusted_there(tmp_path: Path) -> None:
    with Anvil(tmp_path, accounts=3) as anvil:
        deployed = deploy_red_packets(anvil, accounts=3)
        found = deployed.contracts.find(chain_id=anvil.chain_id, version=PacketVersion.V4)
        assert found == deployed.v4
        question = {
            "to": address_text(deployed.token.address),
            "data": "0x" + encode_balance_of(dev_account(2).address).hex(),
        }
        answer = anvil.request("eth_call", question, "latest")
        assert decode_number(bytes.fromhex(answer[2:])) == 10**12


def test_anybody_can_be_given_coins_by_the_address_of_the_chain(tmp_path: Path) -> None:
    text = address_text(dev_account(2).address)
    with Anvil(tmp_path, accounts=2) as anvil:
        assert [give(anvil.url, text, wei=5), give(anvil.url, text, wei=2)] == [5, 7]
        assert balance(anvil, 2) == 7
        url = anvil.url
    with pytest.raises(ChainPartFailed):
        give(url, text, wei=1)


def test_sources_are_compiled_once() -> None:
    first, second = compile_contracts(), compile_contracts()
    assert first == second
    assert {"RedPacket", "NftRedPacket", "PlainToken"} <= first.keys()


def test_the_node_ends_with_its_parent(tmp_path: Path) -> None:
    """However the parent ends: nobody is left to stop it."""
    program = (
        "import os, sys; from pathlib import Path; from maskbot.sandbox.chain import Anvil\n"
        "anvil = Anvil(Path(sys.argv[1])).start()\n"
        "print(anvil.pid, flush=True)\n"
        "os.kill(os.getpid(), 9)\n"
    )
    done = subprocess.run([sys.executable, "-c", program, str(tmp_path)], capture_output=True, text=True, check=False)
    pid = int(done.stdout)
    until(lambda: is_gone(pid))
