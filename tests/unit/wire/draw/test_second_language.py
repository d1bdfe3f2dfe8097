"""The verifier in JavaScript agrees with Python on ten thousand draws, good and tampered with (R34)."""

from __future__ import annotations

import subprocess
from dataclasses import replace
from pathlib import Path
from random import Random

from maskbot.domain.conditions import BoostedPost
from maskbot.domain.errors import MaskbotError
from maskbot.domain.identity import Platform
from maskbot.sandbox.node import find_node
from maskbot.wire import draw as room
from maskbot.wire.draw import Beacon, BlockPromise, check_proof, draw, dump_proof
from tests.unit.domain.test_eligibility import RULES
from tests.unit.wire.draw.draws import random_draw, random_entrants, tampered

VERIFIER = Path(room.__file__).with_name("verify.mjs")
CASES = 10_000


def holds(text: str) -> bool:
    try:
        check_proof(text)
    except MaskbotError:
        return False
    return True


def test_both_languages_agree_on_ten_thousand_random_draws() -> None:
    random = Random(20261123)
    texts = []
    for number in range(CASES):
        proof = random_draw(random, count=random.randrange(6), places=random.randrange(4), is_weighted=number % 2 == 0)
        texts.append(tampered(random, proof) if number % 4 == 3 else dump_proof(proof))
    run = subprocess.run(
        [str(find_node().executable), str(VERIFIER), "--lines"],
        input="\n".join(texts), capture_output=True, text=True, check=True, timeout=120,
    )  # fmt: skip
    verdicts = [line == "ok" for line in run.stdout.splitlines()]
    assert verdicts == [holds(text) for text in texts]
    assert 0.7 < sum(verdicts) / CASES < 0.8


def test_the_verifier_prints_the_winners_of_one_file(tmp_path: Path) -> None:
    proof = random_draw(Random(1), count=300, places=3, is_weighted=True)
    path = tmp_path / "proof.json"
    path.write_text(dump_proof(proof))
    command = [str(find_node().executable), str(VERIFIER), str(path)]
    run = subprocess.run(command, capture_output=True, text=True, check=True, timeout=60)
    assert run.stdout.split() == [winner.id.hex() for winner in proof.winners]
    path.write_text(dump_proof(proof).replace('"winners":["', '"winners":["00'))
    assert subprocess.run(command, capture_output=True, timeout=60, check=False).returncode == 1


def test_both_languages_read_the_rules_of_a_real_giveaway_with_and_without_conditions() -> None:
    posts = (BoostedPost(Platform.X, "x.com", "1995"), BoostedPost(Platform.MASTODON, "social.example", "112"))
    random, texts = Random(7), []
    for rules in (RULES, replace(RULES, follows=True, boosted=posts)):
        beacon = Beacon(BlockPromise(31337, 1_000), random.randbytes(32))
        entrants = random_entrants(random, 9, is_weighted=False)
        texts.append(dump_proof(draw(entrants, rules=rules.text, beacon=beacon, places=len(rules.prizes))))
    run = subprocess.run(
        [str(find_node().executable), str(VERIFIER), "--lines"],
        input="\n".join(texts), capture_output=True, text=True, check=True, timeout=60,
    )  # fmt: skip
    assert run.stdout.split() == ["ok", "ok"]
    assert all(map(holds, texts))


def test_the_verifier_is_short_and_depends_on_nothing_but_hashes() -> None:
    source = VERIFIER.read_text()
    assert len(source.splitlines()) < 100
    assert all("node:" in line for line in source.splitlines() if line.startswith("import"))
