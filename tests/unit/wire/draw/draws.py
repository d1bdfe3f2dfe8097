"""Random draws for tests: entrants, rules that promise what is drawn, and proofs that were tampered with."""

from __future__ import annotations

import json
from random import Random

from maskbot.domain.money import Address
from maskbot.wire.draw import Beacon, BlockPromise, DrandPromise, DrawEntrant, Promise, Proof, draw, dump_proof


def rules_text(promise: Promise, *, places: int, commit: str = "") -> str:
    """Rules as far as a draw reads them."""
    document = {"beacon": promise.text, "commit": commit, "giveaway": "g1", "prizes": ["100"] * places}
    return json.dumps(document, separators=(",", ":"), sort_keys=True)


def random_entrants(random: Random, count: int, *, is_weighted: bool) -> list[DrawEntrant]:
    """Entrants in random order."""
    heaviest = random.choice([2, 100, 2**32 - 1]) if is_weighted else 1
    return [
        DrawEntrant(random.randbytes(32), Address(random.randbytes(20)), random.randint(1, heaviest))
        for _ in range(count)
    ]


def random_draw(random: Random, *, count: int, places: int, is_weighted: bool) -> Proof:
    """A proof that holds."""
    is_drand = random.random() < 0.5
    promise: Promise = DrandPromise(random.randbytes(32), 7) if is_drand else BlockPromise(1, 2_000_000)
    beacon = Beacon(promise, random.randbytes(48 if is_drand else 32))
    entrants = random_entrants(random, count, is_weighted=is_weighted)
    return draw(entrants, rules=rules_text(promise, places=places), beacon=beacon, places=places)


def tampered(random: Random, proof: Proof) -> str:
    """The proof's text with one thing changed that makes it wrong."""
    document = json.loads(dump_proof(proof))
    name = random.choice(
        ["rules_hash", "root", "value", "randomness", "seed", "winners", "entrants", "rules", "beacon"]
    )
    if name == "winners":
        document[name] = (
            document[name][1:] if random.random() < 0.5 and document[name] else [*document[name], "00" * 32]
        )
    elif name == "entrants" and document[name]:
        document[name] = document[name][:-1] if random.random() < 0.5 else [*document[name], document[name][0]]
    elif name == "rules":
        document[name] = document[name].replace("g1", "g2")
    elif name == "beacon":
        document[name] += "1"
    else:
        name = "root" if name == "entrants" else name
        digit = document[name][0]
        document[name] = ("0" if digit != "0" else "1") + document[name][1:]
    return json.dumps(document)
