"""Lanes: bounded, never deaf, and free again after whatever happened in them."""

from __future__ import annotations

import pytest

from maskbot.domain.errors import Unavailable
from workers.lanes import Lanes


def goes_on() -> bool:
    return False


def test_a_bell_for_a_full_lane_is_heard_by_whoever_works_there() -> None:
    lanes = Lanes({"mentions": 1})
    drained: list[int] = []

    def drain() -> None:
        drained.append(len(drained))
        if len(drained) == 1:
            lanes.work("mentions", drain, is_stopping=goes_on)  # a second bell: its thread does not wait

    lanes.work("mentions", drain, is_stopping=goes_on)
    assert drained == [0, 1]
    assert lanes.enter("mentions")


def test_a_failure_gives_the_place_back_although_a_bell_rang_meanwhile() -> None:
    lanes = Lanes({"mentions": 1})

    def fail() -> None:
        assert not lanes.enter("mentions")  # the bell of another thread
        raise Unavailable("the database is away")

    for _ in range(3):
        with pytest.raises(Unavailable):
            lanes.work("mentions", fail, is_stopping=goes_on)
    drained: list[str] = []
    lanes.work("mentions", lambda: drained.append("again"), is_stopping=goes_on)
    assert drained
