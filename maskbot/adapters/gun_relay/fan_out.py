"""Reading from several relays at once, with bounds on how long any of them is waited for."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping, Sequence
from typing import Protocol

from maskbot.adapters.gun_relay.connection import Operation, RelayConnection

STRAGGLER_S = 2.0
"""Once one relay has answered everything, the others get this long."""

_GLANCE_S = 0.25


class ReadOperation(Operation, Protocol):
    """A reading that can say whether its relay answered at all."""

    @property
    def has_answer(self) -> bool: ...


async def read_from_all(
    readings: Mapping[RelayConnection, Sequence[ReadOperation]], *, timeout_s: float, connect_timeout_s: float
) -> bool:
    """Carry out each relay's readings; True if any relay answered.

    Returns when every relay is done, when one is done and the others are down or have had `STRAGGLER_S`, when all are
    down for `connect_timeout_s`, or after `timeout_s`.
    """
    loop = asyncio.get_running_loop()
    began_s = loop.time()
    deadline_s = began_s + timeout_s
    tasks = {
        asyncio.create_task(_read_from_one(connection, operations, timeout_s)): connection
        for connection, operations in readings.items()
    }
    waiting = set(tasks)
    has_one = False
    try:
        while waiting and loop.time() < deadline_s:
            pause_s = min(_GLANCE_S, deadline_s - loop.time())
            done, waiting = await asyncio.wait(waiting, timeout=pause_s, return_when=asyncio.FIRST_COMPLETED)
            if not has_one and any(task.result() for task in done):
                has_one = True
                deadline_s = min(deadline_s, loop.time() + STRAGGLER_S)
            reachable = {task for task in waiting if not tasks[task].is_down}
            if has_one or loop.time() - began_s > connect_timeout_s:
                waiting = reachable
    finally:
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
    return any(operation.has_answer for operations in readings.values() for operation in operations)


async def _read_from_one(connection: RelayConnection, operations: Sequence[ReadOperation], timeout_s: float) -> bool:
    outcomes = await asyncio.gather(*(connection.perform(operation, timeout_s=timeout_s) for operation in operations))
    return all(outcomes)
