"""The verifiable draw: entrants in normal form, their Merkle root, a beacon, the selection, the published proof. Pure."""

from maskbot.wire.draw.beacon import (
    QUICKNET,
    Beacon,
    BlockPromise,
    DrandChain,
    DrandPromise,
    Promise,
    parse_promise,
)
from maskbot.wire.draw.entrants import MOST_WEIGHT, DrawEntrant, entrant_id, merkle_root, normalise
from maskbot.wire.draw.errors import EntrantMalformed, ProofMalformed, ProofWrong
from maskbot.wire.draw.proof import FORMAT, Proof, check_proof, draw, dump_proof, rules_hash
from maskbot.wire.draw.selection import draw_seed, exponential_key, select

__all__ = [
    "FORMAT",
    "MOST_WEIGHT",
    "QUICKNET",
    "Beacon",
    "BlockPromise",
    "DrandChain",
    "DrandPromise",
    "DrawEntrant",
    "EntrantMalformed",
    "Promise",
    "Proof",
    "ProofMalformed",
    "ProofWrong",
    "check_proof",
    "draw",
    "draw_seed",
    "dump_proof",
    "entrant_id",
    "exponential_key",
    "merkle_root",
    "normalise",
    "parse_promise",
    "rules_hash",
    "select",
]
