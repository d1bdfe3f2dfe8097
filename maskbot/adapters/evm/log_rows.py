"""The events of one page, read fast: thousands come at once, and what many of them share is read once.

Every field of every event that is given on is checked as `answers.read_log` checks it. Hashes of blocks, topics and numbers come
again and again, so their texts are remembered within the page; an address is compared as text with the one that was asked for.
Whatever is odd is handed to the slow reader, which names it.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import TypeVar

from maskbot.adapters.evm.answers import LONGEST_LOG, MOST_LOGS, read_log
from maskbot.adapters.evm.fields import Json, fixed, rows, small
from maskbot.domain.chain import MOST_TOPICS, Log, LogQuery
from maskbot.ports.chain import NodeAnswerMalformed

_FIRST_TWO_WORDS = slice(2, 2 + 2 * 64)
_Value = TypeVar("_Value")


class _Remembered(dict[Json, _Value]):
    """What a text means, worked out when it is first seen. What is refused is not remembered."""

    def __init__(self, read: Callable[[Json], _Value]) -> None:
        super().__init__()
        self._read = read

    def __missing__(self, text: Json) -> _Value:
        value = self[text] = self._read(text)
        return value


def read_logs(value: Json, *, query: LogQuery, last_block: int) -> tuple[Log, ...]:
    """The logs that answer a query, in the order of the chain. Raises NodeAnswerMalformed: one was not asked for."""
    if isinstance(value, list) and len(value) > MOST_LOGS:
        raise NodeAnswerMalformed(f"more than {MOST_LOGS} logs at once", kind="NodeAnswerTooLarge")
    hashes = _Remembered(lambda text: fixed(text, where="hash"))
    numbers = _Remembered(lambda text: small(text, where="number"))
    address_text, fromhex = "0x" + query.address.hex(), bytes.fromhex
    logs, is_sorted, newest = list[Log](), True, (-1, -1)
    word_text = "" if query.word is None else query.word.hex()
    for one in rows(value, where="logs", most=MOST_LOGS):
        try:
            texts, data_text = one["topics"], one["data"]
            if word_text and word_text not in data_text[_FIRST_TWO_WORDS].lower():
                continue
            raw = fromhex(data_text[2:])
            log = Log(
                query.address,
                tuple([hashes[text] for text in texts]),
                raw,
                numbers[one["blockNumber"]],
                hashes[one["blockHash"]],
                hashes[one["transactionHash"]],
                numbers[one["logIndex"]],
            )
            is_plain = (
                not one["removed"]
                and one["address"].lower() == address_text
                and type(texts) is list
                and len(texts) <= MOST_TOPICS
                and data_text[:2] == "0x"
                and 2 + 2 * len(raw) == len(data_text) <= 2 + 2 * LONGEST_LOG  # fromhex passes over blanks
            )
        except (LookupError, TypeError, ValueError, AttributeError, NodeAnswerMalformed):
            is_plain = False
        if not is_plain:
            log = read_log(one)  # says what is wrong; or a node only writes it otherwise
        _check_asked(log, query, last_block=last_block)
        logs.append(log)
        place = (log.block_number, log.log_index)
        is_sorted, newest = is_sorted and newest < place, place
    if not is_sorted:
        logs.sort(key=lambda log: (log.block_number, log.log_index))
        if len({(log.block_number, log.log_index) for log in logs}) != len(logs):
            raise NodeAnswerMalformed("two logs in one place")
    return tuple(logs)


def _check_asked(log: Log, query: LogQuery, *, last_block: int) -> None:
    is_asked = (
        log.address == query.address
        and query.first_block <= log.block_number <= last_block
        and bool(log.topics)
        and log.topics[0] in query.topic0
        and (query.topic1 is None or log.topics[1:2] == (query.topic1,))
    )
    if not is_asked:
        raise NodeAnswerMalformed("a log that was not asked for")
