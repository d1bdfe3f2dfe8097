"""JSON lines in, JSON lines out, in the same order and flushed at once (conformance.md, section 1)."""

from __future__ import annotations

import contextlib
import json
import sys
from typing import BinaryIO

from maskbot.cli.conformance.fields import BadRequest
from maskbot.cli.conformance.registry import UnknownOp, operation
from maskbot.domain.errors import MaskbotError

MAX_LINE_BYTES = 64 * 1024 * 1024  # a picture in base64 is the longest line there is


def run(stdin: BinaryIO, stdout: BinaryIO) -> None:
    """Answer every line of `stdin` until it ends. What an op prints by mistake goes to stderr."""
    with contextlib.redirect_stdout(sys.stderr):
        while line := stdin.readline(MAX_LINE_BYTES + 1):
            if len(line) > MAX_LINE_BYTES:
                _skip_line(stdin, line)
                reply: dict[str, object] = _error("BadJSON", "the line is longer than 64 MiB")
            else:
                reply = answer(line)
            stdout.write(_written(reply))
            stdout.flush()


def answer(line: bytes) -> dict[str, object]:
    """The reply to one input line, as an object. Never raises."""
    try:
        request = json.loads(line.decode("utf-8"), parse_constant=_no_constant)
    except (ValueError, RecursionError) as error:
        return _error("BadJSON", type(error).__name__)
    if not isinstance(request, dict):
        return _error("BadRequest", "expected an object")
    echo = {"id": request["id"]} if "id" in request else {}
    return {**echo, **_performed(request)}


def _performed(request: dict[str, object]) -> dict[str, object]:
    try:
        name = request.get("op")
        if not isinstance(name, str):
            raise BadRequest("expected op as text")
        return {"ok": True, **operation(name)(request)}
    except UnknownOp:
        return _error("UnknownOp", "no such op")
    except MaskbotError as error:
        cause = getattr(error, "cause", None)
        return {**_error(error.kind, str(error)), **({"cause": cause} if isinstance(cause, str) else {})}
    except Exception as error:  # the driver must answer every line; the kind says that this is our fault
        print(f"internal error: {type(error).__name__}: {error}", file=sys.stderr)
        return _error("Internal", type(error).__name__)


def _written(reply: dict[str, object]) -> bytes:
    try:
        text = json.dumps(reply, ensure_ascii=True, allow_nan=False)
    except (ValueError, TypeError, RecursionError):
        text = json.dumps(_error("Internal", "the answer has no JSON form"))
    return text.encode("ascii") + b"\n"


def _error(kind: str, message: str) -> dict[str, object]:
    return {"ok": False, "error": kind, "message": message}


def _no_constant(name: str) -> object:
    raise ValueError(f"{name} is no JSON")


def _skip_line(stdin: BinaryIO, line: bytes) -> None:
    while line and not line.endswith(b"\n"):
        line = stdin.readline(MAX_LINE_BYTES)
