"""Shares of packets at the command line, on a real chain: wallets are linked, a share is planned, taken and listed."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path

import pytest

from maskbot.sandbox.chain import ETHER, Anvil
from maskbot.wire.crypto import address_text
from tests.journeys.claim_world import Ground, build_ground, fungible_meta
from tests.unit.cli.operator import Operator, chains_file, operator_at_work
from tests.unit.cli.test_wallets import step


@pytest.fixture(scope="module")
def ground(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Ground]:
    folder = tmp_path_factory.mktemp("chain")
    with Anvil(folder) as anvil:
        built = build_ground(anvil, folder)
        yield built
        built.node.close()


@pytest.fixture
def owner(ground: Ground, tmp_path: Path) -> Iterator[Operator]:
    """An operator with a wallet that may claim, and a persona."""
    policy = tmp_path / "policy.toml"
    v4, nft = address_text(ground.at["v4"]), address_text(ground.at["nft"])
    chains = chains_file(tmp_path, ground.anvil, f'packet_contracts = {{ v4 = "{v4}", nft = "{nft}" }}')
    policy.write_text(f'chain = 31337\n[[method]]\ncontract = "{v4}"\nselector = "0x7394ad93"\n')
    with operator_at_work(chains_file=chains) as working:
        made = working.run("wallet", "new", "till", "--chain", "31337", "--json").json
        working.run("wallet", "policy", "till", "--file", str(policy))
        working.run("persona", "new", "reader")
        ground.anvil.request("anvil_setBalance", made["address"], hex(ETHER))
        ground.anvil.request("anvil_setNonce", made["address"], "0x0")
        yield working


def posted(folder: Path, ground: Ground, **changes: object) -> str:
    """A file with the metadata of a new packet."""
    file = folder / "post.json"
    file.write_text(json.dumps(fungible_meta(ground, ground.create(), **changes)))
    return str(file)


def test_wallets_are_linked_to_personas_and_told_what_is_worth_it(owner: Operator, ground: Ground) -> None:
    linked = owner.run("wallet", "link", "till", "--persona", "reader", "--json").json
    assert (linked["persona"], linked["wallet"], linked["claims"]) == ("reader", "till", True)
    token = address_text(ground.at["PLAIN"])
    assert owner.run("wallet", "worth", "till", token, "--least", "1000", "--cost", "0.001").status == 0
    (row,) = owner.run("wallet", "links", "--json").json
    assert row["worth"] == [f"{token} >= 1000"]
    for wrong in (("1e9", "0.001"), ("-1", "0.001"), ("1", "1e-3"), ("9" * 80, "1"), ("1", "NaN")):
        assert owner.run("wallet", "worth", "till", token, "--least", wrong[0], "--cost", wrong[1]).status == 2
    assert owner.run("wallet", "unlink", "till", "--persona", "reader").status == 0
    assert owner.run("wallet", "unlink", "till", "--persona", "reader").status == 3


def test_a_share_is_planned_then_taken_by_hand(owner: Operator, ground: Ground, tmp_path: Path) -> None:
    file = posted(tmp_path, ground)
    plan = owner.run("redpacket", "claim", file, "--wallet", "till", "--plan", "--json").json
    assert (plan["share"], plan["hindrance"]) == ("1 ETH", None)
    assert owner.run("redpacket", "claims", "--json").json == []
    taken = owner.run("redpacket", "claim", file, "--wallet", "till", "--json").json
    assert taken["state"] == "found"
    for _ in range(6):
        step(owner)
        ground.anvil.mine()
    (row,) = owner.run("redpacket", "claims", "--json").json
    assert (row["state"], row["amount"], row["received"], row["wallet"]) == ("claimed", "1 ETH", "1 ETH", "till")
    again = owner.run("redpacket", "claim", file, "--wallet", "till")
    assert (again.status, "has had its share" in again.err) == (3, True)


def test_what_cannot_be_claimed_is_named_and_not_recorded(owner: Operator, ground: Ground, tmp_path: Path) -> None:
    cases = (
        ({"password": ""}, "held by a server"),
        ({"contract_version": 3, "password": "word"}, "never claimed"),
        ({"chainId": 1}, "on chain 1"),
        ({"password": "0x" + "11" * 32}, "not this packet's"),
    )
    for changes, words in cases:
        ran = owner.run("redpacket", "claim", posted(tmp_path, ground, **changes), "--wallet", "till")
        assert (ran.status, words in ran.err) == (3, True), ran.err
    bare = owner.run("redpacket", "claim", "0x" + "07" * 32, "--wallet", "till")
    assert (bare.status, "no key" in bare.err) == (3, True)
    assert owner.run("redpacket", "claim", posted(tmp_path, ground)).status == 2
    assert owner.run("redpacket", "claims", "--json").json == []


def test_a_share_that_was_left_is_asked_for_again_by_its_id(owner: Operator, ground: Ground, tmp_path: Path) -> None:
    file = posted(tmp_path, ground)
    policy = owner.run("wallet", "policy", "till", "--json").json
    assert policy["method"]
    owner.run("redpacket", "claim", file, "--wallet", "till")
    owner.run("wallet", "worth", "till", "native", "--least", str(2 * ETHER), "--cost", "1")
    step(owner)
    (row,) = owner.run("redpacket", "claims", "--state", "left", "--json").json
    assert row["reason"] == "TooLittle"
    owner.run("wallet", "worth", "till", "native", "--least", "1", "--cost", "1")
    assert owner.run("redpacket", "claim", row["packet"], "--wallet", "till", "--json").json["state"] == "found"
    for _ in range(6):
        step(owner)
        ground.anvil.mine()
    assert owner.run("redpacket", "claims", "--json").json[0]["state"] == "claimed"
