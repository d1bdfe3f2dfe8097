"""Requests with fields of the wrong type, missing, or damaged: a named error or an answer, never an internal one."""

from __future__ import annotations

import json
import random
from collections.abc import Iterator
from typing import Any

import pytest

from maskbot.cli.conformance import answer
from tests.unit.wire.payload.vectors import CASES, Json

ODD: list[object] = [
    None,
    True,
    0,
    -37,
    1.5,
    2**70,
    "",
    "zz",
    "\ud83d",
    "🎼4/4",
    "0" * 64,
    "f" * 64,
    [],
    [1],
    [{}],
    {},
    {"$bytes": "zz"},
    {"$number": "x"},
    {"$date": "2020-99-99"},
    {"$undefined": False},
    {"curve": "secp256k1"},
    {"curve": "P-256", "pub_hex": "00"},
    {"curve": "secp256k1", "priv_hex": "00" * 32},
]
INSERTED = ["", "0", "g", "|", "\u2028", "=", "🧩"]
RUNS = 600


def requests() -> Iterator[Json]:
    """Sound requests of every op of the payload rooms."""
    for case in CASES:
        payload: Json = {name: case[name] for name in ("payload_text", "payload_hex") if name in case}
        yield {"op": "payload.parse", **payload}
        for attempt in case.get("attempts", ())[:3]:
            yield {"op": "payload.decrypt", **payload, "io": attempt["io"]}
        for network, form in case.get("network_forms", {}).items():
            yield {"op": "carrier.encode", "network": network, **payload}
            yield {"op": "carrier.decode", "network": network, "text": form["text"]}
        if "encrypt_request" in case:
            yield {"op": "payload.encrypt", **case["encrypt_request"]}
            yield {"op": "message.encode", "version": case["version"], "message": case["message"]}
        if "append" in case:
            yield {"op": "payload.append", **case["append"]["request"]}
        if case.get("plaintext_hex"):
            yield {"op": "message.decode", "version": case["version"], "hex": case["plaintext_hex"]}
    yield {"op": "ticket.sign", "private_key": "0x" + "01" * 32, "sender": "0x" + "02" * 20}


SOUND = [json.dumps(request) for request in requests()]


def holders(value: Any) -> Iterator[tuple[Any, Any]]:
    """Every object or list in a request with each of its names or places; the op itself is left alone."""
    waiting = [value]
    while waiting:
        holder = waiting.pop()
        keys = list(holder) if isinstance(holder, dict) else range(min(len(holder), 3))
        for key in keys:
            if key != "op":
                yield holder, key
            if isinstance(holder[key], dict | list):
                waiting.append(holder[key])


def confused(source: random.Random, text: str) -> bytes:
    """The request with one or two fields removed, replaced or damaged."""
    request = json.loads(text)
    for _ in range(source.randint(1, 2)):
        places = list(holders(request))
        if not places:
            break
        holder, key = source.choice(places)
        old = holder[key]
        if isinstance(holder, dict) and source.random() < 0.15:
            del holder[key]
        elif isinstance(old, str) and old and source.random() < 0.5:
            place = source.randrange(len(old))
            holder[key] = old[:place] + source.choice(INSERTED) + old[place + source.randint(0, 2) :]
        else:
            holder[key] = json.loads(json.dumps(source.choice(ODD)))
    return json.dumps(request).encode()


@pytest.mark.parametrize("op", sorted({json.loads(text)["op"] for text in SOUND}))
def test_confused_requests_never_give_an_internal_error(op: str) -> None:
    source = random.Random(op)
    own = [text for text in SOUND if json.loads(text)["op"] == op and len(text) < 6000]
    for _ in range(RUNS):
        line = confused(source, source.choice(own))
        reply = answer(line)
        json.dumps(reply, allow_nan=False)
        assert reply.get("error") not in ("Internal", "BadJSON", "UnknownOp"), line
