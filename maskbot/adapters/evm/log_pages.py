"""Events in pages whose width the nodes decide: a range they find too large is halved, and the width that worked is kept.

Nodes differ in what they give at once (blocks, logs, bytes, seconds) and in how they say so; whatever they say, half is asked for.
"""

from __future__ import annotations

from collections.abc import Callable

from maskbot.adapters.evm.answers import read_header
from maskbot.adapters.evm.endpoint import Endpoint, Problem
from maskbot.adapters.evm.errors import NodeRefuses, NodeUnavailable, problem_of
from maskbot.adapters.evm.fields import Json, to_hex
from maskbot.adapters.evm.log_rows import read_logs
from maskbot.domain.chain import Header, Log, LogPage, LogQuery
from maskbot.ports.chain import NodeAnswerMalformed
from maskbot.wire.crypto import address_text

WIDEST = 10_000
_Page = tuple[tuple[Log, ...], Header]
_AskAll = Callable[[Callable[[Endpoint], _Page]], _Page]


class LogPages:
    """Fetches pages, and remembers how wide the last good one was."""

    def __init__(self, *, quorum: int, widest: int = WIDEST) -> None:
        self._width = widest
        self._widest = widest
        self._quorum = quorum

    def fetch(self, query: LogQuery, *, ask: _AskAll) -> LogPage:
        """The first page of a query; `ask` puts one question to the nodes and returns what a quorum says. Raises as `ask` does."""
        while True:
            width = min(self._width, query.last_block - query.first_block + 1)
            last = query.first_block + width - 1
            try:
                logs, end = ask(lambda node, last=last: _page(node, query, last))  # type: ignore[misc]  # mypy infers no lambda defaults
            except (NodeRefuses, NodeUnavailable, NodeAnswerMalformed) as error:
                is_too_wide = isinstance(error, NodeRefuses) or error.kind == "NodeAnswerTooLarge"
                if not is_too_wide or width == 1:
                    raise
                self._width = width // 2
                continue
            self._width = min(self._widest, max(self._width, width) + self._width // 4 + 1)
            return LogPage(logs, end)


def _page(node: Endpoint, query: LogQuery, last: int) -> _Page:
    topics: list[Json] = [[to_hex(topic) for topic in query.topic0]]
    if query.topic1 is not None:
        topics.append(to_hex(query.topic1))
    wanted = {
        "address": address_text(query.address),
        "fromBlock": to_hex(query.first_block),
        "toBlock": to_hex(last),
        "topics": topics,
    }
    found, block = node.ask_many([("eth_getLogs", [wanted]), ("eth_getBlockByNumber", [to_hex(last), False])])
    if isinstance(found, Problem):
        raise problem_of(found)
    if isinstance(block, Problem):
        raise problem_of(block)
    end = read_header(block.value)
    if end is None or end.number != last:
        raise NodeUnavailable(f"the node {node.host} has no block {last} yet")
    logs = read_logs(found.value, query=query, last_block=last)
    if any(log.block_hash != end.hash for log in logs if log.block_number == last):
        raise NodeUnavailable("the chain changed while it was read")
    return logs, end
