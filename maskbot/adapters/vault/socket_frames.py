"""Frames on a unix socket, and who is on the other end of it."""

from __future__ import annotations

import socket
import struct
from pathlib import Path

from maskbot.adapters.vault.errors import BadFrame, SocketUnusable
from maskbot.adapters.vault.protocol import FRAME_BYTES_MAX, HEADER_BYTES

PATH_BYTES_MAX = 107
_CREDENTIALS = struct.Struct("3i")


def receive_exactly(connection: socket.socket, size: int) -> bytes | None:
    """`size` bytes; None when the other side closed before the first one.

    Raises:
        BadFrame: it closed in between.
        OSError: the connection broke or timed out.
    """
    parts = bytearray()
    while len(parts) < size:
        part = connection.recv(min(size - len(parts), 1 << 20))
        if not part:
            if not parts:
                return None
            raise BadFrame("the connection ended within a frame")
        parts += part
    return bytes(parts)


def frame_size(header: bytes) -> int:
    """The length of the body behind a header. Raises BadFrame for one over 8 MiB."""
    size = int.from_bytes(header, "big")
    if size > FRAME_BYTES_MAX:
        raise BadFrame(f"expected a frame of at most {FRAME_BYTES_MAX:,} bytes, got {size:,}")
    return size


def receive_frame(connection: socket.socket) -> bytes | None:
    """The body of one frame; None when the other side closed between frames. Raises like `receive_exactly`."""
    header = receive_exactly(connection, HEADER_BYTES)
    if header is None:
        return None
    size = frame_size(header)
    body = receive_exactly(connection, size) if size else b""
    if body is None:
        raise BadFrame("the connection ended within a frame")
    return body


def peer_uid(connection: socket.socket) -> int:
    """The user id of the process that opened the other end, as the kernel saw it then."""
    raw = connection.getsockopt(socket.SOL_SOCKET, socket.SO_PEERCRED, _CREDENTIALS.size)
    uid: int = _CREDENTIALS.unpack(raw)[1]
    return uid


def check_path(path: Path) -> None:
    """Raises SocketUnusable when the path does not fit into a socket address."""
    size = len(str(path).encode())
    if size > PATH_BYTES_MAX:
        raise SocketUnusable(
            f"a socket path has at most {PATH_BYTES_MAX} bytes, {path} has {size}: set a shorter folder"
        )
