"""Which module answers which op. Each exposes `OPS: dict[str, Callable[[dict[str, object]], dict[str, object]]]`.

A module is imported when its prefix is first asked for, so the first answer comes well within a second. A module that this
installation lacks makes its ops unknown, nothing more.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import cache
from importlib import import_module

Operation = Callable[[dict[str, object]], dict[str, object]]

MODULES = {
    "payload": "payload_ops",
    "carrier": "carrier_ops",
    "message": "message_ops",
    "persona": "persona_ops",
    "backup": "persona_ops",
    "gun": "gun_ops",
    "picture": "picture_ops",
    "cashtags": "cashtag_ops",
    "post": "post_ops",
    "ticket": "ticket_ops",
    "card": "card_ops",
}
"""Text before the first dot of an op -> module of this package."""


class UnknownOp(LookupError):
    """No module offers this op."""


def operation(name: str) -> Operation:
    """The function behind an op such as `payload.parse`.

    Raises:
        UnknownOp: nobody offers it.
    """
    module = MODULES.get(name.partition(".")[0])
    found = _operations(module).get(name) if module else None
    if found is None:
        raise UnknownOp(name)
    return found


@cache
def _operations(module: str) -> dict[str, Operation]:
    path = f"{__package__}.{module}"
    try:
        operations: dict[str, Operation] = import_module(path).OPS
    except ModuleNotFoundError as error:
        if error.name != path:
            raise
        return {}
    return operations
