"""The published proof of a draw: everything the winners follow from, as one JSON document that anyone can check.

Source: reliability.md C.6, point 5, R34, R35. All values are texts or lists of texts, so that every language reads the same. The
document repeats what follows (hashes, seed, winners) so that a reader sees the first step that fails. `verify.mjs` beside this
file does the same checks in JavaScript. Neither checks the BLS signature of a drand round (no dependency except hashes);
`adapters/drand` does.
"""

from __future__ import annotations

import json
import re
from collections.abc import Sequence
from dataclasses import dataclass
from hashlib import sha256
from typing import TypeGuard

from maskbot.wire.draw.beacon import Beacon, Promise, parse_promise
from maskbot.wire.draw.entrants import DrawEntrant, merkle_root, normalise, parse_lines
from maskbot.wire.draw.errors import ProofMalformed, ProofWrong
from maskbot.wire.draw.selection import draw_seed, select

FORMAT = "maskbot-draw-1"
MOST_PROOF_CHARACTERS = 200 * 2**20
MOST_RULES_CHARACTERS = 64 * 1024
_HEX = re.compile(r"(?:[0-9a-f]{2}){0,64}", re.ASCII)
_TEXTS = ("rules", "rules_hash", "root", "beacon", "value", "randomness", "server_seed", "seed")
_LISTS = ("entrants", "winners")


@dataclass(frozen=True, slots=True)
class Proof:
    """A draw. `rules` is the JSON text that was hashed when the giveaway opened; `winners` are in order of rank."""

    rules: str
    entrants: tuple[DrawEntrant, ...]
    root: bytes
    beacon: Beacon
    server_seed: bytes
    seed: bytes
    winners: tuple[DrawEntrant, ...]


def draw(
    entrants: Sequence[DrawEntrant], *, rules: str, beacon: Beacon, places: int, server_seed: bytes = b""
) -> Proof:
    """Draw the winners. The rules must promise this beacon and have a prize for each place: `check_proof` looks.

    Raises:
        EntrantMalformed: entrants without a normal form.
    """
    ordered = normalise(entrants)
    root = merkle_root([entrant.line for entrant in ordered])
    seed = draw_seed(rules_hash=rules_hash(rules), root=root, randomness=beacon.randomness, server_seed=server_seed)
    winners = select(ordered, seed=seed, places=places)
    return Proof(rules, ordered, root, beacon, server_seed, seed, winners)


def rules_hash(rules: str) -> bytes:
    """SHA-256 of the rules' text (ASCII), 32 bytes."""
    return sha256(rules.encode("ascii")).digest()


def dump_proof(proof: Proof) -> str:
    """The proof as JSON text; the same draw always gives the same text."""
    document = {
        "format": FORMAT,
        "rules": proof.rules,
        "rules_hash": rules_hash(proof.rules).hex(),
        "entrants": [entrant.line for entrant in proof.entrants],
        "root": proof.root.hex(),
        "beacon": proof.beacon.promise.text,
        "value": proof.beacon.value.hex(),
        "randomness": proof.beacon.randomness.hex(),
        "server_seed": proof.server_seed.hex(),
        "seed": proof.seed.hex(),
        "winners": [winner.id.hex() for winner in proof.winners],
    }
    return json.dumps(document, separators=(",", ":"))


def check_proof(text: str) -> Proof:
    """The proof that a JSON text holds, every step of it done again.

    Raises:
        ProofMalformed: not a proof of this format. EntrantMalformed: an entrant has no normal form.
        ProofWrong: a hash, the seed, the promise of the rules or a winner does not follow from the data.
    """
    texts, lists = _read(text)
    promise, places, commit = _promised(texts["rules"])
    _claim("rules_hash", rules_hash(texts["rules"]).hex() == texts["rules_hash"])
    entrants = parse_lines(lists["entrants"])
    beacon, server_seed = _beacon(texts)
    _claim("beacon", promise == beacon.promise)
    _claim("randomness", beacon.randomness.hex() == texts["randomness"])
    _claim("server_seed", (sha256(server_seed).hexdigest() if server_seed else "") == commit)
    proof = draw(entrants, rules=texts["rules"], beacon=beacon, places=places, server_seed=server_seed)
    _claim("root", proof.root.hex() == texts["root"])
    _claim("seed", proof.seed.hex() == texts["seed"])
    _claim("winners", [winner.id.hex() for winner in proof.winners] == lists["winners"])
    return proof


def _read(text: str) -> tuple[dict[str, str], dict[str, list[str]]]:
    if len(text) > MOST_PROOF_CHARACTERS:
        raise ProofMalformed(f"a proof has {MOST_PROOF_CHARACTERS} characters at most")
    document = _parse(text, "a proof")
    if document.get("format") != FORMAT or set(document) != {"format", *_TEXTS, *_LISTS}:
        raise ProofMalformed(f"a proof is a JSON object of the format {FORMAT} with its eleven members")
    texts = {name: value for name in _TEXTS if isinstance(value := document[name], str)}
    lists = {name: value for name in _LISTS if _is_texts(value := document[name])}
    if len(texts) != len(_TEXTS) or len(lists) != len(_LISTS):
        raise ProofMalformed("the members of a proof are texts, and entrants and winners lists of texts")
    if not all(_HEX.fullmatch(texts[name]) for name in _TEXTS if name not in ("rules", "beacon")):
        raise ProofMalformed("hashes, value and seeds are lower-case hexadecimal")
    return texts, lists


def _promised(rules: str) -> tuple[Promise, int, str]:
    """What the rules promised: the beacon, the number of prizes, the hash of a server seed ("" for none)."""
    if not rules.isascii() or len(rules) > MOST_RULES_CHARACTERS:
        raise ProofMalformed(f"rules are ASCII text of {MOST_RULES_CHARACTERS} characters at most")
    document = _parse(rules, "the rules")
    beacon, prizes, commit = (document.get(name) for name in ("beacon", "prizes", "commit"))
    if not (isinstance(beacon, str) and isinstance(commit, str) and _is_texts(prizes)):
        raise ProofMalformed("rules name a beacon, prizes and a commit")
    try:
        return parse_promise(beacon), len(prizes), commit
    except ValueError as error:
        raise ProofMalformed(str(error)) from error


def _beacon(texts: dict[str, str]) -> tuple[Beacon, bytes]:
    try:
        beacon = Beacon(parse_promise(texts["beacon"]), bytes.fromhex(texts["value"]))
    except ValueError as error:
        raise ProofMalformed(str(error)) from error
    server_seed = bytes.fromhex(texts["server_seed"])
    if len(server_seed) not in (0, 32):
        raise ProofMalformed("a server seed has 32 bytes, or there is none")
    return beacon, server_seed


def _parse(text: str, what: str) -> dict[str, object]:
    try:
        document = json.loads(text)
    except (ValueError, RecursionError) as error:
        raise ProofMalformed(f"{what} cannot be read as JSON") from error
    if not isinstance(document, dict):
        raise ProofMalformed(f"{what} is no JSON object")
    return document


def _is_texts(value: object) -> TypeGuard[list[str]]:
    return isinstance(value, list) and all(isinstance(each, str) for each in value)


def _claim(name: str, holds: bool) -> None:
    if not holds:
        raise ProofWrong(name)
