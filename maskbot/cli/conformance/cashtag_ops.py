"""`cashtags.parse`: the price requests in a text (conformance.md, section 3)."""

from __future__ import annotations

from maskbot.cli.conformance.fields import text
from maskbot.wire.cashtags import parse_cashtags


def parse(request: dict[str, object]) -> dict[str, object]:
    """The requests in order, as in vectors/cashtags.json."""
    return {
        "requests": [
            {
                **({"symbol": asked.symbol} if asked.symbol else {"address": asked.address}),
                "vs": asked.vs,
                "window": asked.window,
            }
            for asked in parse_cashtags(text(request, "text"))
        ]
    }


OPS = {"cashtags.parse": parse}
