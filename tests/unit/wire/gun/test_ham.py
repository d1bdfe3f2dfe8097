"""HAM and the replica, against the verdicts of the real core."""

from __future__ import annotations

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from maskbot.wire.gun import Field, Link, Replica, Value, merge
from maskbot.wire.gun.json_text import number_text, text_of
from tests.unit.wire.gun import vectors

LATER_MS = 1_800_000_000_000

scalars = st.none() | st.booleans() | st.integers(-(2**53), 2**53) | st.floats(allow_nan=False, allow_infinity=False)
values = scalars | st.text() | st.builds(Link, st.text(min_size=1))
fields = st.builds(Field, values, st.floats(0, 1e13))


def value(raw: object) -> Value:
    if isinstance(raw, dict):
        return Link(raw["#"])
    assert raw is None or isinstance(raw, bool | int | float | str)
    return raw


@pytest.mark.parametrize("case", vectors.load("gun-ham.json")["cases"])
def test_every_verdict_of_the_real_core_is_reproduced(case: vectors.Case) -> None:
    known = Field(value(case["known"]), case["known_state"])
    verdict = merge(known, Field(value(case["incoming"]), case["incoming_state"]), clock_ms=LATER_MS)

    assert verdict.field is not None
    assert json.dumps(case["result"]) == json.dumps(
        {"#": verdict.field.value.soul} if isinstance(verdict.field.value, Link) else verdict.field.value
    )
    assert verdict.field.state == case["result_state"]
    assert not verdict.is_deferred


@given(fields, fields)
def test_the_order_of_two_writes_does_not_matter(left: Field, right: Field) -> None:
    first, second = Replica(max_fields=9), Replica(max_fields=9)
    for replica, order in ((first, (left, right)), (second, (right, left))):
        for field in order:
            replica.merge({"s": {"k": field}}, clock_ms=1e14)
    one, other = first.node("s"), second.node("s")

    assert one is not None
    assert other is not None
    assert one["k"].state == other["k"].state
    assert text_of(str(one["k"].value)) == text_of(str(other["k"].value)) or one["k"].value == other["k"].value


@pytest.mark.parametrize(
    ("number", "text"),
    [
        (0, "0"),
        (-0.0, "0"),
        (10.0, "10"),
        (0.1, "0.1"),
        (-1.5, "-1.5"),
        (1e20, "100000000000000000000"),
        (1e21, "1e+21"),
        (1.25e21, "1.25e+21"),
        (1e-6, "0.000001"),
        (1e-7, "1e-7"),
        (1.5e-9, "1.5e-9"),
        (5e-324, "5e-324"),
        (1.7976931348623157e308, "1.7976931348623157e+308"),
        (1795397108451.001, "1795397108451.001"),
        (123456789012345680000, "123456789012345680000"),
        (2**53 + 1, "9007199254740992"),
    ],
)
def test_numbers_are_spelt_as_javascript_spells_them(number: float, text: str) -> None:
    assert number_text(number) == text


@given(st.floats(allow_nan=False, allow_infinity=False))
def test_a_spelt_number_reads_back_as_the_same_double(number: float) -> None:
    assert float(number_text(number)) == number


def test_a_lone_surrogate_compares_as_its_escape() -> None:
    assert text_of("a\ud800b") == '"a\\ud800b"'
    assert merge(Field("z", 1), Field("\ud800", 1), clock_ms=2).field == Field("z", 1)


def test_a_write_of_the_future_waits_for_its_time() -> None:
    replica = Replica(max_fields=9)

    assert replica.merge({"s": {"k": Field("later", 200)}}, clock_ms=100) == {}
    assert replica.node("s") is None
    assert replica.next_settle_ms() == 200
    assert replica.settle(clock_ms=199) == {}
    assert replica.settle(clock_ms=200) == {"s": {"k": Field("later", 200)}}
    assert replica.next_settle_ms() is None


def test_a_write_of_the_far_future_is_judged_again_after_the_longest_timer() -> None:
    replica = Replica(max_fields=9)
    replica.merge({"s": {"k": Field("never", 1e300)}}, clock_ms=0)

    assert replica.next_settle_ms() == 2_147_483_647
    assert replica.settle(clock_ms=2_147_483_647) == {}
    assert replica.next_settle_ms() == 2 * 2_147_483_647


def test_a_replica_holds_no_more_fields_than_it_may() -> None:
    replica = Replica(max_fields=2)
    replica.merge({"s": {str(n): Field(n, 1) for n in range(5)}}, clock_ms=9)
    replica.merge({"s": {"x": Field("future", 99)}}, clock_ms=9)

    assert len(replica.node("s") or {}) == 2
    assert replica.next_settle_ms() is None
    assert replica.merge({"s": {"0": Field("newer", 2)}}, clock_ms=9) == {"s": {"0": Field("newer", 2)}}
