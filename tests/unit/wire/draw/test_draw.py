"""The draw: normal form, root, selection, proof (reliability.md C.6, R34, R35)."""

from __future__ import annotations

import json
from hashlib import sha256
from math import log2
from random import Random

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from maskbot.domain.errors import MaskbotError
from maskbot.domain.money import Address
from maskbot.wire.draw import (
    QUICKNET,
    Beacon,
    BlockPromise,
    DrandPromise,
    DrawEntrant,
    EntrantMalformed,
    ProofMalformed,
    ProofWrong,
    check_proof,
    draw,
    dump_proof,
    entrant_id,
    exponential_key,
    merkle_root,
    normalise,
    parse_promise,
    select,
)
from tests.unit.wire.draw.draws import random_draw, random_entrants, rules_text, tampered

counts = st.integers(0, 12)


def test_the_root_of_no_entrants_is_the_hash_of_nothing_and_one_leaf_is_marked_as_a_leaf() -> None:
    assert merkle_root([]) == sha256(b"").digest()
    assert merkle_root(["a"]) == sha256(b"\x00a").digest()


def test_the_root_is_that_of_rfc_6962() -> None:
    leaves = [sha256(b"\x00" + name.encode()).digest() for name in "abc"]
    pair = sha256(b"\x01" + leaves[0] + leaves[1]).digest()
    assert merkle_root(list("abc")) == sha256(b"\x01" + pair + leaves[2]).digest()


@given(st.integers(0, 2**32), counts)
def test_the_order_of_entering_changes_nothing(number: int, count: int) -> None:
    random = Random(number)
    entrants = random_entrants(random, count, is_weighted=True)
    shuffled = random.sample(entrants, count)
    assert normalise(entrants) == normalise(shuffled)


@given(st.integers(0, 2**32), st.integers(1, 12))
def test_another_set_of_entrants_has_another_root(number: int, count: int) -> None:
    random = Random(number)
    entrants = normalise(random_entrants(random, count, is_weighted=False))
    lines = [entrant.line for entrant in entrants]
    changed = list(lines)
    at = random.randrange(count)
    match random.randrange(3):
        case 0:
            del changed[at]
        case 1:
            changed.insert(at, DrawEntrant(random.randbytes(32), Address(random.randbytes(20))).line)
        case _:
            changed[at] = DrawEntrant(entrants[at].id, Address(random.randbytes(20))).line
    assert merkle_root(changed) != merkle_root(lines)


def test_an_entrant_or_an_address_that_occurs_twice_is_malformed() -> None:
    first, second = random_entrants(Random(1), 2, is_weighted=False)
    for twin in (DrawEntrant(first.id, second.address), DrawEntrant(second.id, first.address)):
        with pytest.raises(EntrantMalformed, match="twice"):
            normalise([first, twin])


def test_the_id_of_a_person_differs_by_giveaway() -> None:
    ids = {entrant_id(giveaway_id=giveaway, person="x:1") for giveaway in ("a", "b")}
    assert len(ids) == 2


@given(st.integers(0, 2**32), counts, st.integers(0, 14), st.booleans())
def test_a_published_proof_holds_and_names_the_same_winners(
    number: int, count: int, places: int, is_weighted: bool
) -> None:
    proof = random_draw(Random(number), count=count, places=places, is_weighted=is_weighted)
    assert check_proof(dump_proof(proof)) == proof
    assert len(proof.winners) == min(count, places)
    assert len(set(proof.winners)) == len(proof.winners)


@given(st.integers(0, 2**32), st.integers(1, 8))
def test_a_proof_that_was_tampered_with_is_refused(number: int, count: int) -> None:
    random = Random(number)
    proof = random_draw(random, count=count, places=2, is_weighted=False)
    with pytest.raises((ProofWrong, ProofMalformed, EntrantMalformed)):
        check_proof(tampered(random, proof))


@given(
    st.text(max_size=80) | st.recursive(st.none() | st.booleans() | st.text(), st.lists, max_leaves=5).map(json.dumps)
)
def test_any_text_is_a_proof_or_a_named_error(text: str) -> None:
    with pytest.raises(MaskbotError):
        check_proof(text)


@given(st.integers(0, 400), st.integers(0, 200))
def test_every_truncation_of_a_proof_is_malformed(number: int, cut: int) -> None:
    text = dump_proof(random_draw(Random(number), count=2, places=1, is_weighted=False))
    with pytest.raises(ProofMalformed):
        check_proof(text[: -cut - 1])


def test_deep_nesting_is_malformed() -> None:
    with pytest.raises(ProofMalformed):
        check_proof("[" * 200_000)


def test_a_server_seed_counts_and_has_to_be_the_one_that_was_committed_to() -> None:
    random = Random(3)
    promise = BlockPromise(1, 5)
    beacon, server_seed = Beacon(promise, bytes(32)), random.randbytes(32)
    entrants = random_entrants(random, 5, is_weighted=False)
    rules = rules_text(promise, places=1, commit=sha256(server_seed).hexdigest())
    proof = draw(entrants, rules=rules, beacon=beacon, places=1, server_seed=server_seed)
    assert check_proof(dump_proof(proof)) == proof
    without = draw(entrants, rules=rules, beacon=beacon, places=1)
    with pytest.raises(ProofWrong, match="server_seed"):
        check_proof(dump_proof(without))


@settings(max_examples=300)
@given(st.integers(0, 2**256 - 1))
def test_the_fixed_point_logarithm_is_that_of_real_numbers(ticket: int) -> None:
    key = exponential_key(ticket, weight=1) / 2**112
    real = 256 - log2(2**256 - ticket)
    assert abs(key - real) < 1e-9


@given(st.integers(0, 2**256 - 1), st.integers(0, 2**256 - 1))
def test_keys_of_equal_weight_order_as_their_tickets(first: int, second: int) -> None:
    low, high = sorted((first, second))
    assert exponential_key(low, weight=1) <= exponential_key(high, weight=1)


def chi_square(wins: list[int], expected: list[float]) -> float:
    return sum((won - due) ** 2 / due for won, due in zip(wins, expected, strict=True))


def test_equal_entrants_win_equally_often() -> None:
    entrants = normalise(random_entrants(Random(7), 10, is_weighted=False))
    wins = dict.fromkeys(entrants, 0)
    for number in range(20_000):
        wins[select(entrants, seed=sha256(number.to_bytes(4, "big")).digest(), places=1)[0]] += 1
    assert chi_square(list(wins.values()), [2_000.0] * 10) < 27.88  # 9 degrees of freedom, p = 0.001


def test_heavier_entrants_win_in_proportion() -> None:
    random = Random(8)
    entrants = [DrawEntrant(random.randbytes(32), Address(random.randbytes(20)), weight) for weight in (1, 2, 3, 4)]
    wins = dict.fromkeys(entrants, 0)
    for number in range(10_000):
        wins[select(entrants, seed=sha256(number.to_bytes(4, "big")).digest(), places=1)[0]] += 1
    assert chi_square(list(wins.values()), [1_000.0, 2_000.0, 3_000.0, 4_000.0]) < 16.27  # 3 degrees of freedom


@pytest.mark.parametrize(
    "text",
    ["", "drand", "drand 00 1", f"drand {'0' * 64} 0", f"drand {'A' * 64} 1", "block 1", "block 1 01", "block 0 1"],
)
def test_what_promises_nothing_is_no_promise(text: str) -> None:
    with pytest.raises(ValueError, match="beacon"):
        parse_promise(text)


@pytest.mark.parametrize("promise", [DrandPromise(bytes(32), 9), BlockPromise(137, 12)])
def test_a_promise_is_read_as_it_was_written(promise: DrandPromise | BlockPromise) -> None:
    assert parse_promise(promise.text) == promise


@given(st.integers(QUICKNET.genesis_s - 5, 2**33))
def test_the_round_after_a_time_is_the_first_one_later(time_s: int) -> None:
    number = QUICKNET.round_after(time_s)
    assert QUICKNET.time_of(number) > time_s
    assert number == 1 or QUICKNET.time_of(number - 1) <= time_s
