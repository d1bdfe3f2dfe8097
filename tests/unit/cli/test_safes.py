"""Safes at the command line, on a real chain: added if genuine, proposed to, shown, exported for the owners, executed by a
stranger."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path

import pytest
from eth_account import Account

from maskbot.domain.job import JobKind
from maskbot.domain.money import Address
from maskbot.domain.safe import SafeTx
from maskbot.domain.transaction import ContractCall
from maskbot.flows.decide.giveaway import close_giveaway, draw_giveaway
from maskbot.sandbox.chain import Anvil, dev_account
from maskbot.sandbox.safes import create_safe, deploy_safe_contracts, execute, sign_as
from maskbot.wire.crypto import address_text, parse_address
from tests.fakes.inside import FakeNotice
from tests.unit.cli.operator import Operator, chains_file, host_on_x, operator_at_work
from tests.unit.cli.test_giveaways import add_entrants
from workers.task import drain

ONE = 10**18
BOB, CAROL = "0x" + "0b" * 20, "0x" + "0c" * 20
PERSON, STRANGER = dev_account(1), dev_account(2)


@pytest.fixture(scope="module")
def anvil(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Anvil]:
    with Anvil(tmp_path_factory.mktemp("anvil")) as started:
        deploy_safe_contracts(started)
        yield started


@pytest.fixture
def dao(anvil: Anvil, tmp_path: Path) -> Iterator[Operator]:
    with operator_at_work(chains_file=chains_file(tmp_path, anvil)) as working:
        yield working


def set_up(dao: Operator, anvil: Anvil, folder: Path) -> tuple[Address, Address]:
    """A bot wallet and a 2-of-2 Safe of it and a person, which its policy lists; both addresses."""
    bot = parse_address(dao.run("wallet", "new", "bot", "--chain", "31337", "--json").json["address"])
    safe = create_safe(anvil, [bot, PERSON.address], threshold=2)
    anvil.fund([safe], wei=9 * ONE)
    anvil.mine(3)
    (folder / "policy.toml").write_text(f'chain = 31337\nsafes = ["{address_text(safe)}"]\n')
    rules = dao.run("wallet", "policy", "bot", "--file", str(folder / "policy.toml"), "--json").json
    assert rules["safes"] == [address_text(safe)]
    return bot, safe


def sweep(dao: Operator) -> None:
    """The worker of the payments' queue, as if everything were due now."""
    with dao.parts.store.write() as work:
        assert JobKind.SWEEP_SAFE.queue == "payments"
        far = dao.parts.clock.now_ms() + 60_000
        for job in work.jobs.claim(queue="payments", owner="test", limit=99, now_ms=far, lease_ms=1):
            work.jobs.postpone(job, due_at_ms=0, error_kind="")
    stops = iter([False, False, True])
    drain("payments", app=dao.parts, notice=FakeNotice(), owner="test", is_stopping=lambda: next(stops, True))


def test_a_batch_is_proposed_exported_signed_from_the_export_and_executed(
    dao: Operator, anvil: Anvil, tmp_path: Path
) -> None:
    bot, safe = set_up(dao, anvil, tmp_path)
    added = dao.run("safe", "add", address_text(safe), "--chain", "31337", "--name", "treasury", "--json").json
    assert (added["version"], added["threshold"], added["next_nonce"]) == ("1.4.1", 2, 0)
    assert set(added["owners"]) == {address_text(bot), address_text(PERSON.address)}
    words = ["safe", "propose", "treasury", "--wallet", "bot", "--pay", f"{BOB}=1.5", "--pay", f"{CAROL}=2"]
    made = dao.run(*words, "--id", "rent", "--json").json
    assert made["pays"] == [
        f"1.5 coins to {address_text(parse_address(BOB))}",
        f"2 coins to {address_text(parse_address(CAROL))}",
    ]
    assert dao.run(*words, "--id", "rent", "--json").json["id"] == made["id"], "one name, one proposal"
    assert dao.run(*words[:-2], "--id", "rent").status == 3
    sweep(dao)
    exported = dao.run("safe", "export", made["id"]).json
    assert exported["safe_tx_hash"] == made["hash"]
    (own,) = exported["signatures"]
    assert own["signer"] == address_text(bot)
    signed = Account.sign_typed_data(PERSON.key, full_message=numbers(exported["typed_data"]))
    assert "0x" + signed.message_hash.hex() == made["hash"], "a wallet signs the same from the exported payload"
    message = exported["typed_data"]["message"]
    call = ContractCall(parse_address(message["to"]), int(message["value"]), bytes.fromhex(message["data"][2:]))
    tx = SafeTx(31337, safe, call, message["operation"] == 1, int(message["nonce"]))
    signatures = [(bot, bytes.fromhex(own["signature"][2:])), (PERSON.address, bytes(signed.signature))]
    execute(anvil, tx, signatures, by=STRANGER.address)
    anvil.mine(3)
    sweep(dao)
    (ended,) = dao.run("safe", "proposals", "--all", "--json").json
    assert (ended["state"], ended["error"]) == ("executed", None)
    assert int(anvil.request("eth_getBalance", CAROL, "latest"), 16) == 2 * ONE
    assert dao.run("safe", "show", "treasury", "--json").json["next_nonce"] == 1
    assert dao.run("safe", "cancel", made["id"]).status == 3
    assert dao.run("audit", "verify").status == 0


def test_the_prizes_of_a_giveaway_are_paid_from_the_safe(dao: Operator, anvil: Anvil, tmp_path: Path) -> None:
    bot, safe = set_up(dao, anvil, tmp_path)
    dao.run("safe", "add", address_text(safe), "--chain", "31337", "--name", "treasury")
    anvil.fund([bot], wei=9 * ONE)
    host_on_x(dao.parts)
    words = ["giveaway", "open", "spring", "--wallet", "bot", "--prize", "1x3", "--until", "+1h", "--beacon", "none"]
    opened = dao.run(*words, "--account", "maskbot", "--json").json
    add_entrants(dao, opened["id"], 5)
    ends = opened["closes_at_ms"] + 200_000
    close_giveaway(opened["id"], store=dao.parts.store, now_ms=ends)
    draw_giveaway(opened["id"], store=dao.parts.store, now_ms=ends)
    assert dao.run("giveaway", "pay", "spring", "--safe", "treasury").status == 2, "somebody has to sign first"
    pay = ["giveaway", "pay", "spring", "--safe", "treasury", "--wallet", "bot", "--json"]
    planned = dao.run(*pay).json
    assert (planned["means"], planned["planned"], planned["payments"]) == ("safe", 3, 1)
    assert dao.run("giveaway", "pay", "spring", "--json").json["planned"] == 0, "no wallet pays what is proposed"
    sweep(dao)
    (made,) = dao.run("safe", "proposals", "--json").json
    exported = dao.run("safe", "export", made["id"]).json
    message = exported["typed_data"]["message"]
    call = ContractCall(parse_address(message["to"]), 0, bytes.fromhex(message["data"][2:]))
    tx = SafeTx(31337, safe, call, True, int(message["nonce"]))
    own = bytes.fromhex(exported["signatures"][0]["signature"][2:])
    winners = [one["to"] for one in exported["calls"]]
    before = [int(anvil.request("eth_getBalance", one, "latest"), 16) for one in winners]
    execute(anvil, tx, [(bot, own), (PERSON.address, sign_as(PERSON, tx))], by=STRANGER.address)
    anvil.mine(3)
    sweep(dao)
    assert dao.run(*pay).json["state"] == "paid"
    shown = dao.run("giveaway", "show", "spring", "--json").json
    (ended,) = dao.run("safe", "proposals", "--all", "--json").json
    assert {prize["transaction"] for prize in shown["prizes"]} == {ended["transaction"]}
    assert sorted(prize["address"] for prize in shown["prizes"]) == sorted(winners)
    after = [int(anvil.request("eth_getBalance", one, "latest"), 16) for one in winners]
    assert [late - early for late, early in zip(after, before, strict=True)] == [ONE] * 3


def test_what_cannot_work_is_said_before_anything_is_recorded(dao: Operator, anvil: Anvil, tmp_path: Path) -> None:
    _, safe = set_up(dao, anvil, tmp_path)
    add = ["safe", "add", address_text(safe), "--chain", "31337", "--name", "treasury"]
    assert dao.run(*add[:2], BOB, *add[3:]).status == 3, "no Safe there"
    assert dao.run(*add).status == 0
    assert dao.run(*add).status == 3, "known already"
    dao.run("wallet", "new", "other", "--chain", "31337")
    propose = ["safe", "propose", "treasury", "--pay"]
    for words, status, named in (
        ([f"{BOB}=1", "--wallet", "other"], 3, "does not own this Safe"),
        ([f"{BOB}=1", "--wallet", "other", "--delegate"], 3, "no policy"),
        ([BOB, "--wallet", "bot"], 2, "0xADDRESS=AMOUNT"),
        ([f"{BOB}=0.0000000000000000001", "--wallet", "bot"], 2, "decimals"),
        ([f"{address_text(safe)}=1", "--wallet", "bot"], 3, "could change its owners"),
    ):
        ran = dao.run(*propose, *words)
        assert (ran.status, named in ran.err) == (status, True), ran.err
    assert dao.run("safe", "proposals", "--all", "--json").json == []


def test_a_proposal_that_is_not_signed_yet_is_cancelled_and_its_nonce_free(
    dao: Operator, anvil: Anvil, tmp_path: Path
) -> None:
    _, safe = set_up(dao, anvil, tmp_path)
    dao.run("safe", "add", address_text(safe), "--chain", "31337", "--name", "treasury")
    words = ["safe", "propose", "treasury", "--wallet", "bot", "--pay", f"{BOB}=1", "--json"]
    first = dao.run(*words).json
    early = dao.run("safe", "export", first["id"])
    assert (early.status, early.out, "not signed" in early.err) == (3, "", True), "what owners can sign can be paid"
    assert dao.run("safe", "cancel", first["id"], "--json").json["state"] == "cancelled"
    assert dao.run("safe", "export", first["id"]).status == 3
    again = dao.run(*words).json
    assert (again["nonce"], again["hash"]) == (first["nonce"], first["hash"])


def numbers(payload: dict[str, object]) -> dict[str, object]:
    """The payload as eth-account reads it: numbers instead of texts."""
    copied = json.loads(json.dumps(payload))
    for name in ("value", "safeTxGas", "baseGas", "gasPrice", "nonce"):
        copied["message"][name] = int(copied["message"][name])
    copied["message"]["data"] = bytes.fromhex(copied["message"]["data"][2:])
    return dict(copied)
