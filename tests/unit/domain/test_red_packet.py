"""What events say of a packet's time, where a stranger chose the numbers (red-packets.md 2.3, 4.5)."""

from __future__ import annotations

import pytest

from maskbot.domain.money import NATIVE, Address
from maskbot.domain.red_packet import Creation

NOW_S = 1_700_000_000


def created(duration_s: int | None) -> Creation:
    return Creation(b"\1" * 32, Address(b"\2" * 20), 1, NOW_S, NATIVE, duration_s=duration_s)


def test_a_packet_expires_when_its_time_is_over() -> None:
    assert created(3_600).expires_at_s == NOW_S + 3_600
    assert created(2**32 - 1 - NOW_S).expires_at_s == 2**32 - 1
    assert created(None).expires_at_s is None


@pytest.mark.parametrize("duration_s", [2**32 - NOW_S, 2**32 + 3_600, 2**64 - 1, 2**256 - 1])
def test_a_time_that_the_contract_cannot_hold_is_not_told(duration_s: int) -> None:
    assert created(duration_s).expires_at_s is None
