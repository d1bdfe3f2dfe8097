"""The driver answers every line, in order, and never stops early."""

from __future__ import annotations

import io
import json
import subprocess
import sys
from typing import Any

import pytest

from maskbot.cli.conformance import answer, run
from maskbot.cli.conformance.driver import MAX_LINE_BYTES
from maskbot.cli.conformance.registry import MODULES, operation

KEY = "0x" + "00" * 31 + "01"
SENDER = "0x" + "00" * 19 + "01"


def replies(*lines: bytes) -> list[dict[str, Any]]:
    stdout = io.BytesIO()
    run(io.BytesIO(b"".join(lines)), stdout)
    return [json.loads(line) for line in stdout.getvalue().splitlines()]


@pytest.mark.parametrize(
    ("line", "kind"),
    [
        (b"\n", "BadJSON"),
        (b"nope\n", "BadJSON"),
        (b"\xff\n", "BadJSON"),
        (b'{"op": NaN}\n', "BadJSON"),
        (b"[" * 100_000 + b"\n", "BadJSON"),
        (b"1" * 5000 + b"\n", "BadJSON"),
        (b"[]\n", "BadRequest"),
        (b"null\n", "BadRequest"),
        (b"{}\n", "BadRequest"),
        (b'{"op": 5}\n', "BadRequest"),
        (b'{"op": ""}\n', "UnknownOp"),
        (b'{"op": "payload"}\n', "UnknownOp"),
        (b'{"op": "payload.destroy"}\n', "UnknownOp"),
        (b'{"op": "os.system"}\n', "UnknownOp"),
        (b'{"op": "__init__.x"}\n', "UnknownOp"),
        (b'{"op": "ticket.sign"}\n', "BadRequest"),
        (b'{"op": "payload.parse", "payload_hex": 5}\n', "BadRequest"),
    ],
)
def test_a_line_that_is_no_request_gets_one_error_and_the_next_is_read(line: bytes, kind: str) -> None:
    good = json.dumps({"op": "ticket.sign", "id": 7, "private_key": KEY, "sender": SENDER}).encode() + b"\n"
    first, second = replies(line, good)
    assert (first["ok"], first["error"]) == (False, kind)
    assert (second["ok"], second["id"]) == (True, 7)


def test_a_line_beyond_the_limit_is_skipped_whole() -> None:
    first, second = replies(b" " * (MAX_LINE_BYTES + 100) + b"\n", b"[]\n")
    assert (first["error"], second["error"]) == ("BadJSON", "BadRequest")


@pytest.mark.parametrize("identifier", [None, 0, "x", "\ud83d", {"a": [1.5, True]}, []])
def test_ids_are_echoed_unchanged_whatever_happens(identifier: object) -> None:
    for op in ("ticket.sign", "none", 5):
        line = json.dumps({"id": identifier, "op": op}).encode() + b"\n"
        (reply,) = replies(line)
        assert reply["id"] == identifier
    assert "id" not in answer(b'{"op": "none"}')


def test_a_last_line_without_a_line_end_is_answered() -> None:
    assert len(replies(b"[]\n", b"[]")) == 2
    assert replies() == []


def test_lone_surrogates_leave_as_escapes() -> None:
    stdout = io.BytesIO()
    run(io.BytesIO(b'{"op": "x", "id": "\\ud83d"}\n'), stdout)
    assert b"\\ud83d" in stdout.getvalue()


def test_every_registered_op_answers_an_empty_request_with_bad_request() -> None:
    for prefix in MODULES:
        for verb in (
            "encrypt",
            "append",
            "decrypt",
            "parse",
            "encode",
            "decode",
            "derive",
            "open",
            "paths",
            "merge",
            "read",
            "write",
            "sign",
            "render",
        ):
            reply = answer(json.dumps({"op": f"{prefix}.{verb}"}).encode())
            assert reply["error"] in ("BadRequest", "UnknownOp")


def test_operations_are_found_by_their_whole_name() -> None:
    assert operation("payload.parse") is not operation("payload.decrypt")


def test_the_driver_runs_as_a_program_and_answers_at_once(tmp_path: Any) -> None:
    program = [sys.executable, "-m", "maskbot.cli.conformance"]
    with subprocess.Popen(program, stdin=subprocess.PIPE, stdout=subprocess.PIPE, cwd=tmp_path) as process:
        assert process.stdin is not None
        assert process.stdout is not None
        for number in range(3):
            process.stdin.write(json.dumps({"op": "payload.parse", "id": number, "payload_text": "x"}).encode() + b"\n")
            process.stdin.flush()
            assert json.loads(process.stdout.readline())["id"] == number
        process.stdin.close()
        assert process.wait(timeout=20) == 0
