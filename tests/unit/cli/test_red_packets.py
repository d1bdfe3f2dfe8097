"""`maskbot redpacket create | list | show | refund` at the command line, with a real chain behind the wallet."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from maskbot.domain.identity import Persona, PublicKey
from maskbot.domain.job import JobKind
from maskbot.domain.wallet import Wallet
from maskbot.sandbox.chain import Anvil, dev_account
from maskbot.sandbox.red_packets import DeployedPackets, deploy_red_packets
from maskbot.wire.crypto import address_text, public_key_of
from tests.unit.cli.operator import Operator, chains_file, host_on_x, operator_at_work

READER = public_key_of(b"\x07" * 32).hex()


@pytest.fixture(scope="module")
def chain(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[Anvil, DeployedPackets]]:
    with Anvil(tmp_path_factory.mktemp("anvil")) as anvil:
        yield anvil, deploy_red_packets(anvil, accounts=2)


@pytest.fixture
def operator(chain: tuple[Anvil, DeployedPackets], tmp_path: Path) -> Iterator[Operator]:
    anvil, deployed = chain
    contracts = f'{{ v4 = "{address_text(deployed.v4.address)}", nft = "{address_text(deployed.nft.address)}" }}'
    chains = chains_file(tmp_path, anvil, f"packet_contracts = {contracts}")
    with operator_at_work(chains_file=chains) as made:
        tenant_id, now_ms = host_on_x(made.parts), made.parts.clock.now_ms()
        wallet = Wallet("w1", tenant_id, anvil.chain_id, dev_account(0).address, "k1", "till", 0)
        persona = Persona("p1", tenant_id, "dao", PublicKey(public_key_of(b"\x09" * 32)))
        with made.parts.store.write() as work:
            work.treasury.wallets.add(wallet, now_ms=now_ms)
            work.personas.add(persona, now_ms=now_ms)
        yield made


def create(*more: str, readers: tuple[str, ...] = ("--to", READER)) -> list[str]:
    words = ["redpacket", "create", "--wallet", "till", "--persona", "dao", "--account", "maskbot", "--json"]
    return [*words, *readers, *more]


def test_a_dry_run_shows_gas_and_the_worst_case_and_orders_nothing(operator: Operator) -> None:
    plan = operator.run(*create("--total", "1.5", "--shares", "3", "--plan")).json
    assert (plan["total"], plan["shares"], plan["open_for_s"], plan["enough"]) == ("1.5 ETH", 3, 86_400, True)
    assert plan["worst_case_wei"] == 15 * 10**17 + plan["cost_wei"]
    assert plan["gas_of_allowance"] == 0
    poor = operator.run(*create("--total", "100000", "--plan")).json
    assert poor["enough"] is False
    assert operator.run("redpacket", "list", "--json").json == []


def test_an_order_is_recorded_listed_and_shown_and_never_made_twice(operator: Operator) -> None:
    words = create("--total", "0.9", "--shares", "3", "--for", "+2h", "--order", "easter", "--message", "Frohe Ostern")
    made = operator.run(*words).json
    assert (made["state"], made["total"], made["shares"], made["readers"]) == ("draft", "0.9 ETH", 3, "sealed for 1")
    assert operator.run(*words).json["id"] == made["id"]
    other = operator.run(*create("--total", "0.8", "--shares", "3", "--order", "easter"))
    assert (other.status, "another red packet" in other.err) == (3, True)
    (listed,) = operator.run("redpacket", "list", "--json").json
    assert (listed["id"], listed["taken"]) == (made["id"], 0)
    shown = operator.run("redpacket", "show", made["id"], "--json").json
    assert (shown["claims"], shown["message"], shown["funded"]) == ([], "Frohe Ostern", "0 ETH")
    assert not re.search(r"0x[0-9a-f]{64}", str(shown))
    assert "nobody has taken" in operator.run("redpacket", "show", made["id"]).err
    with operator.parts.store.write() as work:
        (job,) = work.jobs.claim(queue="payments", owner="t", limit=9, now_ms=2**50, lease_ms=1)
    assert (job.kind, job.target_id) == (JobKind.ADVANCE_PACKET, made["id"])


def test_a_packet_that_is_open_or_not_created_is_not_taken_back(operator: Operator) -> None:
    made = operator.run(*create("--total", "1", "--shares", "3")).json
    refused = operator.run("redpacket", "refund", made["id"])
    assert (refused.status, "nothing to take back" in refused.err) == (3, True)
    with operator.parts.store.write() as work:
        packet = work.packets.load(made["id"])
        assert packet is not None
        creating = work.packets.move(packet, after="creating", now_ms=0)
        known = replace(creating, packet_id=b"\x05" * 32, expires_at_s=2**33, total=10**18, rest=10**18)
        work.packets.move(known, after="created", now_ms=0)
    early = operator.run("redpacket", "refund", f"0x{'05' * 32}")
    assert (early.status, "is open" in early.err) == (3, True)
    assert operator.run("redpacket", "show", f"0x{'05' * 32}", "--json").json["state"] == "created"


def test_what_is_promised_is_not_given_away_again(operator: Operator) -> None:
    assert operator.run(*create("--total", "6000", "--shares", "3")).status == 0
    again = operator.run(*create("--total", "6000", "--shares", "3"))
    assert (again.status, "not promised yet" in again.err) == (3, True)
    words = [
        "giveaway",
        "open",
        "spring",
        "--wallet",
        "till",
        "--prize",
        "6000",
        "--until",
        "+1h",
        "--account",
        "maskbot",
    ]
    assert "not promised yet" in operator.run(*words).err


def test_tokens_of_a_collection_are_named_one_by_one(operator: Operator) -> None:
    nft = "0x" + "12" * 20 + ":Cats"
    made = operator.run(*create("--nft", nft, "--ids", "3,5,7")).json
    assert (made["total"], made["shares"]) == ("3 of Cats", 3)
    plan = operator.run(*create("--nft", nft, "--ids", "3", "--plan")).json
    assert plan["gas_of_allowance"] == plan["gas_of_end"] > 46_000


@pytest.mark.parametrize(
    ("words", "status", "told"),
    [
        (["--total", "1e9"], 2, "plain decimal"),
        (["--total", "1e999999"], 2, "plain decimal"),
        (["--total", "-1"], 2, "plain decimal"),
        (["--total", "0"], 3, "one base unit"),
        (["--total", "0.0000000000000000001"], 2, "18 decimals"),
        (["--total", "1", "--shares", "256"], 3, "1 to 255"),
        (["--total", "0.000000000000000002", "--shares", "3"], 3, "one base unit"),
        (["--total", "1", "--for", "+59s"], 3, "60 seconds"),
        (["--total", "1", "--for", "+91d"], 3, "90 days"),
        (["--total", "1", "--message", "x" * 101], 3, "100 characters"),
        (["--total", "1", "--token", "DAI"], 2, "0xADDRESS"),
        (["--total", "1", "--public"], 2, "not both"),
        (["--total", "1", "--ids", "3"], 2, "--nft"),
        (["--nft", "0x" + "12" * 20 + ":Cats", "--ids", "0,1"], 3, "token id 0"),
        (["--nft", "0x" + "12" * 20 + ":Cats", "--ids", "2,2"], 3, "named twice"),
        (["--nft", "0x" + "12" * 20 + ":Cats", "--ids", "x"], 2, "whole number"),
        (["--nft", "Cats", "--ids", "1"], 2, "0xCOLLECTION"),
        ([], 2, "--total"),
        (["--total", "100000"], 3, "not promised yet"),
    ],
)
def test_bad_orders_are_refused_with_the_reason(operator: Operator, words: list[str], status: int, told: str) -> None:
    ran = operator.run(*create(*words))
    assert (ran.status, told in ran.err) == (status, True), ran.err
    assert operator.run("redpacket", "list", "--json").json == []


def test_nobody_to_open_it_is_refused(operator: Operator) -> None:
    assert operator.run(*create("--total", "1", readers=())).status == 2
    assert operator.run(*create("--total", "1", readers=("--public",))).json["readers"] == "everybody"


def test_an_unknown_packet_is_named(operator: Operator) -> None:
    assert operator.run("redpacket", "refund", "nothing").status == 3
