"""Wallets, approvals and audit at the command line, on a real chain: keys come and go, a payment waits for a yes and is made."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path

import pytest
from eth_account import Account
from eth_account.messages import encode_defunct

from maskbot.domain.approval import approval_code
from maskbot.domain.job import JobKind
from maskbot.domain.money import Address
from maskbot.domain.transaction import ContractCall, PaymentOrder
from maskbot.flows.decide.payment import plan_payment
from maskbot.sandbox.chain import Anvil
from tests.fakes.inside import FakeNotice
from tests.unit.cli.operator import Operator, chains_file, operator_at_work
from workers.task import drain

ONE = 10**18
BOB = Address(b"\x0b" * 20)
APPROVER = Account.from_key(b"\x33" * 32)
POLICY = f"""
chain = 31337
approvers = ["key:{APPROVER.address.lower()}", "x:2244"]
[[token]]
address = "native"
per_payment = "{5 * ONE}"
per_day = "{20 * ONE}"
per_recipient = "{20 * ONE}"
approval_above = "{ONE}"
"""


@pytest.fixture(scope="module")
def anvil(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Anvil]:
    with Anvil(tmp_path_factory.mktemp("anvil"), accounts=1) as started:
        yield started


@pytest.fixture
def payer(anvil: Anvil, tmp_path: Path) -> Iterator[Operator]:
    with operator_at_work(chains_file=chains_file(tmp_path, anvil)) as working:
        yield working


def test_a_wallet_is_made_gets_rules_and_pays_what_somebody_else_approved(
    payer: Operator, anvil: Anvil, tmp_path: Path
) -> None:
    wallet = payer.run("wallet", "new", "till", "--chain", "31337", "--json").json
    anvil.request("anvil_setBalance", wallet["address"], hex(10 * ONE))
    assert payer.run("wallet", "balance", "till", "--json").json["balance_wei"] == str(10 * ONE)
    (tmp_path / "policy.toml").write_text(POLICY)
    rules = payer.run("wallet", "policy", "till", "--file", str(tmp_path / "policy.toml"), "--json").json
    assert rules["token"][0]["per_payment"] == str(5 * ONE)
    order = PaymentOrder(wallet["id"], "test", "1", ContractCall(BOB, 3 * ONE), "operator:alice")
    with payer.parts.store.write() as work:
        intent = plan_payment(order, work=work, now_ms=payer.parts.clock.now_ms())
    step(payer)
    (waiting,) = payer.run("approval", "list", "--json").json
    assert (waiting["id"], waiting["needed_approvals"], waiting["state"]) == (intent.id, 1, "planned")
    code = approval_code(intent.id, call_digest=intent.call_digest)
    assert waiting["mention"] == f"approve {intent.id[:8]} {code}"
    assert payer.run("approval", "approve", intent.id).status == 3, "the policy lists a key, not this operator"
    text = payer.run("approval", "message", intent.id).out.removesuffix("\n")
    signature = APPROVER.sign_message(encode_defunct(text=text)).signature.hex()
    assert payer.run("approval", "approve", intent.id, "--signature", signature, "--json").json["state"] == "approved"
    for _ in range(4):
        step(payer)
        anvil.mine()
    (paid,) = payer.run("approval", "list", "--all", "--json").json
    assert paid["state"] == "final"
    assert int(anvil.request("eth_getBalance", "0x" + BOB.hex(), "latest"), 16) == 3 * ONE
    verified = payer.run("audit", "verify", "--json").json
    assert payer.run("audit", "verify", "--head", verified["head"]).status == 0
    assert payer.run("audit", "verify", "--head", "1:" + "00" * 32).status == 2
    actions = [entry["action"] for entry in payer.run("audit", "show", "--json").json]
    assert actions[-2:] == ["payment.signed", "payment.final"]


def test_a_keystore_comes_in_with_its_nonce_and_goes_out_again(payer: Operator, anvil: Anvil, tmp_path: Path) -> None:
    account = Account.from_key(b"\x44" * 32)
    anvil.request("anvil_setNonce", account.address, hex(7))
    source, password, target = tmp_path / "in.json", tmp_path / "password", tmp_path / "out.json"
    source.write_text(json.dumps(Account.encrypt(account.key, "hunter2", kdf="pbkdf2", iterations=1000)))
    password.write_text("hunter2\n")
    words = ["wallet", "import", "old", "--chain", "31337", "--from", "keystore", "--file", str(source)]
    wrong = payer.run(*words, "--password-env", "WRONG", WRONG="nothing")
    assert (wrong.status, "password" in wrong.err) == (3, True)
    wallet = payer.run(*words, "--password-file", str(password), "--json").json
    assert (wallet["address"], wallet["next_nonce"]) == (account.address, 7)
    assert payer.run(*words, "--password-file", str(password)).status == 3, "one account, one wallet"
    assert payer.run("wallet", "export", "old", "--to", str(target), "--password-file", str(password)).status == 0
    assert target.stat().st_mode & 0o777 == 0o600
    assert Account.decrypt(json.loads(target.read_text()), "hunter2") == account.key
    payer.settings.kek_file_path.rename(tmp_path / "kek")  # the vault goes on with the key it has read
    again = payer.run("wallet", "export", "old", "--to", str(tmp_path / "b"), "--password-file", str(password))
    assert (again.status, "key file" in again.err, (tmp_path / "b").exists()) == (6, True, False)


@pytest.mark.parametrize(
    "content",
    ["", "[]", "{}", '{"version":3,"crypto":{"kdf":"scrypt","kdfparams":{"n":1073741824,"r":8,"p":1}}}', "[" * 9000],
)
def test_what_is_no_keystore_is_malformed(payer: Operator, tmp_path: Path, content: str) -> None:
    source = tmp_path / "in.json"
    source.write_text(content)
    words = ["wallet", "import", "x", "--chain", "31337", "--from", "keystore", "--file", str(source)]
    assert payer.run(*words, "--password-env", "PASSWORD", PASSWORD="x").status == 2


def test_two_new_wallets_are_two_accounts_of_one_tree(payer: Operator) -> None:
    first, second = (
        payer.run("wallet", "new", name, "--chain", "31337", "--json").json["address"] for name in ("a", "b")
    )
    assert first != second
    assert {row["address"] for row in payer.run("wallet", "list", "--json").json} == {first, second}


def test_a_chain_that_is_not_served_is_named(payer: Operator) -> None:
    ran = payer.run("wallet", "new", "a", "--chain", "5")
    assert (ran.status, "MASKBOT_CHAINS_FILE" in ran.err) == (6, True)


def test_a_policy_with_a_slip_is_refused(payer: Operator, tmp_path: Path) -> None:
    payer.run("wallet", "new", "a", "--chain", "31337")
    for text in (
        "chain = ",
        "chain = 31337\nper_day = 5",
        'chain = 31337\n[[token]]\naddress = "native"',
        "chain = 1.5",
        'chain = 31337\napprovers = ["@bob"]',
        'chain = 31337\napprovers = ["x:bob"]',
        'chain = 31337\napprovers = ["mastodon:bob@social.example"]',
        'chain = 31337\napprovers = ["key:0x7E5F4552091A69125d5DfCb7b8C2659029395BdF"]',
    ):
        (tmp_path / "p.toml").write_text(text)
        assert payer.run("wallet", "policy", "a", "--file", str(tmp_path / "p.toml")).status == 2
    assert "token" not in payer.run("wallet", "policy", "a", "--json").json


def test_scopes_of_payments_can_be_switched(payer: Operator) -> None:
    for scope in ("payments", "resends", "chain:31337", "wallet:abc"):
        assert payer.run("switch", "pause", scope, "--json").json["is_on"] is False


def step(payer: Operator) -> None:
    """The worker of the payments' queue, as if everything were due now."""
    with payer.parts.store.write() as work:
        for kind in (JobKind.CHECK_PAYMENT, JobKind.SWEEP_WALLET):
            assert kind.queue == "payments"
        far = payer.parts.clock.now_ms() + 60_000
        for job in work.jobs.claim(queue="payments", owner="test", limit=99, now_ms=far, lease_ms=1):
            work.jobs.postpone(job, due_at_ms=0, error_kind="")
    stops = iter([False, False, True])
    drain("payments", app=payer.parts, notice=FakeNotice(), owner="test", is_stopping=lambda: next(stops, True))
