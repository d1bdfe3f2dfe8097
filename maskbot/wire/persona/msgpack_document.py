"""Bounded MessagePack: the decoded object, or a ValueError; nothing deeper or larger than a backup can be.

Source: spec `gun-personas-backup.md` C.1, D.1; msgpack specification.
"""

from __future__ import annotations

from typing import Final, cast

import msgpack

MAX_DEPTH: Final = 64
MAX_ITEMS: Final = 200_000

_AS_DATETIME: Final = 3


def decode_document(packed: bytes, *, max_items: int = MAX_ITEMS) -> object:
    """Decodes one MessagePack document. Texts may hold halves of surrogate pairs; keys may be numbers.

    A list or map never announces more than `max_items`, nor more than the document has bytes: room is made before they are read.

    Raises:
        ValueError: no MessagePack, bytes behind the document, nested deeper than `MAX_DEPTH`, or a list or map that
            is too long.
    """
    try:
        document = msgpack.unpackb(
            packed,
            raw=False,
            strict_map_key=False,
            unicode_errors="surrogatepass",
            timestamp=_AS_DATETIME,
            max_array_len=min(max_items, len(packed)),
            max_map_len=min(max_items, len(packed)),
        )
    except (ValueError, TypeError, msgpack.UnpackException, OverflowError) as error:
        raise ValueError("no MessagePack document within the limits") from error
    if not is_shallow(document):
        raise ValueError("the MessagePack document is nested too deeply")
    return cast("object", document)


def encode_document(document: object) -> bytes:
    """Encodes plain values (None, bool, int, float, str, bytes, datetime, list, dict) as one MessagePack document."""
    return cast("bytes", msgpack.packb(document, use_bin_type=True, datetime=True, unicode_errors="surrogatepass"))


def is_shallow(document: object) -> bool:
    """Tells whether lists and maps are nested at most `MAX_DEPTH` deep; walks level by level, without recursion."""
    level = [document]
    for _ in range(MAX_DEPTH + 1):
        level = [child for node in level if isinstance(node, dict | list) for child in _children(node)]
        if not level:
            return True
    return False


def _children(node: dict[object, object] | list[object]) -> list[object]:
    children = node.values() if isinstance(node, dict) else node
    return [child for child in children if isinstance(child, dict | list)]
