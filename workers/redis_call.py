"""One question to a Redis on a unix socket, in the few words its supervisor needs (PING, INFO, CONFIG GET).

The supervisor of `maskbot up` lives as long as the service; redis-py would cost it 6 MB and 0.1 s for three commands. Everything
else uses redis-py. Source: the RESP2 protocol of Redis 6.2.
"""

from __future__ import annotations

import socket
from pathlib import Path
from typing import IO

TIMEOUT_S = 1.0
LONGEST_TEXT = 1 << 20  # bytes
MOST_TEXTS = 4096


def call(address: Path, *words: str) -> tuple[str, ...] | None:
    """Sends one command. Returns the texts of its answer (one, unless it is a list).

    None when no server answers within a second, or it answers with an error, as one that is still loading does.
    """
    try:
        with socket.socket(socket.AF_UNIX, socket.SOCK_STREAM) as connection:
            connection.settimeout(TIMEOUT_S)
            connection.connect(str(address))
            encoded = [f"${len(word.encode())}\r\n{word}\r\n" for word in words]
            connection.sendall("".join([f"*{len(words)}\r\n", *encoded]).encode())
            with connection.makefile("rb") as answer:
                return _read(answer)
    except (OSError, ValueError):
        return None


def _read(answer: IO[bytes]) -> tuple[str, ...]:
    head = answer.readline(LONGEST_TEXT)
    if not head.startswith(b"*"):
        return (_read_text(head, answer),)
    count = int(head[1:])
    if count > MOST_TEXTS:
        raise ValueError("more texts than any answer we ask for")
    return tuple(_read_text(answer.readline(LONGEST_TEXT), answer) for _ in range(count))


def _read_text(head: bytes, answer: IO[bytes]) -> str:
    kind, rest = head[:1], head[1:].strip()
    if kind in (b"+", b":"):
        return rest.decode()
    if kind != b"$":
        raise ValueError("an error, or no answer of Redis")
    length = int(rest)
    if not 0 <= length <= LONGEST_TEXT:
        raise ValueError("a text that no answer we ask for has")
    text = answer.read(length + 2)
    if len(text) != length + 2:
        raise ValueError("the answer was cut off")
    return text[:-2].decode()
