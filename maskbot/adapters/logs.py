"""Structured logs that cannot tell secrets: allow-listed fields, scrubbed texts, tracebacks without locals or source lines.

`configure_logs` sets up structlog and the standard library's logging in one process. A field that is not on the list is dropped and
its *name* told in `dropped`. Texts lose the user part and query of URLs, and everything that looks like a key, a token, a payload
or a mnemonic. Source: reliability.md E17, STYLE (Secrets).
"""

from __future__ import annotations

import logging
import re
import sys
import threading
from collections.abc import Mapping, MutableMapping
from types import TracebackType
from typing import Any, TextIO

import structlog

from maskbot.domain.errors import MaskbotError

TEXT_LIMIT = 300
FRAME_LIMIT = 12
_ENDINGS = ("_id", "_ids", "_ms", "_s", "_count", "_port", "_musd", "_percent", "_mb", "_bytes")
_FIELDS = frozenset(
    {"event", "level", "timestamp", "logger", "dropped", "error", "error_kind", "exception", "frames", "family"}
    | {"kind", "reason", "state", "before", "after", "queue", "queues", "verb", "platform", "instance", "relay", "url"}
    | {"host", "port", "path", "to", "version", "pid", "adopted", "name", "program", "part", "parts", "exit", "signal"}
    | {"attempt", "attempts", "tries", "crashes", "status", "count", "counts", "ok", "method", "scope", "who", "action"}
    | {"page", "via", "is_on", "worker", "slot", "jobs", "socket", "owner"}
)
_USER_INFO = re.compile(r"(?<=://)[^/@\s]{1,500}@")
_QUERY = re.compile(r"(?<=[a-z0-9/])\?[^\s\"']{1,4000}")
_SECRET_LIKE = (
    re.compile(r"🎼.*", re.DOTALL),
    re.compile(r"(?:0x)?[0-9a-fA-F]{48,}"),
    re.compile(r"(?:\b[a-z]{3,8}\b[ ,]+){11,}[a-z]{3,8}"),
    re.compile(r"(?i)(?<=bearer )\S+|(?<=token=)\S+|(?<=secret=)\S+|(?<=password=)\S+"),
)
_BASE64_LIKE = re.compile(r"[A-Za-z0-9+/_-]{40,}={0,2}")
_HIDDEN = "***"


def configure_logs(*, level: str, form: str, program: str, stream: TextIO | None = None) -> None:
    """Log to `stream` (standard error when None) from `level` up, as `json`, `console`, or `auto` (console on a terminal).

    Everything that goes through structlog or `logging`, and every exception nobody caught, is scrubbed. Safe to repeat.
    """
    target = stream if stream is not None else sys.stderr
    is_console = form == "console" or (form == "auto" and target.isatty())
    renderer: Any = (
        structlog.dev.ConsoleRenderer(colors=target.isatty(), sort_keys=False)
        if is_console
        else structlog.processors.JSONRenderer(ensure_ascii=False)
    )
    shared: list[Any] = [
        structlog.stdlib.add_log_level,
        structlog.stdlib.add_logger_name,
        structlog.processors.TimeStamper(fmt="iso", utc=True),
    ]
    handler = logging.StreamHandler(target)
    handler.setFormatter(
        structlog.stdlib.ProcessorFormatter(
            foreign_pre_chain=shared,
            processors=[
                structlog.stdlib.ProcessorFormatter.remove_processors_meta,
                plain_exception,
                allow_listed,
                renderer,
            ],
        )
    )
    root = logging.getLogger()
    root.handlers = [handler]
    root.setLevel(level)
    for noisy in (
        "httpx",
        "httpcore",
        "urllib3",
        "sqlalchemy",
        "alembic",
        "tweepy",
        "websockets",
        "amqp",
        "kombu",
        "celery",
    ):
        logging.getLogger(noisy).setLevel(max(logging.WARNING, root.level))
    structlog.configure(
        processors=[
            structlog.stdlib.filter_by_level,
            *shared,
            structlog.stdlib.PositionalArgumentsFormatter(),
            structlog.stdlib.ProcessorFormatter.wrap_for_formatter,
        ],
        logger_factory=structlog.stdlib.LoggerFactory(),
        wrapper_class=structlog.stdlib.BoundLogger,
        cache_logger_on_first_use=False,
    )
    _catch_the_uncaught(program)


def scrubbed(text: str) -> str:
    """The text without what looks like a secret, at most 300 characters.

    >>> scrubbed("cannot reach postgresql://maskbot:hunter2@db/maskbot?sslmode=x")
    'cannot reach postgresql://***@db/maskbot'
    """
    clean = _QUERY.sub("", _USER_INFO.sub(f"{_HIDDEN}@", text[:8_000]))
    for pattern in _SECRET_LIKE:
        clean = pattern.sub(_HIDDEN, clean)
    clean = _BASE64_LIKE.sub(lambda found: found[0] if _is_path(found[0]) else _HIDDEN, clean)
    return clean if len(clean) <= TEXT_LIMIT else clean[: TEXT_LIMIT - 1] + "…"


def allow_listed(_logger: object, _method: str, event: MutableMapping[str, Any]) -> MutableMapping[str, Any]:
    """A structlog processor: keeps allowed fields, scrubs their texts, and names what it dropped."""
    kept: dict[str, Any] = {}
    dropped = []
    for name, value in event.items():
        if name in _FIELDS or name.endswith(_ENDINGS):
            kept[name] = _plain(value)
        elif not name.startswith("_"):
            dropped.append(name)
    if dropped:
        kept["dropped"] = sorted(scrubbed(str(name)) for name in dropped)
    return kept


def plain_exception(_logger: object, _method: str, event: MutableMapping[str, Any]) -> MutableMapping[str, Any]:
    """A structlog processor: an exception as its type, its own words only if it is ours, and where it came from."""
    found = event.pop("exc_info", None)
    event.pop("stack_info", None)
    error = found if isinstance(found, BaseException) else found[1] if isinstance(found, tuple) else None
    if found is True:
        error = sys.exc_info()[1]
    if error is not None:
        event.update(exception_fields(error))
    return event


def exception_fields(error: BaseException) -> Mapping[str, Any]:
    """`error_kind`, `error` (scrubbed; only the words of our own errors) and `frames` (file:line function), innermost last."""
    frames = []
    trace = error.__traceback__
    while trace is not None:
        code = trace.tb_frame.f_code
        frames.append(f"{code.co_filename.rsplit('/', 1)[-1]}:{trace.tb_lineno} {code.co_name}")
        trace = trace.tb_next
    fields: dict[str, Any] = {"error_kind": type(error).__name__, "frames": frames[-FRAME_LIMIT:]}
    if isinstance(error, MaskbotError):
        fields["error_kind"], fields["error"] = error.kind, scrubbed(str(error))
    return fields


def _is_path(text: str) -> bool:
    """Paths are long, too, but hold few capitals; two fifths of random base64 are capitals."""
    return "/" in text and sum(char.isupper() for char in text) * 8 <= len(text)


def _plain(value: Any) -> Any:
    if isinstance(value, str):
        return scrubbed(value)
    if value is None or isinstance(value, bool | int | float):
        return value
    if isinstance(value, Mapping):
        return {scrubbed(str(key)): _plain(item) for key, item in list(value.items())[:20]}
    if isinstance(value, list | tuple | set | frozenset):
        return [_plain(item) for item in list(value)[:20]]
    return type(value).__name__ if isinstance(value, bytes | bytearray) else scrubbed(str(value))


def _catch_the_uncaught(program: str) -> None:
    log = structlog.get_logger(program)

    def in_main(kind: type[BaseException], error: BaseException, _trace: TracebackType | None) -> None:
        if issubclass(kind, KeyboardInterrupt):
            return
        log.critical("died", **exception_fields(error))

    def in_thread(args: threading.ExceptHookArgs) -> None:
        if args.exc_value is not None:
            log.critical(
                "thread.died", name=args.thread.name if args.thread else "", **exception_fields(args.exc_value)
            )

    sys.excepthook = in_main
    threading.excepthook = in_thread
