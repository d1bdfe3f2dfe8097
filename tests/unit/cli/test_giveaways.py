"""`maskbot giveaway` from opening to a verified proof, with a real chain behind the wallet."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from pathlib import Path

import pytest

from maskbot.adapters.drand import sign_round
from maskbot.cli.giveaway_rules import read_boosted
from maskbot.domain.conditions import BoostedPost
from maskbot.domain.errors import Malformed
from maskbot.domain.giveaway import Entrant
from maskbot.domain.identity import Platform
from maskbot.domain.money import Address
from maskbot.domain.wallet import Wallet
from maskbot.flows.decide.giveaway import close_giveaway, draw_giveaway
from maskbot.sandbox.chain import Anvil, dev_account
from maskbot.sandbox.drand_server import PRIVATE_KEY, sandbox_chain
from maskbot.wire.draw import entrant_id
from tests.fakes.giveaways import address_of, person
from tests.unit.cli.operator import Operator, chains_file, host_on_x, operator_at_work

CHAIN = sandbox_chain(genesis_s=1_700_000_000, period_s=3)
DRAND = f"{CHAIN.hash.hex()} {CHAIN.public_key.hex()} {CHAIN.genesis_s} {CHAIN.period_s}"


@pytest.fixture(scope="module")
def anvil(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Anvil]:
    with Anvil(tmp_path_factory.mktemp("anvil")) as chain:
        chain.mine(3)
        yield chain


@pytest.fixture
def operator(anvil: Anvil, tmp_path: Path) -> Iterator[Operator]:
    chains = chains_file(tmp_path, anvil)
    with operator_at_work(with_vault=False, chains_file=chains, drand_chain=DRAND) as made:
        tenant_id, now_ms = host_on_x(made.parts), made.parts.clock.now_ms()
        wallet = Wallet("w1", tenant_id, anvil.chain_id, Address(dev_account(0).address), "k1", "till", 0)
        with made.parts.store.write() as work:
            work.treasury.wallets.add(wallet, now_ms=now_ms)
        yield made


def open_words(*more: str) -> list[str]:
    words = ["giveaway", "open", "spring", "--wallet", "till", "--prize", "1.5", "--prize", "0.5x2", "--until", "+1h"]
    return [*words, "--account", "maskbot", "--title", "Spring", "--json", *more]


def add_entrants(operator: Operator, giveaway_id: str, count: int) -> None:
    now_ms = operator.parts.clock.now_ms()
    for number in range(count):
        someone = person(number)
        entrant = Entrant(
            id=entrant_id(giveaway_id=giveaway_id, person=someone.person),
            person=someone.person,
            platform=someone.platform,
            handle=someone.handle,
            address=address_of(number),
            account_id="a",
            post_id=str(number),
            entered_at_ms=now_ms,
        )
        with operator.parts.store.write() as work:
            work.entrants.add(giveaway_id, entrant, now_ms=now_ms)


def test_a_dry_run_shows_the_ways_and_opens_nothing(operator: Operator) -> None:
    plan = operator.run(*open_words("--plan")).json
    assert (plan["winners"], plan["to_pay"], plan["chosen"], plan["enough"]) == (3, "2.5 ETH", "transfers", True)
    assert [way["way"] for way in plan["ways"]] == ["transfers", "disperse", "packet"]
    assert operator.run("giveaway", "list", "--json").json == []


def test_a_giveaway_from_opening_to_a_verified_proof(operator: Operator, tmp_path: Path) -> None:
    opened = operator.run(*open_words()).json
    assert opened["state"] == "open"
    assert opened["beacon"].startswith(f"drand {CHAIN.hash.hex()} ")
    add_entrants(operator, opened["id"], 5)
    store, ends = operator.parts.store, opened["closes_at_ms"] + 200_000
    close_giveaway(opened["id"], store=store, now_ms=ends)
    round_number = int(opened["beacon"].split()[-1])
    with store.write() as work:
        work.giveaways.save_beacon(opened["id"], value=sign_round(PRIVATE_KEY, round_number=round_number))
    draw_giveaway(opened["id"], store=store, now_ms=ends)
    shown = operator.run("giveaway", "show", "spring", "--json").json
    assert [prize["amount"] for prize in shown["prizes"]] == ["1.5 ETH", "0.5 ETH", "0.5 ETH"]
    assert (shown["owed"], shown["remainder"]) == ("2.5 ETH", "2.5 ETH")
    proof = tmp_path / "proof.json"
    assert operator.run("giveaway", "proof", "spring", "--output", str(proof)).status == 0
    verified = operator.run("giveaway", "verify", str(proof), "--json").json
    assert [each["address"] for each in verified["winners"]] == [prize["address"] for prize in shown["prizes"]]
    assert verified["beacon"].endswith("genuine")


def test_a_proof_that_does_not_hold_is_refused_with_the_step_that_fails(operator: Operator, tmp_path: Path) -> None:
    opened = operator.run(*open_words()).json
    add_entrants(operator, opened["id"], 2)
    store, ends = operator.parts.store, opened["closes_at_ms"] + 200_000
    close_giveaway(opened["id"], store=store, now_ms=ends)
    with store.write() as work:
        work.giveaways.save_beacon(opened["id"], value=bytes(48))
    draw_giveaway(opened["id"], store=store, now_ms=ends)
    proof = tmp_path / "proof.json"
    operator.run("giveaway", "proof", "spring", "--output", str(proof))
    forged = operator.run("giveaway", "verify", str(proof))
    assert (forged.status, "signature" in forged.err) == (3, True)
    assert operator.run("giveaway", "verify", str(proof), "--no-beacon").status == 0
    document = json.loads(proof.read_text())
    document["winners"].reverse()
    proof.write_text(json.dumps(document))
    wrong = operator.run("giveaway", "verify", str(proof), "--no-beacon")
    assert (wrong.status, "winners" in wrong.err) == (3, True)
    proof.write_text("[]")
    assert operator.run("giveaway", "verify", str(proof)).status == 2


def test_follows_and_boosts_are_written_into_the_rules(operator: Operator) -> None:
    operator.run(*open_words("--follows", "--boosted", "https://x.com/maskbot/status/1995"))
    rules = json.loads(operator.run("giveaway", "show", "spring", "--json").json["rules"])
    assert (rules["follows"], rules["boosted"]) == ("host", ["x x.com 1995"])


def test_the_url_of_a_post_names_its_server_and_its_id() -> None:
    on_mastodon = BoostedPost(Platform.MASTODON, "social.example:8080", "112")
    assert read_boosted("https://twitter.com/maskbot/status/1995") == BoostedPost(Platform.X, "x.com", "1995")
    assert read_boosted("https://Social.Example:8080/@maskbot/112") == on_mastodon
    assert read_boosted("https://social.example:8080/users/maskbot/statuses/112") == on_mastodon
    for wrong in ("https://x.com/maskbot", "ftp://x.com/maskbot/status/1", "112", "https://a.example/@b/../c"):
        with pytest.raises(Malformed):
            read_boosted(wrong)


def test_a_block_can_decide_and_lies_behind_the_end(operator: Operator, anvil: Anvil) -> None:
    opened = operator.run(*open_words("--beacon", "block")).json
    kind, chain_id, number = opened["beacon"].split()
    assert (kind, int(chain_id)) == ("block", anvil.chain_id)
    assert int(number) > 3


@pytest.mark.parametrize(
    ("changes", "status"),
    [
        (["--prize", "x"], 2),
        (["--boosted", "https://social.example/@maskbot/112"], 3),
        (["--boosted", "somewhere"], 2),
        (["--prize", "1e9"], 2),
        (["--prize", "1x9999"], 2),
        (["--prize", "100000"], 3),
        (["--token", "DAI"], 2),
        (["--holds", "0x1"], 2),
        (["--beacon", "dice"], 2),
        (["--age", "-1"], 2),
        (["--wallet", "nobody"], 3),
        (["--account", "nobody"], 3),
    ],
)
def test_what_means_nothing_is_refused_before_anything_is_recorded(
    operator: Operator, changes: list[str], status: int
) -> None:
    ran = operator.run(*open_words(*changes))
    assert ran.status == status, ran.err
    assert operator.run("giveaway", "list", "--json").json == []


def test_every_command_that_a_treasurer_is_told_exists(operator: Operator) -> None:
    page = (Path(__file__).parents[3] / "docs" / "giveaways.md").read_text(encoding="utf-8")
    verbs = set(re.findall(r"maskbot giveaway ([a-z]+)", page))
    assert verbs == {"open", "list", "show", "close", "draw", "proof", "verify", "verifier", "pay", "refund", "enter"}
    commands = sorted(set(re.findall(r"maskbot (giveaway|wallet|account) ([a-z]+)", page)))
    helps = [operator.run(*command, "--help") for command in commands]
    assert all(ran.status == 0 for ran in helps)
    options = set(re.findall(r"(?<![-\w])--[a-z][a-z-]+", page))
    assert options <= set(re.findall(r"--[a-z-]+", " ".join(ran.out for ran in helps)))


def test_the_verifier_can_be_handed_out(operator: Operator) -> None:
    assert "createHmac" in operator.run("giveaway", "verifier").out
